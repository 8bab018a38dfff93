//! Whether a series keeps growing when the best benign explanation has been taken away.
//!
//! Nearly every healthy service grows: it warms up, fills caches, fragments. So the question is not whether there is
//! a trend but whether the growth that no plausible *bounded or decelerating* curve explains is still more than a
//! tolerance, still goes on at the end, reaches new ground, and is not made of a few jumps. Floors are taken of
//! windows, in the way that shows the slope best; a line plus a share of each curve of a dictionary (beside a rhythm,
//! where there is one) is fitted to them, and the lower bound is the lowest over all curves that are about as likely
//! as the best. How often it is right is measured by `ci/bench-verdict`.

mod bins;
mod bounds;
mod fit;
mod forms;
mod guards;
mod horizon;
mod jumps;
mod runaway;
mod season;
mod segment;
mod shape;
mod stats;
#[cfg(test)]
mod tests;

pub use horizon::Horizon;
pub use runaway::Runaway;
pub use shape::Shape;

use bins::Bins;
use bounds::Bounds;
use segment::{Segment, Suffix, Yardstick};
use thiserror::Error;

/// Into how many bins the judged window is cut: the most that leave two samples to each.
const BIN_COUNTS: [usize; 3] = [96, 48, 24];
/// Below this many samples nothing is said.
pub(crate) const FEWEST_SAMPLES: usize = 48;
/// How much of the warm window must have been seen; a little less than all, for a run that ends a sample early.
const WARM_ENOUGH: f64 = 0.95;

/// What growth is too much, and what is little enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Growth per planned run up to which nothing is called a leak, in the series' unit.
    pub absolute: f64,
    /// The same as a share of the settled level; the larger of the two counts.
    pub relative: f64,
    /// Growth per planned run, as a share of the settled level, below which the series is called bounded (or twice
    /// the tolerance for a leak, where that is more).
    pub ok_relative: f64,
}

impl Default for Tolerance {
    /// That for bytes: 0.5 MiB, 0.5 % and 5 %.
    fn default() -> Self {
        Self { absolute: 524_288.0, relative: 0.005, ok_relative: 0.05 }
    }
}

impl Tolerance {
    /// So many times as much.
    pub(crate) fn times(self, factor: f64) -> Self {
        let Self { absolute, relative, ok_relative } = self;
        Self { absolute: factor * absolute, relative: factor * relative, ok_relative: factor * ok_relative }
    }

    /// The growth per planned run up to which nothing is called a leak, of what has settled at `level`.
    pub(crate) fn practical(&self, level: f64) -> f64 {
        self.absolute.max(self.relative * level.abs())
    }

    /// The growth per planned run below which it is called bounded.
    pub(crate) fn accepted(&self, level: f64) -> f64 {
        (self.ok_relative * level.abs()).max(2.0 * self.practical(level))
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// `(seconds since the load began, value in the series' unit)` in the order of time, of the judged window only.
    /// The spacing may vary and there may be gaps; values that are not finite are left out.
    pub samples: &'a [(f64, f64)],
    /// The length of the planned load window, seconds: tolerances are growth per planned run.
    pub planned_seconds: f64,
    /// The time within which warm-ups and fillings of caches are assumed to end, seconds since the load began.
    /// [`planned_seconds`](Self::planned_seconds) where nothing better is known. Nothing is decided before it.
    pub warm_seconds: f64,
    /// The chance of a wrong bound that is taken, on either side; 0.002 where nothing else is wanted.
    pub alpha: f64,
    /// What growth is too much.
    pub tolerance: Tolerance,
}

/// What a series does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// It grows by more than the tolerance, and nothing benign explains it.
    Leak,
    /// If it grows at all, it is by less than what is accepted.
    Bounded,
    /// The run cannot tell.
    Unclear,
}

