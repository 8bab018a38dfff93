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
        /// Their ids.
        found: Vec<String>,
    },
}

/// The folder of a run: `run` is the folder, its `record.db`, or how a run's id begins, of those in `results`.
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
    let mut found: Vec<(String, PathBuf)> =
        folders(results).into_iter().filter(|(id, _)| !run.is_empty() && id.starts_with(run)).collect();
    match found.len() {
        1 => Ok(found.remove(0).1),
        0 => Err(FindError::Unknown { run: run.to_owned(), results: results.to_owned() }),
        _ => {
            found.sort();
            Err(FindError::Ambiguous { run: run.to_owned(), found: found.into_iter().map(|(id, _)| id).collect() })
        }
    }
}

/// The ids and folders of all runs in `results`: a folder for each scenario, in it one for each run.
fn folders(results: &Path) -> Vec<(String, PathBuf)> {
    let within = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let runs = within(results).flat_map(|scenario| within(&scenario).collect::<Vec<_>>());
    let named = |folder: PathBuf| {
        let id = folder.file_name()?.to_str()?.rsplit('-').next()?.to_owned();
        folder.join(schema::FILE).is_file().then_some((id, folder))
    };
    runs.filter_map(named).collect()
}
