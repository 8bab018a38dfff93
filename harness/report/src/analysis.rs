//! Series that someone already had, each with its verdict, for people and for machines.

use serde_json::{Value, json};
use timeline::{Elapsed, Sample, Series, Unit};
use verdict::{Finding, Verdict};

use crate::clean::one_line;
use crate::order::word;
use crate::paint::Style;
use crate::summary::sorted;
use crate::terminal::{detail, mark, title};
use crate::wrap::wrap;
use crate::{chart, evidence};

/// The JSON document's version: raised when a key goes or changes its meaning, not when one is added.
const SCHEMA: u32 = 1;
const INDENT: usize = 4;
/// Of more series than these, those that pass get a line each.
const CHARTED: usize = 6;

/// An input that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Its name: a path, or `-`.
    pub source: String,
    /// What was assumed when it was read, and what was passed over.
    pub notes: Vec<String>,
    /// Its series.
    pub judged: Vec<Judged>,
}

/// A series and what is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The series' name.
    pub name: String,
    /// What its values are counted in.
    pub unit: Unit,
    /// All of its samples.
    pub series: Series,
    /// Whether it keeps growing.
    pub finding: Finding,
}

impl Analysis {
    /// The worst of its findings.
    pub fn verdict(&self) -> Verdict {
        self.judged.iter().map(|judged| judged.finding.verdict).max().unwrap_or(Verdict::Inconclusive)
    }
}

impl Judged {
    /// Its chart, with the window in which it was judged.
    pub(crate) fn chart(&self, width: usize) -> Vec<String> {
        let window = self.finding.evidence.window.unwrap_or((Elapsed::ZERO, self.end()));
        chart::small(&self.series, self.unit, window, width)
    }

    pub(crate) fn end(&self) -> Elapsed {
        self.series.samples.last().map_or(Elapsed::ZERO, |sample| sample.taken)
    }
}

/// Each input: a headline, then each series with its chart and evidence, the worst first, then what was assumed.
pub fn analysis_terminal(analyses: &[Analysis], style: Style) -> String {
    analyses.iter().map(|analysis| told(analysis, style)).collect::<Vec<_>>().join("\n")
}

fn told(analysis: &Analysis, style: Style) -> String {
    let verdict = analysis.verdict();
    let headline = format!("{}: {}", one_line(&analysis.source), gist(analysis, verdict));
    let mut lines = title(verdict, &headline, style);
    let charted = |judged: &&Judged| judged.finding.verdict != Verdict::Pass || analysis.judged.len() <= CHARTED;
    let (charted, brief): (Vec<_>, Vec<_>) = worst_first(analysis).into_iter().partition(charted);
    for judged in charted {
        lines.push(String::new());
        lines.extend(headed(judged, style));
        lines.extend(shown(judged, style));
    }
    if !brief.is_empty() {
        lines.push(String::new());
    }
    lines.extend(brief.into_iter().flat_map(|judged| headed(judged, style)));
    if !analysis.notes.is_empty() {
        lines.push(String::new());
    }
    lines.extend(analysis.notes.iter().flat_map(|note| note_lines(note, style)));
    lines.join("\n") + "\n"
}

fn worst_first(analysis: &Analysis) -> Vec<&Judged> {
    let mut sorted: Vec<&Judged> = analysis.judged.iter().collect();
    sorted.sort_by_key(|judged| std::cmp::Reverse(judged.finding.verdict));
    sorted
}

fn gist(analysis: &Analysis, verdict: Verdict) -> String {
    let count = analysis.judged.len();
    let with = analysis.judged.iter().filter(|judged| judged.finding.verdict == verdict).count();
    let one = if with == 1 { "s" } else { "" };
    let which = if count == 1 { "the one series".to_owned() } else { format!("{with} of {count} series") };
    match verdict {
        Verdict::Fail => format!("{which} keep{one} growing"),
        Verdict::Pass if count == 1 => format!("{which} does not keep growing"),
        Verdict::Pass => format!("none of {count} series keeps growing"),
        Verdict::Inconclusive => format!("cannot tell of {which}"),
    }
}

/// A series' verdict.
fn headed(judged: &Judged, style: Style) -> Vec<String> {
    let finding = &judged.finding;
    let label = format!("{} {}", mark(finding.verdict), word(finding.verdict));
    let hang = label.chars().count() + INDENT;
    let mut lines = wrap(&one_line(&finding.summary), style.width.saturating_sub(hang));
    lines[0] = format!("  {}  {}", style.paint(finding.verdict, &label), lines[0]);
    lines[1..].iter_mut().for_each(|line| line.insert_str(0, &" ".repeat(hang)));
    lines
}