/// The answer, with what it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Leak, bounded or unclear, by the question's own tolerance.
    pub verdict: Trend,
    /// The best estimate of the growth that no benign curve explains, unit per second.
    pub slope_per_second: f64,
    /// What it is at least, unit per second, with probability 1 - alpha; minus infinity where nothing is known.
    pub lower: f64,
    /// What it is at most, unit per second: the resolution of the run.
    pub upper: f64,
    /// Whether a claim that it grows may be made at all: it still grows at the end, it is not made of one jump or
    /// two, and the warm window is over.
    pub guarded: bool,
    /// Whether the warm window is over; before that nothing is decided.
    pub mature: bool,
    /// The settled level: the median of the last quarter, in the series' unit.
    pub level: f64,
    /// The growth per planned run from which on it is called a leak, in the series' unit.
    pub tolerated: f64,
    /// The length of the run, in seconds of load, that would probably settle it; only where it is unclear.
    pub settles_after: Option<f64>,
    /// For how long it was seen.
    pub horizon: Horizon,
    /// What the series looks like.
    pub shape: Shape,
    /// How it goes on where it rises ever faster.
    pub runaway: Option<Runaway>,
    /// The floors that were fitted: `(seconds since the load began, value)`, over the whole judged window.
    pub floors: Vec<(f64, f64)>,
    /// The likeliest curve through them, at the same moments.
    pub fitted: Vec<(f64, f64)>,
    /// The stretch that the slope and its bounds are told of, seconds since the load began.
    pub told_of: (f64, f64),
}

/// Why nothing can be said; each with the number of samples that there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TooLittle {
    /// They are fewer than are needed.
    #[error("{0} samples in the window, and growth needs {FEWEST_SAMPLES}")]
    Samples(usize),
    /// They leave too many parts of the window empty.
    #[error("{0} samples in the window lie too close together, or too far apart in time")]
    Gaps(usize),
}

impl TooLittle {
    /// How many samples there were.
    pub fn samples(self) -> usize {
        match self {
            Self::Samples(count) | Self::Gaps(count) => count,
        }
    }
}

/// Judges a series.
///
/// # Errors
/// [`TooLittle`] below 48 samples, or where they lie so close together that fewer than eight windows of time have any.
pub fn assess(question: &Question) -> Result<Growth, TooLittle> {
    let finite = |sample: &&(f64, f64)| sample.0.is_finite() && sample.1.is_finite();
    let samples: Vec<(f64, f64)> = question.samples.iter().filter(finite).copied().collect();
    if samples.len() < FEWEST_SAMPLES {
        return Err(TooLittle::Samples(samples.len()));
    }
    let bins = Bins::cut(&samples, bin_count(samples.len()));
    let case = Case::new(question, &samples, &bins);
    let whole = case.suffix(bins.count()).judge(false).ok_or(TooLittle::Gaps(samples.len()))?;
    let lengths = [bins.count() * 3 / 4, bins.count() / 2];
    let parts: Vec<Segment> = lengths.into_iter().filter_map(|length| case.suffix(length).judge(whole.bends)).collect();
    Ok(case.conclude(&whole, &parts))
}

fn bin_count(samples: usize) -> usize {
    let fits = |count: &usize| samples >= 2 * count;
    BIN_COUNTS.into_iter().find(fits).unwrap_or(FEWEST_SAMPLES / 2)
}

/// Are these the bounds of the part? They were taken from one, unchanged, where a part is what counts.
fn tells(part: &Segment, bounds: &Bounds) -> bool {
    part.bounds.slope.to_bits() == bounds.slope.to_bits()
}

/// One question with its measures.
struct Case<'a> {
    question: &'a Question<'a>,
    samples: &'a [(f64, f64)],
    bins: &'a Bins,
    yardstick: Yardstick,
    /// The growth that is too much, per planned run.
    leak: f64,
    /// The growth that is accepted, per planned run.
    accepted: f64,
    mature: bool,
}

