//! The verdict for someone at a terminal, who may see it for the first time.

use std::time::Duration;

use record::Record;
use timeline::{Amount, Outcome, Unit, show_duration};
use verdict::{Finding, Verdict};

use crate::clean::{clean, one_line};
use crate::gist::gist;
use crate::order::{word, worst_first};
use crate::paint::Style;
use crate::steps::Latency;
use crate::totals::Totals;
use crate::wrap::wrap;
use crate::{chart, evidence, runtime, series, steps};

/// The whole of it: the verdict, the findings, the memory, the load, how it ended and where it is kept. Where the
/// target did not start, there is nothing to tell but that.
pub fn terminal(record: &Record, style: Style) -> String {
    let seen = if matches!(record.timeline.outcome, Outcome::NotStarted { .. }) {
        Vec::new()
    } else {
        let steps = steps::table(&record.timeline, style.width);
        let memory = chart::memory(&record.timeline, style.width);
        let series = series::table(&record.timeline, style.width);
        vec![table(record, style), memory, series, steps, runtime::lines(record, style)]
    };
    let parts = [vec![headline(record, style)], seen, vec![facts(record, style)]].concat();
    let parts: Vec<String> = parts.iter().filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n")).collect();
    parts.join("\n\n") + "\n"
}

/// One sentence that says what came of it.
fn headline(record: &Record, style: Style) -> Vec<String> {
    let verdict = verdict::overall(&record.findings, &record.timeline.outcome);
    title(verdict, &format!("{}: {}", one_line(&record.about.scenario), gist(record, verdict)), style)
}

/// A verdict and what is told of it.
pub(crate) fn title(verdict: Verdict, told: &str, style: Style) -> Vec<String> {
    let indent = word(verdict).len() + 2;
    let mut lines = wrap(told, style.width.saturating_sub(indent));
    lines[0] = format!("{}  {}", style.paint(verdict, word(verdict)), lines[0]);
    lines[1..].iter_mut().for_each(|line| line.insert_str(0, &" ".repeat(indent)));
    lines
}

/// A row for each finding, worst first, with the evidence below what is not a pass.
fn table(record: &Record, style: Style) -> Vec<String> {
    let sorted = worst_first(&record.findings);
    let longest = |length: fn(&Finding) -> usize| sorted.iter().map(|finding| length(finding)).max().unwrap_or(0);
    let verdicts = longest(|finding| word(finding.verdict).len());
    let names = longest(|finding| one_line(&finding.assertion).chars().count());
    sorted.iter().flat_map(|finding| rows(finding, verdicts, names, style)).collect()
}

fn rows(finding: &Finding, verdicts: usize, names: usize, style: Style) -> Vec<String> {
    let indent = verdicts + names + 8;
    let label = format!("{} {:verdicts$}", mark(finding.verdict), word(finding.verdict));
    let label = style.paint(finding.verdict, &label);
    let room = style.width.saturating_sub(indent);
    let mut rows = wrap(&one_line(&finding.summary), room);
    rows[0] = format!("  {label}  {:names$}  {}", one_line(&finding.assertion), rows[0]);
    let details = if finding.verdict == Verdict::Pass { Vec::new() } else { evidence::lines(finding) };
    rows[1..].iter_mut().for_each(|row| row.insert_str(0, &" ".repeat(indent)));
    rows.extend(details.iter().flat_map(|line| detail(line, indent, style)));
    rows
}

/// A line of evidence, with a dash, and dim.
pub(crate) fn detail(line: &str, indent: usize, style: Style) -> Vec<String> {
    let wrapped = wrap(line, style.width.saturating_sub(indent + 2));
    let lead = |row: usize| if row == 0 { "- " } else { "  " };
    let row =
        |(at, text): (usize, &String)| format!("{}{}", " ".repeat(indent), style.dim(&format!("{}{text}", lead(at))));
    wrapped.iter().enumerate().map(row).collect()
}

/// The verdict as a mark.
pub(crate) fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => '✔',
        Verdict::Inconclusive => '?',
        Verdict::Fail => '✘',
    }
}

/// The load, how the run ended, and where it is.
fn facts(record: &Record, style: Style) -> Vec<String> {
    let outcome = one_line(&record.timeline.outcome.to_string());
    let kept = format!("Record   {}", clean(&record.folder.display().to_string()));
    if matches!(record.timeline.outcome, Outcome::NotStarted { .. }) {
        return vec![format!("Outcome  {outcome}"), kept];
    }
    let totals = Totals::of(&record.timeline);
    let load = match (&totals, &record.about.plan.command) {
        (Some(totals), _) => told(totals),
        (None, Some(command)) => format!("{}, whose requests are not counted", one_line(&command.command.join(" "))),
        (None, None) => "no requests".to_owned(),
    };
    let mut lines = vec![format!("Load     {load}")];
    lines.extend(totals.iter().flat_map(|totals| failures(totals, style)));
    lines.push(format!("Outcome  {outcome} after {}", record.timeline.end));
    lines.push(kept);
    lines
}

/// What failed, by kind, the most first.
fn failures(totals: &Totals, style: Style) -> Vec<String> {
    let mut kinds: Vec<(&String, &u64)> = totals.failures.iter().flatten().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {}", one_line(kind))).collect();
    if kinds.is_empty() {
        return Vec::new();
    }
    let lines = wrap(&kinds.join(", "), style.width.saturating_sub(9)).into_iter().enumerate();
    lines.map(|(row, line)| format!("{:<9}{line}", if row == 0 { "Failed" } else { "" })).collect()
}

fn told(totals: &Totals) -> String {
    let requests = totals.requests;
    let failed = match totals.failed() {
        None => "as its command tells".to_owned(),
        Some(0) => "none failed".to_owned(),
        Some(failed) => format!("{failed} failed ({})", amount(failed as f64 / requests as f64, Unit::Share)),
    };
    let rate = totals.per_second().map(|rate| {
        let length = show_duration(Duration::from_secs_f64(totals.seconds));
        format!("{} over {length}", amount(rate, Unit::PerSecond))
    });
    let latency = totals.latency.map(|Latency { p50, p99, .. }| {
        format!("p50 {}, p99 {}", amount(p50, Unit::Seconds), amount(p99, Unit::Seconds))
    });
    let parts = [Some(format!("{requests} requests")), Some(failed), rate, latency];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn amount(value: f64, unit: Unit) -> Amount {
    Amount { value, unit }
}

#[cfg(test)]
mod tests;
