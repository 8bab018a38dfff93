//! What the load saw: latency, errors, throughput. These are counts of all requests of the run
//! and not estimates; what makes them inconclusive is that there were too few.

use std::time::Duration;

use timeline::{Amount, CountedFrom, Elapsed, Event, Happening, LatencyInterval, Unit, add_failures, new_histogram};

use super::{Case, Judgement, as_share, below, code_of, seconds};
use crate::finding::{Evidence, Verdict};
use crate::stats::NORMAL_99;

/// A percentile is told where at least this many requests lie beyond it.
pub(super) const FEWEST_BEYOND: f64 = 10.0;

/// All requests of the run.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) requests: u64,
    pub(super) failed: u64,
    failures: std::collections::BTreeMap<String, u64>,
}

impl Totals {
    pub(super) fn of(intervals: &[LatencyInterval]) -> Self {
        let mut totals = Self::default();
        for interval in intervals {
            totals.requests += interval.requests;
            totals.failed += interval.failed();
            add_failures(&mut totals.failures, &interval.failures);
        }
        totals
    }
}

impl Case<'_> {
    pub(super) fn latency(self, percentile: f64, limit: Duration) -> Judgement {
        let Some((histogram, unanswered)) = self.merged() else {
            return Judgement::no_data("no request was sent");
        };
        let (count, limit) = (histogram.len(), limit.as_secs_f64());
        let share = percentile / 100.0;
        let value = histogram.value_at_quantile(share) as f64 / 1e6;
        let interval = order_interval(&histogram, share);
        let mut verdict = below(limit, (value, value));
        let beyond = count as f64 * (1.0 - share);
        if percentile < 100.0 && beyond < FEWEST_BEYOND && interval.1 > limit {
            verdict = Verdict::Inconclusive;
        }
        let behind = self.fell_behind();
        if behind.is_some() {
            verdict = Verdict::Inconclusive;
        }
        let name = if percentile >= 100.0 { "the longest".to_owned() } else { format!("p{percentile}") };
        let summary = format!("{name} of {count} requests took {} (limit {})", seconds(value), seconds(limit));
        let counted_from = CountedFrom::of(&self.timeline.latency);
        let mut notes = vec![counted_from.to_string()];
        if unanswered > 0 {
            notes.push(format!("{unanswered} of them got no answer, and count as the slowest"));
        }
        if let Some(behind) = &behind {
            notes.push(behind.clone());
        } else if verdict == Verdict::Inconclusive {
            notes.push(format!("{:.0} requests would tell", FEWEST_BEYOND / (1.0 - share)));
        }
        let code = if behind.is_some() { "fell_behind" } else { code_of(verdict) };
        Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(seconds(value)),
            limit: Some(seconds(limit)),
            interval: Some((seconds(interval.0), seconds(interval.1))),
            window: self.timeline.loaded_window(),
            samples: count,
            source: Some("requests of all steps".to_owned()),
            notes,
            ..Evidence::default()
        })
    }

    /// All times in one histogram; requests without an answer count as the longest there
    /// is. And how many those are.
    pub(super) fn merged(self) -> Option<(hdrhistogram::Histogram<u64>, u64)> {
        let mut merged = new_histogram();
        let mut unanswered = 0;
        for interval in &self.timeline.latency {
            let before = merged.len();
            if !interval.times().add_to(&mut merged) {
                return None;
            }
            let answered = merged.len() - before;
            unanswered += interval.requests.saturating_sub(answered + interval.unawaited);
        }
        merged.saturating_record_n(merged.high(), unanswered);
        (!merged.is_empty()).then_some((merged, unanswered))
    }

    pub(super) fn errors(self, limit: f64) -> Judgement {
        let totals = Totals::of(&self.timeline.latency);
        if totals.requests == 0 {
            return Judgement::no_data("no request was sent");
        }
        let share = totals.failed as f64 / totals.requests as f64;
        let enough = totals.requests as f64 * limit >= 1.0 || limit == 0.0;
        let verdict = match below(limit, (share, share)) {
            Verdict::Pass if !enough => Verdict::Inconclusive,
            verdict => verdict,
        };
        let (value, allowed) = (as_share(share), as_share(limit));
        let summary = format!("{} of {} requests failed: {value} (limit {allowed})", totals.failed, totals.requests);
        let mut notes: Vec<String> = totals.failures.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
        notes.extend(self.timeline.events.iter().filter_map(example));
        if !enough {
            notes.push(format!("{:.0} requests would tell", (1.0 / limit).ceil()));
        }
        Judgement::new(verdict, code_of(verdict), summary).with(Evidence {
            value: Some(value),
            limit: Some(allowed),
            window: self.timeline.loaded_window(),
            samples: totals.requests,
            source: Some("requests of all steps".to_owned()),
            notes,
            ..Evidence::default()
        })
    }

    /// How many requests the command has told of.
    pub(super) fn told_requests(self) -> u64 {
        let told = self.timeline.events.iter().map(|event| match event.what {
            Happening::Requests { count, .. } => count,
            _ => 0,
        });
        told.sum()
    }

    pub(super) fn throughput(self, limit: f64) -> Judgement {
        let told = self.told_requests();
        let totals = match told {
            0 => Totals::of(&self.timeline.latency),
            requests => Totals { requests, ..Totals::default() },
        };
        let loaded = self.timeline.phases.iter().filter(|phase| phase.loaded);
        let length: f64 = loaded.map(|phase| phase.end.since(phase.start).as_secs_f64()).sum();
        if totals.requests == 0 || length <= 0.0 {
            return Judgement::no_data("no request was sent");
        }
        let rate = (totals.requests - totals.failed) as f64 / length;
        let behind = self.fell_behind();
        let verdict = match &behind {
            Some(_) => Verdict::Inconclusive,
            None if rate > limit => Verdict::Pass,
            None => Verdict::Fail,
        };
        let per_second = |value| Amount { value, unit: Unit::PerSecond };
        let time = Elapsed::from_seconds(length);
        let what = if told > 0 { "requests of the command" } else { "right answers" };
        let summary = format!("{} {what} over {time} of load (limit {})", per_second(rate), per_second(limit));
        let code = match verdict {
            Verdict::Pass => "holds",
            Verdict::Fail => "too_low",
            Verdict::Inconclusive => "fell_behind",
        };
        Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(per_second(rate)),
            limit: Some(per_second(limit)),
            window: self.timeline.loaded_window(),
            samples: totals.requests,
            source: Some(if told > 0 { "what the command tells" } else { "right answers of all steps" }.to_owned()),
            notes: behind.into_iter().collect(),
            ..Evidence::default()
        })
    }
}

/// The interval of a quantile by order statistics: the values at n·p ± z·sqrt(n·p·(1−p)).
fn order_interval(histogram: &hdrhistogram::Histogram<u64>, share: f64) -> (f64, f64) {
    let count = histogram.len() as f64;
    let half = NORMAL_99 * (count * share * (1.0 - share)).sqrt() / count;
    let at = |share: f64| histogram.value_at_quantile(share.clamp(0.0, 1.0)) as f64 / 1e6;
    (at(share - half), at(share + half))
}

/// An answer that was not as expected.
fn example(event: &Event) -> Option<String> {
    match &event.what {
        Happening::Unexpected { step, failure, seen } => Some(format!("{step}, {failure}: it answered {seen:?}")),
        _ => None,
    }
}
