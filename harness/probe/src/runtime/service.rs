//! Real services for the tests of runtimes, and what is seen of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::Clock;
use timeline::{Elapsed, Happening, Metric, Observation, Pause};

use super::Process;
use crate::out::Out;

/// A service that runs. It says `listening on PORT` when it does, and is ended with this.
pub(crate) struct Service {
    child: Child,
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Starts a program of `tests/targets`, and waits until it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = output.by_ref().find_map(|line| line.strip_prefix("listening on ")?.parse().ok());
        let port = port.expect("it has to listen");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        std::thread::spawn(move || output.for_each(|line| kept.lock().unwrap().push(line)));
        Self { child, port, lines }
    }

    /// A file of `tests/targets`.
    pub(crate) fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/targets").join(name)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn process(&self) -> Process {
        Process::of(self.child.id(), Some((Ipv4Addr::LOCALHOST, self.port).into())).unwrap()
    }

    /// Asks for a path, and waits for the answer.
    pub(crate) fn get(&self, path: &str) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
    }

    /// What it has printed since it listened.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Has it end by itself, which it does when its input is over.
    pub(crate) fn end(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what is seen.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Observation>>>);

impl Seen {
    /// Keeps one thing.
    pub(crate) fn keep(&self, observation: Observation) {
        self.0.lock().unwrap().push(observation);
    }

    pub(crate) fn out(&self, clock: Clock) -> Out {
        let seen = self.0.clone();
        Out::new(clock, move |observation| seen.lock().unwrap().push(observation))
    }

    fn of<T>(&self, of: impl Fn(&Observation) -> Option<T>) -> Vec<T> {
        self.0.lock().unwrap().iter().filter_map(of).collect()
    }

    pub(crate) fn pauses(&self) -> Vec<Pause> {
        self.of(|seen| match seen {
            Observation::Pause(pause) => Some(pause.clone()),
            _ => None,
        })
    }

    /// The values of a metric, by its name, with their times.
    pub(crate) fn values(&self, name: &str) -> Vec<(Elapsed, f64)> {
        self.of(|seen| match seen {
            Observation::Sample { key, sample, .. } if key.metric.name() == name => Some((sample.taken, sample.value)),
            _ => None,
        })
    }

    pub(crate) fn live_heap(&self) -> Vec<f64> {
        self.values(Metric::LiveHeap.name()).into_iter().map(|(_, bytes)| bytes).collect()
    }

    pub(crate) fn events(&self) -> Vec<Happening> {
        self.of(|seen| match seen {
            Observation::Event(event) => Some(event.what.clone()),
            _ => None,
        })
    }
}
