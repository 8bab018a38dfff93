//! Where a quantity has changed over many runs: for drift that is too small for a single comparison.
//!
//! E-divisive with means (Matteson and James 2014, "A nonparametric approach for multiple change point analysis") cuts
//! the runs where the energy distance of both parts is the largest, and each part again. Instead of permutations a t-test
//! tells whether a cut is one, as in Hunter, now Apache Otava (Fleming et al. 2023): the same answer each time. Cuts are
//! found generously first, and those that do not stand beside their neighbours are taken back, the weakest first.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use timeline::Amount;

use crate::compare::{Change, Measurement, Quantity, Scale, as_change};
use crate::stats::{mean, student_tail};

/// Below this many runs nothing is said.
pub const FEWEST: usize = 10;
/// The chance at which a cut stands.
const ALPHA: f64 = 0.001;
/// The chance at which it is looked at.
const WEAK: f64 = 0.01;
/// A part has so many runs at least: one alone may be an outlier, and so may two.
const SHORTEST: usize = 3;

/// A run in the history of a quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What is named where it changes: the commit, or the run where there is none.
    pub name: String,
    /// The run's value.
    pub measured: Measurement,
}

/// A quantity over runs, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Which.
    pub quantity: Quantity,
    /// The name and the value of each run.
    pub values: Vec<(String, f64)>,
    /// Where it has changed.
    pub changes: Vec<ChangePoint>,
}

/// From one run on, a quantity is another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// The place of the first run that is changed.
    pub at: usize,
    /// The last name before it.
    pub before: String,
    /// The first name with it.
    pub after: String,
    /// Better or worse.
    pub change: Change,
    /// The mean from the change point before it, or the start.
    pub from: Amount,
    /// The mean up to the next, or the end.
    pub to: Amount,
    /// By how much: a share for ratios.
    pub difference: Amount,
    /// The chance of that much where nothing has changed.
    pub chance: f64,
}

impl History {
    /// Of `points` in the order of their runs. Values that were read in another way than the last are left out.
    pub fn new(quantity: Quantity, points: &[Point]) -> Self {
        let source = points.last().map(|point| point.measured.source.clone());
        let points: Vec<&Point> =
            points.iter().filter(|point| Some(&point.measured.source) == source.as_ref()).collect();
        let values = points.iter().map(|point| (point.name.clone(), point.measured.value)).collect();
        let scaled: Vec<f64> = points.iter().map(|point| quantity.on_scale(point.measured.value)).collect();
        let told: Vec<f64> = points.iter().filter_map(|point| point.measured.tolerated).collect();
        let level = quantity.off_scale(mean(&scaled));
        let tolerated = quantity.tolerated(level, (!told.is_empty()).then(|| mean(&told)));
        let tolerated = if quantity.scale() == Scale::Ratio { tolerated.ln_1p() } else { tolerated };
        let cuts = if points.len() < FEWEST { Vec::new() } else { cuts(&scaled, tolerated) };
        let changes = cuts.iter().enumerate().map(|(rank, at)| {
            let start = if rank == 0 { 0 } else { cuts[rank - 1] };
            let end = cuts.get(rank + 1).copied().unwrap_or(scaled.len());
            let (one, other) = (&scaled[start..*at], &scaled[*at..end]);
            let by = mean(other) - mean(one);
            ChangePoint {
                at: *at,
                before: points[at - 1].name.clone(),
                after: points[*at].name.clone(),
                change: if by > 0.0 { Change::Regression } else { Change::Improvement },
                from: quantity.amount(quantity.off_scale(mean(one))),
                to: quantity.amount(quantity.off_scale(mean(other))),
                difference: quantity.change(as_change(quantity, by)),
                chance: chance(one, other),
            }
        });
        Self { quantity, values, changes: changes.collect() }
    }

    /// Are there runs enough to say anything?
    pub fn is_long_enough(&self) -> bool {
        self.values.len() >= FEWEST
    }
}

/// The places at which `values` change by more than `tolerated`, in order.
fn cuts(values: &[f64], tolerated: f64) -> Vec<usize> {
    let mut cuts = Vec::new();
    divide(values, 0, &mut cuts);
    cuts.sort_unstable();
    while let Some(weakest) = weakest(values, &cuts, tolerated) {
        cuts.remove(weakest);
    }
    cuts
}

/// Cuts `values`, which begin at `offset`, where they differ most, and each part again.
fn divide(values: &[f64], offset: usize, cuts: &mut Vec<usize>) {
    let Some(at) = best_cut(values) else { return };
    if chance(&values[..at], &values[at..]) > WEAK {
        return;
    }
    cuts.push(offset + at);
    divide(&values[..at], offset, cuts);
    divide(&values[at..], offset + at, cuts);
}

/// Where the scaled energy distance between both parts is the largest:
/// n m / (n + m) (2 E|X - Y| - E|X - X'| - E|Y - Y'|).
fn best_cut(values: &[f64]) -> Option<usize> {
    let count = values.len();
    let apart = |one: usize, other: usize| (values[one] - values[other]).abs();
    let to_all = |at: usize, others: std::ops::Range<usize>| others.map(|other| apart(at, other)).sum::<f64>();
    let (mut left, mut right, mut across) = (0.0, (0..count).map(|at| to_all(at, at + 1..count)).sum::<f64>(), 0.0);
    let mut best: Option<(f64, usize)> = None;
    for cut in 1..count {
        // The value before the cut goes from the right part to the left one.
        let moved = cut - 1;
        let (to_left, to_right) = (to_all(moved, 0..moved), to_all(moved, cut..count));
        left += to_left;
        right -= to_right;
        across += to_right - to_left;
        if cut < SHORTEST || count - cut < SHORTEST {
            continue;
        }
        let (n, m) = (cut as f64, (count - cut) as f64);
        let energy = 2.0 * across / (n * m) - 2.0 * left / (n * (n - 1.0)) - 2.0 * right / (m * (m - 1.0));
        let distance = n * m / (n + m) * energy;
        if best.is_none_or(|(most, _)| distance > most) {
            best = Some((distance, cut));
        }
    }
    best.map(|(_, cut)| cut)
}

/// The cut that stands least, where one does not: its chance is too large, or the change too small.
fn weakest(values: &[f64], cuts: &[usize], tolerated: f64) -> Option<usize> {
    let judged = (0..cuts.len()).map(|rank| {
        let start = if rank == 0 { 0 } else { cuts[rank - 1] };
        let end = cuts.get(rank + 1).copied().unwrap_or(values.len());
        let (one, other) = (&values[start..cuts[rank]], &values[cuts[rank]..end]);
        let small = (mean(other) - mean(one)).abs() <= tolerated;
        (rank, if small { 1.0 } else { chance(one, other) })
    });
    let worst = judged.max_by(|one, other| one.1.total_cmp(&other.1))?;
    (worst.1 > ALPHA).then_some(worst.0)
}

/// The chance that two parts of the same differ so much: Student's t with the variance of both, on two sides.
fn chance(one: &[f64], other: &[f64]) -> f64 {
    let squares = |values: &[f64]| {
        let level = mean(values);
        values.iter().map(|value| (value - level).powi(2)).sum::<f64>()
    };
    let (n, m) = (one.len() as f64, other.len() as f64);
    let freedom = n + m - 2.0;
    let by = (mean(one) - mean(other)).abs();
    let error = ((squares(one) + squares(other)) / freedom * (1.0 / n + 1.0 / m)).sqrt();
    match by / error {
        _ if by <= 0.0 => 1.0,
        t if t.is_finite() => 2.0 * student_tail(t, freedom),
        _ => 0.0,
    }
}
