//! Was the load really offered, and on time? A latency is only as good as the load that measured it.

use std::time::Duration;

use timeline::{ArrivalInterval, Elapsed, Metric, Outcome, Subject};

use super::{Case, Judgement, as_share};
use crate::finding::{Evidence, Verdict};

/// The share of the planned users that have to have been at work.
const LEAST_USERS: f64 = 0.9;
/// Requests that were given up with their phase: more than this share of the others says that they hung.
const MOST_CUT_OFF: f64 = 0.1;
/// Users come and go: an interval so short after a change says nothing.
const SETTLING: Duration = Duration::from_millis(1500);
/// An interval in which one request in a hundred was sent later than this by the load's own fault is a bad one.
const MOST_LAG: Duration = Duration::from_millis(10);
/// Of fewer arrivals than this the 99th percentile is the longest: one that is late says little of the others.
const FEW: u64 = 100;
/// Where few were due and half of them were on time, this share of a bad interval's is taken to be late.
const LATE_OF_FEW: f64 = 0.1;
/// More of the arrivals than this in bad intervals, and percentiles are not the target's any more.
const MOST_LATE: f64 = 0.01;
/// More of the arrivals than this given up, and the load was not the planned one.
const MOST_MISSED: f64 = 0.001;

/// What became of all arrivals of a run.
#[derive(Default)]
struct Arrivals {
    due: u64,
    missed: u64,
    /// Those of bad intervals.
    late: u64,
    bad_intervals: usize,
    intervals: usize,
    /// The worst of the intervals' 99th percentiles, and the longest of all, in microseconds.
    worst: (u64, u64),
    longest_wait: u64,
}

impl Arrivals {
    fn add(&mut self, interval: &ArrivalInterval) {
        let ArrivalInterval { due, missed, lag, wait, .. } = *interval;
        let bad = Duration::from_micros(lag.p99) > MOST_LAG;
        self.due += due;
        self.missed += missed;
        let most_on_time = due < FEW && Duration::from_micros(lag.p50) <= MOST_LAG;
        self.late += match (bad, most_on_time) {
            (false, _) => 0,
            (true, true) => (due as f64 * LATE_OF_FEW).ceil() as u64,
            (true, false) => due,
        };
        self.bad_intervals += usize::from(bad);
        self.intervals += usize::from(due > 0);
        self.worst = (self.worst.0.max(lag.p99), self.worst.1.max(lag.max));
        self.longest_wait = self.longest_wait.max(wait.max);
    }

    fn fell_behind(&self) -> bool {
        self.late as f64 > self.due as f64 * MOST_LATE
    }

    fn missed_some(&self) -> bool {
        self.missed as f64 > self.due as f64 * MOST_MISSED
    }
}

