//! What is run to its end before the launch: a compiler, a generator of data.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clock::Clock;
use scenario::{CommandPlan, PreparePlan};
use timeline::{Elapsed, show_duration};

use crate::Later;
use crate::launch::LaunchError;
use crate::owner::Owner;
use crate::program::{Program, RunningProgram};

/// How long it may take.
const WITHIN: Duration = Duration::from_mins(10);
/// How long it may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// A program that prepares a launch, under way. It carries its owner, as targets do.
#[derive(Debug)]
pub struct Preparation {
    running: RunningProgram,
    command: String,
    started: Elapsed,
    clock: Clock,
}

impl Preparation {
    /// Starts it; its output goes to a new file at `log`.
    ///
    /// # Errors
    /// Where there is no such program or folder, or it cannot be started.
    pub fn start(plan: &PreparePlan, owner: &Owner, log: &Path, clock: Clock) -> Result<Self, LaunchError> {
        if !plan.folder.is_dir() {
            return Err(LaunchError::NoFolder { folder: plan.folder.clone() });
        }
        let command = CommandPlan { command: plan.command.clone(), folder: plan.folder.clone(), requests: None };
        let running = Program::new(&command, owner, log, None, clock)?.start("prepare", &BTreeMap::new())?;
        Ok(Self { running, command: plan.command.join(" "), started: clock.now(), clock })
    }

    /// When it was started.
    pub fn started(&self) -> Elapsed {
        self.started
    }

    /// Waits until it has ended, or its time is over. May be cancelled, and called again.
    pub fn over(&self) -> Later<'_, ()> {
        Box::pin(async {
            // Which of the two it was is told by [`Self::finish`].
            let _ = tokio::time::timeout(self.left(), self.running.ended()).await;
        })
    }

    /// Brings it to its end with all that it has started, if it has not come to that by itself.
    ///
    /// # Errors
    /// Where it did not end well by itself.
    pub fn finish(self) -> Later<'static, Result<(), LaunchError>> {
        Box::pin(async move {
            let late = self.left().is_zero();
            let failed = |how, last_lines| LaunchError::Prepare { command: self.command, how, last_lines };
            match self.running.stop(GRACE).await {
                Ok(exit) if exit.code == Some(0) => Ok(()),
                Ok(exit) if late => Err(failed(format!("not done within {}", show_duration(WITHIN)), exit.last_lines)),
                Ok(exit) => Err(failed(exit.how, exit.last_lines)),
                Err(error) => Err(failed(error.to_string(), Vec::new())),
            }
        })
    }

    fn left(&self) -> Duration {
        WITHIN.saturating_sub(self.clock.now().since(self.started))
    }
}
