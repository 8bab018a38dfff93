//! A comparison of runs: a table for people, Markdown for pull requests, JSON for machines.

mod junit;
mod markdown;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

pub use junit::comparison_junit;
pub use markdown::comparison_markdown;
use serde_json::{Value, json};
use timeline::Amount;
use verdict::Verdict;
use verdict::compare::{Change, Compared, Comparison, Side};

use crate::clean::one_line;
use crate::columns::{self, Side::Left, Side::Right};
use crate::paint::Style;
use crate::summary::sorted;
use crate::terminal::{detail, mark, title};

/// A comparison, and what was compared.
#[derive(Clone, Debug)]
pub struct ComparedRuns<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// What the reference was called.
    pub reference: &'a str,
    /// What the candidate was called.
    pub candidate: &'a str,
    /// What came of it.
    pub comparison: &'a Comparison,
    /// When it was made.
    pub at: SystemTime,
}

pub(crate) const HEADING: [&str; 6] = ["quantity", "reference", "candidate", "change", "between", "verdict"];

/// The table, with what it cannot tell below it.
pub fn comparison_terminal(told: &ComparedRuns<'_>, style: Style) -> String {
    let comparison = told.comparison;
    let mut lines = title(comparison.verdict(), &gist(told), style);
    lines.push(String::new());
    for (name, called, runs) in
        [("reference", told.reference, &comparison.reference), ("candidate", told.candidate, &comparison.candidate)]
    {
        lines.push(format!("  {name}  {}", side(called, runs)));
    }
    lines.push(String::new());
    lines.extend(table(comparison, style));
    let notes = notes(comparison);
    if !notes.is_empty() {
        lines.push(String::new());
    }
    lines.extend(notes.iter().flat_map(|note| detail(note, 2, style)));
    lines.join("\n") + "\n"
}

fn table(comparison: &Comparison, style: Style) -> Vec<String> {
    let heading: [String; 5] = std::array::from_fn(|column| HEADING[column].to_owned());
    let rows: Vec<[String; 5]> = std::iter::once(heading).chain(comparison.compared.iter().map(cells)).collect();
    let indent = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or(0) + 4;
    let mut rows = columns::lines(&rows, [Left, Right, Right, Right, Right]).into_iter();
    let mut lines: Vec<String> =
        rows.next().iter().map(|heading| style.dim(&format!("  {heading}  {}", HEADING[5]))).collect();
    for (one, row) in comparison.compared.iter().zip(rows) {
        let word = format!("{} {}", mark(one.change.verdict()), one.change.word());
        let word = match one.change {
            Change::Unchanged => style.dim(&word),
            change => style.paint(change.verdict(), &word),
        };
        lines.push(format!("  {row}  {word}"));
        lines.extend(why(one).iter().flat_map(|line| detail(line, indent, style)));
    }
    lines
}

/// Name, both sides, the change and its bounds.
pub(crate) fn cells(one: &Compared) -> [String; 5] {
    let mean = |side: &Option<Side>| side.as_ref().map_or_else(|| "-".to_owned(), |side| side.mean.to_string());
    [
        one.quantity.name().to_owned(),
        mean(&one.reference),
        mean(&one.candidate),
        one.difference.map_or_else(|| "-".to_owned(), signed),
        one.interval.map_or_else(|| "-".to_owned(), |(low, high)| bounds(low, high)),
    ]
}

/// What is not told by the row: why it cannot be compared, or what more runs would tell.
pub(crate) fn why(one: &Compared) -> Vec<String> {
    let mut lines: Vec<String> = one.reason.iter().map(|reason| one_line(reason)).collect();
    if one.change == Change::Inconclusive {
        let found = one.resolution.map(|least| format!("a change of {least} would probably have been found"));
        let needed = one.runs_needed.zip(one.tolerated).map(|(runs, tolerated)| {
            let twice = Amount { value: 2.0 * tolerated.value, ..tolerated };
            format!("{runs} runs a side would find {twice}")
        });
        lines.push([found, needed].into_iter().flatten().collect::<Vec<_>>().join("; "));
    }
    lines
}

