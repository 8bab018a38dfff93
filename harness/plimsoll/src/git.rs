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
    git(Path::new("."), &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
}
