//! What one probe is to the sampler, and what becomes of it when it fails.

use std::io;
use std::time::Duration;

use timeline::{Elapsed, Happening, Metric, SeriesKey, Subject};

/// Something that can be read at every point of the grid.
pub(crate) trait Reader: Send {
    /// Its name in events.
    fn name(&self) -> &'static str;

    /// Whose quantities it reads.
    fn subject(&self) -> Subject {
        Subject::Target
    }

    /// What it may read, and from where.
    fn metrics(&self) -> Vec<(Metric, &'static str)>;

    /// Reads and appends to `values`; what was appended counts even where something else could not be read.
    fn read(&mut self, values: &mut Vec<(Metric, f64)>) -> Result<(), ReadError>;

    /// What the last read told of single processes.
    fn of_processes(&self) -> &[(SeriesKey, f64)] {
        &[]
    }
}

/// Why a probe could not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// What it watches is no more.
    #[error("the target is gone")]
    Gone,
    /// The system refused.
    #[error("cannot read `{what}`: {source}")]
    Refused {
        /// The file.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// It could be read, but did not hold what it should.
    #[error("`{what}` holds no `{key}`")]
    Lacks {
        /// The file.
        what: &'static str,
        /// What was looked for.
        key: &'static str,
    },
    /// The caller's own source failed.
    #[error("{0}")]
    Fallback(String),
}

impl ReadError {
    /// A gone process or cgroup is known by one of three codes; the rest is trouble.
    pub(crate) fn new(what: impl Into<String>, source: io::Error) -> Self {
        match source.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::NODEV | rustix::io::Errno::SRCH | rustix::io::Errno::NOENT) => Self::Gone,
            _ => Self::Refused { what: what.into(), source },
        }
    }
}

/// A failure is told once, until the probe reads again; and not more than once a minute where it comes and goes.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    failing: bool,
    told: bool,
    last: Option<Elapsed>,
}

/// Between two tellings of a probe's failure.
const QUIET: Duration = Duration::from_mins(1);

impl Trouble {
    /// What is to be told about a read that failed.
    pub(crate) fn failed(&mut self, now: Elapsed, probe: &str, reason: &impl ToString) -> Option<Happening> {
        let first = !std::mem::replace(&mut self.failing, true);
        let quiet = self.last.is_some_and(|last| now.since(last) < QUIET);
        if !first || quiet {
            return None;
        }
        (self.told, self.last) = (true, Some(now));
        Some(Happening::ProbeFailed { probe: probe.to_owned(), reason: reason.to_string() })
    }

    /// What is to be told about a read that worked.
    pub(crate) fn worked(&mut self, probe: &str) -> Option<Happening> {
        self.failing = false;
        let told = std::mem::replace(&mut self.told, false);
        told.then(|| Happening::ProbeRecovered { probe: probe.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Elapsed {
        Elapsed::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_failure_is_told_once_and_its_end_too() {
        let mut trouble = Trouble::default();
        assert!(trouble.worked("p").is_none());
        assert!(matches!(trouble.failed(at(1), "p", &"why"), Some(Happening::ProbeFailed { .. })));
        assert!(trouble.failed(at(100), "p", &"why").is_none());
        assert_eq!(trouble.worked("p"), Some(Happening::ProbeRecovered { probe: "p".to_owned() }));
        assert!(trouble.worked("p").is_none());
    }

    #[test]
    fn a_failure_that_comes_and_goes_is_told_once_a_minute() {
        let mut trouble = Trouble::default();
        let told = (0..180).filter(|&second| {
            let told = trouble.failed(at(second), "p", &"why").is_some();
            trouble.worked("p");
            told
        });
        assert_eq!(told.count(), 3);
    }

    #[test]
    fn what_a_gone_target_answers_is_not_trouble() {
        for code in [2, 3, 19] {
            assert!(matches!(ReadError::new("f", io::Error::from_raw_os_error(code)), ReadError::Gone));
        }
        let refused = ReadError::new("f", io::Error::from_raw_os_error(13));
        assert_eq!(refused.to_string(), "cannot read `f`: Permission denied (os error 13)");
    }
}
