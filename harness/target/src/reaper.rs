//! The reaper: a process that outlives a harness that is killed, and removes what it leaves behind.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::Later;
use crate::owner::{OWNER_VARIABLE, Owner};
use crate::sweep::sweep_owned_by;

/// What a harness that ends in good order tells its reaper.
const DISMISSED: u8 = b'Q';
/// A container whose creation was under way when the harness died appears late: that many passes in
/// a row have to find nothing.
const EMPTY_PASSES: u32 = 6;
/// The time between two passes.
const PASS_EVERY: Duration = Duration::from_millis(100);
/// Something that cannot be removed must not keep the reaper for ever.
const MOST_PASSES: u32 = 600;

/// The reaper of this process, as its parent sees it.
#[derive(Debug)]
pub struct Reaper(Child);

impl Reaper {
    /// Starts this program again, with the arguments `reaper` and the owner's line. Where this
    /// process ends, or drops it, without [`Self::dismiss`], it removes what `owner` owns.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn spawn(owner: &Owner) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("reaper").arg(owner.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A Ctrl-C on the terminal goes to the group in front: the reaper must not be in it. And the
        // harness may be someone's target: the reaper must not be swept with it.
        command.process_group(0).current_dir("/").env_remove(OWNER_VARIABLE);
        command.spawn().map(Self)
    }

    /// Tells it that nothing is left to remove, and waits until it is gone.
    ///
    /// # Errors
    /// Where it was gone before, or failed.
    pub async fn dismiss(self) -> io::Result<()> {
        let dismissed = tokio::task::spawn_blocking(move || dismiss(self.0));
        let status = dismissed.await.map_err(io::Error::other)??;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("the reaper ended with {status}"))) }
    }
}

fn dismiss(mut reaper: Child) -> io::Result<ExitStatus> {
    // It is taken, and with that closed: the reaper reads to the end.
    if let Some(mut pipe) = reaper.stdin.take() {
        pipe.write_all(&[DISMISSED])?;
    }
    reaper.wait()
}

/// What the reaper does: waits until its parent has gone, and where it went without a word, removes
/// what `owner` owns.
pub fn reap(owner: &Owner) -> Later<'_, ()> {
    Box::pin(watch(owner))
}

async fn watch(owner: &Owner) {
    let said = tokio::task::spawn_blocking(|| {
        let mut said = Vec::new();
        // A pipe that fails is a parent that is gone.
        let _ = io::stdin().lock().read_to_end(&mut said);
        said
    });
    if !said.await.unwrap_or_default().contains(&DISMISSED) {
        sweep_until_empty(owner).await;
    }
}

async fn sweep_until_empty(owner: &Owner) {
    let mut empty = 0;
    for _ in 0..MOST_PASSES {
        empty = if sweep_owned_by(owner).await.is_empty() { empty + 1 } else { 0 };
        if empty == EMPTY_PASSES {
            return;
        }
        tokio::time::sleep(PASS_EVERY).await;
    }
}
