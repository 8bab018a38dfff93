//! The floors of a series in the idle phases of the cycles.

use timeline::{Elapsed, PhaseSpan, Series};

use super::Case;
use super::level::Level;
use super::stretch::Stretch;
use super::work::Work;
use crate::stats::{Line, median};

/// The chance that is taken of a contradiction that is none.
const ALPHA: f64 = 0.05;
/// In the first share of a cycle memory may not have risen yet, which is no floor under load.
const RISING: f64 = 0.2;

impl<'a> Case<'a> {
    /// The cycles that end in an idle phase: where each begins, and its last idle phase.
    pub(super) fn rests(self) -> impl Iterator<Item = (Elapsed, &'a PhaseSpan)> {
        let cycles = self.timeline.phases.chunk_by(|one, next| one.cycle.is_some() && one.cycle == next.cycle);
        cycles.filter_map(|cycle| {
            let rest = cycle.iter().rfind(|phase| !phase.loaded && phase.cycle.is_some())?;
            Some((cycle[0].start, rest))
        })
    }

    /// For every cycle of the stretch that ends in a rest, its floors, at the seconds of load in the stretch by then.
    pub(super) fn floors(self, series: &Series, work: &Work, stretch: &Stretch) -> Floors {
        let (from, to) = stretch.window;
        let within = |(begin, rest): &(Elapsed, &PhaseSpan)| *begin >= from && rest.start <= to;
        let whole = |(begin, rest): &(Elapsed, &PhaseSpan)| !self.restarted_within((*begin, rest.end));
        let cycles = self.rests().filter(within).filter(whole);
        let floors = cycles.filter_map(|(begin, rest)| {
            let done = work.done_by(rest.start) - stretch.begins;
            let (at_rest, under_load) = (floor_at_rest(series, rest)?, floor_under_load(series, begin, rest)?);
            Some(((done, at_rest), (done, under_load)))
        });
        let (at_rest, under_load) = floors.unzip();
        Floors { at_rest, under_load }
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

/// The least value of a cycle between the rise of its load and its rest.
fn floor_under_load(series: &Series, begin: Elapsed, rest: &PhaseSpan) -> Option<f64> {
    let risen = begin + rest.start.since(begin).mul_f64(RISING);
    series.within((risen, rest.start)).iter().map(|sample| sample.value).reduce(f64::min)
}
