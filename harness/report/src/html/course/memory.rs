//! The target's memory with its parts and its limits.

use scenario::Rule;
use timeline::{Metric, Series, Unit, show_bytes};

use crate::html::axis::Axis;
use crate::html::chart::{Chart, Shape, Tone};
use crate::html::frame::{Frame, told};
use crate::html::verdict::words;

/// The parts of memory, each with its tone; the one that counts first.
const PARTS: [(Metric, Tone); 6] = [
    (Metric::AnonymousMemory, Tone::First),
    (Metric::LiveHeap, Tone::Third),
    (Metric::WorkingSet, Tone::Second),
    (Metric::ResidentMemory, Tone::Fourth),
    (Metric::PageCache, Tone::Sixth),
    (Metric::SharedMemory, Tone::Fifth),
];
/// A limit that lies further above what was used, by this factor, is told and not drawn.
const NEAR: f64 = 2.0;
/// What never takes this share of the most is not seen.
const SEEN: f64 = 0.01;

pub(in crate::html) fn chart(frame: &Frame) -> Option<Chart> {
    let parts: Vec<(Metric, Tone, &Series)> =
        PARTS.into_iter().filter_map(|(metric, tone)| Some((metric, tone, frame.target(metric)?))).collect();
    let most = parts.iter().filter_map(|part| part.2.peak()).map(|peak| peak.value).fold(0.0, f64::max);
    let counts = parts.first()?.0;
    let seen = |series: &Series| series.peak().is_some_and(|peak| peak.value >= SEEN * most);
    let parts: Vec<(Metric, Tone, &Series)> =
        parts.into_iter().filter(|part| part.0 == counts || seen(part.2)).collect();
    let (near, far): (Vec<_>, Vec<_>) = limits(frame).into_iter().partition(|limit| limit.0 <= NEAR * most);
    let top = near.iter().map(|limit| limit.0).fold(most, f64::max);
    let y = Axis::from_zero(top, Unit::Bytes);
    let mut chart = frame.over_time("Memory of the target", y);
    chart.height = 260;
    let text: Vec<String> =
        parts.iter().map(|part| format!("{}: {}", words(part.0), told(&y, &part.2.samples))).collect();
    let far: Vec<String> = far.iter().map(|limit| format!("{} lies far above", limit.1)).collect();
    chart.text = text.into_iter().chain(far.iter().cloned()).collect::<Vec<_>>().join("; ");
    chart.title = [vec![chart.title.clone()], far].concat().join("; the ");
    for (metric, tone, series) in parts.into_iter().rev() {
        let points = frame.line(metric, &series.samples, &frame.time);
        let shape = if metric == counts { Shape::Bold(points) } else { Shape::Line(points) };
        chart = chart.layer(words(metric), tone, shape);
    }
    Some(near.into_iter().fold(chart, |chart, (value, name)| chart.level(value, name, Tone::Limit)))
}

/// What memory must not pass, with its name.
fn limits(frame: &Frame) -> Vec<(f64, String)> {
    let plan = &frame.record.about.plan;
    let hard = plan.target.launch.resources().memory.map(|bytes| bytes as f64);
    let hard = hard.map(|bytes| (bytes, format!("memory limit {}", show_bytes(bytes))));
    let peak = plan.assertions.iter().find_map(|assertion| match assertion.rule {
        Rule::Peak { below } => Some((below, format!("peak allowed {}", show_bytes(below)))),
        _ => None,
    });
    hard.into_iter().chain(peak).collect()
}
