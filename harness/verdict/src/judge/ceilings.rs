//! Ceilings of memory: before the load, above the baseline, at its peak.

use timeline::{Metric, Series, Subject};

use super::sketch::key;
use super::{Case, Judgement, Window, below, bytes, code_of, source_of, untold};
use crate::finding::{Evidence, Verdict};
use crate::trace::{Mark, Stroke, Trace};

impl<'a> Case<'a> {
    /// The metric for ceilings; resident memory where there is no cgroup to tell the working set.
    pub(super) fn ceiling_series(self) -> Result<(Metric, &'a Series), Box<Judgement>> {
        [Metric::WorkingSet, Metric::ResidentMemory]
            .into_iter()
            .find_map(|metric| Some((metric, self.series_of(&Subject::Target, metric)?)))
            .ok_or_else(|| untold("memory was never sampled"))
    }

    pub(super) fn above_baseline(self, limit: f64) -> Judgement {
        self.try_above_baseline(limit).unwrap_or_else(|judgement| *judgement)
    }

    fn try_above_baseline(self, limit: f64) -> Result<Judgement, Box<Judgement>> {
        let (metric, series) = self.held_by_system()?;
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
            trace: Some(Trace {
                series: key(&Subject::Target, metric),
                strokes: vec![
                    Stroke::level(Mark::Baseline, baseline.value, baseline.window),
                    Stroke::level(Mark::Allowed, baseline.value + limit, window),
                ],
            }),
            ..evidence_of(metric, series, window)
        }))
    }

    pub(super) fn idle(self, limit: f64) -> Judgement {
        let window = self.baseline().map(|phase| (phase.start, phase.end));
        self.ceiling(limit, window, "before the load memory takes")
    }

    pub(super) fn peak(self, limit: f64) -> Judgement {
        self.ceiling(limit, self.run_window(), "memory peaks at")
    }

    /// From the first phase to the end of the last: what is done after that to gather evidence, such as a snapshot of
    /// the heap, is not the target's. One that was cut short counts until it was.
    fn run_window(self) -> Option<Window> {
        let (first, last) = self.timeline.phases.first().zip(self.timeline.phases.last())?;
        Some((first.start, if self.completed() { last.end } else { self.timeline.end }))
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
            trace: Some(Trace {
                series: key(&Subject::Target, metric),
                strokes: vec![Stroke::level(Mark::Allowed, limit, window)],
            }),
            ..evidence_of(metric, series, window)
        }))
    }

    /// What was below its limit when the run was cut short within `window` might not have stayed there.
    pub(super) fn unless_cut_short(self, verdict: Verdict, window: Window) -> (Verdict, &'static str) {
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
        source: Some(source_of(metric, series)),
        ..Evidence::default()
    }
}

pub(super) fn highest(series: &Series, window: Window) -> Result<f64, Box<Judgement>> {
    let values = series.within(window).iter().map(|sample| sample.value);
    values.max_by(f64::total_cmp).ok_or_else(|| untold("memory was not sampled then"))
}
