//! The one clock of a run. Everything else is handed this; nothing else asks the time.
#![expect(clippy::disallowed_methods, reason = "this is the place from which time comes")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
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

    /// The time of the run at which the wall clock showed `nanos` since 1970, by how it goes now: whether it was set
    /// anew since the start does not matter. What lies before the start counts as the start.
    pub fn at_wall(&self, nanos: u64) -> Elapsed {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at(nanos, now)
    }

    /// The time of the run at which the system's monotonic clock showed `nanos`. What lies before the start counts as
    /// the start.
    pub fn at_monotonic(&self, nanos: u64) -> Elapsed {
        let now = clock_gettime(ClockId::Monotonic);
        self.at(nanos, Duration::try_from(now).unwrap_or_default())
    }

    /// What the system's monotonic clock showed when the run began, microseconds.
    pub fn monotonic_at_start(&self) -> u64 {
        let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
        Elapsed::from(now).since(self.now()).as_micros().try_into().unwrap_or(u64::MAX)
    }

    /// The time at which a clock that shows `now` showed `nanos`; nothing was shown in the future.
    fn at(&self, nanos: u64, now: Duration) -> Elapsed {
        self.now() - now.saturating_sub(Duration::from_nanos(nanos))
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
