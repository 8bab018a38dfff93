//! The statistics of floors that only the judgement of growth needs.

use crate::stats::{centred, product};

/// A straight line through points `(x, y)` by least squares.
pub(super) struct Line {
    /// The slope, y per x.
    pub(super) slope: f64,
    /// Its standard error, widened for residuals that remember their predecessor.
    pub(super) error: f64,
    /// The degrees of freedom that are left after the same correction, at least 1.
    pub(super) freedom: f64,
    /// The sum of squared residuals.
    pub(super) rss: f64,
}

/// Least squares with the variance of the slope inflated for AR(1) residuals; `None` below five points or where
/// all points share one x.
///
/// Residuals are counted from a parabola where that opens upward: a rise that grows steeper is no noise.
///
/// Source: any textbook for the line; for the inflation see [`variance_inflation`].
pub(super) fn rising_line(points: &[(f64, f64)]) -> Option<Line> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (xs, ys) = (centred(&xs), centred(&ys));
    let sxx = product(&xs, &xs);
    if points.len() < 5 || sxx <= 0.0 {
        return None;
    }
    let slope = product(&xs, &ys) / sxx;
    let bend = centred(&xs.iter().map(|x| x * x).collect::<Vec<_>>());
    let tilt = product(&bend, &xs) / sxx;
    let bend: Vec<f64> = bend.iter().zip(&xs).map(|(bend, x)| bend - tilt * x).collect();
    let steepening = (product(&bend, &ys) / product(&bend, &bend).max(f64::MIN_POSITIVE)).max(0.0);
    let parts = xs.iter().zip(&ys).zip(&bend);
    let residuals: Vec<f64> = parts.map(|((x, y), bend)| y - slope * x - steepening * bend).collect();
    let inflation = variance_inflation(&residuals);
    let count = points.len() as f64 - if steepening > 0.0 { 3.0 } else { 2.0 };
    let rss = product(&residuals, &residuals);
    let error = (rss / count * inflation / sxx).sqrt();
    Some(Line { slope, error, freedom: (count / inflation).max(1.0), rss })
}

/// By how much the variance of a mean (or of a slope) grows because residuals remember their predecessor:
/// (1 + rho) / (1 - rho) for an AR(1) process, between 1 and 19.
///
/// The lag-1 correlation is corrected for its bias in short series after a trend was taken out,
/// rho = (n r1 + 3) / (n - 3), after Kendall (1954), "Note on bias in the estimation of autocorrelation": with some
/// dozens of floors it costs little, and residuals of a chosen curve remember less than the noise did.
pub(super) fn variance_inflation(residuals: &[f64]) -> f64 {
    let count = residuals.len() as f64;
    let power = product(residuals, residuals);
    let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if power <= 0.0 || residuals.len() < 5 {
        return 1.0;
    }
    let rho = ((count * products / power + 3.0) / (count - 3.0)).clamp(0.0, 0.9);
    (1.0 + rho) / (1.0 - rho)
}
