//! What happened at one moment, on the time axis and in a table.

use record::Record;
use timeline::{Elapsed, Event, Happening, Metric, PhaseSpan, Subject, show_duration};

use super::axis::{Axis, Measure, Scale};
use super::chart::{Chart, Shape, Tone};
use super::frame::Frame;
use super::markup::{Markup, tag};
use super::thin;
use crate::clean::one_line;

/// A stall of the harness is worth a mark from so many microseconds on.
const STALL: u64 = 50_000;
/// A gap in the samples is worth a mark from so many cadences on.
const GAP: f64 = 6.0;
/// So many rows of the table are written.
const ROWS: usize = 200;
/// The height of a kind's lane, in pixels.
const LANE: u32 = 22;

/// Something that is worth a mark.
#[derive(Clone, Debug)]
pub(super) struct Notable {
    pub(super) at: Elapsed,
    /// What sort of thing it is: one lane.
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// Did it change the run? Then it is marked on all charts.
    pub(super) grave: bool,
}

/// All of them, in order of time.
pub(super) fn notable(record: &Record) -> Vec<Notable> {
    let timeline = &record.timeline;
    let first = timeline.phases.first();
    let happened = timeline.events.iter().filter_map(|event| of(event, first));
    let mut all: Vec<Notable> = happened.chain(gaps(record)).chain(stalls(record)).collect();
    all.sort_by_key(|notable| notable.at);
    all
}

fn of(event: &Event, first: Option<&PhaseSpan>) -> Option<Notable> {
    let (kind, text, grave) = match &event.what {
        Happening::Launched { what } if first.is_some_and(|first| event.at > first.start) => {
            ("restart", one_line(what), true)
        }
        Happening::ProbeFailed { probe, reason } => ("probe", format!("{probe} failed: {reason}"), false),
        Happening::ProbeRecovered { probe } => ("probe", format!("{probe} reads again"), false),
        Happening::SeriesNoted { series, note } => ("series", format!("{series} {note}"), false),
        Happening::OomKill => ("OOM kill", "a process was killed for want of memory".to_owned(), true),
        Happening::Died(death) => ("died", death.to_string(), true),
        Happening::ServiceDied { service, death } => ("service died", format!("{service}: {death}"), true),
        Happening::Unexpected { step, failure, seen } => ("answers", format!("{step}, {failure}: {seen}"), false),
        Happening::LoadFailed { reason } => ("load failed", reason.clone(), true),
        Happening::CommandStarted { what } => ("load command", format!("{what} started"), false),
        Happening::CommandEnded { how, .. } => ("load command", how.clone(), false),
        Happening::Collected { from, to } => {
            ("collections asked for", format!("done after {}", show_duration(to.since(*from))), false)
        }
        Happening::NotCollected { reason } => ("collections asked for", format!("not done: {reason}"), false),
        Happening::Logged { pattern, count, line } => {
            let line = line.as_ref().map(|line| format!(": {line}")).unwrap_or_default();
            ("log hits", format!("{count} of {pattern}{line}"), false)
        }
        Happening::Interrupted => ("interrupted", "by a signal".to_owned(), true),
        Happening::StoppedEarly { reason } => ("stopped early", reason.clone(), true),
        Happening::Prepared { .. }
        | Happening::ServiceLaunched { .. }
        | Happening::ServiceReady { .. }
        | Happening::ServiceStopped { .. }
        | Happening::Launched { .. }
        | Happening::Ready
        | Happening::Entered { .. }
        | Happening::Requests { .. }
        | Happening::CycleEnded { .. }
        | Happening::RuntimeSeen { .. }
        | Happening::Evidence(_)
        | Happening::Stopped { .. } => return None,
    };
    Some(Notable { at: event.at, kind, text: one_line(&text), grave })
}

/// Where the memory of the target was not sampled though it should have been.
fn gaps(record: &Record) -> Vec<Notable> {
    let metrics = [Metric::AnonymousMemory, Metric::ResidentMemory];
    let series = metrics.into_iter().find_map(|metric| record.timeline.series(metric, &Subject::Target));
    let Some(series) = series else { return Vec::new() };
    let long = record.about.plan.probes.every.mul_f64(GAP);
    let gap = |pair: &[timeline::Sample]| {
        let length = pair[1].taken.since(pair[0].taken);
        let text = format!("no sample of memory for {}", show_duration(length));
        (length > long).then(|| Notable { at: pair[0].taken, kind: "gaps", text, grave: false })
    };
    series.samples.windows(2).filter_map(gap).collect()
}

fn stalls(record: &Record) -> Vec<Notable> {
    let stalled = record.timeline.beats.iter().filter(|beat| beat.harness_stalled >= STALL);
    let notable = |beat: &timeline::Beat| {
        let length = show_duration(std::time::Duration::from_micros(beat.harness_stalled));
        let text = format!("the harness itself stood still for {length}");
        Notable { at: beat.due, kind: "harness stalls", text, grave: false }
    };
    stalled.map(notable).collect()
}

/// The kinds in the order in which they first happened.
fn kinds(notable: &[Notable]) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for one in notable {
        if !kinds.contains(&one.kind) {
            kinds.push(one.kind);
        }
    }
    kinds
}

/// A lane for each kind; nothing where nothing happened.
pub(super) fn chart(frame: &Frame) -> Option<Chart> {
    let kinds = kinds(&frame.notable);
    if kinds.is_empty() {
        return None;
    }
    let lanes = kinds.len() as f64;
    let y = Axis { from: 0.0, to: lanes, scale: Scale::Linear, measure: Measure::Lanes };
    let mut chart = frame.over_time("Events", y);
    chart.moments.clear();
    chart.height = LANE * kinds.len() as u32;
    chart.text = format!("{} events: {}", frame.notable.len(), kinds.join(", "));
    for (lane, kind) in kinds.into_iter().enumerate() {
        let height = lanes - lane as f64 - 0.5;
        let of_kind = || frame.notable.iter().filter(|notable| notable.kind == kind);
        let points = of_kind().map(|notable| (notable.at.seconds(), height));
        let grave = of_kind().any(|notable| notable.grave);
        let tone = if grave { Tone::Limit } else { Tone::First };
        chart = chart.layer("", tone, Shape::Dots(thin::dots(points, &frame.time)));
        chart = chart.level(height - 0.5, format!("{kind} ({})", of_kind().count()), Tone::Quiet);
    }
    Some(chart)
}

/// All of them in words, the first of many.
pub(super) fn table(frame: &Frame) -> Markup {
    if frame.notable.is_empty() {
        return Markup::default();
    }
    let row = |notable: &Notable| {
        let time = tag("td").with("class", "number").add(frame.time.label(notable.at.seconds()));
        tag("tr").add(time).add(tag("td").add(notable.kind)).add(tag("td").add(notable.text.as_str())).into()
    };
    let head = tag("tr").add_all(["at", "what", ""].map(|name| tag("th").with("align", "left").add(name).into()));
    let table = tag("table").add(head).add_all(frame.notable.iter().take(ROWS).map(row));
    let count = frame.notable.len();
    let title =
        if count > ROWS { format!("the first {ROWS} of {count} events") } else { format!("{count} events in words") };
    tag("details").add(tag("summary").add(title)).add(table).into()
}
