//! A commit, checked out beside what someone works on.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::git::git;
use crate::output;

/// A worktree of git in a folder of its own; both are gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Checkout {
    repository: PathBuf,
    /// Where it lies.
    pub(crate) folder: PathBuf,
}

impl Checkout {
    /// Checks `commit` of the repository in which `within` lies out into `folder`, which is not there yet.
    ///
    /// # Errors
    /// What git says; nothing is left behind then.
    pub(crate) fn new(within: &Path, commit: &str, folder: PathBuf) -> Result<Self, String> {
        let repository = git(within, &["rev-parse", "--show-toplevel"]).ok_or("it lies in no git repository")?;
        let checkout = Self { repository: repository.into(), folder };
        let folder = checkout.folder.to_string_lossy();
        checkout.worktree(&["add", "--quiet", "--detach", "--force", &folder, commit])?;
        Ok(checkout)
    }

    /// The folder in it that `within` is in the repository. It is made where the commit has none of that name.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn folder_of(&self, within: &Path) -> io::Result<PathBuf> {
        let folder = self.folder.join(git(within, &["rev-parse", "--show-prefix"]).unwrap_or_default());
        std::fs::create_dir_all(&folder)?;
        folder.canonicalize()
    }

    fn worktree(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.repository).arg("worktree").args(arguments).stdin(Stdio::null());
        let output = command.output().map_err(|error| format!("git cannot be run: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let folder = self.folder.to_string_lossy();
        // What a build has left in it goes with it.
        if self.folder.exists()
            && let Err(why) = self.worktree(&["remove", "--force", "--force", &folder])
        {
            output::err(&format!("note: {folder} stays behind: {why}"));
        }
    }
}
