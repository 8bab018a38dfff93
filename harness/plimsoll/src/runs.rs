//! Stored runs, by what they are called on the command line.

use std::path::{Path, PathBuf};

use record::{FindError, Record};

use crate::exit::Exit;
use crate::git::commit_of;
use crate::output;

/// Opens the one run that is called `run`; what is wrong has been said when this fails.
pub(crate) fn open(run: &str, results: &Path) -> Result<Record, Exit> {
    let folder = record::find(run, results, &commit_of).map_err(|error| refuse(&error))?;
    open_at(&folder)
}

/// The folders of all runs that are called `run`; what is wrong has been said when this fails.
pub(crate) fn find_all(run: &str, results: &Path) -> Result<Vec<PathBuf>, Exit> {
    record::find_all(run, results, &commit_of).map_err(|error| refuse(&error))
}

/// Opens the run in `folder`; what is wrong has been said when this fails.
pub(crate) fn open_at(folder: &Path) -> Result<Record, Exit> {
    record::open(folder).map_err(|error| {
        output::error(&error, None);
        Exit::Usage
    })
}

fn refuse(error: &FindError) -> Exit {
    let hint = match error {
        FindError::Unknown { .. } => {
            "name the run's folder, its record.db, or how its name or id begins, `latest`, or a commit, branch or tag; \
             `--results` tells where runs are kept"
        }
        FindError::NotRun { .. } => "`plimsoll list` shows the commits that there are runs of",
        FindError::Ambiguous { .. } => "write more of it",
    };
    output::error(error, Some(hint));
    Exit::Usage
}
