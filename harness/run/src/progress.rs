//! What a run tells of itself while it goes on.

use std::time::Duration;

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
    Phase {
        /// Its name.
        name: String,
        /// Its cycle.
        cycle: Option<u32>,
        /// How long it lasts.
        length: Duration,
        /// The users at its start and end.
        users: (u64, u64),
        /// Is there load in it, of whomever?
        loaded: bool,
    },
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
    /// Failed requests in the last interval.
    pub failed: u64,
    /// Median and 99th percentile of the service time in the last interval, in microseconds.
    pub latency: Option<(u64, u64)>,
    /// The target's memory, in bytes.
    pub memory: Option<f64>,
}
