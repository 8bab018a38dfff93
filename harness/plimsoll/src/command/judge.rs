//! `judge`: a stored run, judged again.

use std::error::Error;
use std::path::Path;

use record::Record;

use super::reports;
use crate::cli::{Inconclusive, JudgeOptions};
use crate::exit::Exit;
use crate::{output, runs, scenario_file};

/// Judges a stored run by its own assertions or by others. The record stays as it is unless it is to be saved.
pub(super) fn judge(options: &JudgeOptions) -> Exit {
    let mut record = match runs::open(&options.run, &options.results) {
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

fn write(options: &JudgeOptions, record: &Record) -> Result<(), Box<dyn Error>> {
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    let elsewhere = options.junit.as_deref();
    if options.save {
        record::save_findings(&record.folder, &record.findings)?;
        return reports::keep(record, elsewhere, counts_as);
    }
    elsewhere.map_or(Ok(()), |path: &Path| reports::write(path, &reports::junit(record, counts_as)))
}
