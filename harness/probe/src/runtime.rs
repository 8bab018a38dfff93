//! The target's runtime, watched and asked from outside: its pauses and its heap, a collection, and what fills it.
//!
//! A [`Runtime`] is what one kind of runtime tells and does; [`recognise`] finds out which one the target is;
//! [`watch`] is the thread in which it is read on the probes' grid and asked by the conductor.

mod agent;
mod ask;
mod elf;
mod go;
mod jvm;
mod node;
mod process;
pub(crate) mod recognise;
#[cfg(test)]
mod service;
mod sockets;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod tests;
pub(crate) mod watch;

use std::io;
use std::path::Path;
use std::time::Duration;

use timeline::{Elapsed, Evidence};

use crate::out::Out;

pub use agent::{Agents, Variable};
pub(crate) use process::Process;

/// One runtime of the target. Each call blocks, and is over within [`PATIENCE`] where nothing else is said.
pub(crate) trait Runtime: Send {
    /// Which it is, and by what it is watched: `Go 1.19.8 by /debug/pprof`.
    fn told_as(&self) -> String;

    /// What it cannot be asked for, and why: for the record.
    fn lacks(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads may lie so far apart before something is lost that was not yet read; the probes' cadence where it is
    /// shorter.
    fn forgets_after(&self) -> Duration {
        Duration::MAX
    }

    /// Hands out what has come since the last read: pauses, the live heap, other series for the point `due`.
    fn read(&mut self, due: Elapsed, out: &Out) -> Result<(), Unreadable>;

    /// Has it collect all of its heap, and returns when that is over: within [`COLLECTED_WITHIN`].
    fn collect(&mut self) -> Result<(), Refused>;

    /// Looks what fills the heap and keeps it in `folder`, which exists; at the end what has grown since the baseline.
    /// It may make the target stand still.
    fn evidence(&mut self, folder: &Path, moment: Moment) -> Vec<Evidence>;

    /// Leaves the target as it was found, and hands out what has come since the last read.
    fn leave(&mut self, _out: &Out) {}
}

/// After this time an answer of a runtime is no longer waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// After this time a collection is no longer waited for.
pub(crate) const COLLECTED_WITHIN: Duration = Duration::from_secs(30);

/// When it is looked what fills the target's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the load: what is there then is no growth.
    Baseline,
    /// After it, where something is wrong.
    Failure,
}

impl Moment {
    /// As it stands in the names of files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Failure => "failure",
        }
    }
}

/// Why a runtime could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Its process has ended; there may be another.
    #[error("the process is gone")]
    Gone,
    /// It did not answer, or the system did not let it.
    #[error("{what}: {source}")]
    Silent {
        /// Who was asked, or what was read.
        what: String,
        /// Why it did not come to an answer.
        source: io::Error,
    },
    /// It answered something else.
    #[error("{what} {how}")]
    Strange {
        /// Who was asked, or what was read.
        what: String,
        /// What is wrong with the answer: `answers with status 404`.
        how: String,
    },
}

/// Why a collection was not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// This runtime does not collect when it is asked, as it was started.
    #[error("{0}")]
    Cannot(String),
    /// It was asked, and something went wrong.
    #[error(transparent)]
    Failed(#[from] Unreadable),
}

/// Keeps a piece of evidence in a file; its name within the record's folder.
pub(crate) fn keep(folder: &Path, name: &str, content: &[u8]) -> Result<String, Unreadable> {
    let path = folder.join(name);
    std::fs::write(&path, content).map_err(|source| Unreadable::Silent { what: path.display().to_string(), source })?;
    Ok(name_in_record(folder, name))
}

/// What a file of evidence is called within the record's folder.
pub(crate) fn name_in_record(folder: &Path, name: &str) -> String {
    format!("{}/{name}", folder.file_name().unwrap_or_default().to_string_lossy())
}

/// A piece of evidence with nothing in it but the file that was kept, or why there is none.
pub(crate) fn of_file(what: &str, file: Result<String, Unreadable>) -> Evidence {
    let (file, missing) = match file {
        Ok(file) => (Some(file), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Evidence { what: what.to_owned(), file, missing, ..Evidence::default() }
}