impl<'a> Case<'a> {
    fn new(question: &'a Question<'a>, samples: &'a [(f64, f64)], bins: &'a Bins) -> Self {
        let tolerance = question.tolerance;
        let level = bins.settled_level();
        let quantum = bins::quantum(samples);
        let leak = tolerance.practical(level).max(quantum);
        let yardstick = Yardstick {
            level,
            quantum,
            unit: leak.max(f64::MIN_POSITIVE.sqrt()),
            warm_seconds: question.warm_seconds.max(f64::MIN_POSITIVE),
            alpha: question.alpha.clamp(1e-9, 0.4) / 3.0,
        };
        let mature = bins.end() >= WARM_ENOUGH * question.warm_seconds;
        Self { question, samples, bins, yardstick, leak, accepted: tolerance.accepted(level), mature }
    }

    fn suffix(&self, length: usize) -> Suffix<'_> {
        Suffix { bins: self.bins, length, yardstick: &self.yardstick }
    }

    fn conclude(&self, whole: &Segment, suffixes: &[Segment]) -> Growth {
        let (bounds, guarded) = self.bounds(whole, suffixes);
        let [lower, upper] = [bounds.lower, bounds.upper].map(|bound| bound * self.question.planned_seconds);
        let verdict = match (self.mature, guarded) {
            (true, true) if lower > self.leak => Trend::Leak,
            (true, _) if upper < self.accepted && !self.seems_to_grow(suffixes) => Trend::Bounded,
            _ => Trend::Unclear,
        };
        let floor = shape::of_floors(&whole.fit, verdict);
        let runaway = || Runaway::new(&whole.fit, self.yardstick.unit, self.bins.seconds());
        Growth {
            verdict,
            slope_per_second: bounds.slope,
            lower: bounds.lower,
            upper: bounds.upper,
            guarded: guarded && self.mature,
            mature: self.mature,
            level: self.yardstick.level,
            tolerated: self.leak,
            settles_after: if verdict == Trend::Unclear { self.settles_after(&bounds) } else { None },
            horizon: self.horizon(),
            shape: shape::name(self.samples, floor),
            runaway: (floor == Shape::Exponential).then(runaway).flatten(),
            floors: whole.windows.iter().map(|window| (window.seconds, window.value)).collect(),
            fitted: whole.fitted(&self.yardstick),
            told_of: suffixes.iter().find(|part| tells(part, &bounds)).unwrap_or(whole).stretch(),
        }
    }

    /// Whether the end of the run, taken alone, most probably grows by more than is accepted.
    fn seems_to_grow(&self, suffixes: &[Segment]) -> bool {
        suffixes.iter().any(|part| part.bounds.slope * self.question.planned_seconds > self.accepted)
    }

    /// The bounds that count, and whether a claim that it grows may be made.
    ///
    /// Any part may prove a leak: one that starts late is one. Any part may clear the run too: a cache that was filled
    /// half-way through is full, whatever the whole looks like.
    fn bounds(&self, whole: &Segment, suffixes: &[Segment]) -> (Bounds, bool) {
        let parts = || std::iter::once(whole).chain(suffixes);
        let guarded = parts().filter(|part| part.guarded && whole.new_ground).map(|part| part.bounds);
        let proof = guarded.max_by(|one, other| one.lower.total_cmp(&other.lower));
        let all = parts().map(|part| part.bounds);
        let calmest = all.min_by(|one, other| one.upper.total_cmp(&other.upper)).unwrap_or(whole.bounds);
        let Some(proof) = proof else {
            return (calmest, false);
        };
        let negligible = |slope: f64| slope * self.question.planned_seconds <= self.leak;
        if negligible(proof.lower) {
            let upper = calmest.upper;
            (Bounds { slope: proof.slope.min(upper), lower: proof.lower.min(upper), upper }, true)
        } else {
            (Bounds { upper: proof.upper.max(whole.bounds.upper), ..proof }, true)
        }
    }

    fn horizon(&self) -> Horizon {
        let (begins, seconds) = (self.bins.start, self.bins.seconds());
        Horizon { begins, seconds, warm_seconds: self.question.warm_seconds }
    }

    fn settles_after(&self, bounds: &Bounds) -> Option<f64> {
        let [leak, accepted] = [self.leak, self.accepted].map(|growth| growth / self.question.planned_seconds);
        self.horizon().settles_after(bounds, leak, accepted)
    }
}
