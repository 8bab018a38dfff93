//! `judge`: a stored run, judged again.

use std::error::Error;
use std::path::Path;

use record::{FindError, Record};

use super::reports;
use crate::cli::{Inconclusive, JudgeOptions};
use crate::exit::Exit;
use crate::{output, scenario_file};

/// Judges a stored run by its own assertions or by others. The record stays as it is unless it is to be saved.
pub(super) fn judge(options: &JudgeOptions) -> Exit {
    let mut record = match open(&options.run, &options.results) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    if let Some(path) = &options.assertions {
        match scenario_file::load_assertions(path, &record.about.plan) {
            Ok(assertions) => record.about.plan.assertions = assertions,
            Err(complaint) => {
                output::err(complaint.trim_end());
                return Exit::Usage;
            }
        }
    }
    record.findings = verdict::judge(&record.about.plan, &record.timeline);
    reports::show(&record, options.json);
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    if let Err(error) = write(options, &record) {
        output::error(error.as_ref(), None);
        return Exit::CouldNotRun;
    }
    Exit::gated(verdict::overall(&record.findings, &record.timeline.outcome), counts_as)
}

/// Opens the run that someone calls so; what is wrong has been said when this fails.
pub(super) fn open(run: &str, results: &Path) -> Result<Record, Exit> {
    let folder = record::find(run, results).map_err(|error| {
        output::error(&error, Some(hint(&error)));
        Exit::Usage
    })?;
    record::open(&folder).map_err(|error| {
        output::error(&error, None);
        Exit::Usage
    })
}

fn hint(error: &FindError) -> &'static str {
    match error {
        FindError::Unknown { .. } => {
            "name the run's folder, its record.db, or how its name or id begins; `--results` tells where runs are kept"
        }
        FindError::Ambiguous { .. } => "write more of it",
    }
}

fn write(options: &JudgeOptions, record: &Record) -> Result<(), Box<dyn Error>> {
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    let elsewhere = options.junit.as_deref();
    if options.save {
        record::save_findings(&record.folder, &record.findings)?;
        return reports::keep(record, elsewhere, counts_as);
    }
    elsewhere.map_or(Ok(()), |path: &Path| reports::write(path, &reports::junit(record, counts_as)))
}
