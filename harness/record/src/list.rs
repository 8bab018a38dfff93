//! All runs of a folder at a glance.
//!
//! To open ten thousand databases takes seconds, so what they told is kept in one file beside the runs. That file is a
//! copy and no truth: each line counts for as long as its database is as it was, by time and size, and without it the
//! same list comes out.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use timeline::Outcome;

use crate::entry::Entry;
use crate::error::RecordError;
use crate::file::write_file;
use crate::schema;

/// The copy's name in the folder of all runs.
const INDEX: &str = "index.jsonl";

/// The runs in a folder of records.
#[derive(Debug, Default)]
pub struct Listing {
    /// Each with its folder, the newest first.
    pub runs: Vec<(PathBuf, Entry)>,
    /// What is there and cannot be read.
    pub unreadable: Vec<(PathBuf, RecordError)>,
}

/// A line of the copy.
#[derive(Serialize, Deserialize)]
struct Line {
    /// The run's folder, as it lies in the folder of all runs.
    folder: String,
    stamp: Stamp,
    entry: Entry,
}

/// What tells that a database has changed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    nanos: u64,
    bytes: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { nanos: since.map_or(0, |since| since.as_nanos() as u64), bytes: metadata.len() }
    }
}

/// Lists the runs in `results`: a folder for each scenario, in it one for each run. A folder that is not there has none.
pub fn list(results: &Path) -> Listing {
    let mut known = read_index(results);
    let mut listing = Listing::default();
    let (mut lines, mut news) = (Vec::new(), false);
    for folder in folders(results) {
        let Ok(metadata) = folder.join(schema::FILE).metadata() else { continue };
        let (name, stamp) = (name_in(results, &folder), Stamp::of(&metadata));
        let line = match known.remove(&name).filter(|line| line.stamp == stamp) {
            Some(line) => line,
            None => match Entry::read(&folder) {
                Ok(entry) => {
                    // What is still being written is read again each time.
                    news |= entry.outcome != Outcome::HarnessLost;
                    Line { folder: name, stamp, entry }
                }
                Err(error) => {
                    listing.unreadable.push((folder, error));
                    continue;
                }
            },
        };
        lines.push((folder, line));
    }
    if news || !known.is_empty() {
        write_index(results, lines.iter().map(|(_, line)| line));
    }
    listing.runs = lines.into_iter().map(|(folder, line)| (folder, line.entry)).collect();
    listing.runs.sort_by(|(one, a), (other, b)| b.started_at.cmp(&a.started_at).then_with(|| one.cmp(other)));
    listing
}

/// The folders of all runs in `results`, in no order.
pub(crate) fn folders(results: &Path) -> impl Iterator<Item = PathBuf> {
    let scenarios = within(results);
    scenarios.flat_map(|scenario| within(&scenario)).filter(|folder| !is_hidden(folder))
}

/// The folders in `folder`.
pub(crate) fn within(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file())).map(|entry| entry.path())
}

fn is_hidden(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn name_in(results: &Path, folder: &Path) -> String {
    folder.strip_prefix(results).unwrap_or(folder).to_string_lossy().into_owned()
}

/// What the copy says; what of it cannot be read is as good as absent.
fn read_index(results: &Path) -> BTreeMap<String, Line> {
    let text = fs::read_to_string(results.join(INDEX)).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    lines.map(|line| (line.folder.clone(), line)).collect()
}

/// Writes the copy; where that is not allowed, the next list takes as long as this one.
fn write_index<'a>(results: &Path, lines: impl Iterator<Item = &'a Line>) {
    let sealed = lines.filter(|line| line.entry.outcome != Outcome::HarnessLost);
    let text: Result<Vec<String>, _> = sealed.map(serde_json::to_string).collect();
    if let Ok(lines) = text {
        let _ = write_file(results, INDEX, (lines.join("\n") + "\n").as_bytes());
    }
}
