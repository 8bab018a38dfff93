//! The floors of a series in the cycles: in their idle phases, or in the cycles that the target makes itself.

use timeline::{Elapsed, Happening, Metric, PhaseSpan, Series};

use super::level::Level;
use super::stretch::Stretch;
use super::work::Work;
use super::{Case, Window, ratchet};
use crate::stats::{Line, median};

/// The chance that is taken of a contradiction that is none.
const ALPHA: f64 = 0.05;
/// In the first share of a cycle memory may not have risen yet, which is no floor under load.
const RISING: f64 = 0.2;

/// A cycle: of phases, one that ends in an idle one, or one of the target's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle<'a> {
    begin: Elapsed,
    /// When its work was done.
    pub(super) worked: Elapsed,
    /// Its last idle phase.
    rest: Option<&'a PhaseSpan>,
    /// How many cycles of the target's own it stands for: of many in a second one is kept.
    pub(super) count: u64,
}

impl Cycle<'_> {
    fn end(&self) -> Elapsed {
        self.rest.map_or(self.worked, |rest| rest.end)
    }

    /// What the series falls back to in it. The target's own cycles have no rest that is known: there it is the least
    /// under load.
    fn floor_at_rest(&self, metric: Metric, series: &Series) -> Option<f64> {
        match self.rest {
            // What is live after a collection is so wherever in the rest it was told, and the last is the best.
            Some(rest) if metric == Metric::LiveHeap => collected_at_rest(series, rest),
            Some(rest) => floor_at_rest(series, rest),
            None => self.floor_under_load(series),
        }
    }

    /// The least under load, without its rise.
    fn floor_under_load(&self, series: &Series) -> Option<f64> {
        let rises = self.worked.since(self.begin).mul_f64(self.rest.map_or(0.0, |_| RISING));
        least(series, (self.begin + rises, self.worked))
    }
}

impl<'a> Case<'a> {
    /// The cycles of the run: those of its phases that end in an idle one, else those of the target's own.
    pub(super) fn cycles(self) -> Vec<Cycle<'a>> {
        if self.plan.cycles.is_some() { self.own_cycles() } else { self.cycles_of_phases() }
    }

    fn cycles_of_phases(self) -> Vec<Cycle<'a>> {
        let cycles = self.timeline.phases.chunk_by(|one, next| one.cycle.is_some() && one.cycle == next.cycle);
        let ends_in_rest = |cycle: &'a [PhaseSpan]| {
            let rest = cycle.iter().rfind(|phase| !phase.loaded && phase.cycle.is_some())?;
            Some(Cycle { begin: cycle[0].start, worked: rest.start, rest: Some(rest), count: 1 })
        };
        cycles.filter_map(ends_in_rest).collect()
    }

    /// From each end of a cycle under load to the next.
    fn own_cycles(self) -> Vec<Cycle<'a>> {
        let Some((from, to)) = self.judged_window() else { return Vec::new() };
        let ends = self.timeline.events.iter().filter_map(|event| match event.what {
            Happening::CycleEnded { count } => Some((event.at, count)),
            _ => None,
        });
        let ends: Vec<(Elapsed, u64)> = ends.filter(|(at, _)| from <= *at && *at <= to).collect();
        let cycle =
            |pair: &[(Elapsed, u64)]| Cycle { begin: pair[0].0, worked: pair[1].0, rest: None, count: pair[1].1 };
        ends.windows(2).map(cycle).collect()
    }

    /// For every cycle of the stretch, its floors, at the seconds of load in the stretch by then.
    pub(super) fn floors(self, metric: Metric, series: &Series, work: &Work, stretch: &Stretch) -> Floors {
        let (from, to) = stretch.window;
        let within = |cycle: &Cycle| cycle.begin >= from && cycle.worked <= to;
        let whole = |cycle: &Cycle| !self.restarted_within((cycle.begin, cycle.end()));
        let mut floors = Floors::default();
        for cycle in self.cycles().into_iter().filter(within).filter(whole) {
            let done = work.done_by(cycle.worked) - stretch.begins;
            floors.at_rest.extend(cycle.floor_at_rest(metric, series).map(|floor| (done, floor)));
            floors.under_load.extend(cycle.floor_under_load(series).map(|floor| (done, floor)));
        }
        floors
    }

    /// How many cycles of phases end in a rest.
    pub(super) fn rests(self) -> usize {
        self.cycles_of_phases().len()
    }

    /// Was the live heap told in each rest of the cycles, or in all but one of them?
    pub(super) fn is_collected_at_rest(self, series: &Series) -> bool {
        let rests: Vec<&PhaseSpan> = self.cycles().iter().filter_map(|cycle| cycle.rest).collect();
        let told = rests.iter().filter(|rest| collected_at_rest(series, rest).is_some()).count();
        rests.len() > ratchet::FEWEST && told + 1 >= rests.len()
    }

    /// Whether what a series falls back to is what it was before the load, to within `accepted`. Where it is more,
    /// a leak may fill what the allocator keeps, and the rests would not show it.
    pub(super) fn is_given_back(self, series: &Series, level: f64, accepted: f64) -> bool {
        let before = self.baseline().and_then(|phase| Level::at_end_of(phase, series));
        before.is_some_and(|before| level - before.value <= accepted)
    }
}

/// `(seconds of load, floor)` per cycle.
#[derive(Clone, Debug, Default)]
pub(super) struct Floors {
    /// What the series falls back to in the rests.
    pub(super) at_rest: Vec<(f64, f64)>,
    /// The least under load.
    pub(super) under_load: Vec<(f64, f64)>,
}

impl Floors {
    /// Between what bounds the pace lies at which the floors under load climb, per second of load.
    ///
    /// They check those at rest: where a collector does not run at rest its sawtooth stands wherever it was, and a
    /// regular one drifts past the rests, up or down, like a wheel past the frames of a film.
    pub(super) fn pace_under_load(&self) -> (f64, f64) {
        Line::through(&self.under_load).map_or((f64::NEG_INFINITY, f64::INFINITY), |line| line.bounds(ALPHA))
    }
}

/// The median of the last half of a rest.
fn floor_at_rest(series: &Series, rest: &PhaseSpan) -> Option<f64> {
    let settled = rest.start + rest.end.since(rest.start) / 2;
    median(&mut series.within((settled, rest.end)).iter().map(|sample| sample.value).collect::<Vec<_>>())
}

/// The last that was told in a rest.
fn collected_at_rest(series: &Series, rest: &PhaseSpan) -> Option<f64> {
    series.within((rest.start, rest.end)).last().map(|sample| sample.value)
}

fn least(series: &Series, window: Window) -> Option<f64> {
    series.within(window).iter().map(|sample| sample.value).reduce(f64::min)
}
