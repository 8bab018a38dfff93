//! One suffix of the judged window: its floors, chosen without a look at the slope, and what they say.

use super::bins::{Bins, Statistic, Window};
use super::bounds::{Bounds, profile};
use super::fit::Fit;
use super::forms::{Grain, Point};
use super::season::Season;
use super::stats::variance_inflation;
use super::{guards, jumps};
use crate::stats::{mean, student_quantile};

/// Fewer floors than this show no shape.
const FEWEST_WINDOWS: usize = 8;
/// More floors than this only cost time.
const MOST_WINDOWS: usize = 48;
/// Residuals that remember less than this, as an inflation of variances, have no rhythm to look for.
const RHYTHMIC: f64 = 1.5;
/// A season must leave at most this share of the square of the slope's error, lest one be heard in noise.
const CLEARER: f64 = 0.3;

/// The measures by which a series is judged, in its own unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yardstick {
    /// The settled level, from which floors are counted so that large levels cost no digits.
    pub(super) level: f64,
    /// The smallest step of the series; 0 where it is fine.
    pub(super) quantum: f64,
    /// One unit of the fit: the growth per planned run that is too much.
    pub(super) unit: f64,
    /// The warm window, seconds.
    pub(super) warm_seconds: f64,
    /// The chance of a wrong bound that one segment may take.
    pub(super) alpha: f64,
}

/// What one suffix says.
pub(super) struct Segment {
    /// Its floors.
    pub(super) windows: Vec<Window>,
    /// Their fit, in yardstick units.
    pub(super) fit: Fit,
    /// The bounds of the growth, in the series' unit per second.
    pub(super) bounds: Bounds,
    /// Still growing at the end, and not made of one jump or two.
    pub(super) guarded: bool,
    /// It ends higher than it ever was.
    pub(super) new_ground: bool,
    /// It bends as a warm-up that outlasts the run would.
    pub(super) bends: bool,
}

impl Segment {
    /// Its likeliest curve at each of its floors, in the series' unit; a season is left out.
    pub(super) fn fitted(&self, yardstick: &Yardstick) -> Vec<(f64, f64)> {
        let scaled = |window: &Window| (window.value - yardstick.level) / yardstick.unit;
        let offsets: Vec<f64> =
            self.windows.iter().zip(&self.fit.steady).map(|(window, steady)| scaled(window) - steady).collect();
        let offset = mean(&offsets);
        let curve =
            self.fit.steady.iter().zip(&self.fit.residuals).map(|(steady, residual)| steady - residual + offset);
        self.windows
            .iter()
            .zip(curve)
            .map(|(window, at)| (window.seconds, yardstick.level + at * yardstick.unit))
            .collect()
    }

    /// From its first floor to its last, seconds since the load began.
    pub(super) fn stretch(&self) -> (f64, f64) {
        let ends = self.windows.first().zip(self.windows.last());
        ends.map_or((0.0, 0.0), |(first, last)| (first.seconds, last.seconds))
    }
}

/// The last `length` bins.
#[derive(Clone, Copy)]
pub(super) struct Suffix<'a> {
    pub(super) bins: &'a Bins,
    pub(super) length: usize,
    pub(super) yardstick: &'a Yardstick,
}

impl<'a> Suffix<'a> {
    /// What it says; `None` where gaps leave too few floors. `bends` where a longer part looks like an unfinished
    /// warm-up.
    ///
    /// Where taking out a season makes the slope clearer, that is the answer; unless steps look like a season, and the
    /// floors as they are claim growth by themselves.
    pub(super) fn judge(self, bends: bool) -> Option<Segment> {
        let statistics = self.statistics();
        let candidates = window_counts(self.length).flat_map(|count| {
            statistics.iter().filter_map(move |statistic| Candidate::new(self, count, *statistic, None))
        });
        let plain = candidates.min_by(|one, other| one.blur.total_cmp(&other.blur))?;
        let seasonal = self.seasonal(statistics[statistics.len() - 1], plain.blur);
        let Some(seasonal) = seasonal.map(|candidate| self.conclude(candidate, bends)) else {
            return Some(self.conclude(plain, bends));
        };
        if seasonal.guarded {
            return Some(seasonal);
        }
        let plain = self.conclude(plain, bends);
        Some(if plain.guarded && plain.bounds.lower > 0.0 { plain } else { seasonal })
    }

