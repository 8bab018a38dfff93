//! `report`: a stored run, told again.

use record::Record;

use super::{judge, reports};
use crate::cli::{Format, Inconclusive, ReportOptions};
use crate::exit::Exit;
use crate::output;

/// Prints a stored run in a format, or writes it to a file. Whatever the verdict is, to have told it is a success.
pub(super) fn report(options: &ReportOptions) -> Exit {
    let record = match judge::open(&options.run, &options.results) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let text = rendered(&record, options);
    let Some(path) = &options.output else {
        output::out(&text);
        return Exit::Passed;
    };
    match reports::write(path, &text) {
        Ok(()) => Exit::Passed,
        Err(error) => {
            output::error(error.as_ref(), None);
            Exit::CouldNotRun
        }
    }
}

fn rendered(record: &Record, options: &ReportOptions) -> String {
    match options.format {
        Format::Text => report::terminal(record, reports::style()),
        Format::Html => reports::html(record),
        Format::Junit => reports::junit(record, Inconclusive::counts_as(options.inconclusive)),
        _ => reports::json(record),
    }
}
