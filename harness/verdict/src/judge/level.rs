//! Levels of memory: before the load, at its peak, after it.

use scenario::Tolerance;
use timeline::{Metric, PhaseSpan, Sample, Series};

use super::{Case, Judgement, Window, below, bytes, code_of, untold};
use crate::finding::{Evidence, Verdict};

/// Of a phase, the last this much is its level: what comes before is starting up, or falling.
const SETTLED_PART: f64 = 0.6;
/// A level is the mean of the floors of this many windows.
const WINDOWS: usize = 8;
/// Two-sided 99 % quantile of Student's t for seven degrees of freedom.
const T_QUANTILE: f64 = 3.499;
/// Fewer samples than this are no level.
const FEWEST: usize = 4;

/// A level with the half width of its interval, and where it was read.
#[derive(Clone, Copy)]
struct Level {
    value: f64,
    margin: f64,
    window: Window,
    samples: u64,
    /// How much lower its last third lies than its first.
    falling: f64,
}

impl Level {
    /// The level at the end of a phase: floors in windows, their mean, and Student's interval.
    fn at_end_of(phase: &PhaseSpan, series: &Series) -> Option<Self> {
        let length = phase.end.since(phase.start);
        let window = (phase.end - length.mul_f64(SETTLED_PART), phase.end);
        let samples = series.within(window);
        if samples.len() < FEWEST {
            return None;
        }
        let floors: Vec<f64> = samples.chunks(samples.len().div_ceil(WINDOWS)).map(floor).collect();
        let count = floors.len() as f64;
        let value = floors.iter().sum::<f64>() / count;
        let variance = floors.iter().map(|floor| (floor - value).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let third = floors.len().div_ceil(3);
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let falling = mean(&floors[..third]) - mean(&floors[floors.len() - third..]);
        let margin = T_QUANTILE * (variance / count).sqrt();
        Some(Self { value, margin, window, samples: samples.len() as u64, falling })
    }
}

fn floor(samples: &[Sample]) -> f64 {
    samples.iter().map(|sample| sample.value).fold(f64::INFINITY, f64::min)
}

impl<'a> Case<'a> {
    fn memory(self) -> Result<&'a Series, Box<Judgement>> {
        self.target_series(Metric::AnonymousMemory).ok_or_else(|| untold("memory was never sampled"))
    }

    /// The metric for ceilings; resident memory where there is no cgroup to tell the working set.
    fn ceiling_series(self) -> Result<(Metric, &'a Series), Box<Judgement>> {
        [Metric::WorkingSet, Metric::ResidentMemory]
            .into_iter()
            .find_map(|metric| Some((metric, self.target_series(metric)?)))
            .ok_or_else(|| untold("memory was never sampled"))
    }

    fn baseline_level(self, series: &Series) -> Result<Level, Box<Judgement>> {
        self.baseline()
            .and_then(|phase| Level::at_end_of(phase, series))
            .ok_or_else(|| untold("there are too few samples before the load"))
    }

    pub(super) fn returns_to_baseline(self, within: Tolerance) -> Judgement {
        self.try_returns_to_baseline(within).unwrap_or_else(|judgement| *judgement)
    }

    fn try_returns_to_baseline(self, within: Tolerance) -> Result<Judgement, Box<Judgement>> {
        let series = self.memory()?;
        let baseline = self.baseline_level(series)?;
        let settled = self
            .settled()
            .and_then(|phase| Level::at_end_of(phase, series))
            .ok_or_else(|| untold("the run did not settle after the load"))?;
        let allowed = match within {
            Tolerance::Share(share) => baseline.value * share,
            Tolerance::Bytes(bytes) => bytes,
        };
        let (delta, margin) = (settled.value - baseline.value, baseline.margin.hypot(settled.margin));
        let interval = (delta - margin, delta + margin);
        let evidence = Evidence {
            value: Some(bytes(delta)),
            limit: Some(bytes(allowed)),
            interval: Some((bytes(interval.0), bytes(interval.1))),
            window: Some(settled.window),
            samples: baseline.samples + settled.samples,
            source: Some(format!("{} from {}", Metric::AnonymousMemory, series.source)),
            notes: vec![format!("baseline {}, settled {}", bytes(baseline.value), bytes(settled.value))],
            ..Evidence::default()
        };
        let what = format!("after the load memory is {} above the baseline (allowed {})", bytes(delta), bytes(allowed));
        let verdict = below(allowed, interval);
        if verdict == Verdict::Fail && settled.falling > allowed.max(delta * 0.02) {
            let summary = format!("cannot tell: {what}, and still falling: let it settle for longer");
            return Ok(Judgement::new(Verdict::Inconclusive, "still_falling", summary).with(evidence));
        }
        let (code, summary) = match verdict {
            Verdict::Pass => (
                "holds",
                format!("memory returns to the baseline: {} above it (allowed {})", bytes(delta), bytes(allowed)),
            ),
            Verdict::Fail => ("not_returned", what),
            Verdict::Inconclusive => ("too_close", format!("too close to tell: {what}")),
        };
        Ok(Judgement::new(verdict, code, summary).with(evidence))
    }

