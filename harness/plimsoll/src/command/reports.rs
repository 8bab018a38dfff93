//! What a judged run is told in: on the terminal, and in files.

use std::error::Error;
use std::path::Path;

use record::Record;
use verdict::Verdict;

use crate::output;

/// Prints the record: for people, or as JSON.
pub(super) fn show(record: &Record, json: bool) {
    if json {
        output::out(&format!("{:#}\n", report::summary(record)));
    } else {
        output::out(&report::terminal(record, style()));
    }
}

/// The layout of the terminal that there is.
pub(super) fn style() -> report::Style {
    report::Style { colour: output::colour(), width: output::width() }
}

/// The JUnit report of a record, with the files of its folder.
pub(super) fn junit(record: &Record, counts_as: Verdict) -> String {
    let mut files = vec!["record.db", "summary.json", "target.log"];
    files.extend(record.about.plan.command.as_ref().map(|_| "load.log"));
    report::junit(record, &files, counts_as)
}

/// Writes the reports into the run's folder, and the JUnit report to `elsewhere` too.
pub(super) fn keep(record: &Record, elsewhere: Option<&Path>, counts_as: Verdict) -> Result<(), Box<dyn Error>> {
    let junit = junit(record, counts_as);
    record::write_file(&record.folder, "junit.xml", junit.as_bytes())?;
    record::write_file(&record.folder, "summary.json", format!("{:#}\n", report::summary(record)).as_bytes())?;
    elsewhere.map_or(Ok(()), |path| write(path, &junit))
}

/// Writes a JUnit report to a path, whole or not at all.
pub(super) fn write(path: &Path, junit: &str) -> Result<(), Box<dyn Error>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or("the JUnit report needs a file name")?;
    Ok(record::write_file(folder, &name.to_string_lossy(), junit.as_bytes())?)
}
