//! What all walks of a run share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use clock::Clock;
use scenario::DataPlan;

use super::{Feed, ScriptError};

/// The rows of data, the counter, the seed and the time.
#[derive(Debug)]
pub struct Supplies {
    feeds: Vec<(String, Feed)>,
    counter: AtomicU64,
    pub(super) seed: u64,
    clock: Clock,
    started: Duration,
}

impl Supplies {
    /// Reads all files of data.
    ///
    /// # Errors
    /// What is wrong with a file, with the line.
    pub fn gather(data: &BTreeMap<String, DataPlan>, seed: u64, clock: Clock) -> Result<Self, ScriptError> {
        let feed = |(name, plan): (&String, &DataPlan)| Ok((name.clone(), Feed::read(plan)?));
        let feeds = data.iter().map(feed).collect::<Result<_, _>>()?;
        let started = clock.started_at().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Self { feeds, counter: AtomicU64::new(0), seed, clock, started })
    }

    /// The number of a set of rows, and the set.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Feed)> {
        let at = self.feeds.iter().position(|(is, _)| is == name)?;
        Some((at, &self.feeds[at].1))
    }

    pub(super) fn feed(&self, number: usize) -> &Feed {
        &self.feeds[number].1
    }

    /// The next number of the run.
    pub(super) fn count(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    /// Milliseconds since 1970: the wall clock at the start, and the time since then.
    pub(super) fn now(&self) -> u128 {
        self.started.as_millis() + u128::from(self.clock.now().micros() / 1000)
    }

    /// What stands between the parts of a form; the same in all of a run.
    pub(super) fn boundary(&self) -> String {
        format!("----plimsoll-{:016x}", crate::random::Random::of_user(self.seed).bits())
    }
}