impl Case<'_> {
    pub(super) fn generator_health(self) -> Judgement {
        if let Some(command) = &self.plan.command {
            return self.command_health(command);
        }
        if let Outcome::LoadFailed { reason } = &self.timeline.outcome {
            return Judgement::new(Verdict::Inconclusive, "failed", format!("the load failed: {reason}"));
        }
        let requests: u64 = self.timeline.latency.iter().map(|interval| interval.requests).sum();
        let cut_off: u64 = self.timeline.load.iter().map(|interval| interval.cut_off).sum();
        if requests + cut_off == 0 {
            return Judgement::no_data("no request was sent");
        }
        let evidence = Evidence {
            window: self.timeline.loaded_window(),
            samples: requests,
            notes: self.arrivals_told().into_iter().chain(self.harness_cost()).collect(),
            ..self.offered()
        };
        let (verdict, code, summary) = match self.trouble(requests, cut_off) {
            Some((code, what)) => (Verdict::Inconclusive, code, what),
            None => (Verdict::Pass, "holds", format!("the load was offered as planned: {requests} requests")),
        };
        Judgement::new(verdict, code, summary).with(evidence)
    }

    /// How much of the load was there: the least of the users, or of the arrivals where there are no users.
    fn offered(self) -> Evidence {
        let (share, least, source) = match self.arrivals() {
            Some(arrivals) if self.plan.most_users() == 0 => {
                let begun = 1.0 - arrivals.missed as f64 / arrivals.due as f64;
                (begun, 1.0 - MOST_MISSED, "arrivals that began")
            }
            _ => (self.users_held().into_iter().fold(1.0, f64::min), LEAST_USERS, "users at work"),
        };
        Evidence {
            value: Some(as_share(share)),
            limit: Some(as_share(least)),
            source: Some(source.to_owned()),
            ..Evidence::default()
        }
    }

    /// What was wrong with the load, where something was.
    fn trouble(self, requests: u64, cut_off: u64) -> Option<(&'static str, String)> {
        if cut_off as f64 > requests as f64 * MOST_CUT_OFF {
            let what = format!("{cut_off} requests were given up when their phase ended, and {requests} were not");
            return Some(("given_up", what));
        }
        if let Some(behind) = self.fell_behind() {
            return Some(("fell_behind", behind));
        }
        let held = self.users_held();
        let short = held.iter().filter(|share| **share < LEAST_USERS).count();
        (short * 10 > held.len()).then(|| {
            let what = format!("the load was not offered: users were missing in {short} of {} intervals", held.len());
            ("users_missing", what)
        })
    }

    /// Why latency and throughput are not the target's own, where they are not.
    pub(super) fn fell_behind(self) -> Option<String> {
        let arrivals = self.arrivals()?;
        let worst = Elapsed::from_micros(arrivals.worst.0);
        if arrivals.missed_some() {
            return Some(format!("{} of {} arrivals were missed", arrivals.missed, arrivals.due));
        }
        arrivals.fell_behind().then(|| {
            format!(
                "the harness fell behind: p99 lag {worst} (in {} of {} intervals above {})",
                arrivals.bad_intervals,
                arrivals.intervals,
                Elapsed::from(MOST_LAG)
            )
        })
    }

    fn arrivals_told(self) -> Option<String> {
        let Arrivals { due, missed, worst: (p99, max), longest_wait, .. } = self.arrivals()?;
        let [p99, max, wait] = [p99, max, longest_wait].map(Elapsed::from_micros);
        let waited =
            if longest_wait > 0 { format!("; they waited up to {wait} for a connection") } else { String::new() };
        Some(format!("{due} arrivals, {missed} missed; sent late by at most {p99} (p99), {max} (max){waited}"))
    }

    /// What became of arrivals; `None` where none were due.
    fn arrivals(self) -> Option<Arrivals> {
        let mut arrivals = Arrivals::default();
        self.timeline.load.iter().filter_map(|interval| interval.arrivals.as_ref()).for_each(|one| arrivals.add(one));
        (arrivals.due > 0).then_some(arrivals)
    }

    /// The share of the planned users that was at work, per interval within a hold.
    fn users_held(self) -> Vec<f64> {
        let holds = |interval: &&timeline::LoadInterval| {
            let phase =
                self.timeline.phases.iter().find(|phase| phase.start <= interval.start && interval.end <= phase.end);
            interval.users_planned > 0 && phase.is_some_and(|phase| interval.end.since(phase.start) >= SETTLING)
        };
        let share = |interval: &timeline::LoadInterval| interval.users_active as f64 / interval.users_planned as f64;
        self.timeline.load.iter().filter(holds).map(share).collect()
    }

    /// The observer is measured: its processor time and its memory under load.
    pub(super) fn harness_cost(self) -> Vec<String> {
        let Some(window) = self.timeline.loaded_window() else { return Vec::new() };
        let mut notes = Vec::new();
        let cpu = self.timeline.series(Metric::CpuTime, &Subject::Harness).map(|series| series.within(window));
        if let Some([first, .., last]) = cpu {
            let share = (last.value - first.value) / last.taken.since(first.taken).as_secs_f64().max(f64::MIN_POSITIVE);
            notes.push(format!("the harness took {:.0} % of a core", share * 100.0));
        }
        let memory = self.timeline.series(Metric::ResidentMemory, &Subject::Harness);
        if let Some(peak) = memory.and_then(timeline::Series::peak) {
            notes.push(format!("the harness took up to {} of memory", super::bytes(peak.value)));
        }
        notes
    }
}
