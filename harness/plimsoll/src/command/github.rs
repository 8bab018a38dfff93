//! What GitHub's runner is told where `run` is a step of a workflow.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use record::Record;
use verdict::Verdict;

use crate::output;

/// Annotates the workflow, and adds to the summary of its job. Nothing happens elsewhere.
pub(super) fn tell(record: &Record, counts_as: Verdict) {
    if std::env::var_os("GITHUB_ACTIONS").is_none_or(|value| value != "true") {
        return;
    }
    // The runner reads both streams, and stdout is for who reads JSON.
    output::err(report::github(record, counts_as).trim_end());
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())
        && let Err(error) = append(Path::new(&path), &report::markdown(record))
    {
        output::err(&format!("note: cannot add to the summary of the job, {}: {error}", path.display()));
    }
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}
