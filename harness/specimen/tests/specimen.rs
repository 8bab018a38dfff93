//! The specimen as a program: started, spoken to over 127.0.0.1, and ended.
#![expect(clippy::unwrap_used, reason = "what cannot be had fails the test that wants it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use tokio_tungstenite::tungstenite::{Message, client};

/// A running specimen; ended when it is dropped.
struct Specimen {
    process: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
    printed: Vec<u8>,
}

impl Specimen {
    /// Starts one on a free port and waits until it listens.
    fn start(arguments: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_specimen"))
            .args(["--port", "0"])
            .args(arguments.split_whitespace())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut printed = Vec::new();
        let address = loop {
            let mut line = Vec::new();
            assert_ne!(stdout.read_until(b'\n', &mut line).unwrap(), 0, "it ended before it listened");
            if let Some(address) = line.strip_prefix(b"listening on ") {
                break std::str::from_utf8(address).unwrap().trim().parse().unwrap();
            }
            printed.extend(line);
        };
        Self { process, stdout, address, printed }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// Sends a request on a connection of its own; the status and the body, or nothing where it was not answered.
    fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = self.connect();
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        let mut answer = Vec::new();
        // A refused connection may be closed before or while it is written to.
        let _ = stream.write_all((head + body).as_bytes());
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "").unwrap()
    }

    /// Sends `count` plain requests.
    fn load(&self, count: usize) {
        for _ in 0..count {
            self.get("/");
        }
    }

    /// The truth; numbers of it are found by [`number`].
    fn truth(&self) -> String {
        self.get("/truth").1
    }

    /// Asks for the truth until `settled`, since what follows an answer, like the end of its connection, takes a moment.
    /// How often it was asked for, and the last one.
    fn truth_when(&self, settled: impl Fn(&str) -> bool) -> (u64, String) {
        (1..10_000).map(|count| (count, self.truth())).find(|(_, truth)| settled(truth)).expect("it settles")
    }

    /// How many entries of a directory of its /proc there are.
    fn count(&self, directory: &str) -> usize {
        std::fs::read_dir(format!("/proc/{}/{directory}", self.process.id())).unwrap().count()
    }

    /// Its anonymous resident memory, in bytes.
    fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end; with which status, and what it printed after it listened.
    fn ended(mut self) -> (ExitStatus, Vec<u8>) {
        let mut printed = Vec::new();
        self.stdout.read_to_end(&mut printed).unwrap();
        (self.process.wait().unwrap(), printed)
    }
}

impl Drop for Specimen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The number after the first `"name":` in JSON.
fn number(json: &str, name: &str) -> u64 {
    let (_, rest) = json.split_once(&format!("\"{name}\":")).unwrap();
    rest.split([',', '}', ']']).next().unwrap().parse().unwrap()
}

/// The object after `"name":` in JSON, up to its first closing brace.
fn object<'a>(json: &'a str, name: &str) -> &'a str {
    json.split_once(&format!("\"{name}\":{{")).unwrap().1.split('}').next().unwrap()
}

