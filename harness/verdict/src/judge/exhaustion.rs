//! How long until memory reaches its limit, or the peak that is asserted.

use std::time::Duration;

use scenario::Rule;
use timeline::{Elapsed, Metric, Series, Subject, show_duration};

use super::scale::Pace;
use super::witness::Witness;
use super::work::Work;
use super::{Case, Window, bytes};
use crate::finding::{Exhaustion, Verdict};

/// The level now is the floor of this last share of the judged window, and what has grown since.
const NOW: f64 = 0.125;

impl Exhaustion {
    /// The load that it takes until memory goes from `level` to `limit`, both bytes: (limit - level) / slope, or what the
    /// curve tells where it accelerates. Where growth was not `proved` only the earliest is told, and that is zero where
    /// the limit is reached already; where nothing is known of the pace, nothing.
    pub(super) fn foreseen(limit: f64, level: f64, pace: &Pace, proved: bool) -> Option<Self> {
        let room = limit - level;
        let limit = bytes(limit);
        if room <= 0.0 {
            return Some(Self { limit, expected: None, earliest: Some(Duration::ZERO), latest: None });
        }
        let straight = |pace: f64| if pace > 0.0 && pace.is_finite() { room / pace } else { f64::INFINITY };
        let at_a_steady_pace = [pace.upper, pace.slope, pace.lower].map(straight);
        let times = pace.runaway.map_or(at_a_steady_pace, |runaway| runaway.seconds_until(room));
        let [earliest, expected, latest] = times.map(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let [expected, latest] = [expected, latest].map(|time| time.filter(|_| proved));
        (earliest.is_some() || expected.is_some()).then_some(Self { limit, expected, earliest, latest })
    }

    /// It in words, where the limit is called `what`.
    pub(super) fn told(&self, pace: &Pace, what: &str) -> String {
        let limit = self.limit;
        if self.earliest == Some(Duration::ZERO) {
            return format!("the {what} of {limit} is reached already");
        }
        let from = show_duration(self.earliest.unwrap_or_default());
        let Some(expected) = self.expected.map(show_duration) else {
            return format!("the {what} of {limit} is not reached before {from} more of this load");
        };
        let to = self.latest.map_or_else(|| "never".to_owned(), show_duration);
        let how = if pace.runaway.is_some() { "accelerating as it does" } else { "at this pace" };
        format!("{how} it reaches the {what} of {limit} after {expected} more of this load ({from} to {to})")
    }
}

impl Case<'_> {
    /// When the target's memory limit is reached at the pace that `witness` saw; nothing where there is no limit.
    pub(super) fn exhaustion(
        self,
        subject: &Subject,
        witness: &Witness,
        work: &Work,
        verdict: Verdict,
    ) -> Option<Exhaustion> {
        let limit = self.memory_limit().filter(|_| *subject == Subject::Target)?;
        // The limit is held against the working set.
        let series = [Metric::WorkingSet, witness.metric].into_iter().find_map(|metric| self.target_series(metric))?;
        let level = level_now(series, witness.window, &witness.pace, |moment| work.done_by(moment))?;
        Exhaustion::foreseen(limit, level, &witness.pace, verdict == Verdict::Fail)
    }

    /// What the limit is called.
    pub(super) fn name_of_limit(self) -> &'static str {
        if self.plan.target.launch.resources().memory.is_some() { "memory limit" } else { "asserted peak" }
    }

    /// That of the target, else the peak that is asserted.
    fn memory_limit(self) -> Option<f64> {
        let asserted = || {
            self.plan.assertions.iter().find_map(|assertion| match assertion.rule {
                Rule::Peak { below } => Some(below),
                _ => None,
            })
        };
        self.plan.target.launch.resources().memory.map(|bytes| bytes as f64).or_else(asserted)
    }
}

/// The level at the end of the window, where `load` tells the seconds of load by then.
pub(super) fn level_now(
    series: &Series,
    (from, to): Window,
    pace: &Pace,
    load: impl Fn(Elapsed) -> f64,
) -> Option<f64> {
    let end = series.within((to - to.since(from).mul_f64(NOW), to));
    let floor = end.iter().min_by(|one, other| one.value.total_cmp(&other.value))?;
    Some(floor.value + pace.slope.max(0.0) * (load(to) - load(floor.taken)))
}
