//! The load that another program makes: run anew in each loaded phase, and ended with it.

use std::collections::BTreeMap;
use std::future::pending;
use std::path::Path;
use std::time::Duration;

use clock::Clock;
use scenario::{Phase, Plan};
use target::{Exit, LaunchError, Owner, Program, RunningProgram, StopError, Target};
use timeline::Happening;
use tokio::task::{JoinError, JoinHandle};

use crate::counts::Requests;

/// How long the command may take to end when its phase is over.
const GRACE: Duration = Duration::from_secs(5);

/// A command as the load.
pub(crate) struct Foreign {
    program: Program,
    /// What its requests are counted by, where they are.
    requests: Option<Requests>,
    clock: Clock,
    running: Option<RunningProgram>,
    ending: Option<Ending>,
    /// What is to be started when the one before it has ended.
    waiting: Option<Job>,
}

/// A run of the command that is being ended, or has ended.
struct Ending {
    exit: JoinHandle<Result<Exit, StopError>>,
    /// Did it end because it was asked to?
    asked: bool,
    /// Is its phase over?
    over: bool,
}

/// One run of the command.
pub(crate) struct Job {
    title: String,
    variables: BTreeMap<&'static str, Option<String>>,
}

/// What has become of a run of the command.
pub(crate) struct News {
    /// How it ended.
    pub(crate) exit: Result<Exit, String>,
    /// Did it end because it was asked to?
    pub(crate) asked: bool,
    /// Is its phase over?
    pub(crate) over: bool,
}

impl Foreign {
    /// Finds the command of the plan, if there is one; its output goes to `log`.
    pub(crate) fn find(plan: &Plan, owner: &Owner, log: &Path, clock: Clock) -> Result<Option<Self>, LaunchError> {
        let Some(command) = &plan.command else { return Ok(None) };
        let requests = command.requests.as_ref().map(|_| Requests::default());
        let hear = requests.as_ref().zip(command.requests.clone());
        let hear = hear.map(|(requests, pattern)| requests.listener(pattern, clock));
        let program = Program::new(command, owner, log, hear, clock)?;
        Ok(Some(Self { program, requests, clock, running: None, ending: None, waiting: None }))
    }

    /// Starts the command; where the one before it has not yet ended, later. Tells what was started.
    pub(crate) fn start(&mut self, job: Job) -> Result<Option<Happening>, LaunchError> {
        if self.ending.is_some() {
            self.waiting = Some(job);
            return Ok(None);
        }
        self.requests.iter().for_each(|requests| requests.begin(self.clock.now()));
        let running = self.program.start(&job.title, &job.variables)?;
        let what = running.what().to_owned();
        self.running = Some(running);
        Ok(Some(Happening::CommandStarted { what }))
    }

    /// Starts what had to wait.
    pub(crate) fn start_waiting(&mut self) -> Result<Option<Happening>, LaunchError> {
        self.waiting.take().map_or(Ok(None), |job| self.start(job))
    }

    /// Asks the command to end, for its phase is over, and does not wait for it.
    pub(crate) fn stop(&mut self) {
        self.waiting = None;
        self.requests.iter().for_each(|requests| requests.over(self.clock.now()));
        if let Some(ending) = &mut self.ending {
            ending.over = true;
        }
        if let Some(running) = self.running.take() {
            self.ending = Some(Ending { exit: tokio::spawn(running.stop(GRACE)), asked: true, over: true });
        }
    }

    /// The requests that it has told of since the last time.
    pub(crate) fn requests(&self) -> Option<Happening> {
        self.requests.as_ref()?.take()
    }

    /// Waits until the command has ended, whoever wanted it to. May be cancelled, and called again.
    pub(crate) async fn news(&mut self) -> News {
        loop {
            if let Some(ending) = &mut self.ending {
                let exit = (&mut ending.exit).await;
                let (asked, over) = (ending.asked, ending.over);
                self.ending = None;
                return News { exit: told(exit), asked, over };
            }
            match &self.running {
                Some(running) => running.ended().await,
                None => pending().await,
            }
            if let Some(running) = self.running.take() {
                // It takes what it has started with it.
                self.ending = Some(Ending { exit: tokio::spawn(running.stop(GRACE)), asked: false, over: false });
            }
        }
    }

    /// Ends what still runs, and says how; `None` where nothing does.
    pub(crate) async fn finish(&mut self) -> Option<News> {
        self.stop();
        if self.ending.is_some() { Some(self.news().await) } else { None }
    }
}

fn told(exit: Result<Result<Exit, StopError>, JoinError>) -> Result<Exit, String> {
    exit.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

impl Job {
    /// The command in a phase of a run against `target`.
    pub(crate) fn new(plan: &Plan, phase: &Phase, target: &Target) -> Self {
        let cycle = phase.cycle.map(|cycle| cycle.to_string());
        let title = cycle.as_ref().map_or(phase.name.clone(), |cycle| format!("{} (cycle {cycle})", phase.name));
        let [url, host, port] = place(plan, target).map_or_else(Default::default, |place| place.map(Some));
        let variables = [
            ("TARGET_URL", url),
            ("TARGET_HOST", host),
            ("TARGET_PORT", port),
            ("PLIMSOLL_PHASE", Some(phase.name.clone())),
            ("PLIMSOLL_CYCLE", cycle),
            ("PLIMSOLL_SECONDS", Some(phase.length.as_secs_f64().to_string())),
        ];
        Self { title, variables: variables.into() }
    }
}

/// The target's URL, host and port, where it has an address.
fn place(plan: &Plan, target: &Target) -> Option<[String; 3]> {
    if let Some(address) = plan.only_address() {
        return Some([address.to_string(), address.host.clone(), address.port.to_string()]);
    }
    let address = target.address()?;
    Some([format!("http://{address}"), address.ip().to_string(), address.port().to_string()])
}

/// Why the command cannot be run, with its cause.
pub(crate) fn reason(error: &LaunchError) -> String {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{cause}")
}
