//! The judged window, cut into equal spans of time, and the floors of wider windows made of them.

use crate::stats::{mean, median};

/// What is taken of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    /// The lowest value: sees under a sawtooth and under spikes.
    Minimum,
    /// The middle value: steadier than the lowest where there is only noise.
    Middle,
    /// The mean: steadier still where the noise has no outliers.
    Mean,
}

/// Equal spans of time, each with the lowest, the middle and the mean of its samples; `None` is a gap.
pub(super) struct Bins {
    /// The beginning of the first bin, seconds since the load began.
    pub(super) start: f64,
    /// The length of a bin, seconds.
    pub(super) width: f64,
    values: Vec<Option<Summary>>,
}

/// What is kept of one bin's samples, in the series' unit.
#[derive(Clone, Copy, Debug)]
struct Summary {
    /// When the lowest was taken, seconds since the load began.
    seconds: f64,
    lowest: f64,
    middle: f64,
    mean: f64,
}

/// One window's place and value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Its place among the windows of its segment, from 0.
    pub(super) index: usize,
    /// Where its floor lies, as a share of the segment, 0 to 1.
    pub(super) place: f64,
    /// The same in seconds since the load began.
    pub(super) seconds: f64,
    /// Its floor, in the series' unit.
    pub(super) value: f64,
}

impl Bins {
    /// Cuts the samples into `count` bins. A bin with less than a third of the usual number of samples is a gap.
    ///
    /// A minimum sinks with the number of values it is taken of, so each bin gives the same number: where the cadence
    /// changed half-way, the floors would otherwise seem to rise or to fall.
    pub(super) fn cut(samples: &[(f64, f64)], count: usize) -> Self {
        let first = samples.first().map_or(0.0, |sample| sample.0);
        let last = samples.last().map_or(0.0, |sample| sample.0);
        // The last sample stands for a stretch of time too, as long as the others' on average.
        let span = (last - first) * samples.len() as f64 / (samples.len() as f64 - 1.0).max(1.0);
        let width = span / count as f64;
        let members = members(samples, first, width, count);
        let share = fair_share(&members);
        let values = members.iter().map(|bin| summary(bin, share)).collect();
        Self { start: first, width, values }
    }

    /// How many bins there are, gaps included.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// The whole length, seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.width * self.count() as f64
    }

    /// The end of the last bin, seconds since the load began.
    pub(super) fn end(&self) -> f64 {
        self.start + self.seconds()
    }

    /// The middle of the middles of the last quarter (of all, where that is a gap).
    pub(super) fn settled_level(&self) -> f64 {
        let middles = |bins: &[Option<Summary>]| bins.iter().flatten().map(|bin| bin.middle).collect::<Vec<_>>();
        let quarter = middles(&self.values[self.count() * 3 / 4..]);
        let mut chosen = if quarter.is_empty() { middles(&self.values) } else { quarter };
        median(&mut chosen).unwrap_or(0.0)
    }

    /// The last `length` bins as `windows` windows, which must divide it. A window with less than three quarters of
    /// its bins is left out.
    pub(super) fn windows(&self, length: usize, windows: usize, statistic: Statistic) -> Vec<Window> {
        let from = self.count() - length;
        let each = length / windows;
        let begin = self.start + self.width * from as f64;
        let chunks = self.values[from..].chunks_exact(each).enumerate();
        let window = |(index, bins): (usize, &[Option<Summary>])| {
            let centre = begin + self.width * (index as f64 + 0.5) * each as f64;
            let (seconds, value) = floor(bins, statistic, centre)?;
            Some(Window { index, place: (seconds - begin) / (self.width * length as f64), seconds, value })
        };
        chunks.filter_map(window).collect()
    }
}

/// The samples, bin by bin.
fn members(samples: &[(f64, f64)], start: f64, width: f64, count: usize) -> Vec<&[(f64, f64)]> {
    let mut rest = samples;
    let member = |bin: usize| {
        let end = if bin + 1 == count { f64::INFINITY } else { start + width * (bin as f64 + 1.0) };
        let (inside, after) = rest.split_at(rest.partition_point(|sample| sample.0 < end));
        rest = after;
        inside
    };
    (0..count).map(member).collect()
}

/// How many samples every bin gives: as many as the poorest that is no gap.
fn fair_share(members: &[&[(f64, f64)]]) -> usize {
    let mut counts: Vec<f64> = members.iter().filter(|bin| !bin.is_empty()).map(|bin| bin.len() as f64).collect();
    let least = median(&mut counts).unwrap_or(1.0) / 3.0;
    let enough = counts.iter().copied().filter(|count| *count >= least);
    enough.fold(f64::INFINITY, f64::min).max(1.0) as usize
}

/// The lowest of `share` evenly spread members, and the middle of all; `None` where the bin has fewer members.
fn summary(bin: &[(f64, f64)], share: usize) -> Option<Summary> {
    if bin.len() < share {
        return None;
    }
    let picked = (0..share).map(|at| bin[at * bin.len() / share]);
    let (seconds, lowest) = picked.min_by(|one, other| one.1.total_cmp(&other.1))?;
    let mut values: Vec<f64> = bin.iter().map(|sample| sample.1).collect();
    Some(Summary { seconds, lowest, mean: mean(&values), middle: median(&mut values)? })
}

/// When and how high the floor of one window is; `None` where a quarter of its bins are gaps. A minimum stands where
/// it was taken: where a curve is steep, that is far from the middle of the window.
fn floor(bins: &[Option<Summary>], statistic: Statistic, centre: f64) -> Option<(f64, f64)> {
    let present: Vec<Summary> = bins.iter().flatten().copied().collect();
    if present.len() * 4 < bins.len() * 3 {
        return None;
    }
    match statistic {
        Statistic::Minimum => {
            let lowest = present.iter().min_by(|one, other| one.lowest.total_cmp(&other.lowest))?;
            Some((lowest.seconds, lowest.lowest))
        }
        Statistic::Middle => {
            let middle = median(&mut present.iter().map(|bin| bin.middle).collect::<Vec<_>>())?;
            Some((centre, middle))
        }
        Statistic::Mean => Some((centre, mean(&present.iter().map(|bin| bin.mean).collect::<Vec<_>>()))),
    }
}

/// The step in which a series moves: the smallest distance between two different values where they are few, else 0.
/// A series that moves a few times in all has jumps and no step.
pub(super) fn quantum(samples: &[(f64, f64)]) -> f64 {
    const FEWEST_MOVES: usize = 8;
    if samples.windows(2).filter(|pair| pair[0].1.total_cmp(&pair[1].1).is_ne()).take(FEWEST_MOVES).count()
        < FEWEST_MOVES
    {
        return 0.0;
    }
    let many = (0.08 * samples.len() as f64).max(8.0) as usize;
    // A part of a long series mostly shows that the values are many, and spares the sorting of the rest.
    let part = samples.len().min(2 * many);
    if different(&samples[..part]).len() >= many {
        return 0.0;
    }
    let values = different(samples);
    if values.len() >= many {
        return 0.0;
    }
    let values: Vec<f64> = values.into_iter().map(from_order).collect();
    let gaps = values.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.filter(|gap| *gap > 0.0).reduce(f64::min).unwrap_or(0.0)
}

/// The different values in ascending order, as [`in_order`] has them.
fn different(samples: &[(f64, f64)]) -> Vec<u64> {
    let mut values: Vec<u64> = samples.iter().map(|sample| in_order(sample.1)).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// A number whose order as an integer is the order of the values: sorting integers is several times faster.
fn in_order(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The way back from [`in_order`].
fn from_order(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered })
}
