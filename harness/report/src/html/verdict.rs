//! The verdict, in five seconds.

use std::time::Duration;

use timeline::{Amount, Metric, Outcome, Unit, show_duration};
use verdict::{Finding, Verdict};

use super::findings::anchor;
use super::frame::Frame;
use super::markup::{Markup, prose, tag};
use crate::clean::one_line;
use crate::gist::gist;
use crate::order::{word, worst_first};
use crate::terminal::mark;

/// So many findings are named beside the first.
const NAMED: usize = 6;

pub(super) fn section(frame: &Frame) -> Markup {
    let record = frame.record;
    let verdict = ::verdict::overall(&record.findings, &frame.timeline.outcome);
    let badge = tag("span").with("class", "badge").add(format!("{} {}", mark(verdict), word(verdict)));
    let sentence = tag("h1")
        .add(badge)
        .add(" ")
        .add(tag("span").with("class", "gist").add(prose(&capital(&gist(record, verdict)))));
    let of = tag("p").with("class", "scenario").add(tag("b").add(one_line(&record.about.scenario)));
    let of = match &record.about.plan.about {
        Some(about) => of.add(" - ").add(one_line(about)),
        None => of,
    };
    tag("header")
        .with("class", class(verdict))
        .add(of)
        .add(sentence)
        .add(others(frame, verdict))
        .add(tag("p").with("class", "outcome").add(outcome(frame)))
        .add(numbers(frame))
        .into()
}

/// With a capital letter at its beginning.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The class of what has this verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Fail => "fail",
    }
}

/// What else has the same verdict, where it is no pass.
fn others(frame: &Frame, verdict: Verdict) -> Markup {
    let findings = &frame.record.findings;
    let same: Vec<&Finding> = worst_first(findings).into_iter().filter(|finding| finding.verdict == verdict).collect();
    if verdict == Verdict::Pass || same.len() < 2 {
        return Markup::default();
    }
    let item = |finding: &&Finding| {
        let link = tag("a").with("href", format!("#{}", anchor(frame, finding))).add(prose(&finding.summary));
        tag("li").add(link).into()
    };
    let list = tag("ul").with("class", "others").add_all(same.iter().skip(1).take(NAMED).map(item));
    let more = same.len().saturating_sub(1 + NAMED);
    let list = if more > 0 { list.add(tag("li").add(format!("and {more} more"))) } else { list };
    list.into()
}

/// How many of which verdict, how it ended, and when it was.
fn outcome(frame: &Frame) -> String {
    let count = |verdict| frame.record.findings.iter().filter(|finding| finding.verdict == verdict).count();
    let counts = [(Verdict::Fail, "failed"), (Verdict::Inconclusive, "inconclusive"), (Verdict::Pass, "passed")];
    let counts = counts.map(|(verdict, word)| (count(verdict), word));
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let ended = match &frame.timeline.outcome {
        Outcome::Completed => format!("the run completed after {}", frame.timeline.end),
        other => format!("{} after {}", one_line(&other.to_string()), frame.timeline.end),
    };
    let about = &frame.record.about;
    let commit = about.commit.as_deref().map(|commit| {
        let short: String = one_line(commit).chars().take(10).collect();
        let dirty = if about.dirty { " with changes" } else { "" };
        let branch = about.branch.as_deref().map(|branch| format!(" on {}", one_line(branch))).unwrap_or_default();
        format!("commit {short}{dirty}{branch}")
    });
    let judged =
        (!counts.is_empty()).then(|| format!("{} assertions: {}", frame.record.findings.len(), counts.join(", ")));
    let parts = [judged, Some(ended), Some(about.started_at_text()), commit];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The few numbers by which a run is known.
fn numbers(frame: &Frame) -> Markup {
    let parts = [growth(frame), memory(frame), requests(frame), latency(frame), pause(frame)];
    let tile = |(name, value, note): (String, String, String)| {
        let note = tag("dd").with("class", "note").add(note);
        tag("div").add(tag("dt").add(name)).add(tag("dd").with("class", "value").add(value)).add(note).into()
    };
    tag("dl").with("class", "numbers").add_all(parts.into_iter().flatten().map(tile)).into()
}

type Tile = (String, String, String);

fn growth(frame: &Frame) -> Option<Tile> {
    let finding = frame.record.findings.iter().find(|finding| finding.assertion.starts_with("memory.growth"))?;
    let (value, most) = (finding.evidence.value?.to_string(), finding.evidence.resolution.map(|most| most.to_string()));
    let name = "memory grows by".to_owned();
    Some(match (finding.verdict, most) {
        (Verdict::Fail, _) => {
            let between = finding.evidence.interval.map(|(low, high)| format!("between {low} and {high}"));
            (name, value, between.unwrap_or_default())
        }
        (Verdict::Pass, Some(most)) => (name, "nothing seen".to_owned(), format!("more than {most} would have been")),
        (_, most) => (name, "cannot tell".to_owned(), most.map_or_else(String::new, |most| format!("at most {most}"))),
    })
}

fn memory(frame: &Frame) -> Option<Tile> {
    let metrics = [Metric::WorkingSet, Metric::ResidentMemory, Metric::AnonymousMemory];
    let (metric, series) = metrics.into_iter().find_map(|metric| Some((metric, frame.target(metric)?)))?;
    let bytes = |value| Amount { value, unit: Unit::Bytes };
    let (first, last, peak) = (series.samples.first()?, series.samples.last()?, series.peak()?);
    let note = format!("{} at first, {} at last", bytes(first.value), bytes(last.value));
    Some((format!("peak of the {}", words(metric)), bytes(peak.value).to_string(), note))
}

fn requests(frame: &Frame) -> Option<Tile> {
    let totals = frame.totals.as_ref()?;
    let rate = totals.per_second().map(|rate| Amount { value: rate, unit: Unit::PerSecond }.to_string());
    let failed = match totals.failed() {
        None => String::new(),
        Some(0) => "none failed".to_owned(),
        Some(failed) => {
            let share = Amount { value: failed as f64 / totals.requests as f64, unit: Unit::Share };
            format!("{} failed ({share})", grouped(failed))
        }
    };
    let note =
        [rate, Some(failed)].into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Some(("requests".to_owned(), grouped(totals.requests), note))
}

fn latency(frame: &Frame) -> Option<Tile> {
    let latency = frame.totals.as_ref()?.latency?;
    let shown = |seconds: f64| Duration::try_from_secs_f64(seconds).map_or_else(|_| "-".to_owned(), show_duration);
    let note = format!("p50 {}, longest {}", shown(latency.p50), shown(latency.max));
    Some(("p99 of all requests".to_owned(), shown(latency.p99), note))
}

fn pause(frame: &Frame) -> Option<Tile> {
    let stops = || frame.timeline.pauses.iter().filter(|pause| !pause.concurrent);
    let longest = stops().max_by_key(|pause| pause.length)?;
    let note = format!("{} in all, as the runtime tells", grouped(stops().count() as u64));
    Some(("longest pause".to_owned(), show_duration(Duration::from_micros(longest.length)), note))
}

/// A metric's name as words.
pub(super) fn words(metric: Metric) -> String {
    one_line(metric.name()).replace('_', " ")
}

/// A count with its thousands apart: `26 000`, by narrow spaces that do not break.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let lead = digits.len() % 3;
    let mut out = digits[..lead].to_owned();
    for (at, digit) in digits[lead..].chars().enumerate() {
        if at % 3 == 0 && !out.is_empty() {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
