//! Samples in order.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Elapsed, Metric};

/// What a series is about; in records and JSON `target`, `harness`, `service:db`, `process:node server.js (4242)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Subject {
    /// The service under test, all of its processes together.
    Target,
    /// A service beside it, by the name that the scenario gives it: never a pid or an id.
    Service(String),
    /// One process of the service under test, by its program, its first argument and its pid; or `others`, all of those
    /// that have no series of their own.
    Process(String),
    /// This program, which is measured too.
    Harness,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target => f.pad("target"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::Process(name) => write!(f, "process:{name}"),
            Self::Harness => f.pad("harness"),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let named = |kind: &str| text.strip_prefix(kind).map(str::to_owned);
        match (text.as_str(), named("service:"), named("process:")) {
            ("target", ..) => Ok(Self::Target),
            ("harness", ..) => Ok(Self::Harness),
            (_, Some(name), _) => Ok(Self::Service(name)),
            (_, _, Some(name)) => Ok(Self::Process(name)),
            _ => Err(format!("`{text}` is no subject of a series")),
        }
    }
}

/// What identifies a series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesKey {
    /// Whose quantity it is.
    pub subject: Subject,
    /// Which quantity.
    pub metric: Metric,
}

/// One value, with the time for which it was planned and the time at which it was read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The point of the grid that it belongs to.
    pub due: Elapsed,
    /// When it was really read.
    pub taken: Elapsed,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// The samples of one quantity, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Where the values come from, such as `cgroup v1` or `/proc`; sources are never mixed in one series.
    pub source: String,
    /// The samples, in order of `taken`.
    pub samples: Vec<Sample>,
}

impl Series {
    /// The samples taken from `from` up to and with `to`.
    pub fn within(&self, (from, to): (Elapsed, Elapsed)) -> &[Sample] {
        let start = self.samples.partition_point(|sample| sample.taken < from);
        let end = self.samples.partition_point(|sample| sample.taken <= to);
        &self.samples[start..end.max(start)]
    }

    /// The largest sample.
    pub fn peak(&self) -> Option<Sample> {
        self.samples.iter().copied().max_by(|a, b| a.value.total_cmp(&b.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_as_it_is_written() {
        let [service, process] = ["db", "node server.js (7)"].map(str::to_owned);
        for subject in [Subject::Target, Subject::Harness, Subject::Service(service), Subject::Process(process)] {
            assert_eq!(Subject::try_from(String::from(subject.clone())), Ok(subject));
        }
        assert!(Subject::try_from("nobody".to_owned()).is_err());
    }
}
