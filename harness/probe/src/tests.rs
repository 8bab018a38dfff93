//! The probes at work, on real processes and real connections.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clock::Clock;
use rustix::process::{Pid, Signal};
use scenario::{HeartbeatPlan, ProbePlan, RuntimePlan};
use timeline::{Beat, Elapsed, Happening, Metric, Observation, Sample, Subject};

use crate::fallback::Answer;
use crate::grid::Grid;
use crate::out::Out;
use crate::reader::{ReadError, Reader};
use crate::sampler::Sampler;
use crate::stop::Stop;
use crate::tree::Descent;
use crate::{Fallback, ProbeError, Probes, Watched, start};

/// No test waits for longer than this for something that should come at once.
const LIMIT: Duration = Duration::from_secs(20);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn nothing() -> Watched {
    Watched {
        pid: None,
        container: None,
        address: None,
        only_address: false,
        runtime: RuntimePlan::default(),
        pprof: None,
        pages: Vec::new(),
        agents: None,
        fallback: None,
    }
}

fn of_pid(pid: u32) -> Watched {
    Watched { pid: Some(pid), ..nothing() }
}

/// Probes, and what they see.
struct Bench {
    clock: Clock,
    probes: Probes,
    seen: Receiver<Observation>,
}

impl Bench {
    fn start(plan: &ProbePlan, watched: Watched) -> Result<Self, ProbeError> {
        let clock = Clock::start();
        let (sender, seen) = channel();
        let probes = start(plan, watched, clock, move |observation| {
            let _ = sender.send(observation);
        })?;
        Ok(Self { clock, probes, seen })
    }

    /// The first thing that is what is looked for.
    fn find<T>(&self, wanted: impl Fn(&Observation) -> Option<T>) -> T {
        let limit = self.clock.now() + LIMIT;
        loop {
            let seen = self.seen.recv_timeout(limit.since(self.clock.now())).expect("it is seen in time");
            if let Some(found) = wanted(&seen) {
                return found;
            }
        }
    }

    /// The first sample of a metric of the target that is as wanted.
    fn sample(&self, metric: Metric, wanted: impl Fn(f64) -> bool) -> Sample {
        self.find(|seen| match seen {
            Observation::Sample { key, sample, .. }
                if key.metric == metric && key.subject == Subject::Target && wanted(sample.value) =>
            {
                Some(*sample)
            }
            _ => None,
        })
    }

    fn beat(&self, wanted: impl Fn(&Beat) -> bool) -> Beat {
        self.find(|seen| match seen {
            Observation::Beat(beat) if wanted(beat) => Some(*beat),
            _ => None,
        })
    }

    fn event(&self, wanted: impl Fn(&Happening) -> bool) -> Happening {
        self.find(|seen| match seen {
            Observation::Event(event) if wanted(&event.what) => Some(event.what.clone()),
            _ => None,
        })
    }

    /// Stops, in the time that is promised; and what was seen until then.
    fn stop(self) -> Vec<Observation> {
        let before = self.clock.now();
        self.probes.stop().unwrap();
        let took = self.clock.now().since(before);
        assert!(took < millis(200), "it took {took:?} to stop");
        self.seen.try_iter().collect()
    }
}

fn sampling(every: u64) -> ProbePlan {
    ProbePlan::sampling(millis(every))
}

fn beating(period: u64) -> ProbePlan {
    let heartbeat = HeartbeatPlan { path: "/health".to_owned(), host: None, period: millis(period) };
    ProbePlan { heartbeat: Some(heartbeat), ..ProbePlan::sampling(Duration::from_hours(1)) }
}

/// A shell that does what it is told, line by line.
struct Shell(Child, BufReader<std::process::ChildStdout>);

