//! Who may be at work: the number of users wanted now, and the stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a request may still take when its visitor is taken away.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wanted {
    users: u64,
    stopped: bool,
}

impl Wanted {
    /// Users are let in by rank, so that the same ones are at work whenever the same number is wanted; arrivals have
    /// none, and come until the stop.
    fn lets(self, rank: Option<u64>) -> bool {
        !self.stopped && rank.is_none_or(|rank| rank < self.users)
    }
}

/// The side that opens and closes.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    wanted: watch::Sender<Wanted>,
    at_work: Arc<AtomicU64>,
}

impl Gate {
    pub(crate) fn set_users(&self, users: u64) {
        self.change(|wanted| wanted.users = users);
    }

    /// Nobody is let in any more, for good.
    pub(crate) fn stop(&self) {
        self.change(|wanted| wanted.stopped = true);
    }

    /// Waking a thousand parked users to tell them nothing new costs a core for a moment: only news is sent.
    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        self.wanted.send_if_modified(|wanted| {
            let before = *wanted;
            change(wanted);
            *wanted != before
        });
    }

    pub(crate) fn users(&self) -> u64 {
        self.wanted.borrow().users
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.wanted.borrow().stopped
    }

    pub(crate) fn users_at_work(&self) -> u64 {
        self.at_work.load(Ordering::Relaxed)
    }

    pub(crate) async fn stopped(&self) {
        let mut wanted = self.wanted.subscribe();
        // An error means that the sender is gone, which it is not while `self` is here.
        let _ = wanted.wait_for(|wanted| wanted.stopped).await;
    }

    /// A user's, by its rank, or an arrival's.
    pub(crate) fn pass(&self, rank: Option<u64>) -> Pass {
        Pass { wanted: self.wanted.subscribe(), rank, at_work: Arc::clone(&self.at_work) }
    }
}

/// One visitor's view of the gate.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    wanted: watch::Receiver<Wanted>,
    rank: Option<u64>,
    at_work: Arc<AtomicU64>,
}

impl Pass {
    pub(crate) fn is_open(&self) -> bool {
        self.wanted.borrow().lets(self.rank)
    }

    /// Waits until this user is wanted; `false` when the load was stopped instead.
    pub(crate) async fn opened(&mut self) -> bool {
        let rank = self.rank;
        match self.wanted.wait_for(|wanted| wanted.stopped || wanted.lets(rank)).await {
            Ok(wanted) => !wanted.stopped,
            Err(_) => false,
        }
    }

    /// Waits until this user is not wanted.
    pub(crate) async fn closed(&mut self) {
        let rank = self.rank;
        // An error means that the gate is gone, which is as closed as can be.
        let _ = self.wanted.wait_for(|wanted| !wanted.lets(rank)).await;
    }

    /// Waits until this user has not been wanted for as long as `grace`, without a break.
    pub(crate) async fn closed_for(&mut self, grace: Duration) {
        let rank = self.rank;
        loop {
            self.closed().await;
            match timeout(grace, self.wanted.wait_for(|wanted| wanted.lets(rank))).await {
                Ok(Ok(_)) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    /// Counts this user as at work until the guard is dropped.
    pub(crate) fn clock_in(&self) -> AtWork {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(Arc::clone(&self.at_work))
    }
}

/// A user at work, for as long as it lives.
#[derive(Debug)]
pub(crate) struct AtWork(Arc<AtomicU64>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
