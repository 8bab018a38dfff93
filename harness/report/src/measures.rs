//! The numbers of a run, for tools that keep histories of numbers.

mod formats;

use record::Record;
use timeline::{Amount, Metric, Series, Subject, Timeline, Unit};
use verdict::Finding;

use crate::clean::one_line;
use crate::totals::Totals;

pub use formats::{bencher, benchmark_action, otava};

/// One number of a run.
#[derive(Clone, Debug, PartialEq)]
struct Measure {
    /// That of the assertion that would limit it.
    name: String,
    /// `None` where this run has not measured it.
    amount: Option<Amount>,
    /// Between what bounds the true value lies, where that is known.
    interval: Option<(f64, f64)>,
    better: Better,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Smaller,
    Larger,
}

/// Findings whose values are not the target's.
const ABOUT_THE_RUN: [&str; 3] = ["target.", "evidence.", "generator."];

/// What every run tells, whatever it asserts, then the values of its other findings, in the order of judgement.
fn measures(record: &Record) -> Vec<Measure> {
    let mut measures = always(&record.timeline);
    for finding in &record.findings {
        let known = measures.iter().any(|measure| measure.name == finding.assertion);
        let about_the_run = ABOUT_THE_RUN.iter().any(|prefix| finding.assertion.starts_with(prefix));
        let required = finding.assertion.starts_with("logs.require");
        if !known && !about_the_run && !required {
            measures.extend(of_finding(finding));
        }
    }
    measures
}

fn of_finding(finding: &Finding) -> Option<Measure> {
    let value = finding.evidence.value.filter(|value| value.value.is_finite())?;
    let bounds = finding.evidence.interval.map(|(low, high)| (low.value, high.value));
    Some(Measure {
        name: one_line(&finding.assertion),
        amount: Some(value),
        interval: bounds.filter(|(low, high)| low.is_finite() && high.is_finite()),
        better: Better::Smaller,
    })
}

fn always(timeline: &Timeline) -> Vec<Measure> {
    let totals = Totals::of(timeline);
    let latency = totals.as_ref().and_then(|totals| totals.latency);
    let errors = totals.as_ref().and_then(|totals| Some(totals.failed()? as f64 / totals.requests as f64));
    let rate = totals.as_ref().and_then(Totals::per_second);
    let smaller = |name: &str, value: Option<f64>, unit| measure(name, value, unit, Better::Smaller);
    vec![
        smaller("memory.peak", peak(timeline), Unit::Bytes),
        smaller("latency.p50", latency.map(|latency| latency.p50), Unit::Seconds),
        smaller("latency.p90", latency.map(|latency| latency.p90), Unit::Seconds),
        smaller("latency.p99", latency.map(|latency| latency.p99), Unit::Seconds),
        smaller("latency.max", latency.map(|latency| latency.max), Unit::Seconds),
        smaller("errors", errors, Unit::Share),
        measure("throughput", rate, Unit::PerSecond, Better::Larger),
    ]
}

fn measure(name: &str, value: Option<f64>, unit: Unit, better: Better) -> Measure {
    let amount = value.filter(|value| value.is_finite()).map(|value| Amount { value, unit });
    Measure { name: name.to_owned(), amount, interval: None, better }
}

/// The most of the working set, or of resident memory where there is no cgroup to tell that.
fn peak(timeline: &Timeline) -> Option<f64> {
    let metrics = [Metric::WorkingSet, Metric::ResidentMemory].into_iter();
    let mut series = metrics.filter_map(|metric| timeline.series(metric, &Subject::Target));
    series.find_map(Series::peak).map(|sample| sample.value)
}
