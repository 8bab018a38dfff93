//! `analyze`: memory that someone already has, judged.

use std::io::Read;
use std::path::Path;

use clock::Clock;
use import::{Import, Imported, Mistake};
use report::{Analysis, Judged};
use timeline::{Elapsed, Unit};
use verdict::{Given, Verdict};

use super::reports;
use crate::cli::{AnalyzeOptions, Inconclusive, Moment};
use crate::exit::Exit;
use crate::output;

/// So many mistakes of a file are shown.
const SHOWN: usize = 10;

/// Judges the series of the files; of damaged ones all is told, and nothing is judged.
pub(super) fn analyze(options: &AnalyzeOptions) -> Exit {
    let judged: Vec<Result<Analysis, String>> = options.files.iter().map(|path| of_file(path, options)).collect();
    let complaints = judged.iter().filter_map(|judged| judged.as_ref().err());
    complaints.clone().for_each(|complaint| output::err(complaint));
    if complaints.count() > 0 {
        return Exit::Usage;
    }
    let analyses: Vec<Analysis> = judged.into_iter().flatten().collect();
    if options.json {
        output::out(&format!("{:#}\n", report::analysis_summary(&analyses)));
    } else {
        output::out(&report::analysis_terminal(&analyses, reports::style()));
    }
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    if let Some(path) = &options.junit {
        let junit = report::analysis_junit(&analyses, Clock::start().started_at(), counts_as);
        if let Err(error) = reports::write(path, &junit) {
            output::error(error.as_ref(), None);
            return Exit::CouldNotRun;
        }
    }
    Exit::gated(analyses.iter().map(Analysis::verdict).max().unwrap_or(Verdict::Inconclusive), counts_as)
}

fn of_file(path: &Path, options: &AnalyzeOptions) -> Result<Analysis, String> {
    let from_stdin = path == Path::new("-");
    let source = if from_stdin { "stdin".to_owned() } else { path.display().to_string() };
    let bytes = if from_stdin { stdin() } else { std::fs::read(path) };
    let bytes = bytes.map_err(|error| format!("error: cannot read {source}: {error}"))?;
    let understood = import::Options {
        time: options.time.clone(),
        columns: options.columns.clone(),
        unit: options.unit,
        every: options.every.map(|span| span.0),
    };
    let import = import::read(&bytes, &understood).map_err(|mistakes| complaint(&source, &mistakes))?;
    let window = window(&import, options).map_err(|complaint| format!("error: {source}: {complaint}"))?;
    let judged = import.series.into_iter().map(|series| judge(series, window, options)).collect();
    Ok(Analysis { source, notes: import.notes, judged })
}

fn stdin() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
}

/// The mistakes of a file, the first of them, and each hint once.
fn complaint(source: &str, mistakes: &[Mistake]) -> String {
    let shown = &mistakes[..mistakes.len().min(SHOWN)];
    let mut lines = match mistakes {
        [one] => vec![format!("error: {source}: {one}")],
        many => vec![format!("error: {source} has {} mistakes; nothing was judged", many.len())],
    };
    if mistakes.len() > 1 {
        lines.extend(shown.iter().map(|mistake| format!("  {mistake}")));
    }
    if mistakes.len() > SHOWN {
        lines.push(format!("  and {} more", mistakes.len() - SHOWN));
    }
    let mut hints: Vec<&String> = Vec::new();
    for hint in mistakes.iter().filter_map(|mistake| mistake.hint.as_ref()) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    lines.extend(hints.iter().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}

/// The stretch of the load, as far as it was told: else from the first sample of all to the last.
fn window(import: &Import, options: &AnalyzeOptions) -> Result<(Elapsed, Elapsed), String> {
    let place = |moment: Moment| match moment {
        Moment::After(after) => Ok(Elapsed::from(after)),
        Moment::At(instant) => import.started.map(|started| Elapsed::from_seconds(instant - started)).ok_or(
            "its times are no instants\nhint: tell `--from` and `--to` as durations since the first row, such as `5m`",
        ),
    };
    let samples = || import.series.iter().flat_map(|series| &series.series.samples).map(|sample| sample.taken);
    let first = samples().min().unwrap_or_default();
    let last = samples().max().unwrap_or_default();
    let from = options.from.map_or(Ok(first), place)?;
    let to = options.to.map_or(Ok(last), place)?;
    if (from >= to && first < last) || from > last {
        return Err(format!("there is nothing from {from} to {to}\nhint: it has samples from {first} to {last}"));
    }
    Ok((from, to))
}

fn judge(imported: Imported, window: (Elapsed, Elapsed), options: &AnalyzeOptions) -> Judged {
    let limit = options.limit.map(|size| size.0).or(imported.limit).filter(|_| imported.unit == Unit::Bytes);
    let finding = verdict::analyze(&Given {
        name: &imported.name,
        unit: imported.unit,
        series: &imported.series,
        window,
        warm_up: options.warm_up.map(|span| span.0),
        limit,
    });
    Judged { name: imported.name, unit: imported.unit, series: imported.series, finding }
}
