//! Conducts a run: launches the target, walks the phases, keeps what is seen, tears down, judges.
//!
//! What decides is [`session`]: a state machine without await, which takes the time as an
//! argument. What performs is [`conduct`]; it decides nothing.

mod agents;
mod conduct;
mod counts;
mod fallback;
mod foreign;
mod growing;
mod logs;
mod progress;
mod seen;
mod services;
mod session;

use std::path::PathBuf;

use record::RecordError;
use scenario::Plan;
use target::LaunchError;
use timeline::Outcome;
use tokio::sync::watch;

pub use conduct::conduct;
pub use probe::{Host, host};
pub use progress::{Growth, Progress, Snapshot};

/// What is to be run, and where it is kept.
#[derive(Debug)]
pub struct Order {
    /// What shall happen.
    pub plan: Plan,
    /// What is known of the run.
    pub about: record::About,
    /// The folder beneath which runs are kept.
    pub results: PathBuf,
    /// How many times the run was asked to end; the sender is the front's signal handler.
    pub interrupts: watch::Receiver<u32>,
}

/// What came of it.
#[derive(Debug)]
pub struct Run {
    /// The record as it was read back after the seal: what is judged and reported is what is kept.
    pub record: record::Record,
    /// Why the target did not start, where it did not.
    pub not_started: Option<NotStarted>,
}

/// Why a run did not start, with what helps.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// It could not be launched, or was never ready.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// It could not be watched.
    #[error(transparent)]
    Probe(#[from] probe::ProbeError),
    /// The agents that its runtime is to load could not be laid out.
    #[error("the agents for the target's runtime cannot be laid out")]
    Agents(#[source] std::io::Error),
    /// It could not be loaded.
    #[error(transparent)]
    Load(#[from] load::LoadError),
    /// The command that is the load cannot be run.
    #[error("the load's command cannot be run")]
    Command(#[source] LaunchError),
}

impl NotStarted {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Launch(error) | Self::Command(error) => error.hint(),
            Self::Probe(_) | Self::Load(_) | Self::Agents(_) => None,
        }
    }

    /// The last lines that the target logged.
    pub fn last_lines(&self) -> &[String] {
        match self {
            Self::Launch(error) | Self::Command(error) => error.last_lines(),
            Self::Probe(_) | Self::Load(_) | Self::Agents(_) => &[],
        }
    }

    fn outcome(&self) -> Outcome {
        let mut reason = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            reason = format!("{reason}: {error}");
            source = error.source();
        }
        Outcome::NotStarted { reason }
    }
}

/// Why a run could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The record could not be written or read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Without the guard that clears up behind a killed harness nothing is launched.
    #[error("the reaper could not be started")]
    Reaper(#[source] std::io::Error),
}
