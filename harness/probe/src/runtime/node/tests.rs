//! A real Node, watched.

use std::process::Command;
use std::time::Duration;

use clock::Clock;

use super::*;
use crate::runtime::service::{Seen, Service};
use crate::runtime::sockets::listening;

fn start(options: &[&str]) -> Service {
    let mut node = Command::new("node");
    // Several tests have one at a time.
    node.arg("--inspect-port=0").args(options).arg(Service::file("node/service.js")).env_remove("NODE_OPTIONS");
    Service::start(node)
}

/// Reads on a grid of half a second until the window that is under way has been told.
fn read_on(node: &mut Node, clock: Clock, out: &Out) {
    for _ in 0..6 {
        clock.block_until(clock.now() + Duration::from_millis(500));
        node.read(clock.now(), out).unwrap();
    }
}

/// Kind and length in milliseconds of a line that `--trace-gc` prints.
fn logged(line: &str) -> Option<(&'static str, f64)> {
    let (_, told) = line.split_once(" ms: ")?;
    let kind = ["Scavenge", "Mark-Compact"].into_iter().find(|kind| told.contains(kind))?;
    let (_, lengths) = told.split_once(" MB, ")?;
    Some((kind, lengths.split_once(" / ")?.0.parse().ok()?))
}

#[test]
fn every_long_pause_in_nodes_own_log_is_told() {
    let (service, clock, seen) = (start(&["--trace-gc"]), Clock::start(), Seen::default());
    let out = seen.out(clock);
    let mut node = Node::open(service.process(), clock).map_err(|error| error.to_string()).unwrap();
    let before = service.lines().len();
    let from = clock.now();
    for round in 0..60 {
        service.get("/churn?n=200000");
        if round % 10 == 0 {
            node.read(clock.now(), &out).unwrap();
        }
    }
    let to = clock.now();
    read_on(&mut node, clock, &out);
    let told: Vec<Pause> = seen.pauses();
    let log: Vec<_> = service.lines()[before..].iter().filter_map(|line| logged(line)).collect();
    let pauses: Vec<_> = log.iter().filter(|(_, length)| *length >= 10.0).collect();
    println!("{} collections logged, {} of 10 ms and more; {} told", log.len(), pauses.len(), told.len());
    assert!(pauses.len() >= 5, "the test makes no pauses: {log:?}");
    let mut left = told.iter();
    for (kind, length) in pauses {
        let found = left.find(|pause| &*pause.kind == *kind && pause.length as f64 / 1000.0 >= length - 0.2);
        let pause = found.unwrap_or_else(|| panic!("{kind} of {length} ms was not told: {told:?}"));
        assert!(from <= pause.start && pause.start <= to, "{pause:?} is out of time");
    }
    assert!(told.iter().all(|pause| pause.cpu.is_some_and(|cpu| cpu <= pause.length + 1000) && !pause.forced));
}

#[test]
fn a_forced_collection_lowers_the_live_heap_and_is_told_as_forced() {
    let (service, clock, seen) = (start(&[]), Clock::start(), Seen::default());
    let out = seen.out(clock);
    let mut node = Node::open(service.process(), clock).map_err(|error| error.to_string()).unwrap();
    service.get("/churn?n=300000");
    node.read(clock.now(), &out).unwrap();
    node.collect().unwrap();
    node.read(clock.now(), &out).unwrap();
    read_on(&mut node, clock, &out);
    let used: Vec<f64> = seen.values("heap_used").into_iter().map(|(_, bytes)| bytes).collect();
    assert!(used[1] < used[0] / 2.0, "{used:?}");
    let forced: Vec<_> = seen.pauses().into_iter().filter(|pause| pause.forced).collect();
    assert!(forced.iter().any(|pause| pause.live.is_some_and(|live| (live as f64) < used[0] / 2.0)), "{forced:?}");
    assert!(seen.live_heap().iter().any(|live| *live < used[0] / 2.0));
    for name in ["heap_total", "external_memory", "array_buffers", "active_resources", "active_resources TCPServerWrap"]
    {
        assert!(seen.values(name).iter().all(|(_, value)| *value > 0.0) && seen.values(name).len() > 1, "{name}");
    }
}

