//! Finds a run by what someone calls it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::schema;

/// Why a run was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nothing is called so.
    #[error("there is no run `{run}` in `{}`", results.display())]
    Unknown {
        /// What was asked for.
        run: String,
        /// Where it was looked for.
        results: PathBuf,
    },
    /// Several begin so.
    #[error("`{run}` is the beginning of {} runs: {}", found.len(), found.join(", "))]
    Ambiguous {
        /// What was asked for.
        run: String,
        /// Their names.
        found: Vec<String>,
    },
}

/// The folder of a run: `run` is the folder, its `record.db`, or how the name of a run in `results` begins, or how its
/// id does, with which the name ends.
///
/// # Errors
/// Where there is none, or more than one.
pub fn find(run: &str, results: &Path) -> Result<PathBuf, FindError> {
    let path = Path::new(run);
    if path.join(schema::FILE).is_file() {
        return Ok(path.to_owned());
    }
    if path.is_file() && path.file_name().is_some_and(|name| name == schema::FILE) {
        return Ok(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned());
    }
    let begins = |name: &str| name.starts_with(run) || name.rsplit('-').next().is_some_and(|id| id.starts_with(run));
    let mut found: Vec<(String, PathBuf)> =
        folders(results).into_iter().filter(|(name, _)| !run.is_empty() && begins(name)).collect();
    match found.len() {
        1 => Ok(found.remove(0).1),
        0 => Err(FindError::Unknown { run: run.to_owned(), results: results.to_owned() }),
        _ => {
            found.sort();
            Err(FindError::Ambiguous { run: run.to_owned(), found: found.into_iter().map(|(name, _)| name).collect() })
        }
    }
}

/// The names and folders of all runs in `results`: a folder for each scenario, in it one for each run.
fn folders(results: &Path) -> Vec<(String, PathBuf)> {
    let within = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let runs = within(results).flat_map(|scenario| within(&scenario).collect::<Vec<_>>());
    let named = |folder: PathBuf| {
        let name = folder.file_name()?.to_str()?.to_owned();
        folder.join(schema::FILE).is_file().then_some((name, folder))
    };
    runs.filter_map(named).collect()
}
