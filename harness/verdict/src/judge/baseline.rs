//! Whether memory returns to its baseline after the load.
//!
//! This is no leak test: an allocator that keeps a part of what the load once needed fails it for good, and never
//! grows. So it is judged only where it was asked for, and what the cycles or the live heap tell of the reason is
//! said; where it was not asked for, the finding on growth mentions what stays.

use scenario::Tolerance;
use timeline::{Amount, Metric, PhaseSpan, Series, Subject, Unit};

use super::level::Level;
use super::sketch::key;
use super::witness::Place;
use super::{Case, Judgement, below, bytes, source_of, untold};
use crate::finding::{Evidence, Verdict};
use crate::growth::{self, Trend};
use crate::trace::{Mark, Stroke, Trace};

/// After the load, memory has settled in the longest of these last parts of the phase in which it stands still.
const PARTS: [f64; 5] = [1.0, 0.75, 0.6, 0.45, 0.3];
/// What stays is worth mentioning from this many bytes on, and from this share of the baseline.
const MENTIONED: (f64, f64) = (5_242_880.0, 0.1);

/// Before the load, after it, and the difference.
struct Return {
    baseline: Level,
    settled: Level,
    delta: f64,
    interval: (f64, f64),
}

impl Return {
    fn new(baseline: Level, settled: Level) -> Self {
        let (delta, margin) = (settled.value - baseline.value, baseline.margin.hypot(settled.margin));
        Self { baseline, settled, delta, interval: (delta - margin, delta + margin) }
    }

    fn trace(&self, metric: Metric, allowed: f64) -> Trace {
        let whole = (self.baseline.window.0, self.settled.window.1);
        let strokes = vec![
            Stroke::level(Mark::Baseline, self.baseline.value, self.baseline.window),
            Stroke::level(Mark::Settled, self.settled.value, self.settled.window),
            Stroke::level(Mark::Allowed, self.baseline.value + allowed, whole),
        ];
        Trace { series: key(&Subject::Target, metric), strokes }
    }
}

