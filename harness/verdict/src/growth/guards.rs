//! What a slope must show besides its bounds before it is called a leak.

use super::bins::{Bins, Statistic, Window};
use super::stats::{line, mean, student_quantile};

/// The share of a rise that must remain without its two largest parts.
pub(super) const SPREAD: f64 = 0.2;
/// The chance that the last half seems to grow and does not.
const RECENT_ALPHA: f64 = 0.05;
/// The share of the claimed slope that the last third must show.
const LAST_THIRD: f64 = 0.25;

/// Whether the floors of the last half of the run still rise, and those of its last third at a fair part of the
/// claimed pace (`lower`, in the series' unit per second).
pub(super) fn still_growing(bins: &Bins, bins_per_window: usize, statistic: Statistic, lower: f64) -> bool {
    let [half, third] = [bins.count() / 2, bins.count() / 3].map(|length| {
        let windows = bins.windows(length, windows_in(length, bins_per_window), statistic);
        line(&windows.iter().map(|window: &Window| (window.seconds, window.value)).collect::<Vec<_>>())
    });
    let rises = half.is_some_and(|line| line.slope > line.error * student_quantile(RECENT_ALPHA, line.freedom));
    rises && third.is_some_and(|line| line.slope > LAST_THIRD * lower)
}

/// Windows as wide as those that were fitted, or narrower where fewer than about eight would be left.
fn windows_in(length: usize, bins_per_window: usize) -> usize {
    let wanted = (length / bins_per_window).max(8).min(length);
    (1..=wanted).rev().find(|count| length.is_multiple_of(*count)).unwrap_or(1)
}

/// Whether more than `share` of the rise is left when the two largest of its seven parts are taken away: one jump
/// or two are no leak.
pub(super) fn spread(floors: &[f64], share: f64) -> bool {
    const BLOCKS: usize = 8;
    if floors.len() < BLOCKS {
        return false;
    }
    let edge = |block: usize| block * floors.len() / BLOCKS;
    let means: Vec<f64> = (0..BLOCKS).map(|block| mean(&floors[edge(block)..edge(block + 1)])).collect();
    let mut parts: Vec<f64> = means.windows(2).map(|pair| pair[1] - pair[0]).collect();
    parts.sort_unstable_by(f64::total_cmp);
    let rise: f64 = parts.iter().sum();
    let rest: f64 = parts[..parts.len() - 2].iter().sum();
    rise > 0.0 && rest > share * rise
}
