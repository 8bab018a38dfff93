//! `report`: a stored run, told again.

use record::Record;

use super::reports;
use crate::cli::{Format, Inconclusive, ReportOptions};
use crate::exit::Exit;
use crate::{output, runs};

/// Tells a stored run in a format: printed, or written to a file, as a page always is. Whatever the verdict is, to have
/// told it is a success.
pub(super) fn report(options: &ReportOptions) -> Exit {
    let record = match runs::open(&options.run, &options.results) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let text = rendered(&record, options);
    let page = (options.format == Format::Html).then(|| record.folder.join(reports::PAGE));
    let Some(path) = options.output.clone().or(page) else {
        output::out(&text);
        return Exit::Passed;
    };
    match reports::write(&path, &text) {
        Ok(()) => {
            output::out(&format!("{}\n", path.display()));
            Exit::Passed
        }
        Err(error) => {
            output::error(error.as_ref(), None);
            Exit::CouldNotRun
        }
    }
}

fn rendered(record: &Record, options: &ReportOptions) -> String {
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    match options.format {
        Format::Html => reports::html(record),
        Format::Markdown => report::markdown(record),
        Format::Github => report::github(record, counts_as),
        Format::Junit => reports::junit(record, counts_as),
        Format::Bmf => format!("{:#}\n", report::bencher(record)),
        Format::BenchmarkAction => format!("{:#}\n", report::benchmark_action(record)),
        Format::Otava => report::otava(record),
    }
}
