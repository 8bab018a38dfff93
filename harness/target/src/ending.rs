//! How a target ends: seen by one watcher, told to everyone who asks.

use std::future::Future;
use std::time::Duration;

use timeline::Death;
use tokio::sync::watch;

use crate::log::Log;

/// How many lines of the log a death carries.
const LAST_LINES: usize = 20;

/// How a target ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its exit code; 128 + the signal's number where a signal ended it.
    pub(crate) exit_code: Option<i64>,
    /// Did the kernel kill it for want of memory?
    pub(crate) oom_killed: bool,
}

impl Ended {
    /// The kernel may kill a child for want of memory while its parent ends well, later: that is no
    /// death by memory.
    pub(crate) fn new(exit_code: Option<i64>, oom_kill_seen: bool) -> Self {
        Self { exit_code, oom_killed: oom_kill_seen && exit_code != Some(0) }
    }
}

/// The end of one target. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ending(watch::Receiver<Option<Ended>>);

impl Ending {
    /// Watches in a task of its own, so that whoever waits for the end may stop waiting at any time.
    pub(crate) fn watch(end: impl Future<Output = Ended> + Send + 'static) -> Self {
        let (tell, ending) = watch::channel(None);
        tokio::spawn(async move { tell.send_replace(Some(end.await)) });
        Self(ending)
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<Ended> {
        *self.0.borrow()
    }

    /// Waits for the end.
    pub(crate) async fn wait(&self) -> Ended {
        let mut ending = self.0.clone();
        let seen = ending.wait_for(Option::is_some).await.ok().and_then(|ended| *ended);
        match seen {
            Some(ended) => ended,
            // The watcher was ended with its runtime: nobody will ever know.
            None => std::future::pending().await,
        }
    }

    /// Waits for the end for at most `limit`.
    pub(crate) async fn wait_for(&self, limit: Duration) -> Option<Ended> {
        tokio::time::timeout(limit, self.wait()).await.ok()
    }

    /// Waits for the end, and for what the target logged before it.
    pub(crate) async fn death(&self, log: &Log) -> Death {
        let Ended { exit_code, oom_killed } = self.wait().await;
        log.drained().await;
        Death { exit_code, oom_killed, last_lines: log.last(LAST_LINES) }
    }
}
