//! Whether what memory falls back to between cycles climbs: a ratchet of floors.
//!
//! A collected heap at rest has little noise, so a line through a dozen such floors sees a leak that the load itself
//! hides under a sawtooth. It only does where the heap is collected at rest: floors that stand wherever a collector
//! was when the load stopped scatter, and then the bounds are wide and nothing is said.
//!
//! Warm-up goes by seconds of load and not by cycles, so the first floors are left out of the line. They are not
//! wasted: a curve that levels off has to explain all floors, the first ones too, better than a line with some of it;
//! where one does, the climb is put down to that.

use super::scale::Pace;
use crate::growth::{self, Growth, Question, Trend};
use crate::stats::{Line, median};

/// A line through fewer floors than this is no evidence.
pub(super) const FEWEST: usize = 5;
/// The share of the planned load in which services are assumed to warm up.
const WARM_SHARE: f64 = 0.375;
/// The second half of the floors has to climb at least with this share of the pace of the first.
const LEAST_PACE: f64 = 0.4;
/// The chance that is taken of not seeing that a benign curve explains the floors.
const ALPHA_BENIGN: f64 = 0.05;
/// Curves whose log-likelihood is within this of the best are plausible.
const LIKELIHOOD_RANGE: f64 = 3.5;
/// The benign curves over seconds of load t: ln(1 + t / s), for s as shares of the planned load.
const LOGARITHMS: [f64; 3] = [0.0025, 0.01, 0.04];
/// The others: 1 - exp(-t / s).
const SATURATIONS: [f64; 5] = [0.02, 0.04, 0.08, 0.15, 0.25];

/// What the floors do.
#[derive(Clone, Debug)]
pub(super) struct Ratchet {
    pub(super) pace: Pace,
    /// May it be claimed that they climb?
    pub(super) guarded: bool,
    /// By the tolerance.
    pub(super) trend: Trend,
    /// The middle of the floors that were judged.
    pub(super) level: f64,
    /// The growth per planned run that is accepted.
    pub(super) accepted: f64,
    /// How many floors were judged.
    pub(super) count: usize,
}

impl Ratchet {
    /// The same as far as it agrees with the pace under load, known to lie between two bounds: a climb that is
    /// faster is not claimed, and one that is slower excludes nothing.
    pub(super) fn checked_by(self, (least, most): (f64, f64)) -> Self {
        let (too_fast, too_slow) = (self.pace.lower > most, self.pace.upper < least);
        let trend = match self.trend {
            Trend::Leak if too_fast => Trend::Unclear,
            Trend::Bounded if too_slow => Trend::Unclear,
            trend => trend,
        };
        let upper = if too_slow { most } else { self.pace.upper };
        Self { guarded: self.guarded && !too_fast, trend, pace: Pace { upper, ..self.pace }, ..self }
    }
}

/// How many cycles it takes that enough of their floors come after the warm-up.
pub(super) fn cycles_for_a_line() -> usize {
    (FEWEST as f64 / (1.0 - WARM_SHARE)).ceil() as usize
}

/// Judges `question.samples` as floors at rest: `(seconds of load until then, floor)`. The detector itself does it
/// where they are enough for it, a line where they are few; `None` where they are too few even for that.
/// `warm` are the seconds of load after which a warm-up is known to be over, 0 where that is not known: no curve goes on
/// after them that began before.
pub(super) fn assess(question: &Question, warm: f64) -> Option<Ratchet> {
    match growth::assess(question) {
        Ok(growth) => Some(by_detector(&growth, question)),
        Err(_) => by_line(question, warm),
    }
}

fn by_detector(growth: &Growth, question: &Question) -> Ratchet {
    Ratchet {
        pace: growth.into(),
        guarded: growth.guarded,
        trend: growth.verdict,
        level: growth.level,
        accepted: question.tolerance.accepted(growth.level),
        count: question.samples.len(),
    }
}

fn by_line(question: &Question, known: f64) -> Option<Ratchet> {
    let all = question.samples;
    // Where it is known when a warm-up is over, floors after that count.
    let warm_seconds = question.warm_seconds.min(WARM_SHARE * question.planned_seconds);
    let warm = all.iter().filter(|floor| floor.0 < warm_seconds).count();
    let floors = all.get(warm..).filter(|floors| floors.len() >= FEWEST)?;
    let line = Line::through(floors)?;
    let (lower, upper) = line.bounds(question.alpha);
    let level = median(&mut floors.iter().map(|floor| floor.1).collect::<Vec<_>>())?;
    let (leak, accepted) = (question.tolerance.practical(level), question.tolerance.accepted(level));
    let guarded = keeps_pace(floors) && !is_benign(all, question.planned_seconds, known);
    let trend = if guarded && lower * question.planned_seconds > leak {
        Trend::Leak
    } else if upper * question.planned_seconds < accepted {
        Trend::Bounded
    } else {
        Trend::Unclear
    };
    let pace = Pace { slope: line.slope, lower, upper, runaway: None };
    Some(Ratchet { pace, guarded, trend, level, accepted, count: floors.len() })
}

/// Does the second half climb about as fast as the first?
fn keeps_pace(floors: &[(f64, f64)]) -> bool {
    let half = floors.len() / 2;
    let pace = |part: &[(f64, f64)]| Line::through(part).map_or(0.0, |line| line.slope);
    let (early, late) = (pace(&floors[..floors.len() - half]), pace(&floors[half..]));
    late > 0.0 && late >= LEAST_PACE * early
}

/// Is there a plausible curve beside which no climb is left?
fn is_benign(all: &[(f64, f64)], planned_seconds: f64, known: f64) -> bool {
    let after = all.iter().filter(|floor| floor.0 >= known).map(|floor| (floor.0 - known, floor.1));
    let floors = &after.collect::<Vec<_>>();
    let planned_seconds = planned_seconds - known;
    let rising = |curve: Vec<f64>| Line::beside(floors, &curve).filter(|line| line.other > 0.0);
    let curved = curves(floors, planned_seconds).into_iter().filter_map(rising);
    let lines: Vec<Line> = Line::through(floors).into_iter().chain(curved).collect();
    let least = lines.iter().map(|line| line.rss).fold(f64::INFINITY, f64::min).max(f64::MIN_POSITIVE);
    let is_plausible = |line: &&Line| floors.len() as f64 / 2.0 * (line.rss / least).ln() <= LIKELIHOOD_RANGE;
    lines.iter().filter(is_plausible).any(|line| line.bounds(ALPHA_BENIGN).0 <= 0.0)
}

/// The values of all benign curves at the floors.
fn curves(floors: &[(f64, f64)], planned_seconds: f64) -> Vec<Vec<f64>> {
    let at = |share: f64, curve: fn(f64) -> f64| {
        floors.iter().map(|floor| curve(floor.0 / (share * planned_seconds))).collect::<Vec<f64>>()
    };
    let logarithms = LOGARITHMS.iter().map(|share| at(*share, f64::ln_1p));
    let saturations = SATURATIONS.iter().map(|share| at(*share, |x| -(-x).exp_m1()));
    logarithms.chain(saturations).collect()
}
