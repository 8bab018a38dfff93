//! The statistics of floors, where those for all judgements will not do.

use crate::stats::{self, Line, centred, centred_parts, product, without};

/// Least squares with the variance of the slope inflated for AR(1) residuals; `None` below five points or where
/// all points share one x.
///
/// Residuals are counted from a parabola where that opens upward: a rise that grows steeper is no noise.
pub(super) fn rising_line(points: &[(f64, f64)]) -> Option<Line> {
    let (xs, ys) = centred_parts(points);
    let sxx = product(&xs, &xs);
    if points.len() < 5 || sxx <= 0.0 {
        return None;
    }
    let slope = product(&xs, &ys) / sxx;
    let bend = without(&centred(&xs.iter().map(|x| x * x).collect::<Vec<_>>()), &xs);
    let steepening = (product(&bend, &ys) / product(&bend, &bend).max(f64::MIN_POSITIVE)).max(0.0);
    let parts = xs.iter().zip(&ys).zip(&bend);
    let residuals: Vec<f64> = parts.map(|((x, y), bend)| y - slope * x - steepening * bend).collect();
    let inflation = variance_inflation(&residuals);
    let count = points.len() as f64 - if steepening > 0.0 { 3.0 } else { 2.0 };
    let rss = product(&residuals, &residuals);
    let error = (rss / count * inflation / sxx).sqrt();
    Some(Line { slope, error, freedom: (count / inflation).max(1.0), rss, other: steepening })
}

/// [`stats::variance_inflation`] with the lag-1 correlation r corrected for its bias in short series after a trend was
/// taken out, (n r + 3) / (n - 3), after Kendall (1954), "Note on bias in the estimation of autocorrelation": with some
/// dozens of floors it costs little, and residuals of a chosen curve remember less than the noise did.
pub(super) fn variance_inflation(residuals: &[f64]) -> f64 {
    let count = residuals.len() as f64;
    let correlation = stats::correlation(residuals).filter(|_| residuals.len() >= 5);
    correlation.map_or(1.0, |r| stats::inflation((count * r + 3.0) / (count - 3.0)))
}
