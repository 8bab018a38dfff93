//! The few statistics that judgements stand on, each with its source.

/// The middle of the values (the mean of the two middle ones where their number is even); the order of
/// `values` is lost. `None` where there are none.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if odd {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(lower, upper))
}

/// The mean; not a number where there are no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The values less their mean.
pub(crate) fn centred(values: &[f64]) -> Vec<f64> {
    let level = mean(values);
    values.iter().map(|value| value - level).collect()
}

/// The sum of the products.
pub(crate) fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

/// A straight line through points `(x, y)` by least squares, perhaps beside a share of something else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// The slope, y per x.
    pub(crate) slope: f64,
    /// Its standard error, widened for residuals that remember their predecessor.
    pub(crate) error: f64,
    /// The degrees of freedom that are left after the same correction, at least 1.
    pub(crate) freedom: f64,
    /// The sum of the squared residuals.
    pub(crate) rss: f64,
    /// The share of what is beside the line, up to a positive factor; 0 where there is nothing.
    pub(crate) other: f64,
}

impl Line {
    /// `None` below three points, or where all share one x.
    pub(crate) fn through(points: &[(f64, f64)]) -> Option<Self> {
        let (xs, ys) = centred_parts(points);
        Self::fit(&xs, &ys, 0.0, points.len().checked_sub(2)?)
    }

    /// The line beside a share of `other`, a value per point; `None` below four points, or where x is a multiple of
    /// `other`.
    ///
    /// What `other` explains is taken out of x and of y: Frisch and Waugh (1933), "Partial time regressions".
    pub(crate) fn beside(points: &[(f64, f64)], other: &[f64]) -> Option<Self> {
        let (xs, ys) = centred_parts(points);
        let other = centred(other);
        let share = product(&without(&other, &xs), &ys);
        Self::fit(&without(&xs, &other), &without(&ys, &other), share, points.len().checked_sub(3)?)
    }

    fn fit(xs: &[f64], ys: &[f64], other: f64, freedom: usize) -> Option<Self> {
        let sxx = product(xs, xs);
        if freedom == 0 || sxx <= 0.0 {
            return None;
        }
        let residuals = without(ys, xs);
        let (rss, inflation) = (product(&residuals, &residuals), variance_inflation(&residuals));
        let freedom = freedom as f64;
        let error = (rss / freedom * inflation / sxx).sqrt();
        Some(Self { slope: product(xs, ys) / sxx, error, freedom: (freedom / inflation).max(1.0), rss, other })
    }

    /// Below the first lies the true slope with probability `alpha`, and with that above the second.
    pub(crate) fn bounds(&self, alpha: f64) -> (f64, f64) {
        let reach = student_quantile(alpha, self.freedom) * self.error;
        (self.slope - reach, self.slope + reach)
    }
}

/// The x and the y of points, each less its mean.
pub(crate) fn centred_parts(points: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    (centred(&xs), centred(&ys))
}

/// What is left of `values` when a multiple of `other` is taken out; both centred.
pub(crate) fn without(values: &[f64], other: &[f64]) -> Vec<f64> {
    let share = product(values, other) / product(other, other).max(f64::MIN_POSITIVE);
    values.iter().zip(other).map(|(value, other)| value - share * other).collect()
}

/// By how much the variance of a mean (or of a slope) grows because residuals remember their predecessor.
///
/// The correlation is not corrected for its bias in short series: with ten floors the correction of Kendall (1954)
/// costs a quarter of the leaks that are found, and saves no false alarm on floors without a trend.
pub(crate) fn variance_inflation(residuals: &[f64]) -> f64 {
    correlation(residuals).map_or(1.0, inflation)
}

/// The correlation of residuals with their predecessors; `None` where there are none but zeros.
pub(crate) fn correlation(residuals: &[f64]) -> Option<f64> {
    let power = product(residuals, residuals);
    (power > 0.0).then(|| residuals.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / power)
}

/// (1 + r) / (1 - r): the inflation for an AR(1) process with the lag-1 correlation r; between 1 and 19.
pub(crate) fn inflation(correlation: f64) -> f64 {
    let correlation = correlation.clamp(0.0, 0.9);
    (1.0 + correlation) / (1.0 - correlation)
}

