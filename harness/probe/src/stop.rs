//! The word to stop: heard by threads that wait for a time, and by tasks that wait for a peer.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use clock::Clock;
use timeline::Elapsed;
use tokio::sync::watch;

/// Told once, heard by everyone who holds a copy.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    stopped: Mutex<bool>,
    wake: Condvar,
    tasks: watch::Sender<bool>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        let (tasks, _) = watch::channel(false);
        Self(Arc::new(Shared { stopped: Mutex::new(false), wake: Condvar::new(), tasks }))
    }

    /// Tells everyone.
    pub(crate) fn tell(&self) {
        *self.0.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.wake.notify_all();
        self.0.tasks.send_replace(true);
    }

    /// Waits, in a thread, until `due`; false where the word came first.
    pub(crate) fn wait_until(&self, clock: &Clock, due: Elapsed) -> bool {
        let mut stopped = self.0.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stopped {
            let left = due.since(clock.now());
            if left.is_zero() {
                return true;
            }
            let woken = self.0.wake.wait_timeout(stopped, left).unwrap_or_else(PoisonError::into_inner);
            stopped = woken.0;
        }
        false
    }

    /// Waits, in a task, for the word.
    pub(crate) async fn heard(&self) {
        // The sender lives as long as this does, so the wait cannot fail.
        let _ = self.0.tasks.subscribe().wait_for(|told| *told).await;
    }
}
