//! Samples in order.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Elapsed, Metric};

/// What a series is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The service under test, all of its processes together.
    Target,
    /// This program, which is measured too.
    Harness,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Target => "target",
            Self::Harness => "harness",
        })
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
