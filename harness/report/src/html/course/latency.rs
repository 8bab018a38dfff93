//! How long answers took, over time.

use hdrhistogram::Histogram;
use timeline::{CountedFrom, Timeline, Unit, new_histogram};

use crate::html::axis::Axis;
use crate::html::chart::{Chart, Shape, Tone};
use crate::html::frame::Frame;
use crate::html::thin::Point;
use crate::steps::Latency;

/// More columns than these only cost time.
const MOST: f64 = 300.0;

/// The requests of some intervals that follow each other.
pub(in crate::html) struct Column {
    from: f64,
    to: f64,
    latency: Latency,
    p95: f64,
}

/// All requests of a run in a few hundred columns; of each the percentiles are those of its requests.
pub(in crate::html) fn columns(timeline: &Timeline) -> Vec<Column> {
    let width = timeline.end.seconds() / MOST;
    let mut columns = Vec::new();
    let mut rest = timeline.latency.as_slice();
    while let Some(first) = rest.first() {
        let until = first.start.seconds() + width;
        let count = rest.partition_point(|one| one.start <= first.start || one.end.seconds() <= until).max(1);
        let (these, others) = rest.split_at(count);
        rest = others;
        let mut sum = new_histogram();
        for interval in these {
            interval.times().add_to(&mut sum);
        }
        let to = these.iter().map(|interval| interval.end.seconds()).fold(0.0, f64::max);
        columns.extend(column(first.start.seconds(), to, &sum));
    }
    columns
}

fn column(from: f64, to: f64, histogram: &Histogram<u64>) -> Option<Column> {
    let p95 = histogram.value_at_quantile(0.95) as f64 / 1e6;
    Latency::of(histogram).map(|latency| Column { from, to, latency, p95 })
}

/// The percentiles over time.
pub(super) fn chart(frame: &Frame) -> Option<Chart> {
    let columns = &frame.answers;
    let (low, high) = bounds(columns)?;
    let mut chart = frame.over_time("Latency", Axis::log(low, high, Unit::Seconds));
    chart.height = 200;
    let from = CountedFrom::of(&frame.timeline.latency);
    chart.title = format!("Latency: {from}");
    chart.text = format!("the medians begin at {}, the longest took {}", chart.y.label(low), chart.y.label(high));
    chart = chart.layer("longest", Tone::Quiet, steps(columns, |column| column.latency.max));
    chart = chart.layer("p99", Tone::Second, steps(columns, |column| column.latency.p99));
    chart = chart.layer("p95", Tone::Fourth, steps(columns, |column| column.p95));
    Some(chart.layer("p50", Tone::First, steps(columns, |column| column.latency.p50)))
}

impl Column {
    /// The percentile of its requests that is told of every column nearest to `percentile`.
    pub(in crate::html) fn at(&self, percentile: f64) -> f64 {
        match percentile {
            wanted if wanted <= 50.0 => self.latency.p50,
            wanted if wanted <= 90.0 => self.latency.p90,
            wanted if wanted <= 95.0 => self.p95,
            wanted if wanted <= 99.0 => self.latency.p99,
            wanted if wanted < 100.0 => self.latency.p999,
            _ => self.latency.max,
        }
    }
}

/// The least median and the longest of all.
fn bounds(columns: &[Column]) -> Option<(f64, f64)> {
    let low = columns.iter().map(|column| column.latency.p50).reduce(f64::min)?;
    Some((low, columns.iter().map(|column| column.latency.max).reduce(f64::max)?))
}

/// One percentile over time, with the one of all requests and what is allowed.
pub(in crate::html) fn percentile(frame: &Frame, percentile: f64, (value, limit): (f64, f64)) -> Option<Chart> {
    let points = || frame.answers.iter().map(|column| column.at(percentile));
    let (low, high) = (points().reduce(f64::min)?, points().reduce(f64::max)?);
    let name = if percentile >= 100.0 { "the longest".to_owned() } else { format!("p{percentile}") };
    let y = Axis::log(low, high.max(limit), Unit::Seconds);
    let mut chart = frame.over_time(format!("Latency: {name} over time"), y);
    chart.height = 150;
    chart.text = format!("between {} and {}, allowed {}", y.label(low), y.label(high), y.label(limit));
    let of_all = format!("{name} of all requests: {}", y.label(value));
    chart = chart.layer(name, Tone::First, steps(&frame.answers, |column| column.at(percentile)));
    Some(chart.level(value, of_all, Tone::First).level(limit, format!("allowed {}", y.label(limit)), Tone::Limit))
}

/// As steps; broken where nothing was asked in between.
pub(in crate::html) fn steps(columns: &[Column], value: impl Fn(&Column) -> f64) -> Shape {
    let mut points: Vec<Point> = Vec::new();
    for column in columns {
        if let Some(last) = points.last().copied().filter(|last| column.from - last.0 > 1e-3) {
            points.push((last.0, f64::NAN));
        }
        points.push((column.from, value(column)));
        points.push((column.to, value(column)));
    }
    Shape::Steps(points)
}