/// One sentence that says what came of it.
pub(crate) fn gist(told: &ComparedRuns<'_>) -> String {
    let comparison = told.comparison;
    let named = |change: Change| {
        let of = comparison.compared.iter().filter(|one| one.change == change);
        of.map(|one| one.quantity.name()).collect::<Vec<_>>()
    };
    let (worse, better, open) = (named(Change::Regression), named(Change::Improvement), named(Change::Inconclusive));
    let mut parts = Vec::new();
    if comparison.dies {
        parts.push("the candidate dies, and the reference does not".to_owned());
    }
    let list = |what: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    parts.extend(list("worse", &worse));
    parts.extend(list("better", &better));
    if comparison.compared.is_empty() {
        parts.push("nothing that could be compared was seen".to_owned());
    } else if comparison.verdict() == Verdict::Inconclusive && !open.is_empty() {
        parts.push(format!("the runs cannot tell of {}", open.join(", ")));
    } else if parts.is_empty() {
        parts.push("nothing is worse".to_owned());
    }
    format!("{}: {}", one_line(told.scenario), parts.join("; "))
}

/// What holds for the comparison as a whole.
pub(crate) fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    for one in &comparison.mismatches {
        let of = |side: &[String]| if side.is_empty() { "unknown".to_owned() } else { one_line(&side.join(", ")) };
        notes.push(format!(
            "not comparable by their {}: {} and {}",
            one.condition,
            of(&one.reference),
            of(&one.candidate)
        ));
    }
    for (name, outcome) in &comparison.left_out {
        notes.push(format!("{} does not count: {}", one_line(name), one_line(&outcome.to_string())));
    }
    if comparison.assumes_spread() && !comparison.compared.is_empty() {
        notes.push(
            "one run of a side cannot tell how much runs differ: that is assumed (memory 4 %, p50 10 %, p99 25 %, \
             pauses 50 %, throughput 5 %), so only what is plain is found; five runs a side measure it"
                .to_owned(),
        );
    }
    notes
}

/// What a side was called, and its runs.
pub(crate) fn side(called: &str, runs: &[String]) -> String {
    let called = one_line(called);
    if runs == [called.clone()] { called } else { format!("{called}: {}", count_of(runs)) }
}

fn count_of(runs: &[String]) -> String {
    const NAMED: usize = 6;
    let names: Vec<String> = runs.iter().take(NAMED).map(|name| one_line(name)).collect();
    let more = if runs.len() > NAMED { ", …" } else { "" };
    match runs.len() {
        0 => "no run that counts".to_owned(),
        1 => format!("1 run ({})", names[0]),
        count => format!("{count} runs ({}{more})", names.join(", ")),
    }
}

/// `+12 %`, `-3 KiB`.
pub(crate) fn signed(amount: Amount) -> String {
    // There is no negative nothing.
    let shown = Amount { value: amount.value + 0.0, ..amount }.to_string();
    if shown.starts_with('-') || amount.value == 0.0 { shown } else { format!("+{shown}") }
}

/// `+8 .. +16 %`: the unit once where it is the same.
fn bounds(low: Amount, high: Amount) -> String {
    let (low, high) = (signed(low), signed(high));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number} .. {high}"),
        _ => format!("{low} .. {high}"),
    }
}

/// The comparison for machines, with what was compared.
pub fn comparison_json(told: &ComparedRuns<'_>) -> Value {
    let comparison = told.comparison;
    sorted(json!({
        "schema": 1,
        "scenario": told.scenario,
        "reference": { "called": told.reference, "runs": comparison.reference },
        "candidate": { "called": told.candidate, "runs": comparison.candidate },
        "verdict": comparison.verdict(),
        "dies": comparison.dies,
        "assumes_spread": comparison.assumes_spread(),
        "mismatches": comparison.mismatches,
        "left_out": comparison.left_out,
        "quantities": comparison.compared,
    }))
}
