//! What a slope must show besides its bounds before it is called a leak.

use super::bins::{Bins, Statistic, Window};
use super::jumps::line_beside_a_jump;
use super::stats::rising_line;
use crate::stats::{Line, mean};

/// The share of a claimed growth that must remain of the rise without its two largest parts.
const SPREAD: f64 = 0.2;
/// The chance that the last half seems to grow and does not.
const RECENT_ALPHA: f64 = 0.05;
/// The share of the claimed slope that the last third must show.
const LAST_THIRD: f64 = 0.25;
/// The chance that peaks seem to part from the floors and do not.
const PARTING_ALPHA: f64 = 0.02;
/// In how many windows that is looked for.
const PARTING_WINDOWS: usize = 24;

/// Whether the floors of the last half of the run still rise, and those of its last third at a fair part of the
/// claimed pace (`lower`, in the series' unit per second).
pub(super) fn still_growing(bins: &Bins, bins_per_window: usize, statistic: Statistic, lower: f64) -> bool {
    let [half, third] = [bins.count() / 2, bins.count() / 3].map(|length| {
        line_beside_a_jump(&points(&bins.windows(length, windows_in(length, bins_per_window), statistic)))
    });
    rises(half, third, lower)
}

/// The same of floors `(seconds, value)` from which a season was taken.
pub(super) fn still_growing_steadily(bins: &Bins, floors: &[(f64, f64)], lower: f64) -> bool {
    let [half, third] = [2.0, 3.0].map(|part| {
        let since = bins.end() - bins.seconds() / part;
        line_beside_a_jump(&floors.iter().copied().filter(|floor| floor.0 >= since).collect::<Vec<_>>())
    });
    rises(half, third, lower)
}

fn rises(half: Option<Line>, third: Option<Line>, lower: f64) -> bool {
    half.is_some_and(|line| line.bounds(RECENT_ALPHA).0 > 0.0)
        && third.is_some_and(|line| line.slope > LAST_THIRD * lower)
}

/// Windows as wide as those that were fitted, or narrower where fewer than about eight would be left.
fn windows_in(length: usize, bins_per_window: usize) -> usize {
    let wanted = (length / bins_per_window).max(8).min(length);
    (1..=wanted).rev().find(|count| length.is_multiple_of(*count)).unwrap_or(1)
}

fn points(windows: &[Window]) -> Vec<(f64, f64)> {
    windows.iter().map(|window| (window.seconds, window.value)).collect()
}

/// Whether the peaks part from the floors: then only the lowest values tell what is kept.
pub(super) fn peaks_part_from_floors(bins: &Bins, length: usize) -> bool {
    let count = if length.is_multiple_of(PARTING_WINDOWS) { PARTING_WINDOWS } else { length / 2 };
    let [floors, means] = [Statistic::Minimum, Statistic::Mean].map(|statistic| bins.windows(length, count, statistic));
    let apart = floors.iter().filter_map(|floor| {
        let mean = means.iter().find(|mean| mean.index == floor.index)?;
        Some((mean.seconds, mean.value - floor.value))
    });
    let trend = rising_line(&apart.collect::<Vec<_>>());
    trend.is_some_and(|line| line.bounds(PARTING_ALPHA).0 > 0.0)
}

/// Whether enough of a growth that is claimed to be at least `least` is left when the two largest of seven parts of
/// the rise are taken away: one jump or two are no leak.
pub(super) fn spread(floors: &[f64], least: f64) -> bool {
    const BLOCKS: usize = 8;
    if floors.len() < BLOCKS {
        return false;
    }
    let edge = |block: usize| block * floors.len() / BLOCKS;
    let means: Vec<f64> = (0..BLOCKS).map(|block| mean(&floors[edge(block)..edge(block + 1)])).collect();
    let mut parts: Vec<f64> = means.windows(2).map(|pair| pair[1] - pair[0]).collect();
    parts.sort_unstable_by(f64::total_cmp);
    let rest: f64 = parts[..parts.len() - 2].iter().sum();
    rest > SPREAD * least.max(0.0) && parts.iter().sum::<f64>() > 0.0
}

/// Whether the last floors lie on new ground: no lower than the highest before them, but for noise of that standard
/// deviation. What was given back once may be given back again.
pub(super) fn on_new_ground(floors: &[f64], noise: f64) -> bool {
    const WIDE: usize = 3;
    const DEVIATIONS: f64 = 3.0;
    let levels: Vec<f64> = floors.windows(WIDE).map(mean).collect();
    let highest = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let doubt = DEVIATIONS * noise * (2.0 / WIDE as f64).sqrt();
    levels.last().is_some_and(|last| *last > highest - doubt)
}
