//! What git knows.

use std::path::Path;
use std::process::Command;

/// What git says in `folder`, if it says anything.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// The commit that `revision`, a branch, a tag or `HEAD~2`, means here.
pub(crate) fn commit_of(revision: &str) -> Option<String> {
    commit_in(Path::new("."), revision)
}

/// The same in the repository in which `folder` lies.
pub(crate) fn commit_in(folder: &Path, revision: &str) -> Option<String> {
    git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
}
