//! Between which bounds the growth lies that no plausible benign curve explains.

use super::fit::{Fit, Shaped};
use crate::stats::student_quantile;

/// The chance that the true explanation is not reckoned with, because by luck another seems so much better.
const OVERLOOKED: f64 = 0.001;
/// The share of a curve's height that is distrusted: no real warm-up is exactly a curve of the dictionary.
const DISTRUST: f64 = 0.04;

/// How much likelier than the line a warm-up that outlasts the run must be, in logarithms, to be reckoned with.
const EARNED: f64 = 3.0;

/// Growth per segment: the best estimate, and bounds that each hold with probability 1 - alpha.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) slope: f64,
    pub(super) lower: f64,
    pub(super) upper: f64,
}

/// What the profile says.
pub(super) struct Profile {
    pub(super) bounds: Bounds,
    /// A warm-up that outlasts the run is likelier than a line.
    pub(super) bends: bool,
}

/// The slope profiled over all plausible curves: the lowest of their lower bounds, the highest of their upper ones.
///
/// Warm-ups that end within the warm window are reckoned with unless the floors exclude them. Those that outlast it
/// must be seen: they are only reckoned with where they are clearly likelier than the line, or where that is known
/// of a longer part of the run (`bends`). A straight line is nearly one of them, and no leak could else be claimed.
pub(super) fn profile(fit: &Fit, alpha: f64, bends: bool) -> Profile {
    let quantile = student_quantile(alpha, fit.freedom);
    let unbent = fit.unbent_rss();
    let line_at = fit.unlikelihood(unbent);
    let likely = |shaped: &Shaped| unlikelihood(fit, shaped, unbent);
    let worst = fit.shaped.iter().map(likely).fold(line_at, f64::min) + margin(fit);
    let plausible = |shaped: &&Shaped| likely(shaped) <= worst;
    let error = quantile * (fit.variance(unbent) / fit.suu).sqrt();
    let mut bounds = Bounds { slope: fit.line_slope, lower: f64::INFINITY, upper: f64::NEG_INFINITY };
    if line_at <= worst {
        bounds = Bounds { lower: fit.line_slope - error, upper: fit.line_slope + error, ..bounds };
    }
    for shaped in fit.shaped.iter().filter(plausible) {
        widen(&mut bounds, fit, shaped, quantile, unbent);
    }
    let unfinished = || fit.unfinished.iter().filter(|shaped| shaped.height > 0.0).filter(plausible);
    let earned = unfinished().any(|shaped| likely(shaped) + EARNED < line_at);
    if bends || earned {
        for shaped in unfinished() {
            widen(&mut bounds, fit, shaped, quantile, unbent);
        }
    }
    bounds.slope = estimate(fit, line_at);
    Profile { bounds: sound(bounds), bends: earned }
}

/// How much less likely than the best an explanation may be and still be reckoned with, in logarithms: the margin
/// that an interval for one parameter by Student's t has, K / 2 ln(1 + t^2 / df) (Bates and Watts 1988, section 6.1).
/// It is 4.8 for many floors and wider for few, of which some curve out of a hundred fits nearly anything.
pub(super) fn margin(fit: &Fit) -> f64 {
    let quantile = student_quantile(OVERLOOKED, fit.freedom);
    fit.unlikelihood_per_log() * (quantile * quantile / fit.freedom).ln_1p()
}

/// The estimate between its bounds; where numbers overflowed nothing is known.
fn sound(bounds: Bounds) -> Bounds {
    let Bounds { slope, lower, upper } = bounds;
    if slope.is_finite() && lower.is_finite() && upper.is_finite() && lower <= upper {
        Bounds { slope: slope.clamp(lower, upper), ..bounds }
    } else {
        Bounds { slope: 0.0, lower: f64::NEG_INFINITY, upper: f64::INFINITY }
    }
}

/// A curve that would have to be turned over is no benign explanation: beside it the line is as good.
fn unlikelihood(fit: &Fit, shaped: &Shaped, unbent: f64) -> f64 {
    // A step is the best of as many as there are windows.
    let chosen = if shaped.form.is_step() { fit.count.ln() } else { 0.0 };
    fit.unlikelihood(if shaped.height > 0.0 { shaped.rss } else { unbent }) + chosen
}

/// Takes one plausible curve into the bounds.
fn widen(bounds: &mut Bounds, fit: &Fit, shaped: &Shaped, quantile: f64, unbent: f64) {
    let rss = if shaped.height > 0.0 { shaped.rss } else { unbent };
    let error = quantile * (fit.variance(rss) * shaped.sgg / shaped.determinant).sqrt();
    let lower = shaped.slope - error - DISTRUST * shaped.height.max(0.0) * shaped.range;
    // Only where the curve, at that slope, is still the right way up.
    if shaped.sgz - lower * shaped.sug > 0.0 {
        bounds.lower = bounds.lower.min(lower);
    }
    let turned_over = shaped.height < 0.0 && shaped.rss <= unbent && !shaped.form.is_step();
    if shaped.height > 0.0 || turned_over {
        bounds.upper = bounds.upper.max(shaped.slope + error);
    }
}

/// The line's slope, unless a curve earns its two further parameters (Schwarz 1978).
fn estimate(fit: &Fit, line_at: f64) -> f64 {
    let upright = fit.shaped.iter().filter(|shaped| shaped.height > 0.0);
    let best = upright.min_by(|one, other| one.rss.total_cmp(&other.rss));
    let earned = |shaped: &&Shaped| fit.unlikelihood(shaped.rss) + fit.count.ln() < line_at;
    best.filter(earned).map_or(fit.line_slope, |shaped| shaped.slope)
}
