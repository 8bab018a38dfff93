//! Runtimes recognised, watched and asked, in real services.

mod go;
mod jvm;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clock::Clock;
use scenario::{ProbePlan, RuntimeKind, RuntimePlan};
use timeline::{Evidence, Happening};

use super::service::{Seen, Service};
use crate::{Moment, Probes, Watched, start};

/// No test waits for longer than this for something that should come at once.
const LIMIT: Duration = Duration::from_secs(20);

/// A service, and the probes that watch it.
struct Watching {
    service: Service,
    probes: Probes,
    seen: Seen,
    clock: Clock,
    folder: PathBuf,
}

impl Watching {
    fn start(command: Command) -> Self {
        Self::start_as(RuntimeKind::Auto, command)
    }

    fn start_as(kind: RuntimeKind, command: Command) -> Self {
        let service = Service::start(command);
        let (clock, seen) = (Clock::start(), Seen::default());
        let watched = Watched {
            pid: Some(service.pid()),
            container: None,
            address: service.process().address,
            only_address: false,
            runtime: RuntimePlan { kind, ..RuntimePlan::default() },
            pprof: None,
            pages: Vec::new(),
            agents: None,
            fallback: None,
        };
        let plan = ProbePlan::sampling(Duration::from_millis(100));
        let kept = seen.clone();
        let probes = start(&plan, watched, clock, move |observation| kept.keep(observation)).unwrap();
        let folder = std::env::temp_dir().join(format!("plimsoll-runtime-{}", service.pid()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { service, probes, seen, clock, folder }
    }

    /// Waits until what is looked for was seen.
    fn wait<T>(&self, what: &str, wanted: impl Fn(&Seen) -> Option<T>) -> T {
        let limit = self.clock.now() + LIMIT;
        loop {
            if let Some(found) = wanted(&self.seen) {
                return found;
            }
            assert!(self.clock.now() < limit, "{what} was not seen: {:?}", self.seen.events());
            self.clock.block_until(self.clock.now() + Duration::from_millis(10));
        }
    }

    /// What was recognised, and what it cannot be asked.
    fn recognised(&self) -> (String, Vec<String>) {
        self.wait("a runtime", |seen| {
            seen.events().into_iter().find_map(|event| match event {
                Happening::RuntimeSeen { runtime, lacks } => Some((runtime, lacks)),
                _ => None,
            })
        })
    }

    /// Has it collect, and waits until it has.
    fn collect(&self) -> Happening {
        let answers = |seen: &Seen| {
            let answer =
                |event: &Happening| matches!(event, Happening::Collected { .. } | Happening::NotCollected { .. });
            seen.events().into_iter().filter(answer).collect::<Vec<_>>()
        };
        let before = answers(&self.seen).len();
        self.probes.collect();
        self.wait("an answer", |seen| answers(seen).get(before).cloned())
    }

    /// Asks what fills its memory.
    fn evidence(&self, moment: Moment) -> Vec<Evidence> {
        let pieces = |seen: &Seen| {
            let piece = |event| if let Happening::Evidence(piece) = event { Some(piece) } else { None };
            seen.events().into_iter().filter_map(piece).collect::<Vec<_>>()
        };
        let before = pieces(&self.seen).len();
        let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
        executor.block_on(self.probes.evidence(self.folder.clone(), moment));
        pieces(&self.seen).split_off(before)
    }

    /// The kept file of a piece.
    fn file(&self, piece: &Evidence) -> Vec<u8> {
        let file = piece.file.as_ref().unwrap_or_else(|| panic!("no file in {piece:?}"));
        std::fs::read(self.folder.with_file_name(file)).unwrap()
    }

    /// Ends the watching, in order; what was seen, and what the service has printed.
    fn end(self) -> (Seen, Vec<String>) {
        self.probes.stop().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
        (self.seen, self.service.lines())
    }
}

/// What was not to be had, and why: as it is told of a program that is no runtime.
#[test]
fn a_native_program_is_told_as_unknown_and_nothing_is_asked_of_it() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo listening on 9; exec sleep 60"]);
    let watching = Watching::start(command);
    let (runtime, lacks) = watching.recognised();
    assert_eq!((runtime.as_str(), lacks.len()), ("unknown", 1));
    assert!(matches!(watching.collect(), Happening::NotCollected { reason } if reason == lacks[0]));
    assert_eq!(watching.evidence(Moment::Baseline), []);
    watching.end();
}
