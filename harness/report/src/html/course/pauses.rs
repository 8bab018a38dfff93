//! How the target stood still: as its runtime tells, and as the heartbeat saw it.

use timeline::{Beat, Pause, Unit};

use crate::clean::one_line;
use crate::html::axis::Axis;
use crate::html::chart::{Chart, Shape, Tone};
use crate::html::frame::Frame;
use crate::html::thin::{self, Point};

/// So many kinds of pauses have a colour of their own.
const KINDS: usize = 5;
/// Of shorter beats, in seconds, nobody asks what held them up.
const LONG: f64 = 0.005;
/// What is no pause but went on beside the target's work has this name.
const BESIDE: &str = "beside the work";

/// The pauses that the runtime told of, each kind in its own colour.
pub(super) fn told(frame: &Frame) -> Option<Chart> {
    let mut chart = stops(frame, "Pauses, as the runtime tells")?;
    let beside: Vec<Point> = frame.timeline.pauses.iter().filter(|pause| pause.concurrent).map(point).collect();
    if !beside.is_empty() {
        let dots = Shape::Dots(thin::dots(beside.into_iter(), &frame.time));
        chart.layers.insert(0, crate::html::chart::Layer { name: BESIDE.to_owned(), tone: Tone::Quiet, shape: dots });
    }
    Some(chart)
}

/// The stops of the target by kind, the most frequent first.
pub(in crate::html) fn stops(frame: &Frame, title: &str) -> Option<Chart> {
    let stops: Vec<&Pause> = frame.timeline.pauses.iter().filter(|pause| !pause.concurrent).collect();
    let lengths = || stops.iter().map(|pause| point(pause).1);
    let (low, high) = (lengths().reduce(f64::min)?, lengths().reduce(f64::max)?);
    let mut chart = frame.over_time(title, Axis::log(low, high, Unit::Seconds));
    chart.height = 150;
    chart.text = format!("{} pauses, the longest took {}", stops.len(), chart.y.label(high));
    for (place, kind) in kinds(&stops).into_iter().enumerate() {
        let of_kind = stops.iter().filter(|pause| kind.as_deref().is_none_or(|kind| *pause.kind == *kind));
        let dots = Shape::Dots(thin::dots(of_kind.map(|pause| point(pause)), &frame.time));
        let (name, tone) = match kind {
            Some(kind) => (one_line(&kind), Tone::nth(place - 1)),
            None => (String::new(), Tone::Quiet),
        };
        chart = chart.layer(name, tone, dots);
    }
    Some(chart)
}

/// All kinds, behind the most frequent ones.
fn kinds(stops: &[&Pause]) -> Vec<Option<String>> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for pause in stops {
        *counts.entry(&pause.kind).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = counts.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named = kinds.into_iter().take(KINDS).map(|(kind, _)| Some(kind.to_owned()));
    std::iter::once(None).chain(named).collect()
}

fn point(pause: &Pause) -> Point {
    (pause.start.seconds(), (pause.length as f64 / 1e6).max(1e-6))
}

/// How long the beats took.
pub(super) fn heartbeat(frame: &Frame) -> Option<Chart> {
    beats(frame, "Heartbeat: how long a cheap request took")
}

/// How long the beats took, and which of them the harness itself held up.
pub(in crate::html) fn beats(frame: &Frame, title: &str) -> Option<Chart> {
    let beats = &frame.timeline.beats;
    let length = |beat: &Beat| beat.done.since(beat.sent).as_secs_f64().max(1e-6);
    let (low, high) = (beats.iter().map(length).reduce(f64::min)?, beats.iter().map(length).reduce(f64::max)?);
    let mut chart = frame.over_time(title, Axis::log(low, high, Unit::Seconds));
    chart.height = 130;
    let unanswered = beats.iter().filter(|beat| !beat.answered).count();
    chart.text =
        format!("{} beats, the longest took {}, {unanswered} were not answered", beats.len(), chart.y.label(high));
    let line = thin::line(beats.iter().map(|beat| (beat.sent.seconds(), length(beat))), &frame.time, 2.0);
    chart = chart.layer("answers", Tone::First, Shape::Line(line));
    let dots = |of: &dyn Fn(&Beat) -> bool| {
        let points = beats.iter().filter(|beat| of(beat)).map(|beat| (beat.sent.seconds(), length(beat)));
        thin::dots(points, &frame.time)
    };
    let held_up = dots(&|beat| length(beat) > LONG && beat.harness_stalled as f64 > 0.5e6 * length(beat));
    let lost = dots(&|beat| !beat.answered);
    for (name, tone, dots) in
        [("held up by the harness itself", Tone::Quiet, held_up), ("not answered", Tone::Limit, lost)]
    {
        if !dots.is_empty() {
            chart = chart.layer(name, tone, Shape::Dots(dots));
        }
    }
    Some(chart)
}