#[test]
fn evidence_names_who_leaks_and_what() {
    let (service, clock, seen) = (start(&[]), Clock::start(), Seen::default());
    let folder = std::env::temp_dir().join(format!("plimsoll-node-{}", service.pid()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut node = Node::open(service.process(), clock).map_err(|error| error.to_string()).unwrap();
    assert!(node.evidence(&folder, Moment::Baseline).is_empty());
    (0..20).for_each(|_| service.get("/leak?n=2000"));
    let evidence = node.evidence(&folder, Moment::Failure);
    let [profile, snapshot] = evidence.as_slice() else { panic!("{evidence:?}") };
    println!("{profile:#?}\n{snapshot:#?}");
    // 40,000 sessions of about 400 bytes.
    let leaks =
        |name: &str| ["remember (service.js:", "Session (service.js:"].iter().any(|leak| name.starts_with(leak));
    let leaked: u64 = profile.grown.iter().filter(|grown| leaks(&grown.name)).map(|grown| grown.bytes).sum();
    assert!((10 << 20..25 << 20).contains(&leaked), "{profile:?}");
    assert!(leaks(&profile.grown[0].name), "{profile:?}");
    let held = snapshot.largest.iter().find(|largest| largest.name == "Session").unwrap();
    assert!(held.objects >= 40_000, "{held:?}");
    for file in [&profile.file, &snapshot.file] {
        let text = std::fs::read(folder.parent().unwrap().join(file.as_ref().unwrap())).unwrap();
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok(), "{file:?}");
    }
    node.leave(&seen.out(clock));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_inspector_is_closed_again_and_the_service_goes_on() {
    let (mut service, clock, seen) = (start(&[]), Clock::start(), Seen::default());
    let mut node = Node::open(service.process(), clock).map_err(|error| error.to_string()).unwrap();
    assert_eq!(node.lacks(), Vec::<String>::new());
    assert!(node.told_as().starts_with("Node "), "{}", node.told_as());
    node.leave(&seen.out(clock));
    service.get("/");
    assert!(service.lives());
    let listens = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(!listening(&service.process()).iter().any(|port| *port != service.port() && listens(*port)));
    // And it can be watched again.
    let mut again = Node::open(service.process(), clock).map_err(|error| error.to_string()).unwrap();
    again.leave(&seen.out(clock));
}

#[test]
fn an_inspector_that_was_open_stays_open() {
    let (service, clock, seen) = (start(&["--inspect=127.0.0.1:0"]), Clock::start(), Seen::default());
    let ports = listening(&service.process());
    let mut node = Node::open(service.process(), clock).map_err(|error| error.to_string()).unwrap();
    node.leave(&seen.out(clock));
    assert_eq!(listening(&service.process()), ports);
}

#[test]
fn an_inspector_in_another_network_is_reached_there() {
    let mut alone = Command::new("unshare");
    let line = "ip link set lo up && exec node \"$0\"";
    alone.args(["--net", "sh", "-c", line]).arg(Service::file("node/service.js")).env_remove("NODE_OPTIONS");
    let (service, clock, seen) = (Service::start(alone), Clock::start(), Seen::default());
    let process = service.process();
    assert!(!process.same_network);
    let mut node = Node::open(process, clock).map_err(|error| error.to_string()).unwrap();
    node.read(clock.now(), &seen.out(clock)).unwrap();
    assert!(seen.values("heap_used").len() == 1);
    node.leave(&seen.out(clock));
}

#[test]
fn a_node_that_uses_the_signal_itself_gets_it_once() {
    let program = "let got = 0; process.on('SIGUSR1', () => console.log(`got ${++got}`)); setInterval(() => {}, 1000); \
                   console.log('listening on 9');";
    let mut node = Command::new("node");
    node.args(["--inspect-port=0", "-e", program]).env_remove("NODE_OPTIONS");
    let (mut service, clock) = (Service::start(node), Clock::start());
    for _ in 0..3 {
        let refused = Node::open(service.process(), clock).map(|_| ());
        assert!(matches!(refused, Err(Closed::NotOpened)), "{refused:?}");
    }
    assert_eq!(service.lines(), ["got 1"]);
    assert!(service.lives());
}
