//! What a run tells of itself while it goes on.

use std::time::Duration;

use scenario::Phase;
use timeline::{Elapsed, Event};

/// News of a run.
#[derive(Clone, Debug)]
pub enum Progress {
    /// The record has a place.
    Kept(std::path::PathBuf),
    /// What a killed run had left behind was removed.
    Swept(String),
    /// Something is under way that may take a while.
    Doing(&'static str),
    /// Something happened.
    Happened(Event),
    /// A phase began.
    Phase(Phase),
    /// An interval of load was closed.
    Interval(Snapshot),
}

/// How things stand.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The time since the first phase began.
    pub at: Elapsed,
    /// The length of all phases.
    pub length: Duration,
    /// The users asked for.
    pub users: u64,
    /// Requests per second in the last interval.
    pub rate: f64,
    /// Arrivals that wait for a free connection.
    pub waiting: u64,
    /// Failed requests in the last interval.
    pub failed: u64,
    /// Median and 99th percentile in the last interval, in microseconds: of response times where there are arrivals,
    /// else of service times.
    pub latency: Option<(u64, u64)>,
    /// The target's memory, in bytes.
    pub memory: Option<f64>,
    /// How fast it grows.
    pub growth: Option<Growth>,
}

/// How fast memory seems to grow: an estimate, and no verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Bytes per second of load.
    pub pace: f64,
    /// What the scenario calls growth like this.
    pub grade: Option<String>,
    /// The load until memory is at its limit, where it has one.
    pub full_in: Option<Duration>,
}