impl Shell {
    fn start() -> Self {
        let mut child = Command::new("/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut shell = Self(child, answers);
        shell.tell(":");
        shell
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{line}\necho done").unwrap();
        let mut answer = String::new();
        self.1.read_line(&mut answer).unwrap();
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[test]
fn a_process_is_sampled_with_all_that_it_starts_and_opens() {
    let mut shell = Shell::start();
    let bench = Bench::start(&sampling(10), of_pid(shell.0.id())).unwrap();
    let size = bench.sample(Metric::ResidentMemory, |_| true).value;
    assert!((100e3..100e6).contains(&size), "{size}");
    let anonymous = bench.sample(Metric::AnonymousMemory, |_| true).value;
    assert!(anonymous > 0.0 && anonymous < size, "{anonymous} of {size}");
    let files = bench.sample(Metric::OpenFiles, |_| true).value;
    bench.sample(Metric::ChildProcesses, |children| children == 0.0);

    shell.tell("exec 5</dev/null 6</dev/null; sleep 60 & one=$!; sleep 60 & two=$!");
    bench.sample(Metric::ChildProcesses, |children| children == 2.0);
    let grown = bench.sample(Metric::ResidentMemory, |_| true).value;
    assert!(grown > size, "{grown} after {size}");
    // Each of the three has what the shell has.
    bench.sample(Metric::OpenFiles, |now| now >= files + 2.0);

    shell.tell("kill $one $two; wait $one $two 2>/dev/null");
    bench.sample(Metric::ChildProcesses, |children| children == 0.0);
    bench.stop();
    shell.end();
}

#[test]
fn a_child_that_lost_its_parent_stays_of_the_family() {
    let mut shell = Shell::start();
    let clock = Clock::start();
    let mut descent = Descent::of(shell.0.id(), clock).unwrap();
    let mut family = |size| loop {
        let members = descent.members();
        if members.len() == size {
            return members;
        }
        assert!(clock.now() < Elapsed::ZERO + LIMIT, "{members:?}");
    };
    shell.tell("sh -c 'sleep 60 >/dev/null & exec sleep 60 >/dev/null' & middle=$!");
    let before = family(3);
    shell.tell("kill $middle; wait $middle 2>/dev/null");
    let after = family(2);
    assert!(after.is_subset(&before));
    let orphan = after.into_iter().find(|pid| *pid != shell.0.id()).unwrap();
    rustix::process::kill_process(Pid::from_raw(orphan.cast_signed()).unwrap(), Signal::KILL).unwrap();
    shell.end();
}

#[test]
fn the_end_of_the_target_ends_its_series_and_nothing_else() {
    let shell = Shell::start();
    let bench = Bench::start(&sampling(5), of_pid(shell.0.id())).unwrap();
    bench.sample(Metric::ResidentMemory, |_| true);
    shell.end();
    let ended = bench.clock.now();
    let seen = |subject: Subject| {
        bench.find(|seen| match seen {
            Observation::Sample { key, sample, .. } if key.subject == subject => Some(*sample),
            _ => None,
        })
    };
    while seen(Subject::Harness).due < ended + millis(40) {}
    let later = bench.stop();
    let target = |seen: &Observation| matches!(seen, Observation::Sample { key, .. } if key.subject == Subject::Target);
    assert!(!later.iter().any(target));
    assert!(!later.iter().any(|seen| matches!(seen, Observation::Event(_))));
}

#[test]
fn every_series_has_the_source_that_was_told() {
    let shell = Shell::start();
    let bench = Bench::start(&sampling(5), of_pid(shell.0.id())).unwrap();
    let told = bench.probes.sources().clone();
    bench.sample(Metric::Sockets, |_| true);
    bench.sample(Metric::Sockets, |_| true);
    let mut left: BTreeSet<_> = told.keys().cloned().collect();
    while !left.is_empty() {
        let (key, source) = bench.find(|seen| match seen {
            Observation::Sample { key, source, .. } => Some((key.clone(), *source)),
            _ => None,
        });
        assert_eq!(told.get(&key), Some(&source));
        left.remove(&key);
    }
    bench.stop();
    shell.end();
}

/// Takes 35 ms for its second read.
struct Slow(Clock, u32);

impl Reader for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn metrics(&self) -> Vec<(Metric, &'static str)> {
        vec![(Metric::Threads, "test")]
    }
    fn read(&mut self, values: &mut Vec<(Metric, f64)>) -> Result<(), ReadError> {
        self.1 += 1;
        if self.1 == 2 {
            self.0.block_until(self.0.now() + millis(35));
        }
        values.push((Metric::Threads, f64::from(self.1)));
        Ok(())
    }
}

#[test]
fn a_slow_read_costs_samples_and_does_not_shift_the_grid() {
    let clock = Clock::start();
    let (sender, seen) = channel();
    let grid = Grid::new(clock.now(), millis(10));
    let out = Out::new(clock, move |observation| {
        let _ = sender.send(observation);
    });
    let mut reading = Sampler::new(clock, grid, out);
    reading.add(Box::new(Slow(clock, 0)));
    let stop = Stop::new();
    let told = stop.clone();
    let thread = std::thread::spawn(move || reading.run(&told));
    let samples: Vec<Sample> = seen
        .iter()
        .filter_map(|seen| if let Observation::Sample { sample, .. } = seen { Some(sample) } else { None })
        .take(6)
        .collect();
    stop.tell();
    thread.join().unwrap();
    let due: Vec<u64> = samples.iter().map(|sample| sample.due.since(grid.start()).as_micros() as u64).collect();
    assert!(due.iter().all(|due| due % 10_000 == 0), "{due:?}");
    assert!(due.windows(2).all(|pair| pair[0] < pair[1]), "{due:?}");
    assert!(due[2] - due[1] >= 40_000, "{due:?}");
    assert!(samples[1].taken.since(samples[1].due) >= millis(35));
}

/// Answers the reads of a target that is elsewhere.
struct Elsewhere(u32);

impl Fallback for Elsewhere {
    fn source(&self) -> &'static str {
        "engine"
    }
    fn metrics(&self) -> &'static [Metric] {
        &[Metric::WorkingSet, Metric::OomKills]
    }
    fn read(&mut self) -> Answer<'_> {
        self.0 += 1;
        Box::pin(async {
            match self.0 {
                2 | 3 => Err("not now".to_owned()),
                6.. => std::future::pending().await,
                kills => Ok(vec![(Metric::WorkingSet, 7.0), (Metric::OomKills, f64::from(kills))]),
            }
        })
    }
}