/// The value that Student's t with `freedom` (at least 1, whole or not) exceeds with probability `alpha`
/// (0 < alpha < 0.5).
///
/// Newton's steps on ln tail against ln t, which is concave, so that it converges from either side.
pub(crate) fn student_quantile(alpha: f64, freedom: f64) -> f64 {
    let power = f64::midpoint(freedom, 1.0);
    let scale = ln_gamma(power) - ln_gamma(freedom / 2.0);
    let scale = scale - 0.5 * (freedom * std::f64::consts::PI).ln();
    let mut x = 1.0_f64;
    for _ in 0..60 {
        let t = x.exp();
        let tail = student_tail(t, freedom);
        let density = (scale - power * (t * t / freedom).ln_1p()).exp();
        let step = (tail / alpha).ln() * tail / (t * density);
        x += step.clamp(-2.0, 2.0);
        if step.abs() < 1e-9 {
            break;
        }
    }
    x.exp()
}

/// The probability that Student's t exceeds `t` > 0: half of the incomplete beta function
/// I(freedom / (freedom + t^2); freedom / 2, 1 / 2) (Abramowitz and Stegun 26.7.1).
pub(crate) fn student_tail(t: f64, freedom: f64) -> f64 {
    let near = t * t / (freedom + t * t);
    let far = freedom / (freedom + t * t);
    let (a, b) = (freedom / 2.0, 0.5);
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * far.ln() + b * near.ln();
    // The fraction converges fast only on one side of the mean of the beta distribution.
    let whole = if far < (a + 1.0) / (a + b + 2.0) {
        front.exp() * beta_fraction(far, a, b) / a
    } else {
        1.0 - front.exp() * beta_fraction(near, b, a) / b
    };
    whole / 2.0
}

/// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), evaluated by the
/// algorithm of Lentz (1976) as Thompson and Barnett (1986) modified it.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut upper = 1.0;
    let mut lower = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = lower;
    for step in 1..300 {
        let step = f64::from(step);
        let twice = a + 2.0 * step;
        let even = step * (b - step) * x / ((twice - 1.0) * twice);
        let odd = -(a + step) * (a + b + step) * x / (twice * (twice + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            lower = 1.0 / away(1.0 + term * lower);
            upper = away(1.0 + term / upper);
            change = upper * lower;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-12 {
            break;
        }
    }
    fraction
}

/// Two-sided 99 % quantile of the normal distribution.
pub(crate) const NORMAL_99: f64 = 2.576;

/// The share of one chance of error that the end takes where there were looks before it.
pub(crate) const SHARE_OF_THE_END: f64 = 0.5;

/// The share that the look with this number, from 1, takes: 1/((i + 1)(i + 2)). For any number of looks the sum with
/// that of the end is below the whole: the union bound, which holds whatever the looks have to do with each other.
pub(crate) fn share_of_look(number: u32) -> f64 {
    let place = f64::from(number) + 1.0;
    1.0 / (place * (place + 1.0))
}

/// How many times the variance of counts `(hits, of all)` is what it would be if each were a hit by itself with the
/// chance `share`: Pearson's chi-square over its freedom. 1 where there is but one count.
pub(crate) fn variance_of_counts(counts: &[(f64, f64)], share: f64) -> f64 {
    let counts: Vec<&(f64, f64)> = counts.iter().filter(|(_, all)| *all > 0.0).collect();
    let part = |(hits, all): &&(f64, f64)| (hits - all * share).powi(2) / (all * share * (1.0 - share));
    if counts.len() < 2 { 1.0 } else { counts.iter().map(part).sum::<f64>() / (counts.len() - 1) as f64 }
}

/// ln of the gamma function for positive x.
///
/// Source: Lanczos (1964) with g = 7 and the nine coefficients of Godfrey (2001); about 15 digits.
fn ln_gamma(x: f64) -> f64 {
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const REST: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let series = (1..).zip(REST).fold(FIRST, |sum, (at, weight)| sum + weight / (x + f64::from(at)));
    let shifted = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * shifted.ln() - shifted + series.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_of_student_agree_with_the_tables() {
        // Tables of Hill (1970) and of any textbook; at one degree of freedom it is the Cauchy distribution.
        let known = [
            (0.05, 1.0, 6.313_752),
            (0.002, 1.0, 159.152_85),
            (0.05, 2.0, 2.919_986),
            (0.01, 10.0, 2.763_769),
            (0.001, 5.0, 5.893_43),
            (0.025, 60.0, 2.000_298),
            (0.001, 1e6, 3.090_24),
        ];
        for (alpha, freedom, expected) in known {
            let found = student_quantile(alpha, freedom);
            assert!((found / expected - 1.0).abs() < 1e-4, "{alpha} {freedom}: {found}, not {expected}");
        }
        assert!(student_quantile(0.01, 1.5) > student_quantile(0.01, 1.6), "it falls with the freedom");
    }
}
