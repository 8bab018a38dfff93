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
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    match options.format {
        Format::Text => report::terminal(record, reports::style()),
        Format::Html => reports::html(record),
        Format::Markdown => report::markdown(record),
        Format::Github => report::github(record, counts_as),
        Format::Junit => reports::junit(record, counts_as),
        Format::Json => reports::json(record),
        Format::Bmf => format!("{:#}\n", report::bencher(record)),
        Format::BenchmarkAction => format!("{:#}\n", report::benchmark_action(record)),
        Format::Otava => report::otava(record),
    }
}