#[test]
fn every_path_answers_what_it_is_for() {
    let specimen = Specimen::start("--body 10B");
    assert_eq!(specimen.get("/"), (200, "xxxxxxxxxx".to_owned()));
    assert_eq!(specimen.ask("DELETE", "/any/thing?q", "sent").unwrap().0, 200);
    assert_eq!(specimen.ask("POST", "/echo", "sent").unwrap(), (200, "sent".to_owned()));
    assert_eq!(specimen.get("/status/418").0, 418);
    assert_eq!(specimen.get("/status/204"), (204, String::new()));
    assert_eq!(specimen.get("/sleep/1").0, 200);
    assert!(specimen.get("/headers").1.starts_with(r#"{"host":"x","connection":"close","#));
    assert_eq!(specimen.get("/ws").0, 426);
    assert_eq!(specimen.get("/healthz"), (200, "ok\n".to_owned()));
    let truth = specimen.truth();
    assert_eq!(["requests", "connections", "errors"].map(|name| number(&truth, name)), [8, 10, 2]);
}

#[test]
fn what_is_leaked_at_requests_is_resident() {
    let specimen = Specimen::start("--leak 64KiB --base 4MiB");
    specimen.load(50);
    let before = specimen.resident_bytes();
    specimen.load(200);
    let (gained, expected) = (specimen.resident_bytes() - before, 200 * 64 * 1024);
    assert!(gained.abs_diff(expected) * 10 < expected, "{gained} is not about {expected}");
    assert_eq!(number(&specimen.truth(), "heap_bytes"), 250 * 64 * 1024);
}

#[test]
fn descriptors_threads_connections_and_children_are_leaked() {
    let specimen = Specimen::start("--leak-fd 1 --leak-thread 2 --leak-connection 5 --leak-child 10");
    let (descriptors, threads) = (specimen.count("fd"), specimen.count("task"));
    specimen.load(20);
    // Twenty plain ones, both ends of four connections, and the one pipe that all children share.
    let expected = descriptors + 20 + 4 * 2 + 2;
    let leaked =
        |truth: &str| ["fds", "threads", "connections", "children"].map(|name| number(object(truth, "leaked"), name));
    let (truths, truth) =
        specimen.truth_when(|truth| leaked(truth) == [20, 10, 4, 2] && specimen.count("fd") == expected);
    assert_eq!(specimen.count("task") - threads, 10);
    assert_eq!(number(&truth, "connections"), 20 + truths);
}

#[test]
fn leaked_children_end_with_their_parent() {
    let specimen = Specimen::start("--leak-child 1");
    specimen.load(3);
    let pid = specimen.process.id();
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let children: Vec<_> = listed
        .split_whitespace()
        .map(|pid| rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap())
        // A descriptor of the process, so that its end can be waited for though it is not ours.
        .map(|pid| rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap())
        .collect();
    assert_eq!(children.len(), 3);
    specimen.signal(rustix::process::Signal::TERM);
    assert_eq!(specimen.ended().0.code(), Some(0));
    for child in &children {
        let mut ends = [rustix::event::PollFd::new(child, rustix::event::PollFlags::IN)];
        let limit = rustix::event::Timespec { tv_sec: 10, tv_nsec: 0 };
        assert_eq!(rustix::event::poll(&mut ends, Some(&limit)).unwrap(), 1, "a child outlived its parent");
    }
}

#[test]
fn a_stop_of_the_world_is_measured_and_holds_up_everyone() {
    let specimen = Specimen::start("--stop 100ms --stop-every 150ms");
    let truth = loop {
        let truth = specimen.truth();
        if number(object(&truth, "stops"), "count") >= 2 {
            break truth;
        }
    };
    let stops = object(&truth, "stops");
    assert!(number(stops, "total_ms") >= 200, "{stops}");
    assert!(stops.contains("\"last\":[["), "{stops}");
    // No answer came within a stop, so that no truth was told of one that had not yet ended.
    assert!(number(&truth, "uptime_ms") >= 150 + 100 + 50 + 100, "{truth}");
}

#[test]
fn messages_are_echoed_and_leak_where_told() {
    let specimen = Specimen::start("--leak 1KiB --leak-into mmap --per message");
    let (mut socket, _) = client(format!("ws://{}/ws", specimen.address), specimen.connect()).unwrap();
    for count in 0..10 {
        let sent = Message::text(format!("message {count}"));
        socket.send(sent.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), sent);
    }
    socket.send(Message::binary(vec![7; 100_000])).unwrap();
    assert_eq!(socket.read().unwrap().into_data().len(), 100_000);
    let truth = specimen.truth();
    assert_eq!(["messages", "requests", "mmap_bytes"].map(|name| number(&truth, name)), [11, 1, 11 * 1024]);
}

#[test]
fn failures_and_refusals_take_their_share() {
    let specimen = Specimen::start("--fail 50% --refuse 25%");
    let asked: Vec<_> = (0..8).map(|_| specimen.ask("GET", "/", "").map_or(0, |(status, _)| status)).collect();
    assert_eq!(asked, [200, 503, 200, 0, 503, 200, 503, 0]);
    let truth = specimen.truth();
    assert_eq!(["connections", "refused", "errors"].map(|name| number(&truth, name)), [9, 2, 3]);
}

#[test]
fn a_crash_has_the_code_or_the_signal_it_was_told() {
    use std::os::unix::process::ExitStatusExt;
    let crash = |arguments: &str| {
        let specimen = Specimen::start(arguments);
        assert_eq!(specimen.get("/").0, 200);
        assert_eq!(specimen.ask("GET", "/", ""), None);
        specimen.ended().0
    };
    assert_eq!(crash("--crash-after 2").code(), Some(1));
    assert_eq!(crash("--crash-after 2 --crash-code 70").code(), Some(70));
    assert_eq!(crash("--crash-after 2 --crash-signal abort").signal(), Some(6));
    assert_eq!(crash("--crash-after 2 --crash-signal kill").signal(), Some(9));
}

#[test]
fn sigterm_ends_it_unless_it_is_ignored() {
    let specimen = Specimen::start("");
    specimen.signal(rustix::process::Signal::TERM);
    assert_eq!(specimen.ended().0.code(), Some(0));
    let stubborn = Specimen::start("--ignore-term --never-ready");
    stubborn.signal(rustix::process::Signal::TERM);
    assert_eq!(stubborn.get("/healthz").0, 503);
    stubborn.signal(rustix::process::Signal::INT);
    assert_eq!(stubborn.ended().0.code(), Some(0));
}

#[test]
fn the_log_line_is_printed_byte_by_byte() {
    let specimen = Specimen::start(r"--log-line a\x1b]]>\xff --log-every 2");
    assert_eq!(specimen.printed, b"a\x1b]]>\xff\n");
    specimen.load(5);
    specimen.signal(rustix::process::Signal::TERM);
    let said = specimen.ended().1;
    let logged = b"a\x1b]]>\xff\na\x1b]]>\xff\ntruth {";
    assert!(said.starts_with(logged), "{}", String::from_utf8_lossy(&said));
    assert!(said.ends_with(b"}\n"), "the truth is the last word: {}", String::from_utf8_lossy(&said));
}

#[test]
fn an_address_in_use_is_named() {
    let specimen = Specimen::start("");
    let port = specimen.address.port().to_string();
    let second = Command::new(env!("CARGO_BIN_EXE_specimen")).args(["--port", &port]).output().unwrap();
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(message.starts_with(&format!("specimen: cannot listen on `127.0.0.1:{port}`: ")), "{message}");
    assert_eq!(second.status.code(), Some(1));
}

#[test]
fn it_works_by_itself_in_cycles_and_says_when_one_is_done() {
    let specimen = Specimen::start("--cycle 50ms --cycle-requests 10 --leak 1KiB");
    let (_, truth) = specimen.truth_when(|truth| number(truth, "requests") >= 30);
    let (requests, leaked) = (number(&truth, "requests"), number(&truth, "bytes"));
    assert_eq!((requests % 10, leaked), (0, requests * 1024), "{truth}");
    specimen.signal(rustix::process::Signal::TERM);
    let printed = String::from_utf8(specimen.ended().1).unwrap();
    assert!(printed.starts_with("cycle 1 done\ncycle 2 done\ncycle 3 done\n"), "{printed}");
}
