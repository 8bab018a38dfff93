//! What a judged run is told in: on the terminal, and in files.

use std::error::Error;
use std::path::Path;

use record::Record;
use verdict::Verdict;

use crate::exit::Exit;
use crate::output;

/// Prints the record: for people, or as JSON.
pub(super) fn show(record: &Record, as_json: bool) {
    if as_json {
        output::out(&json(record));
    } else {
        output::out(&report::terminal(record, style()));
    }
}

/// The file of a run's page.
pub(super) const PAGE: &str = "report.html";

/// The layout of the terminal that there is.
pub(super) fn style() -> report::Style {
    report::Style { colour: output::colour(), width: output::width() }
}

/// The JUnit report of a record, with the files of its folder.
pub(super) fn junit(record: &Record, counts_as: Verdict) -> String {
    let mut files = vec![PAGE, "record.db", "summary.json", "target.log"];
    files.extend(record.about.plan.command.as_ref().map(|_| "load.log"));
    report::junit(record, &files, counts_as)
}

/// The summary of a record.
pub(super) fn json(record: &Record) -> String {
    format!("{:#}\n", report::summary(record))
}

/// The page of a record, with links to the files of its folder.
pub(super) fn html(record: &Record) -> String {
    let own = [PAGE, "record.db", "scenario.yaml", "junit.xml", "summary.json"].map(str::to_owned);
    let files: Vec<String> = own.into_iter().chain(kept(&record.folder)).collect();
    report::html(record, &files.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What else a run has left in its folder: logs and evidence.
fn kept(folder: &Path) -> Vec<String> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    };
    let logs = ["target.log", "load.log"].into_iter().filter(|name| folder.join(name).is_file()).map(str::to_owned);
    logs.chain(names(&folder.join("evidence")).into_iter().map(|name| format!("evidence/{name}"))).collect()
}

/// Writes the reports into the run's folder, and the JUnit report to `elsewhere` too.
pub(super) fn keep(record: &Record, elsewhere: Option<&Path>, counts_as: Verdict) -> Result<(), Box<dyn Error>> {
    let junit = junit(record, counts_as);
    record::write_file(&record.folder, "junit.xml", junit.as_bytes())?;
    record::write_file(&record.folder, "summary.json", json(record).as_bytes())?;
    record::write_file(&record.folder, PAGE, html(record).as_bytes())?;
    elsewhere.map_or(Ok(()), |path| write(path, &junit))
}

/// Tells a report: on stdout, or in the file that it was asked for.
pub(super) fn deliver(report: &str, file: Option<&Path>) -> Result<(), Exit> {
    let Some(path) = file else {
        output::out(report);
        return Ok(());
    };
    write(path, report).map_err(|error| {
        output::error(error.as_ref(), None);
        Exit::CouldNotRun
    })
}

/// Writes a report to a path, whole or not at all.
pub(super) fn write(path: &Path, report: &str) -> Result<(), Box<dyn Error>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or("a report needs a file name")?;
    Ok(record::write_file(folder, &name.to_string_lossy(), report.as_bytes())?)
}
