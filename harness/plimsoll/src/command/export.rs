//! `export`: what a run saw, for other programs.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use record::Record;
use timeline::SeriesKey;

use crate::cli::{ExportFormat, ExportOptions};
use crate::exit::Exit;
use crate::{output, runs};

/// Writes a run to stdout or to a file.
pub(super) fn export(options: &ExportOptions) -> Exit {
    let record = match runs::open(&options.run, &options.results) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let unknown =
        options.metrics.iter().find(|name| !record.timeline.series.keys().any(|key| key.metric.name() == **name));
    if let Some(name) = unknown {
        let mut known: Vec<&str> = record.timeline.series.keys().map(|key| key.metric.name()).collect();
        known.sort_unstable();
        known.dedup();
        output::err(&format!("error: the run has no series of `{name}`\nhint: it has {}", known.join(", ")));
        return Exit::Usage;
    }
    match write(options, &record) {
        // A reader who has gone away is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            output::error(&error, None);
            Exit::CouldNotRun
        }
        _ => Exit::Passed,
    }
}

fn write(options: &ExportOptions, record: &Record) -> io::Result<()> {
    let mut out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(BufWriter::new(File::create(path)?)),
        None => Box::new(output::stdout()),
    };
    let wanted =
        |key: &SeriesKey| options.metrics.is_empty() || options.metrics.iter().any(|name| name == key.metric.name());
    match options.format {
        ExportFormat::Csv => report::export_csv(record, &wanted, &mut out)?,
        ExportFormat::Jsonl => report::export_json_lines(record, &wanted, &mut out)?,
        ExportFormat::Hlog => report::export_histograms(record, &mut out)?,
    }
    out.flush()
}
