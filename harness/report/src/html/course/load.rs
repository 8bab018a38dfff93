//! The load: what was asked, what failed, and who asked.

use timeline::{Happening, LoadInterval, Unit};

use crate::html::axis::Axis;
use crate::html::chart::{Chart, Shape, Tone};
use crate::html::frame::Frame;
use crate::html::thin::{self, Point};

/// `(from, to, count)`, in seconds.
type Counted = (f64, f64, f64);

/// Requests in a second, and the failed ones among them.
pub(in crate::html) fn requests(frame: &Frame) -> Option<Chart> {
    let (asked, failed) = counted(frame);
    let rates = rates(&asked);
    let most = rates.iter().map(|point| point.1).filter(|rate| rate.is_finite()).fold(0.0, f64::max);
    if rates.is_empty() {
        return None;
    }
    let mut chart = frame.over_time("Requests per second", Axis::from_zero(most, Unit::PerSecond));
    chart.height = 110;
    chart.text = format!("at most {}", chart.y.label(most));
    chart = chart.layer("all", Tone::First, steps(frame, rates));
    if failed.iter().any(|count| count.2 > 0.0) {
        chart = chart.layer("failed", Tone::Second, steps(frame, self::rates(&failed)));
    }
    Some(chart)
}

/// Failed requests in a second, on a scale of their own.
pub(in crate::html) fn failures(frame: &Frame) -> Option<Chart> {
    let rates = rates(&counted(frame).1);
    let most = rates.iter().map(|point| point.1).filter(|rate| rate.is_finite()).reduce(f64::max)?;
    let mut chart = frame.over_time("Failed requests per second", Axis::from_zero(most, Unit::PerSecond));
    chart.height = 110;
    chart.text = format!("at most {}", chart.y.label(most));
    Some(chart.layer("failed", Tone::Second, steps(frame, rates)))
}

/// All requests by interval, and the failed ones.
fn counted(frame: &Frame) -> (Vec<Counted>, Vec<Counted>) {
    let own = frame.timeline.latency.iter().map(|interval| {
        let span = (interval.start.seconds(), interval.end.seconds());
        ((span.0, span.1, interval.requests as f64), (span.0, span.1, interval.failed() as f64))
    });
    let told = frame.timeline.events.iter().filter_map(|event| match event.what {
        Happening::Requests { from, to, count } => Some((from.seconds(), to.seconds(), count as f64)),
        _ => None,
    });
    if frame.timeline.latency.is_empty() {
        (joined(told), Vec::new())
    } else {
        let (asked, failed): (Vec<_>, Vec<_>) = own.unzip();
        (joined(asked.into_iter()), joined(failed.into_iter()))
    }
}

/// The steps of one interval together.
fn joined(counts: impl Iterator<Item = Counted>) -> Vec<Counted> {
    let mut all: Vec<Counted> = Vec::new();
    for count in counts {
        match all.last_mut() {
            Some(last) if (last.0, last.1) == (count.0, count.1) => last.2 += count.2,
            _ => all.push(count),
        }
    }
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    all
}

/// Counts as rates, as the points of steps; none between intervals that do not follow each other.
fn rates(counts: &[Counted]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for (from, to, count) in counts.iter().copied().filter(|count| count.1 > count.0) {
        if let Some(last) = points.last().copied().filter(|last| from - last.0 > 1e-3) {
            points.push((last.0, f64::NAN));
        }
        let rate = count / (to - from);
        points.push((from, rate));
        points.push((to, rate));
    }
    points
}

fn steps(frame: &Frame, points: Vec<Point>) -> Shape {
    if points.len() <= thin::COLUMNS {
        // Each interval has its ends, which may lie in one column.
        return Shape::Steps(points);
    }
    Shape::Steps(thin::line(points.into_iter(), &frame.time, f64::INFINITY))
}

/// How many users were at work, where there were any.
pub(super) fn users(frame: &Frame) -> Option<Chart> {
    let load = &frame.timeline.load;
    let most =
        load.iter().map(|interval| interval.users_active.max(interval.users_planned)).max().filter(|most| *most > 0)?;
    let mut chart = frame.over_time("Users at work", Axis::from_zero(most as f64, Unit::Count));
    chart.height = 70;
    chart.text = format!("at most {most}");
    let of = |value: fn(&LoadInterval) -> u64| by_interval(load, |interval| value(interval) as f64);
    chart = chart.layer("planned", Tone::Quiet, steps(frame, of(|interval| interval.users_planned)));
    Some(chart.layer("at work", Tone::First, steps(frame, of(|interval| interval.users_active))))
}

/// Arrivals that waited, or were given up, where there were any arrivals.
pub(super) fn arrivals(frame: &Frame) -> Option<Chart> {
    let load = &frame.timeline.load;
    let arrivals = || load.iter().filter_map(|interval| interval.arrivals);
    let due: u64 = arrivals().map(|arrivals| arrivals.due).sum();
    let most = arrivals().map(|arrivals| arrivals.missed.max(arrivals.waiting)).max()?;
    if due == 0 {
        return None;
    }
    let mut chart = frame.over_time("Arrivals that found nobody free", Axis::from_zero(most as f64, Unit::Count));
    chart.height = 70;
    let missed: u64 = arrivals().map(|arrivals| arrivals.missed).sum();
    chart.text = format!("of {due} that were due {missed} were given up; at most {most} in an interval");
    let waiting = by_interval(load, |interval| interval.arrivals.map_or(0.0, |arrivals| arrivals.waiting as f64));
    chart = chart.layer("waiting", Tone::First, steps(frame, waiting));
    if missed > 0 {
        let missed = by_interval(load, |interval| interval.arrivals.map_or(0.0, |arrivals| arrivals.missed as f64));
        chart = chart.layer("given up", Tone::Second, steps(frame, missed));
    }
    Some(chart)
}

fn by_interval(load: &[LoadInterval], value: impl Fn(&LoadInterval) -> f64) -> Vec<Point> {
    let spans = load.iter().map(|interval| (interval.start.seconds(), interval.end.seconds(), value(interval)));
    let rates: Vec<Counted> = spans.map(|(from, to, value)| (from, to, value * (to - from))).collect();
    self::rates(&rates)
}
