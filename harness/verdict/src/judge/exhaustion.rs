//! How long until memory reaches its limit.

use std::time::Duration;

use scenario::Launch;
use timeline::{Metric, Series, Subject, show_duration};

use super::witness::Witness;
use super::{Case, bytes};
use crate::finding::{Exhaustion, Verdict};
use crate::growth::Shape;

/// The level now is the floor of this last share of the judged window.
const NOW: f64 = 0.125;

impl Case<'_> {
    /// The load that it takes from the end of the window until the target's memory limit is reached,
    /// (limit - floor now) / slope, at the paces that `witness` saw (VERDICT section 4). Where growth was not proved
    /// only the earliest is told; where there is no limit, or nothing is known of the pace, nothing.
    pub(super) fn exhaustion(self, subject: &Subject, witness: &Witness, verdict: Verdict) -> Option<Exhaustion> {
        let limit = self.memory_limit().filter(|_| *subject == Subject::Target)?;
        let room = (limit - self.floor_now(witness)?).max(0.0);
        let after = |pace: f64| {
            let seconds = Some(room / pace).filter(|_| pace > 0.0);
            seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        };
        let proved = verdict == Verdict::Fail;
        let exhaustion = Exhaustion {
            limit: bytes(limit),
            expected: after(witness.slope).filter(|_| proved),
            earliest: after(witness.upper).filter(|_| witness.upper.is_finite()),
            latest: after(witness.lower).filter(|_| proved),
        };
        (exhaustion.earliest.is_some() || exhaustion.expected.is_some()).then_some(exhaustion)
    }

    fn memory_limit(self) -> Option<f64> {
        let resources = match &self.plan.target.launch {
            Launch::Container(container) => container.resources,
            Launch::Process(process) => process.resources,
            Launch::Attach(_) => return None,
        };
        resources.memory.map(|bytes| bytes as f64)
    }

    /// The least of the end of the window: of the working set, which is what the limit is held against, else of
    /// what was judged.
    fn floor_now(self, witness: &Witness) -> Option<f64> {
        let (from, to) = witness.window;
        let window = (to - to.since(from).mul_f64(NOW), to);
        let floor = |series: &Series| series.within(window).iter().map(|sample| sample.value).reduce(f64::min);
        [Metric::WorkingSet, witness.metric]
            .into_iter()
            .find_map(|metric| self.series_of(&Subject::Target, metric).and_then(floor))
    }
}

/// It in words.
pub(super) fn told(exhaustion: &Exhaustion, shape: Option<Shape>) -> String {
    let limit = exhaustion.limit;
    let within = |from: Duration, to: Option<Duration>| {
        let to = to.map_or_else(|| "never".to_owned(), show_duration);
        format!("between {} and {to}", show_duration(from))
    };
    let from = exhaustion.earliest.unwrap_or_default();
    let Some(expected) = exhaustion.expected else {
        return format!("the memory limit of {limit} is not reached before {} more of this load", show_duration(from));
    };
    let sooner = if shape == Some(Shape::Exponential) { "; it accelerates, so rather sooner" } else { "" };
    format!(
        "at this pace the memory limit of {limit} is reached after {} more of this load ({}){sooner}",
        show_duration(expected),
        within(from, exhaustion.latest)
    )
}