#[test]
fn a_target_of_another_machine_is_read_by_the_fallback() {
    let fallback: Box<dyn Fallback> = Box::new(Elsewhere(0));
    let container = Some("0123456789abcdef".repeat(4));
    let watched = Watched { container, fallback: Some(fallback), ..of_pid(std::process::id()) };
    let bench = Bench::start(&sampling(10), watched).unwrap();
    let target = bench.probes.sources().iter().filter(|(key, _)| key.subject == Subject::Target);
    assert!(target.map(|(_, source)| *source).eq(["engine", "engine"]));
    bench.sample(Metric::WorkingSet, |value| value == 7.0);
    let failed = bench.event(|what| !matches!(what, Happening::RuntimeSeen { .. }));
    assert_eq!(failed, Happening::ProbeFailed { probe: "engine".to_owned(), reason: "not now".to_owned() });
    assert_eq!(
        bench.event(|what| *what != Happening::OomKill),
        Happening::ProbeRecovered { probe: "engine".to_owned() }
    );
    // Its next read never ends.
    bench.stop();
}

#[test]
fn of_what_is_only_an_address_nothing_is_sampled_but_the_harness() {
    let bench = Bench::start(&sampling(10), Watched { only_address: true, ..nothing() }).unwrap();
    assert!(bench.probes.sources().keys().all(|key| key.subject == Subject::Harness));
    bench.find(|seen| matches!(seen, Observation::Sample { .. }).then_some(()));
    bench.stop();
}

#[test]
fn what_cannot_be_watched_is_refused_at_the_start() {
    let refused = |plan: &ProbePlan, watched| Bench::start(plan, watched).err().unwrap();
    assert!(matches!(refused(&sampling(10), nothing()), ProbeError::OutOfReach));
    assert!(matches!(refused(&sampling(10), of_pid(i32::MAX as u32)), ProbeError::Gone { .. }));
    assert!(matches!(refused(&beating(10), of_pid(std::process::id())), ProbeError::NoAddress { .. }));
}

#[test]
fn a_thread_that_panicked_is_told_at_the_end() {
    let shell = Shell::start();
    let (sender, seen) = channel();
    let probes = start(&sampling(10), of_pid(shell.0.id()), Clock::start(), move |_| {
        let _ = sender.send(());
        std::panic::resume_unwind(Box::new("the record is gone"));
    });
    seen.recv().unwrap();
    assert!(matches!(probes.unwrap().stop(), Err(ProbeError::Panicked { name: "sampler" | "runtime" })));
    shell.end();
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Serves connections one after the other; `answer` gets the number of the request and the connection,
/// and tells whether to keep it. It ends with the test.
fn serve(answer: impl Fn(u32, &mut TcpStream) -> bool + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut number = 0;
        for mut connection in listener.incoming().flatten() {
            let mut request = [0; 1024];
            while connection.read(&mut request).is_ok_and(|read| read > 0) {
                number += 1;
                if !answer(number, &mut connection) {
                    break;
                }
            }
        }
    });
    address
}

