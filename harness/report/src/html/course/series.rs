//! All other series: a small chart each for exact counts, and by unit for the rest.

use timeline::{Kind, Metric, Sample, Series, SeriesKey, Subject, Unit};

use crate::clean::one_line;
use crate::html::axis::Axis;
use crate::html::chart::{Chart, Shape, Tone};
use crate::html::frame::{Frame, told};
use crate::html::thin::{self, Point};
use crate::html::verdict::words;

/// So many series share a chart.
const TOGETHER: usize = 6;
/// The height of a small chart, in pixels.
const SMALL: u32 = 110;
/// The time over which the rate of a counter is told is at least so much of the run.
const SMOOTH: f64 = 1.0 / 200.0;

/// The target's exact counts.
pub(super) fn counts(frame: &Frame) -> Vec<Chart> {
    let metrics = Metric::COUNTS.into_iter().chain([Metric::OomKills]);
    let counted = metrics.filter_map(|metric| Some((metric, frame.target(metric)?)));
    let counted = counted.filter(|(_, series)| series.samples.iter().any(|sample| sample.value > 0.0));
    counted.map(|(metric, series)| one(frame, words(metric), metric, series)).collect()
}

fn one(frame: &Frame, title: String, metric: Metric, series: &Series) -> Chart {
    let most = series.peak().map_or(0.0, |peak| peak.value);
    let mut chart = frame.over_time(title, Axis::from_zero(most, metric.unit()));
    chart.height = SMALL;
    chart.text = told(&chart.y, &series.samples);
    let line = frame.line(metric, &series.samples, &frame.time);
    chart.layer("", Tone::First, Shape::Line(line))
}

/// What the other charts leave out: the processor, services, what the scenario names, and the harness itself.
pub(super) fn rest(frame: &Frame) -> Vec<Chart> {
    let subjects = subjects(frame);
    subjects.iter().flat_map(|subject| of_subject(frame, subject)).collect()
}

/// The target first, the harness last.
fn subjects(frame: &Frame) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = frame.timeline.series.keys().map(|key| key.subject.clone()).collect();
    subjects.sort();
    subjects.dedup();
    subjects
}

fn of_subject(frame: &Frame, subject: &Subject) -> Vec<Chart> {
    let drawn = |key: &SeriesKey| {
        *subject == Subject::Target
            && (key.metric.unit() == Unit::Bytes
                || Metric::COUNTS.contains(&key.metric)
                || key.metric == Metric::OomKills)
            && !matches!(key.metric, Metric::Named(..))
    };
    let mine =
        frame.timeline.series.iter().filter(|(key, series)| key.subject == *subject && !series.samples.is_empty());
    let mine: Vec<(Metric, &Series)> =
        mine.filter(|(key, _)| !drawn(key)).map(|(key, series)| (key.metric, series)).collect();
    let mut units: Vec<(Unit, bool)> = mine.iter().map(|(metric, _)| group(*metric)).collect();
    units.sort_unstable();
    units.dedup();
    units
        .into_iter()
        .flat_map(|unit| {
            let alike: Vec<(Metric, &Series)> =
                mine.iter().filter(|(metric, _)| group(*metric) == unit).copied().collect();
            alike.chunks(TOGETHER).map(|some| together(frame, subject, some)).collect::<Vec<_>>()
        })
        .collect()
}

/// What may share a chart: the same unit, and counters apart.
fn group(metric: Metric) -> (Unit, bool) {
    (metric.unit(), metric.kind() == Kind::Counter)
}

fn together(frame: &Frame, subject: &Subject, some: &[(Metric, &Series)]) -> Chart {
    let lines: Vec<(String, Vec<Point>)> =
        some.iter().map(|(metric, series)| (words(*metric), points(frame, *metric, &series.samples))).collect();
    let most = lines.iter().flat_map(|line| &line.1).map(|point| point.1).filter(|y| y.is_finite()).fold(0.0, f64::max);
    let (unit, counter) = group(some[0].0);
    let unit = if counter { rate_of(unit) } else { unit };
    let title = match subject {
        Subject::Target => kind_of(unit, counter).to_owned(),
        other => format!("{}: {}", one_line(&other.to_string()), kind_of(unit, counter)),
    };
    let mut chart = frame.over_time(title, Axis::from_zero(most, unit));
    chart.height = SMALL;
    chart.moments.clear();
    chart.text = lines.iter().map(|line| line.0.as_str()).collect::<Vec<_>>().join(", ");
    for (place, (name, points)) in lines.into_iter().enumerate() {
        chart = chart.layer(name, Tone::nth(place), Shape::Line(points));
    }
    chart
}

fn points(frame: &Frame, metric: Metric, samples: &[Sample]) -> Vec<Point> {
    if metric.kind() == Kind::Gauge {
        return frame.line(metric, samples, &frame.time);
    }
    let rates = rates(samples, (frame.time.to - frame.time.from) * SMOOTH);
    thin::line(rates.into_iter(), &frame.time, f64::INFINITY)
}

/// How fast a counter goes up, over stretches of at least so many seconds; what was set back begins anew.
fn rates(samples: &[Sample], least: f64) -> Vec<Point> {
    let mut rates = Vec::new();
    let Some(mut before) = samples.first() else { return rates };
    for sample in samples {
        let seconds = sample.taken.since(before.taken).as_secs_f64();
        if sample.value < before.value {
            before = sample;
        } else if seconds > 0.0 && seconds >= least {
            rates.push((sample.taken.seconds(), (sample.value - before.value) / seconds));
            before = sample;
        }
    }
    rates
}

/// What the rate of a counter is counted in: seconds per second are a share.
fn rate_of(unit: Unit) -> Unit {
    if unit == Unit::Seconds { Unit::Share } else { Unit::PerSecond }
}

fn kind_of(unit: Unit, counter: bool) -> &'static str {
    match (unit, counter) {
        (Unit::Share, true) => "processor time, 100 % is one core",
        (Unit::Bytes, _) => "bytes",
        (Unit::Seconds, _) => "times",
        (Unit::Share, false) => "shares",
        (Unit::PerSecond | Unit::PerHour, _) => "rates",
        _ => "counts",
    }
}
