//! Time since the start. A clock of its own, and not the harness's: the specimen is what the harness is measured against.
#![expect(clippy::disallowed_methods, reason = "this is the place from which the specimen's time comes")]

use std::thread;
use std::time::Duration;

use tokio::time::{self, Instant};

/// A stopwatch that runs from the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch(Instant);

impl Watch {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }

    /// Waits, in a task, until `due` after the start.
    pub(crate) async fn wait_until(self, due: Duration) {
        time::sleep_until(self.0 + due).await;
    }

    /// Stands still for `duration`, with everything else on this thread.
    pub(crate) fn stand_still(duration: Duration) {
        thread::sleep(duration);
    }
}