    /// Where the peaks part from the floors, the lowest values alone tell what is kept.
    fn statistics(self) -> &'static [Statistic] {
        if guards::peaks_part_from_floors(self.bins, self.length) {
            &[Statistic::Minimum]
        } else {
            &[Statistic::Minimum, Statistic::Middle, Statistic::Mean]
        }
    }

    /// The clearest candidate with a season, where there is one that is much clearer than `blur`.
    fn seasonal(self, statistic: Statistic, blur: f64) -> Option<Candidate<'a>> {
        let count = self.length / 2;
        let plain = Candidate::new(self, count, statistic, None).filter(|plain| plain.remembers >= RHYTHMIC)?;
        let places: Vec<f64> = plain.windows.iter().map(|window| window.place).collect();
        let seasons = Season::heard(&places, &plain.residuals);
        let candidates = seasons.filter_map(|season| Candidate::new(self, count, statistic, Some(season)));
        candidates.filter(|one| one.blur < CLEARER * blur).min_by(|one, other| one.blur.total_cmp(&other.blur))
    }

    fn conclude(self, chosen: Candidate, bends: bool) -> Segment {
        let yardstick = self.yardstick;
        let fit = chosen.fitted(Grain::Fine);
        let profile = profile(&fit, yardstick.alpha, bends);
        let per_second = yardstick.unit / (self.bins.width * self.length as f64);
        let Bounds { slope, lower, upper } = profile.bounds;
        let [slope, lower, upper] = [slope, lower, upper].map(|value| value * per_second);
        let guarded = self.guarded(&chosen, &fit, profile.bounds.lower, lower);
        let new_ground = guards::on_new_ground(&fit.steady, fit.variance(fit.least_rss()).sqrt());
        let bounds = Bounds { slope, lower, upper };
        Segment { windows: chosen.windows, fit, bounds, guarded, new_ground, bends: profile.bends }
    }

    /// Whether a growth of at least `claimed`, which is `lower` per second, may be claimed.
    fn guarded(self, chosen: &Candidate, fit: &Fit, claimed: f64, lower: f64) -> bool {
        let unit = self.yardstick.unit;
        if chosen.season.is_none() {
            let floors: Vec<f64> = chosen.windows.iter().map(|window| window.value).collect();
            return guards::still_growing(self.bins, chosen.bins_per_window, chosen.statistic, lower)
                && guards::spread(&floors, claimed * unit);
        }
        let steady = chosen.windows.iter().zip(&fit.steady).map(|(window, floor)| (window.seconds, floor * unit));
        guards::still_growing_steadily(self.bins, &steady.collect::<Vec<_>>(), lower)
            && !jumps::explain(&chosen.scaled(), &fit.residuals)
    }
}

/// In how many windows a segment may be cut: whole bins each, and at least two bins where there are bins enough.
fn window_counts(length: usize) -> impl Iterator<Item = usize> {
    let most = (length / 2).clamp(12, MOST_WINDOWS);
    (FEWEST_WINDOWS..=most).filter(move |count| length.is_multiple_of(*count))
}

/// One way to take the floors of a segment.
struct Candidate<'a> {
    suffix: Suffix<'a>,
    windows: Vec<Window>,
    bins_per_window: usize,
    statistic: Statistic,
    season: Option<Season>,
    /// What the best curve leaves.
    residuals: Vec<f64>,
    /// By how much that inflates variances.
    remembers: f64,
    /// The square of the error that the slope of a line would have, as far as it can be foreseen.
    blur: f64,
}

impl<'a> Candidate<'a> {
    fn new(suffix: Suffix<'a>, count: usize, statistic: Statistic, season: Option<Season>) -> Option<Self> {
        let windows = suffix.bins.windows(suffix.length, count, statistic);
        if windows.len() < FEWEST_WINDOWS {
            return None;
        }
        let bins_per_window = suffix.length / count;
        let mut candidate = Self {
            suffix,
            windows,
            bins_per_window,
            statistic,
            season,
            residuals: Vec::new(),
            remembers: 1.0,
            blur: f64::INFINITY,
        };
        let fit = candidate.fitted(Grain::Coarse);
        let quantile = student_quantile(suffix.yardstick.alpha, fit.freedom);
        // Of few floors some way to take them leaves little by luck: a deviation more of the variance's own error.
        let luck = 1.0 + (2.0 / fit.freedom).sqrt();
        candidate.blur = fit.variance(fit.least_rss()) * luck / fit.suu * quantile * quantile;
        candidate.remembers = variance_inflation(&fit.residuals);
        candidate.residuals = fit.residuals;
        Some(candidate)
    }

    /// The floors in yardstick units.
    fn scaled(&self) -> Vec<f64> {
        let Yardstick { level, unit, .. } = self.suffix.yardstick;
        self.windows.iter().map(|window| (window.value - level) / unit).collect()
    }

    /// The floors against the curves, in yardstick units.
    fn fitted(&self, grain: Grain) -> Fit {
        let yardstick = self.suffix.yardstick;
        let mean = self.statistic == Statistic::Mean && grain == Grain::Fine;
        let breadth =
            if mean { self.suffix.bins.width * self.bins_per_window as f64 / yardstick.warm_seconds } else { 0.0 };
        let point = |window: &Window| {
            let warmth = (window.seconds / yardstick.warm_seconds).max(0.0);
            Point { index: window.index, place: window.place, warmth, breadth }
        };
        let points: Vec<Point> = self.windows.iter().map(point).collect();
        let windows = self.suffix.length / self.bins_per_window;
        let rounding = rounding(yardstick, self.bins_per_window);
        Fit::new(&points, &self.scaled(), windows, rounding, grain, self.season)
    }
}

/// The variance that rounding to the quantum gives the floor of so many bins (that of a uniform error, less what
/// the bins average out), and a little more, lest a perfect fit be believed perfectly.
fn rounding(yardstick: &Yardstick, bins_per_window: usize) -> f64 {
    let quantum = yardstick.quantum / yardstick.unit;
    quantum * quantum / (12.0 * (bins_per_window as f64).sqrt()) + 4e-9
}