fn on(address: SocketAddr) -> Watched {
    Watched { address: Some(address), ..of_pid(std::process::id()) }
}

#[test]
fn a_service_that_stands_still_shows_in_one_beat_and_the_rest_stay_on_the_grid() {
    let clock = Clock::start();
    let address = serve(move |number, connection| {
        if number == 5 {
            clock.block_until(clock.now() + millis(200));
        }
        connection.write_all(OK.as_bytes()).is_ok()
    });
    let bench = Bench::start(&beating(10), on(address)).unwrap();
    let beats: Vec<Beat> = (0..12).map(|_| bench.beat(|_| true)).collect();
    bench.stop();
    assert!(beats.iter().all(|beat| beat.answered && beat.due <= beat.sent && beat.sent < beat.done), "{beats:?}");
    let long = beats[4].done.since(beats[4].sent);
    assert!((millis(195)..millis(400)).contains(&long), "{long:?}");
    assert!(beats[5].due.since(beats[4].due) >= millis(200));
    let first = beats[0].due;
    assert!(beats.iter().all(|beat| beat.due.since(first).as_micros() % 10_000 == 0), "{beats:?}");
    assert!(beats.iter().all(|beat| beat.harness_stalled <= beat.done.since(beat.due).as_micros() as u64));
}

#[test]
fn a_refused_connection_is_an_unanswered_beat_and_one_event() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let bench = Bench::start(&beating(20), on(address)).unwrap();
    let failed = bench.event(|what| !matches!(what, Happening::RuntimeSeen { .. }));
    let Happening::ProbeFailed { probe, reason } = failed else { panic!("a failure") };
    assert_eq!(probe, "heartbeat");
    assert!(reason.starts_with(&format!("cannot connect to {address}: ")), "{reason}");
    let beats: Vec<Beat> = (0..5).map(|_| bench.beat(|_| true)).collect();
    assert!(!beats.iter().any(|beat| beat.answered), "{beats:?}");
    assert!(beats.windows(2).all(|pair| pair[1].due.since(pair[0].due) >= millis(20)), "{beats:?}");
    assert!(!bench.stop().iter().any(|seen| matches!(seen, Observation::Event(_))));
}

#[test]
fn a_connection_that_was_closed_between_two_beats_is_made_anew() {
    let address = serve(|_, connection| {
        let _ = connection.write_all(OK.as_bytes());
        false
    });
    let bench = Bench::start(&beating(5), on(address)).unwrap();
    let beats: Vec<Beat> = (0..10).map(|_| bench.beat(|_| true)).collect();
    assert!(!bench.stop().iter().any(|seen| matches!(seen, Observation::Event(_))));
    assert!(beats.iter().all(|beat| beat.answered), "{beats:?}");
}

#[test]
fn an_error_of_the_service_is_an_unanswered_beat() {
    let address = serve(|number, connection| {
        let status = if number % 2 == 0 { "503 Busy" } else { "404 Not Found" };
        write!(connection, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").is_ok()
    });
    let bench = Bench::start(&beating(5), on(address)).unwrap();
    let answered: Vec<bool> = (0..4).map(|_| bench.beat(|_| true).answered).collect();
    assert_eq!(answered, [true, false, true, false]);
    bench.stop();
}

#[test]
fn a_beat_without_an_answer_does_not_hold_up_the_end_and_is_not_lost() {
    let (sender, asked) = channel();
    let address = serve(move |_, _| sender.send(()).is_ok());
    let bench = Bench::start(&beating(10), on(address)).unwrap();
    asked.recv_timeout(LIMIT).unwrap();
    let seen = bench.stop();
    let beat = seen.iter().find_map(|seen| if let Observation::Beat(beat) = seen { Some(*beat) } else { None });
    let beat = beat.unwrap();
    assert!(!beat.answered && beat.done > Elapsed::ZERO, "{beat:?}");
}
