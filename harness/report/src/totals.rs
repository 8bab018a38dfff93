//! What the load came to.

use std::collections::BTreeMap;

use timeline::{Failures, Timeline, new_histogram};

/// All requests of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Totals {
    /// How many were answered or failed.
    pub(crate) requests: u64,
    /// The failed ones among them, by kind.
    pub(crate) failures: Failures,
    /// The length of the loaded phases, from the first to the last.
    pub(crate) seconds: f64,
    /// Where a request was answered; counted from what [`timeline::CountedFrom`] says.
    pub(crate) latency: Option<Latency>,
}

/// Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Latency {
    /// Half of the answers took longer.
    pub(crate) p50: f64,
    /// One in a hundred took longer.
    pub(crate) p99: f64,
    /// None took longer.
    pub(crate) max: f64,
}

impl Totals {
    /// Adds up; `None` where no request was made.
    pub(crate) fn of(timeline: &Timeline) -> Option<Self> {
        let requests = timeline.latency.iter().map(|interval| interval.requests).sum();
        if requests == 0 {
            return None;
        }
        let (from, to) = timeline.loaded_window().unwrap_or_default();
        let seconds = to.since(from).as_secs_f64();
        Some(Self { requests, failures: failures(timeline), seconds, latency: latency(timeline) })
    }

    /// How many failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Requests per second of the loaded phases; `None` where they have no length.
    pub(crate) fn per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.requests as f64 / self.seconds)
    }
}

fn failures(timeline: &Timeline) -> Failures {
    let mut sum = BTreeMap::new();
    for (kind, count) in timeline.latency.iter().flat_map(|interval| &interval.failures) {
        *sum.entry(kind.clone()).or_default() += count;
    }
    sum
}

fn latency(timeline: &Timeline) -> Option<Latency> {
    let mut sum = new_histogram();
    for histogram in timeline.latency.iter().filter_map(|interval| interval.times().decode()) {
        // A histogram with other bounds is not one of ours; what it holds is left out.
        let _ = sum.add(&histogram);
    }
    let at = |quantile| sum.value_at_quantile(quantile) as f64 / 1e6;
    (!sum.is_empty()).then(|| Latency { p50: at(0.5), p99: at(0.99), max: sum.max() as f64 / 1e6 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn intervals_add_up() {
        let totals = Totals::of(&example::record(Vec::new()).timeline).unwrap();
        assert_eq!((totals.requests, totals.failed(), totals.per_second()), (6000, 6, Some(100.0)));
        let latency = totals.latency.unwrap();
        assert_eq!([latency.p50, latency.p99, latency.max].map(|at| (at * 1e4).round() as u64), [12, 12, 120]);
    }

    #[test]
    fn no_request_is_no_total() {
        assert_eq!(Totals::of(&Timeline::default()), None);
    }
}
