//! What a series looks like, for the reader of the report: no verdict rests on it.

use super::Trend;
use super::fit::{Fit, Shaped, best};
use super::forms::Form;

/// The look of a series, as far as its floors tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It stays where it is.
    Stable,
    /// It stays where it is between collapses (a garbage collector's picture).
    Sawtooth,
    /// Collapses over a floor that rises.
    RisingSawtooth,
    /// It rises and then levels off.
    WarmUpThenPlateau,
    /// One jump upward, flat before and after.
    Step,
    /// It rises at one pace.
    Linear,
    /// It stays where it is, or has levelled off, and then rises.
    PlateauThenGrowth,
    /// It rises ever faster.
    Exponential,
    /// It falls.
    Decreasing,
}

/// Names the look of the samples, below which lie floors of this shape.
pub(super) fn name(samples: &[(f64, f64)], floor: Shape) -> Shape {
    let rising = matches!(floor, Shape::Linear | Shape::PlateauThenGrowth | Shape::Exponential);
    match (collapses(samples), floor) {
        (true, Shape::Stable) => Shape::Sawtooth,
        (true, _) if rising => Shape::RisingSawtooth,
        _ => floor,
    }
}

/// The simplest curve that the floors support, by Schwarz's criterion (1978); a leak is never called a plateau.
pub(super) fn of_floors(fit: &Fit, trend: Trend) -> Shape {
    let mut choices = vec![(cost(fit, fit.line_rss, 2.0), straight(fit.line_slope))];
    if let Some(curve) = best(fit.accelerating.iter().copied()) {
        choices.push((cost(fit, alone(fit, &curve), 4.0), accelerating(&curve)));
    }
    if trend != Trend::Leak {
        choices.push((cost(fit, fit.szz, 1.0), Shape::Stable));
        choices.extend(fit.shaped.iter().map(|curve| (cost(fit, alone(fit, curve), 3.5), bent(curve))));
    }
    let best = choices.into_iter().min_by(|one, other| one.0.total_cmp(&other.0));
    let small = trend == Trend::Bounded && fit.line_slope.abs() < 1.0;
    best.filter(|_| !small).map_or(Shape::Stable, |choice| choice.1)
}

/// Twice the unlikelihood and the price of the parameters.
fn cost(fit: &Fit, rss: f64, parameters: f64) -> f64 {
    2.0 * fit.unlikelihood(rss) + parameters * fit.count.ln()
}

/// What remains of the floors when the curve alone, without a slope beside it, is taken out.
pub(super) fn alone(fit: &Fit, curve: &Shaped) -> f64 {
    (fit.szz - curve.sgz * curve.sgz / curve.sgg).max(0.0)
}

fn accelerating(curve: &Shaped) -> Shape {
    if matches!(curve.form, Form::LateStart { .. }) { Shape::PlateauThenGrowth } else { Shape::Exponential }
}

fn straight(slope: f64) -> Shape {
    if slope < 0.0 { Shape::Decreasing } else { Shape::Linear }
}

fn bent(curve: &Shaped) -> Shape {
    match (curve.sgz < 0.0, curve.form.is_step()) {
        (true, _) => Shape::Decreasing,
        (false, true) => Shape::Step,
        (false, false) => Shape::WarmUpThenPlateau,
    }
}

/// Whether the samples collapse again and again, and climb in smaller steps: noise leaps both ways alike.
fn collapses(samples: &[(f64, f64)]) -> bool {
    // A few thousand samples tell the width of a series as well as all.
    let stride = samples.len() / 4_096 + 1;
    let mut values: Vec<f64> = samples.iter().step_by(stride).map(|sample| sample.1).collect();
    let edge = values.len() / 20;
    let (_, &mut low, rest) = values.select_nth_unstable_by(edge, f64::total_cmp);
    let upper = rest.len().saturating_sub(edge + 1);
    let high = if rest.is_empty() { low } else { *rest.select_nth_unstable_by(upper, f64::total_cmp).1 };
    let far = 0.5 * (high - low);
    let moves = samples.windows(2).map(|pair| pair[1].1 - pair[0].1);
    let (falls, leaps) =
        moves.fold((0, 0), |(falls, leaps), step| (falls + usize::from(step < -far), leaps + usize::from(step > far)));
    far > 0.0 && falls >= 3 && leaps * 4 <= falls
}
