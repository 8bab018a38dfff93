//! A chart of exactly what a finding rests on.

use scenario::{Rule, Watcher};
use timeline::{Amount, Elapsed, Sample, Series, Unit};
use verdict::{Finding, Mark, Trace, Verdict};

use super::axis::Axis;
use super::chart::{Band, Chart, Shade, Shape, Tone};
use super::course;
use super::frame::{Frame, told};
use super::thin::Point;
use super::verdict::words;

/// What was judged of a finding, as far as it can be drawn.
pub(super) fn chart(frame: &Frame, finding: &Finding) -> Option<Chart> {
    match &finding.evidence.trace {
        Some(trace) => traced(frame, finding, trace),
        None => by_rule(frame, finding),
    }
}

/// The series with what was made of it.
fn traced(frame: &Frame, finding: &Finding, trace: &Trace) -> Option<Chart> {
    let series = frame.timeline.series.get(&trace.series)?;
    let metric = trace.series.metric;
    let (low, high) = range(series, trace)?;
    let y = Axis::around(low, high, metric.unit());
    let mut chart = frame.over_time(format!("What was judged: {}", words(metric)), y);
    chart.height = 220;
    chart.text = told(&y, &series.samples);
    // What was judged is shaded in the place of the load.
    chart.bands.iter_mut().for_each(|band| band.shade = Shade::Idle);
    if let Some((from, to)) = finding.evidence.window {
        let judged = Band { from: from.seconds(), to: to.seconds(), name: String::new(), shade: Shade::Judged };
        chart.bands.insert(0, judged);
    }
    let samples = Shape::Line(frame.line(metric, &series.samples, &frame.time));
    chart = chart.layer("samples", Tone::Fifth, samples);
    Some(strokes(chart, trace))
}

/// All of a trace, from the back to the front.
fn strokes(mut chart: Chart, trace: &Trace) -> Chart {
    let points = |wanted: Mark| -> Vec<Point> {
        let of = trace.strokes.iter().filter(|stroke| stroke.mark == wanted).flat_map(|stroke| &stroke.points);
        of.map(|(at, value)| (at.seconds(), *value)).collect()
    };
    let between: Vec<Point> = points(Mark::Least).into_iter().chain(points(Mark::Most).into_iter().rev()).collect();
    let drawn = [
        ("growth that cannot be excluded", Tone::Second, Shape::Area(between)),
        ("floors", Tone::First, Shape::Dots(points(Mark::Floors))),
        ("the likeliest curve", Tone::Second, Shape::Line(points(Mark::Fitted))),
        ("baseline", Tone::Third, Shape::Bold(points(Mark::Baseline))),
        ("settled", Tone::Second, Shape::Bold(points(Mark::Settled))),
        ("allowed", Tone::Limit, Shape::Dashed(points(Mark::Allowed))),
    ];
    for (name, tone, shape) in drawn {
        if !shape.points().is_empty() {
            chart = chart.layer(name, tone, shape);
        }
    }
    chart
}

/// Between what values all of it lies. What could have grown fastest may leave the chart.
fn range(series: &Series, trace: &Trace) -> Option<(f64, f64)> {
    let drawn = trace.strokes.iter().filter(|stroke| !matches!(stroke.mark, Mark::Least | Mark::Most));
    let drawn = drawn.flat_map(|stroke| stroke.points.iter().map(|point: &(Elapsed, f64)| point.1));
    let sampled = series.samples.iter().map(|sample: &Sample| sample.value).filter(|value| value.is_finite());
    let values: Vec<f64> = sampled.chain(drawn).collect();
    Some((values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?))
}

/// What a rule looks at, with its limit, where the finding keeps nothing to be drawn.
fn by_rule(frame: &Frame, finding: &Finding) -> Option<Chart> {
    let assertions = &frame.record.about.plan.assertions;
    let rule = assertions.iter().map(|assertion| &assertion.rule).find(|rule| rule.id() == finding.assertion)?;
    match rule {
        Rule::TargetAlive if finding.verdict == Verdict::Fail => course::memory(frame),
        Rule::Latency { percentile, below } => {
            let value = finding.evidence.value?.value;
            course::percentile(frame, *percentile, (value, below.as_secs_f64()))
        }
        Rule::PauseMax { limit, watcher, .. } | Rule::PauseP99 { limit, watcher, .. } => {
            pauses(frame, *watcher, Some(limit.as_secs_f64()))
        }
        Rule::PauseShare { watcher, .. } | Rule::PausesPerMinute { watcher, .. } => pauses(frame, *watcher, None),
        Rule::Errors { .. } => course::failures(frame),
        Rule::Throughput { above } => {
            let limit = Amount { value: *above, unit: Unit::PerSecond };
            let mut chart = course::requests(frame)?;
            chart.y.to = chart.y.to.max(above * 1.1);
            Some(chart.level(*above, format!("at least {limit}"), Tone::Limit))
        }
        _ => None,
    }
}

fn pauses(frame: &Frame, watcher: Watcher, limit: Option<f64>) -> Option<Chart> {
    let told = watcher == Watcher::Best && !frame.timeline.pauses.is_empty();
    let chart = if told {
        course::stops(frame, "What was judged: pauses, as the runtime tells")
    } else {
        course::beats(frame, "What was judged: how long the heartbeat waited for an answer")
    };
    let mut chart = chart?;
    let Some(limit) = limit else { return Some(chart) };
    chart.y.to = chart.y.to.max(limit * 1.5);
    let name = format!("allowed {}", chart.y.label(limit));
    Some(chart.level(limit, name, Tone::Limit))
}