impl Case<'_> {
    pub(super) fn returns_to_baseline(self, within: Tolerance) -> Judgement {
        self.try_returns_to_baseline(within).unwrap_or_else(|judgement| *judgement)
    }

    fn try_returns_to_baseline(self, within: Tolerance) -> Result<Judgement, Box<Judgement>> {
        self.returns("memory", self.held_by_system()?, within, self.kept_by())
    }

    /// Whether a series returns to its baseline; in words, what it is of, and what keeps the rest of it.
    pub(super) fn returns(
        self,
        what: &str,
        (metric, series): (Metric, &Series),
        within: Tolerance,
        kept: Option<&str>,
    ) -> Result<Judgement, Box<Judgement>> {
        let shown = |value| Amount { value, unit: metric.unit() };
        let baseline = self
            .baseline()
            .and_then(|phase| Level::at_end_of(phase, series))
            .ok_or_else(|| untold("there are too few samples before the load"))?;
        let allowed = match within {
            Tolerance::Share(share) => baseline.value * share,
            Tolerance::Bytes(bytes) => bytes,
        };
        let settled = self.settled().and_then(|phase| settle(phase, series, allowed));
        let settled = settled.ok_or_else(|| untold("the run did not settle after the load"))?;
        let back = Return::new(baseline, settled);
        let (verdict, code, summary) = self.verdict(what, metric.unit(), &back, allowed, kept);
        let mut notes = vec![format!("baseline {}, settled {}", shown(baseline.value), shown(settled.value))];
        notes.extend(kept.filter(|_| verdict == Verdict::Fail).map(|kept| format!("what stays is {kept}")));
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(shown(back.delta)),
            limit: Some(shown(allowed)),
            interval: Some((shown(back.interval.0), shown(back.interval.1))),
            window: Some(settled.window),
            samples: baseline.samples + settled.samples,
            source: Some(source_of(metric, series)),
            notes,
            trace: Some(back.trace(metric, allowed)),
            ..Evidence::default()
        }))
    }

    fn verdict(
        self,
        of: &str,
        unit: Unit,
        back: &Return,
        allowed: f64,
        kept: Option<&str>,
    ) -> (Verdict, &'static str, String) {
        let [above, allowed_shown] = [back.delta, allowed].map(|value| Amount { value, unit });
        let what = format!("after the load {of} is {above} above the baseline (allowed {allowed_shown})");
        let anew = self.restarted_within((back.baseline.window.0, back.settled.window.1));
        let moving = !back.settled.stands_still(allowed);
        let falling = back.settled.change() < 0.0;
        match below(allowed, back.interval) {
            _ if anew => {
                let summary = format!("cannot tell: {what}, but the target was started anew in between");
                (Verdict::Inconclusive, "restarted", summary)
            }
            Verdict::Pass if moving && !falling => {
                (Verdict::Inconclusive, "still_rising", format!("cannot tell: {what}, and it rises without load"))
            }
            Verdict::Pass => (
                Verdict::Pass,
                "holds",
                format!("{of} returns to the baseline: {above} above it (allowed {allowed_shown})"),
            ),
            _ if moving && falling => (
                Verdict::Inconclusive,
                "still_falling",
                format!("cannot tell: {what}, and still falling: let it settle for longer"),
            ),
            Verdict::Fail if kept.is_some() => (Verdict::Fail, "retained", format!("{what}, but does not grow")),
            Verdict::Fail => (Verdict::Fail, "not_returned", what),
            Verdict::Inconclusive => (Verdict::Inconclusive, "too_close", format!("too close to tell: {what}")),
        }
    }

    /// What stays after the load, in words, where it is worth mentioning.
    pub(super) fn what_stays(self) -> Option<String> {
        let (_, series) = self.held_by_system().ok()?;
        let baseline = self.baseline().and_then(|phase| Level::at_end_of(phase, series))?;
        let worth = MENTIONED.0.max(MENTIONED.1 * baseline.value);
        let settled = settle(self.settled()?, series, worth).filter(|settled| settled.stands_still(worth))?;
        let back = Return::new(baseline, settled);
        let known = back.interval.0 > worth && !self.restarted_within((baseline.window.0, settled.window.1));
        let why = self.kept_by().map_or_else(String::new, |kept| format!(": {kept}"));
        known.then(|| format!("after the load memory stays {} above the baseline{why}", bytes(back.delta)))
    }

    /// Why what stays after the load is no leak, where the run shows it.
    fn kept_by(self) -> Option<&'static str> {
        if self.live_heap_returns() {
            return Some("kept by the allocator, for the live heap is back where it was");
        }
        let (metric, _) = self.held_by_system().ok()?;
        let heard = self.hear(&Subject::Target, &[metric], growth::Tolerance::default(), false).ok()?;
        let says = |place, trend| heard.witnesses.iter().any(|one| one.place == place && one.trend == trend);
        let grows = says(Place::Load, Trend::Leak) || says(Place::Rests, Trend::Leak);
        (!grows && says(Place::Rests, Trend::Bounded))
            .then_some("kept by the allocator, for it does not grow from cycle to cycle")
    }

    fn live_heap_returns(self) -> bool {
        let levels = || {
            let series = self.series_of(&Subject::Target, Metric::LiveHeap)?;
            let baseline = self.baseline().and_then(|phase| Level::at_end_of(phase, series))?;
            let worth = MENTIONED.1 * baseline.value;
            Some((Return::new(baseline, settle(self.settled()?, series, worth)?), worth))
        };
        levels().is_some_and(|(back, worth)| back.interval.1 <= worth)
    }
}

/// The level at which `series` settles in `phase`: in the longest last part of it that stands still, else in the last.
pub(super) fn settle(phase: &PhaseSpan, series: &Series, tolerance: f64) -> Option<Level> {
    let mut levels = PARTS.iter().filter_map(|part| Level::of_last(*part, phase, series));
    let mut last = None;
    let still = levels.find(|level| {
        last = Some(*level);
        level.stands_still(tolerance)
    });
    still.or(last)
}
