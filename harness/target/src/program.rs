//! Another program beside the target, which is the load: run again and again, with one log for all its runs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clock::Clock;
use rustix::process::Signal;
use scenario::CommandPlan;
use timeline::show_duration;
use tokio::process::Command;

use crate::Later;
use crate::child::{Child, Marks, find_program};
use crate::ending::Ended;
use crate::launch::{LaunchError, next_number};
use crate::log::{Listener, Log};
use crate::owner::Owner;
use crate::stop::{GONE_WITHIN, StopError};

/// How many lines of its output an end carries.
const LAST_LINES: usize = 20;

/// A program that can be run.
pub struct Program {
    plan: CommandPlan,
    file: PathBuf,
    owner: Owner,
    log: Log,
    clock: Clock,
}

/// One run of a program. It carries its owner, as targets do.
pub struct RunningProgram {
    child: Child,
    what: String,
    log: Log,
    clock: Clock,
}

/// How a run of a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// In words: `exited 0`, `exited 143 after SIGTERM in 20 ms`, `killed after 5 s`.
    pub how: String,
    /// Its exit code; 128 + the signal's number where a signal ended it.
    pub code: Option<i64>,
    /// The last lines of its output.
    pub last_lines: Vec<String>,
}

impl Program {
    /// Finds the program, and begins a new log at `log`, each line of which `hear` is told.
    ///
    /// # Errors
    /// Where there is no such program, or no log can be written.
    pub fn new(
        plan: &CommandPlan,
        owner: &Owner,
        log: &Path,
        hear: Option<Listener>,
        clock: Clock,
    ) -> Result<Self, LaunchError> {
        let name = plan.command.first().map_or("", String::as_str);
        let file = find_program(name, &plan.folder, None)
            .ok_or_else(|| LaunchError::NoProgram { program: name.to_owned() })?;
        let log = Log::create(log, None, hear).map_err(|source| LaunchError::Log { path: log.to_owned(), source })?;
        Ok(Self { plan: plan.clone(), file, owner: owner.clone(), log, clock })
    }

    /// Starts a run of it, with these variables besides those that we have ourselves; one without a value is taken
    /// away. `title` tells the run from others in the log.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(
        &self,
        title: &str,
        variables: &BTreeMap<&str, Option<String>>,
    ) -> Result<RunningProgram, LaunchError> {
        let shown = self.plan.command.join(" ");
        self.log.begin(&format!("[plimsoll: {title}: {shown}]"));
        let mut command = Command::new(&self.file);
        command.args(&self.plan.command[1..]).current_dir(&self.plan.folder);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let marks = Marks::new(&self.owner, next_number());
        let child = Child::spawn(command, marks, None, &self.log)
            .map_err(|source| LaunchError::Spawn { program: self.plan.command[0].clone(), source })?;
        let what = format!("process {} ({shown})", child.pid);
        Ok(RunningProgram { child, what, log: self.log.clone(), clock: self.clock })
    }
}

impl RunningProgram {
    /// What it is: `process 4242 (k6 run script.js)`.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Waits until it has ended. May be cancelled, and called again.
    pub fn ended(&self) -> Later<'_, ()> {
        Box::pin(async {
            self.child.ending.wait().await;
        })
    }

    /// Brings it to its end, if it has not come to that by itself: asks its group, and after `grace` kills it. Leaves
    /// none of its processes behind.
    ///
    /// # Errors
    /// Where it cannot be ended.
    pub fn stop(self, grace: Duration) -> Later<'static, Result<Exit, StopError>> {
        Box::pin(self.end(grace))
    }

    async fn end(self, grace: Duration) -> Result<Exit, StopError> {
        let (ended, how) = match self.child.ending.ended() {
            Some(ended) => (ended, exited(ended)),
            None => self.bring_to_end(grace).await?,
        };
        self.child.clear_away()?;
        self.log.drained().await;
        Ok(Exit { how, code: ended.exit_code, last_lines: self.log.last(LAST_LINES) })
    }

    async fn bring_to_end(&self, grace: Duration) -> Result<(Ended, String), StopError> {
        let asked = self.clock.now();
        self.child.ask_group()?;
        if let Some(ended) = self.child.ending.wait_for(grace).await {
            let took = show_duration(self.clock.now().since(asked));
            return Ok((ended, format!("{} after SIGTERM in {took}", exited(ended))));
        }
        self.child.signal(Signal::KILL)?;
        let ended = self.child.ending.wait_for(GONE_WITHIN).await.ok_or(StopError::Survives)?;
        Ok((ended, format!("killed {} after SIGTERM", show_duration(grace))))
    }
}

impl fmt::Debug for RunningProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningProgram").field("what", &self.what).finish_non_exhaustive()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// `exited 3`.
fn exited(ended: Ended) -> String {
    ended.exit_code.map_or_else(|| "exited".to_owned(), |code| format!("exited {code}"))
}
