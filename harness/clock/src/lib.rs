//! The one clock of a run. Everything else is handed this; nothing else asks the time.
#![expect(clippy::disallowed_methods, reason = "this is the place from which time comes")]

use std::time::{Duration, SystemTime};

use timeline::Elapsed;
use tokio::time::Instant;

/// Time since the start of a run, monotonic. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    started_at: SystemTime,
}

impl Clock {
    /// Starts the clock of a run; the wall clock is read here and nowhere else.
    pub fn start() -> Self {
        Self { origin: Instant::now(), started_at: SystemTime::now() }
    }

    /// When the run started, by the wall clock.
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// The time since the start.
    pub fn now(&self) -> Elapsed {
        Elapsed::from(self.origin.elapsed())
    }

    /// Waits, in a task, until `due`; returns at once when it has passed.
    pub async fn sleep_until(&self, due: Elapsed) {
        tokio::time::sleep_until(self.origin + Duration::from_micros(due.micros())).await;
    }

    /// Waits, in a thread of its own, until `due`; returns at once when it has passed.
    pub fn block_until(&self, due: Elapsed) {
        let left = due.since(self.now());
        if !left.is_zero() {
            std::thread::sleep(left);
        }
    }
}