/// A series' chart, and the evidence; of what passes, the notes alone.
fn shown(judged: &Judged, style: Style) -> Vec<String> {
    let finding = &judged.finding;
    let chart = judged.chart(style.width.saturating_sub(INDENT));
    let mut lines: Vec<String> = chart.iter().map(|line| format!("{}{line}", " ".repeat(INDENT))).collect();
    let evidence =
        if finding.verdict == Verdict::Pass { finding.evidence.notes.clone() } else { evidence::lines(finding) };
    lines.extend(evidence.iter().flat_map(|line| detail(line, INDENT, style)));
    lines
}

fn note_lines(note: &str, style: Style) -> Vec<String> {
    let mut lines = wrap(&one_line(note), style.width.saturating_sub(6));
    lines[0] = format!("note: {}", lines[0]);
    lines[1..].iter_mut().for_each(|line| line.insert_str(0, "      "));
    lines
}

/// The same as one JSON document. Keys are sorted; times are in seconds, values in their series' unit.
pub fn analysis_summary(analyses: &[Analysis]) -> Value {
    let verdict = analyses.iter().map(Analysis::verdict).max().unwrap_or(Verdict::Inconclusive);
    let files: Vec<Value> = analyses.iter().map(file).collect();
    sorted(json!({ "schema": SCHEMA, "verdict": verdict, "files": files }))
}

fn file(analysis: &Analysis) -> Value {
    let series: Vec<Value> = analysis.judged.iter().map(summary_of).collect();
    json!({ "file": analysis.source, "verdict": analysis.verdict(), "notes": analysis.notes, "series": series })
}

fn summary_of(judged: &Judged) -> Value {
    let values = || judged.series.samples.iter().map(|sample: &Sample| sample.value);
    json!({
        "name": judged.name,
        "unit": judged.unit,
        "samples": judged.series.samples.len(),
        "seconds": judged.end().seconds(),
        "first": values().next(),
        "last": values().next_back(),
        "lowest": values().reduce(f64::min),
        "highest": values().reduce(f64::max),
        "finding": judged.finding,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::example;

    /// A leak of a MiB a second for a minute, and a count that stays.
    pub(crate) fn analysis() -> Analysis {
        let series = |value: fn(u32) -> f64| {
            let sample = |second| {
                let at = Elapsed::from_seconds(f64::from(second));
                Sample { due: at, taken: at, value: value(second) }
            };
            Series { source: String::new(), samples: (0..=64).map(sample).collect() }
        };
        let finding = |verdict, summary| Finding {
            evidence: example::leak().evidence,
            ..example::finding("x.growth", verdict, summary)
        };
        Analysis {
            source: "mem.csv".to_owned(),
            notes: vec!["not judged: `host` (no numbers)".to_owned()],
            judged: vec![
                Judged {
                    name: "fds".to_owned(),
                    unit: Unit::Count,
                    series: series(|_| 7.0),
                    finding: finding(Verdict::Pass, "fds does not grow"),
                },
                Judged {
                    name: "rss".to_owned(),
                    unit: Unit::Bytes,
                    series: series(|second| f64::from(second) * 1_048_576.0),
                    finding: finding(Verdict::Fail, "rss keeps growing by 1 MiB/s"),
                },
            ],
        }
    }

    #[test]
    fn each_series_has_its_verdict_and_its_chart() {
        let told = analysis_terminal(&[analysis()], Style { colour: false, width: 60 });
        assert!(told.starts_with("FAIL  mem.csv: 1 of 2 series keeps growing\n\n"), "{told}");
        assert!(told.contains("  ✘ FAIL  rss keeps growing by 1 MiB/s\n    64 MiB │"), "{told}");
        assert!(told.contains("|judged"), "{told}");
        assert!(told.find("✘ FAIL").unwrap() < told.find("✔ PASS").unwrap(), "{told}");
        assert!(told.ends_with("\nnote: not judged: `host` (no numbers)\n"), "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= 60), "{told}");
    }

    #[test]
    fn of_many_series_those_that_pass_get_a_line_each() {
        let mut many = analysis();
        many.judged.extend(vec![many.judged[0].clone(); CHARTED]);
        let told = analysis_terminal(&[many], Style { colour: false, width: 60 });
        assert_eq!(told.matches('│').count(), 4, "{told}");
        assert!(told.contains("\n\n  ✔ PASS  fds does not grow\n  ✔ PASS  fds does not grow\n"), "{told}");
    }

    #[test]
    fn the_document_has_each_series() {
        let summary = analysis_summary(&[analysis()]);
        assert_eq!((&summary["schema"], &summary["verdict"]), (&json!(1), &json!("fail")));
        let series = &summary["files"][0]["series"];
        assert_eq!((&series[1]["name"], &series[1]["unit"]), (&json!("rss"), &json!("bytes")));
        assert_eq!(series[1]["highest"], 64.0 * 1_048_576.0);
        assert_eq!(series[0]["finding"]["verdict"], "pass");
    }
}
