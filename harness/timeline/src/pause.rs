//! What a runtime tells of its collections and of other stops.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Elapsed;

/// One stop of the target, as its runtime tells of it; or a stretch in which it collected beside the target's work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it began.
    pub start: Elapsed,
    /// How long it was, in microseconds.
    pub length: u64,
    /// Did the target work on meanwhile? Then it is no stop, but it may have slowed the target down.
    pub concurrent: bool,
    /// The processor time of the thread that stopped the others, in microseconds, where it is told: one that took far
    /// less than the length waited for a processor.
    pub cpu: Option<u64>,
    /// What it was, in the runtime's own words, without what changes from one to the next: `Pause Young (Normal)`,
    /// `Scavenge`, `stop the world`.
    pub kind: Arc<str>,
    /// Was it asked for from outside, as `collect` does?
    pub forced: bool,
    /// The bytes that were still reached after it, where it looked at the whole heap.
    pub live: Option<u64>,
    /// Who told: `gctrace`, `unified log`, `inspector`.
    pub source: Arc<str>,
}

impl Pause {
    /// When it ended.
    pub fn end(&self) -> Elapsed {
        self.start + Duration::from_micros(self.length)
    }
}
