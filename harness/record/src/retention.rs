//! Which runs are kept, and which go.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use timeline::Outcome;

use crate::entry::Entry;
use crate::error::RecordError;

/// What was written to within this time may be a run that is under way.
const UNDER_WAY: Duration = Duration::from_mins(10);

/// What is kept. A run goes where one of these says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// So many of each scenario, the newest.
    pub count: Option<usize>,
    /// Those that started within this time.
    pub age: Option<Duration>,
    /// As many of all, from the newest on, as take so many bytes together.
    pub bytes: Option<u64>,
}

/// A run that may go.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Where it is.
    pub folder: PathBuf,
    /// What is told of it.
    pub entry: Entry,
    /// What its folder takes, in bytes.
    pub bytes: u64,
    /// When something in it was last written.
    pub written_at: SystemTime,
}

impl Kept {
    /// Looks at the run's folder.
    pub fn look(folder: PathBuf, entry: Entry) -> Self {
        let (bytes, written_at) = measure(&folder);
        Self { folder, entry, bytes, written_at }
    }
}

impl Retention {
    /// Which of `runs`, the newest first, go as of `now`, in the same order. Of each scenario the last that passed stays,
    /// whatever it costs, and so does what may be under way.
    pub fn leaving<'a>(&self, runs: &'a [Kept], now: SystemTime) -> Vec<&'a Kept> {
        let (mut counts, mut passed) = (BTreeMap::new(), BTreeSet::new());
        let mut bytes = 0;
        let mut leaving = Vec::new();
        for run in runs {
            let scenario = run.entry.scenario.as_str();
            let last_good = run.entry.is_good() && passed.insert(scenario);
            let count: &mut usize = counts.entry(scenario).or_default();
            *count += 1;
            let too_many = self.count.is_some_and(|most| *count > most);
            let too_old = self.age.is_some_and(|most| since(run.entry.started_at, now) > most);
            let too_large = self.bytes.is_some_and(|most| bytes + run.bytes > most);
            if (too_many || too_old || too_large) && !last_good && !run.may_be_under_way(now) {
                leaving.push(run);
            } else {
                bytes += run.bytes;
            }
        }
        leaving
    }
}

impl Kept {
    fn may_be_under_way(&self, now: SystemTime) -> bool {
        self.entry.outcome == Outcome::HarnessLost && since(self.written_at, now) < UNDER_WAY
    }
}

fn since(then: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}

/// What all files of a folder take together, and when the last of them was written.
fn measure(folder: &Path) -> (u64, SystemTime) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))).fold(
        (0, SystemTime::UNIX_EPOCH),
        |(bytes, written), (path, metadata)| {
            let own = (metadata.len(), metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            let (more, later) = if metadata.is_dir() { measure(&path) } else { own };
            (bytes + more, written.max(later))
        },
    )
}

/// Removes the run in `folder`, and the folder of its scenario where that is empty then. Whoever lists runs meanwhile
/// sees it whole or not at all.
///
/// # Errors
/// Where the file system refuses.
pub fn remove(folder: &Path) -> Result<(), RecordError> {
    let failed = || RecordError::file("remove", folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let gone = folder.with_file_name(format!(".{name}"));
    fs::rename(folder, &gone).map_err(failed())?;
    fs::remove_dir_all(&gone).map_err(failed())?;
    // It fails where other runs are left in it.
    let _ = folder.parent().map(fs::remove_dir);
    Ok(())
}
