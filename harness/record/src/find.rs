//! Finds runs by what someone calls them.

use std::path::{Path, PathBuf};

use crate::list::{folders, list, within};
use crate::schema;

/// The run that started last.
const LATEST: &str = "latest";
/// The shortest beginning of a commit.
const SHORTEST_COMMIT: usize = 4;
/// So many candidates are named.
const NAMED: usize = 12;

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
    /// It is a commit, and nothing was run of it.
    #[error("`{run}` is the commit {commit}, of which there is no run in `{}`", results.display())]
    NotRun {
        /// What was asked for.
        run: String,
        /// What that is.
        commit: String,
        /// Where it was looked for.
        results: PathBuf,
    },
    /// Several are called so.
    #[error("`{run}` may be any of {} runs: {}", found.len(), named(found))]
    Ambiguous {
        /// What was asked for.
        run: String,
        /// Their names.
        found: Vec<String>,
    },
}

fn named(found: &[String]) -> String {
    let first = found.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if found.len() > NAMED { format!("{first} and {} more", found.len() - NAMED) } else { first }
}

/// The folder of the one run that is called `run`, as [`find_all`] finds it.
///
/// # Errors
/// Where there is none, or more than one.
pub fn find(run: &str, results: &Path, commit_of: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, FindError> {
    let mut found = find_all(run, results, commit_of)?;
    if found.len() > 1 { Err(ambiguous(run, &found)) } else { Ok(found.remove(0)) }
}

/// The folders of the runs that are called `run`, the newest first and at least one:
/// - a run's folder, or its `record.db`,
/// - a folder of records: all in it,
/// - `latest`,
/// - a side of a duel, `k3j2ab/candidate`: all that were made for it,
/// - how the name of one run in `results` begins, or its id, with which the name ends,
/// - how a commit begins, or what `commit_of` knows as one, a branch or a tag: all of its runs. Those with changes that
///   the commit does not have count only where there are no others.
///
/// # Errors
/// Where there is none, or `run` can mean several things.
pub fn find_all(
    run: &str,
    results: &Path,
    commit_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<PathBuf>, FindError> {
    if let Some(found) = at_path(Path::new(run)) {
        return Ok(found);
    }
    let of_side = of_side(run, results);
    if !of_side.is_empty() {
        return Ok(of_side);
    }
    let unknown = || FindError::Unknown { run: run.to_owned(), results: results.to_owned() };
    if run.is_empty() {
        return Err(unknown());
    }
    let all: Vec<PathBuf> = folders(results).filter(|folder| is_run(folder)).collect();
    if run == LATEST {
        return all.into_iter().max_by_key(|folder| name(folder)).map(|folder| vec![folder]).ok_or_else(unknown);
    }
    let begins = |name: &str| name.starts_with(run) || name.rsplit('-').next().is_some_and(|id| id.starts_with(run));
    let called: Vec<PathBuf> = all.into_iter().filter(|folder| begins(&name(folder))).collect();
    let of_commit = if is_commit(run) { of_commit(run, results)? } else { Vec::new() };
    match (called.len(), of_commit.len()) {
        (0, 0) => resolved(run, results, commit_of),
        (1, 0) => Ok(called),
        (0, _) => Ok(of_commit),
        _ => Err(ambiguous(run, &[called, of_commit].concat())),
    }
}

/// The runs of the commit that is called so.
fn resolved(run: &str, results: &Path, commit_of: &dyn Fn(&str) -> Option<String>) -> Result<Vec<PathBuf>, FindError> {
    let Some(commit) = commit_of(run) else {
        return Err(FindError::Unknown { run: run.to_owned(), results: results.to_owned() });
    };
    let found = of_commit(&commit, results)?;
    if found.is_empty() {
        return Err(FindError::NotRun { run: run.to_owned(), commit, results: results.to_owned() });
    }
    Ok(found)
}

/// The runs of the commits that begin so; several commits are one too many.
fn of_commit(begin: &str, results: &Path) -> Result<Vec<PathBuf>, FindError> {
    let runs = list(results).runs.into_iter();
    let found: Vec<_> =
        runs.filter(|(_, entry)| entry.commit.as_ref().is_some_and(|commit| commit.starts_with(begin))).collect();
    if found.iter().any(|(_, entry)| entry.commit != found[0].1.commit) {
        let folders: Vec<PathBuf> = found.into_iter().map(|(folder, _)| folder).collect();
        return Err(ambiguous(begin, &folders));
    }
    let all_dirty = found.iter().all(|(_, entry)| entry.dirty);
    Ok(found.into_iter().filter(|(_, entry)| all_dirty || !entry.dirty).map(|(folder, _)| folder).collect())
}

/// The runs that were made for a side of a duel.
fn of_side(run: &str, results: &Path) -> Vec<PathBuf> {
    if !run.contains('/') {
        return Vec::new();
    }
    let runs = list(results).runs.into_iter();
    runs.filter(|(_, entry)| entry.side.as_deref() == Some(run)).map(|(folder, _)| folder).collect()
}

/// The runs that lie at a path.
fn at_path(path: &Path) -> Option<Vec<PathBuf>> {
    if is_run(path) {
        return Some(vec![path.to_owned()]);
    }
    if path.is_file() && path.file_name().is_some_and(|name| name == schema::FILE) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return Some(vec![folder.to_owned()]);
    }
    let mut found: Vec<PathBuf> = within(path).chain(folders(path)).filter(|folder| is_run(folder)).collect();
    found.sort_by_key(|folder| std::cmp::Reverse(name(folder)));
    (!found.is_empty()).then_some(found)
}

fn is_run(folder: &Path) -> bool {
    folder.join(schema::FILE).is_file()
}

fn is_commit(text: &str) -> bool {
    text.len() >= SHORTEST_COMMIT && text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn ambiguous(run: &str, found: &[PathBuf]) -> FindError {
    let mut found: Vec<String> = found.iter().map(|folder| name(folder)).collect();
    found.sort();
    found.dedup();
    FindError::Ambiguous { run: run.to_owned(), found }
}
