//! One suffix of the judged window: its floors, chosen without a look at the slope, and what they say.

use super::bins::{Bins, Statistic, Window};
use super::bounds::{Bounds, profile};
use super::fit::Fit;
use super::forms::{Grain, Point};
use super::guards;
use super::stats::student_quantile;

/// Fewer floors than this show no shape.
pub(super) const FEWEST_WINDOWS: usize = 8;
/// More floors than this only cost time.
const MOST_WINDOWS: usize = 48;

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
}

impl Segment {
    /// Judges the last `length` bins; `None` where gaps leave too few floors.
    pub(super) fn judge(bins: &Bins, length: usize, yardstick: &Yardstick) -> Option<Self> {
        let candidates = window_counts(length).flat_map(|count| {
            [Statistic::Minimum, Statistic::Middle]
                .map(|statistic| Candidate::new(bins, length, count, statistic, yardstick))
        });
        let best = candidates.flatten().min_by(|one, other| one.blur.total_cmp(&other.blur))?;
        let seconds = bins.width * length as f64;
        let fit = fitted(&best.windows, best.bins_per_window, length, yardstick, Grain::Fine);
        let scaled = profile(&fit, yardstick.alpha);
        let floors: Vec<f64> = best.windows.iter().map(|window| window.value).collect();
        let per_second = yardstick.unit / seconds;
        let [slope, lower, upper] = [scaled.slope, scaled.lower, scaled.upper].map(|value| value * per_second);
        let guarded = guards::still_growing(bins, best.bins_per_window, best.statistic, lower)
            && guards::spread(&floors, guards::SPREAD);
        Some(Self { windows: best.windows, fit, bounds: Bounds { slope, lower, upper }, guarded })
    }
}

/// In how many windows a segment may be cut: whole bins each, and at least two bins where there are bins enough.
fn window_counts(length: usize) -> impl Iterator<Item = usize> {
    let most = (length / 2).clamp(12, MOST_WINDOWS);
    (FEWEST_WINDOWS..=most).filter(move |count| length.is_multiple_of(*count))
}

/// One way to take the floors of a segment.
struct Candidate {
    windows: Vec<Window>,
    bins_per_window: usize,
    statistic: Statistic,
    /// The square of the error that the slope of a line would have, as far as it can be foreseen.
    blur: f64,
}

impl Candidate {
    fn new(bins: &Bins, length: usize, count: usize, statistic: Statistic, yardstick: &Yardstick) -> Option<Self> {
        let windows = bins.windows(length, count, statistic);
        if windows.len() < FEWEST_WINDOWS {
            return None;
        }
        let bins_per_window = length / count;
        let fit = fitted(&windows, bins_per_window, length, yardstick, Grain::Coarse);
        let quantile = student_quantile(yardstick.alpha, fit.freedom);
        let blur = fit.variance(fit.least_rss()) / fit.suu * quantile * quantile;
        Some(Self { windows, bins_per_window, statistic, blur })
    }
}

/// The floors against the curves, in yardstick units.
fn fitted(windows: &[Window], bins_per_window: usize, length: usize, yardstick: &Yardstick, grain: Grain) -> Fit {
    let points: Vec<Point> = windows.iter().map(|window| point(window, yardstick)).collect();
    let floors: Vec<f64> = windows.iter().map(|window| (window.value - yardstick.level) / yardstick.unit).collect();
    let rounding = rounding(yardstick, bins_per_window);
    Fit::new(&points, &floors, length / bins_per_window, rounding, grain)
}

fn point(window: &Window, yardstick: &Yardstick) -> Point {
    let warmth = (window.seconds / yardstick.warm_seconds).max(0.0);
    Point { index: window.index, place: window.place, warmth }
}

/// The variance that rounding to the quantum gives the floor of so many bins (that of a uniform error, less what
/// the bins average out), and a little more, lest a perfect fit be believed perfectly.
fn rounding(yardstick: &Yardstick, bins_per_window: usize) -> f64 {
    let quantum = yardstick.quantum / yardstick.unit;
    quantum * quantum / (12.0 * (bins_per_window as f64).sqrt()) + 4e-9
}
