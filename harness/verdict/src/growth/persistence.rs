//! Rule P: floors that rise through the whole second half, as steadily as through the first, whatever their scale.

use super::bins::{Bins, Statistic};
use super::bounds::Bounds;
use super::guards;
use super::stats::{SenSlope, kendall_deviate, median, sen_slope, variance_inflation};

/// Into how many floors the judged window is cut.
const WINDOWS: usize = 32;
/// How many of them must be there.
const FEWEST: usize = 28;
/// Kendall's deviate that the second half must exceed; of 16 floors the greatest is 5.4.
const STEADY: f64 = 3.8;
/// The same, after correction for floors that remember.
const STEADY_CORRECTED: f64 = 2.5;
/// The share of the whole rise that must fall into the second half.
const SECOND_HALF: f64 = 0.4;
/// The pace of the last quarter against the one before.
const LAST_QUARTER: f64 = 0.4;
/// The share of the rise that must remain without its two largest parts.
const SPREAD: f64 = 0.25;
/// The deviate of Sen's interval, one-sided 0.002.
const INTERVAL: f64 = 2.88;

/// The bounds of a persistent growth, in the series' unit per second; `None` where it is not one. `least` is the
/// growth over the judged window below which nothing is claimed.
pub(super) fn persistent(bins: &Bins, least: f64) -> Option<Bounds> {
    // Bins of 96 join to 32 windows of six samples or more; of fewer samples a minimum says little of a floor.
    if !bins.count().is_multiple_of(WINDOWS) {
        return None;
    }
    let windows = bins.windows(bins.count(), WINDOWS, Statistic::Minimum);
    if windows.len() < FEWEST {
        return None;
    }
    let floors: Vec<f64> = windows.iter().map(|window| window.value).collect();
    let places = windows.iter().map(|window| (window.seconds, window.value));
    let points: Vec<(f64, f64)> = places.skip(windows.len() / 2).collect();
    let half = &floors[windows.len() / 2..];
    let sen = sen_slope(&points, INTERVAL, 1.0)?;
    let inflation = variance_inflation(&detrended(&points, sen.slope));
    let deviate = kendall_deviate(half);
    let steady = deviate > STEADY && deviate / inflation.sqrt() > STEADY_CORRECTED;
    let large = sen.slope * bins.seconds() > 2.0 * least;
    let claimed = steady && large && does_not_slow(&floors, &points) && guards::spread(half, SPREAD);
    let SenSlope { slope, lower, upper } = sen_slope(&points, INTERVAL, inflation)?;
    claimed.then_some(Bounds { slope, lower, upper })
}

/// What a line of that slope leaves, around its middle.
fn detrended(points: &[(f64, f64)], slope: f64) -> Vec<f64> {
    let rests: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let level = median(&mut rests.clone()).unwrap_or(0.0);
    rests.into_iter().map(|rest| rest - level).collect()
}

/// Whether the second half rose by a fair part of the whole, and the last quarter at a fair part of the pace of the
/// one before.
fn does_not_slow(floors: &[f64], half: &[(f64, f64)]) -> bool {
    let level = |from: usize| median(&mut floors[from..from + 3].to_vec()).unwrap_or(0.0);
    let (early, middle, late) = (level(1), level(floors.len() / 2 - 2), level(floors.len() - 3));
    let slope = |points: &[(f64, f64)]| sen_slope(points, INTERVAL, 1.0).map_or(0.0, |sen| sen.slope);
    let (before, after) = half.split_at(half.len() / 2);
    let (pace_before, pace_after) = (slope(before), slope(after));
    let rose = late - middle > SECOND_HALF * (late - early) && late > early;
    rose && pace_after > 0.0 && pace_after > LAST_QUARTER * pace_before
}