    pub(super) fn above_baseline(self, limit: f64) -> Judgement {
        self.try_above_baseline(limit).unwrap_or_else(|judgement| *judgement)
    }

    fn try_above_baseline(self, limit: f64) -> Result<Judgement, Box<Judgement>> {
        let series = self.memory()?;
        let baseline = self.baseline_level(series)?;
        let window = self.judged_window().ok_or_else(|| untold("the load was never reached"))?;
        let peak = highest(series, window)?;
        let above = peak - baseline.value;
        let verdict = below(limit, (above - baseline.margin, above + baseline.margin));
        let summary =
            format!("under load memory rises to {} above the baseline (limit {})", bytes(above), bytes(limit));
        let (verdict, code) = self.unless_cut_short(verdict, window);
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(bytes(above)),
            limit: Some(bytes(limit)),
            interval: Some((bytes(above - baseline.margin), bytes(above + baseline.margin))),
            notes: vec![format!("baseline {}, peak {}", bytes(baseline.value), bytes(peak))],
            ..evidence_of(Metric::AnonymousMemory, series, window)
        }))
    }

    pub(super) fn idle(self, limit: f64) -> Judgement {
        let window = self.baseline().map(|phase| (phase.start, phase.end));
        self.ceiling(limit, window, "before the load memory takes")
    }

    pub(super) fn peak(self, limit: f64) -> Judgement {
        let window = self.timeline.phases.first().map(|first| (first.start, self.timeline.end));
        self.ceiling(limit, window, "memory peaks at")
    }

    fn ceiling(self, limit: f64, window: Option<Window>, words: &str) -> Judgement {
        self.try_ceiling(limit, window, words).unwrap_or_else(|judgement| *judgement)
    }

    fn try_ceiling(self, limit: f64, window: Option<Window>, words: &str) -> Result<Judgement, Box<Judgement>> {
        let (metric, series) = self.ceiling_series()?;
        let window = window.ok_or_else(|| untold("the phase was never reached"))?;
        let peak = highest(series, window)?;
        let verdict = below(limit, (peak, peak));
        let summary = format!("{words} {} (limit {})", bytes(peak), bytes(limit));
        let (verdict, code) = self.unless_cut_short(verdict, window);
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(bytes(peak)),
            limit: Some(bytes(limit)),
            ..evidence_of(metric, series, window)
        }))
    }

    /// What was below its limit when the run was cut short within `window` might not have stayed there.
    fn unless_cut_short(self, verdict: Verdict, window: Window) -> (Verdict, &'static str) {
        let lasts = self.timeline.phases.last().is_some_and(|last| window.1 >= last.end);
        if verdict == Verdict::Pass && lasts && !self.completed() {
            return (Verdict::Inconclusive, "cut_short");
        }
        (verdict, code_of(verdict))
    }
}

fn evidence_of(metric: Metric, series: &Series, window: Window) -> Evidence {
    Evidence {
        window: Some(window),
        samples: series.within(window).len() as u64,
        source: Some(format!("{metric} from {}", series.source)),
        ..Evidence::default()
    }
}
fn highest(series: &Series, window: Window) -> Result<f64, Box<Judgement>> {
    let values = series.within(window).iter().map(|sample| sample.value);
    values.max_by(f64::total_cmp).ok_or_else(|| untold("memory was not sampled then"))
}
