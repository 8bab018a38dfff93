//! The requests: how long they took by percentile, step by step, and what failed.

use hdrhistogram::Histogram;
use scenario::Rule;
use timeline::{Unit, new_histogram};

use super::axis::Axis;
use super::chart::{Chart, Shape, Tone};
use super::frame::Frame;
use super::markup::{Markup, tag};
use super::thin::Point;
use super::verdict::grouped;
use crate::clean::one_line;
use crate::steps::{Latency, Step};

/// The percentiles of a curve lie so close on its axis.
const STEPS: usize = 160;
const COLUMNS: [&str; 8] = ["step", "requests", "failed", "p50", "p90", "p99", "p99.9", "longest"];

pub(super) fn section(frame: &Frame) -> Markup {
    let Some(totals) = frame.totals.as_ref().filter(|totals| !totals.steps.is_empty()) else {
        return Markup::default();
    };
    let section = tag("section").add(tag("h2").add("Requests"));
    let section = match by_percentile(frame, &totals.steps) {
        Some(chart) => section.add(chart.render("percentiles")),
        None => section,
    };
    section.add(tag("div").with("class", "wide").add(table(&totals.steps))).add(failures(&totals.steps)).into()
}

/// The latency of all steps by percentile, and beside it, where they differ, the service times.
fn by_percentile(frame: &Frame, steps: &[Step]) -> Option<Chart> {
    let all = sum(steps.iter().map(|step| &step.histogram));
    let latency = Latency::of(&all)?;
    let response = frame.timeline.latency.iter().any(|interval| interval.response.is_some());
    let service = response.then(|| service(frame)).filter(|service| !service.is_empty());
    let low = all.min().max(1) as f64 / 1e6;
    let low = service.as_ref().map_or(low, |service| low.min(service.min().max(1) as f64 / 1e6));
    let x = Axis::percentile(all.len());
    let mut chart = Chart::new("Latency by percentile", x, Axis::log(low, latency.max, Unit::Seconds));
    chart.height = 220;
    let told =
        [("half", latency.p50), ("nine in ten", latency.p90), ("99 in a hundred", latency.p99), ("all", latency.max)];
    let told = told.map(|(share, time)| format!("{share} took at most {}", chart.y.label(time)));
    chart.text = told.join(", ");
    if let Some(service) = service {
        chart = chart.layer("service time: from the send", Tone::Quiet, Shape::Steps(curve(&service, &x)));
        chart = chart.layer("response time: from when it was due", Tone::First, Shape::Bold(curve(&all, &x)));
    } else {
        chart = chart.layer("all steps", Tone::First, Shape::Bold(curve(&all, &x)));
    }
    let limits = frame.record.about.plan.assertions.iter().filter_map(|assertion| match assertion.rule {
        Rule::Latency { percentile, below } => Some((percentile, below.as_secs_f64())),
        _ => None,
    });
    let limits: Vec<Point> = limits.map(|(percentile, limit)| (one_in(percentile / 100.0).min(x.to), limit)).collect();
    if !limits.is_empty() {
        chart = chart.layer("allowed", Tone::Limit, Shape::Dots(limits));
    }
    Some(chart)
}

fn sum<'a>(histograms: impl Iterator<Item = &'a Histogram<u64>>) -> Histogram<u64> {
    let mut sum = new_histogram();
    // They have the same bounds.
    for histogram in histograms {
        let _ = sum.add(histogram);
    }
    sum
}

fn service(frame: &Frame) -> Histogram<u64> {
    let mut sum = new_histogram();
    for interval in &frame.timeline.latency {
        interval.histogram.add_to(&mut sum);
    }
    sum
}

fn curve(histogram: &Histogram<u64>, x: &Axis) -> Vec<Point> {
    let at = |step: usize| {
        let one_in = (x.to.ln() * step as f64 / STEPS as f64).exp();
        (one_in, histogram.value_at_quantile(1.0 - 1.0 / one_in) as f64 / 1e6)
    };
    (0..=STEPS).map(at).collect()
}

/// One in how many is slower.
fn one_in(share: f64) -> f64 {
    if share >= 1.0 { f64::INFINITY } else { 1.0 / (1.0 - share) }
}

fn table(steps: &[Step]) -> Markup {
    let head = COLUMNS.iter().enumerate().map(|(place, name)| {
        let align = if place == 0 { "left" } else { "right" };
        tag("th").with("scope", "col").with("align", align).add(*name).into()
    });
    let rows = steps.iter().map(|step| row(&step.name, step.requests, step.failed(), &step.histogram));
    let all = (steps.len() > 1).then(|| {
        let requests = steps.iter().map(|step| step.requests).sum();
        row("all steps", requests, steps.iter().map(Step::failed).sum(), &sum(steps.iter().map(|step| &step.histogram)))
    });
    tag("table").with("class", "steps").add(tag("thead").add(tag("tr").add_all(head))).add_all(rows).add_all(all).into()
}

fn row(name: &str, requests: u64, failed: u64, histogram: &Histogram<u64>) -> Markup {
    let latency = Latency::of(histogram);
    let axis = Axis::from_zero(1.0, Unit::Seconds);
    let time = |value: fn(Latency) -> f64| latency.map_or_else(|| "-".to_owned(), |latency| axis.label(value(latency)));
    let cells = [
        grouped(requests),
        grouped(failed),
        time(|latency| latency.p50),
        time(|latency| latency.p90),
        time(|latency| latency.p99),
        time(|latency| latency.p999),
        time(|latency| latency.max),
    ];
    let cells = cells.into_iter().map(|cell| tag("td").with("class", "number").with("align", "right").add(cell).into());
    tag("tr").add(tag("th").with("scope", "row").with("align", "left").add(one_line(name))).add_all(cells).into()
}

/// What failed, by step and kind, the most first.
fn failures(steps: &[Step]) -> Markup {
    let of = |step: &Step| {
        step.failures.iter().map(|(kind, count)| (*count, one_line(&step.name), one_line(kind))).collect()
    };
    let mut all: Vec<(u64, String, String)> = steps.iter().flat_map(|step| -> Vec<_> { of(step) }).collect();
    all.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    if all.is_empty() {
        return Markup::default();
    }
    let row = |(count, step, kind): (u64, String, String)| {
        let count = tag("td").with("class", "number").with("align", "right").add(grouped(count));
        tag("tr").add(count).add(tag("td").add(kind)).add(tag("td").add(step)).into()
    };
    let head =
        tag("tr").add_all(["failed", "how", "step"].map(|name| tag("th").with("align", "left").add(name).into()));
    let table = tag("table").add(tag("thead").add(head)).add_all(all.into_iter().map(row));
    tag("div").with("class", "wide").add(tag("h3").add("Failures")).add(table).into()
}
