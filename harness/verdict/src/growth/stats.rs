//! The few statistics that the judgement of growth stands on, each with its source.

/// The middle of the values (the mean of the two middle ones where their number is even); the order of
/// `values` is lost. `None` where there are none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
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
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A straight line through points `(x, y)` by least squares.
pub(super) struct Line {
    /// The slope, y per x.
    pub(super) slope: f64,
    /// Its standard error, widened for residuals that remember their predecessor.
    pub(super) error: f64,
    /// The degrees of freedom that are left after the same correction, at least 1.
    pub(super) freedom: f64,
}

/// Least squares with the variance of the slope inflated for AR(1) residuals; `None` below five points or where
/// all points share one x.
///
/// Residuals are counted from a parabola where that opens upward: a rise that grows steeper is no noise.
///
/// Source: any textbook for the line; for the inflation see [`variance_inflation`].
pub(super) fn line(points: &[(f64, f64)]) -> Option<Line> {
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
    let error = (product(&residuals, &residuals) / count * inflation / sxx).sqrt();
    Some(Line { slope, error, freedom: (count / inflation).max(1.0) })
}

/// The values less their mean.
pub(super) fn centred(values: &[f64]) -> Vec<f64> {
    let level = mean(values);
    values.iter().map(|value| value - level).collect()
}

/// The sum of the products.
pub(super) fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

/// By how much the variance of a mean (or of a slope) grows because residuals remember their predecessor:
/// (1 + rho) / (1 - rho) for an AR(1) process, between 1 and 19.
///
/// The lag-1 correlation is corrected for its bias in short series after a trend was taken out,
/// rho = (n r1 + 3) / (n - 3), after Kendall (1954), "Note on bias in the estimation of autocorrelation".
pub(super) fn variance_inflation(residuals: &[f64]) -> f64 {
    let count = residuals.len() as f64;
    let power: f64 = residuals.iter().map(|r| r * r).sum();
    let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if power <= 0.0 || residuals.len() < 5 {
        return 1.0;
    }
    let rho = ((count * products / power + 3.0) / (count - 3.0)).clamp(0.0, 0.9);
    (1.0 + rho) / (1.0 - rho)
}

/// Kendall's score as a standard normal deviate, with the continuity correction but without that for ties.
///
/// Source: Kendall (1975), Rank Correlation Methods; Mann (1945): var S = n (n - 1) (2 n + 5) / 18.
pub(super) fn kendall_deviate(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mut score = 0.0;
    for (at, earlier) in values.iter().enumerate() {
        for later in &values[at + 1..] {
            score += f64::from(i8::from(later > earlier) - i8::from(later < earlier));
        }
    }
    let spread = (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    if score == 0.0 { 0.0 } else { (score - score.signum()) / spread }
}

/// Sen's slope, y per x, with the bounds that leave out `deviate` standard deviations of Kendall's score on either
/// side, the variance of the score multiplied by `inflation`. `None` where no two points differ in x.
pub(super) struct SenSlope {
    /// The median of the slopes of all pairs.
    pub(super) slope: f64,
    /// The lower bound.
    pub(super) lower: f64,
    /// The upper bound.
    pub(super) upper: f64,
}

/// The median of all pairwise slopes and its interval by ranks.
///
/// Source: Sen (1968), "Estimates of the regression coefficient based on Kendall's tau"; the inflation of the
/// variance of the score follows Hamed and Rao (1998).
pub(super) fn sen_slope(points: &[(f64, f64)], deviate: f64, inflation: f64) -> Option<SenSlope> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (at, (x, y)) in points.iter().enumerate() {
        let later = points[at + 1..].iter().filter(|(other, _)| other > x);
        slopes.extend(later.map(|(other, value)| (value - y) / (other - x)));
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let last = slopes.len().checked_sub(1)?;
    let count = points.len() as f64;
    let spread = deviate * (inflation * count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let rank = ((slopes.len() as f64 - spread) / 2.0).floor();
    let outside = if rank < 1.0 { None } else { Some(rank as usize - 1) };
    let slope = median(&mut slopes.clone())?;
    let lower = outside.map_or(f64::NEG_INFINITY, |rank| slopes[rank]);
    let upper = outside.map_or(f64::INFINITY, |rank| slopes[last - rank]);
    Some(SenSlope { slope, lower, upper })
}

/// The value that Student's t with `freedom` (at least 1, whole or not) exceeds with probability `alpha`
/// (0 < alpha < 0.5).
///
/// Newton's steps on ln tail against ln t, which is concave, so that it converges from either side.
pub(super) fn student_quantile(alpha: f64, freedom: f64) -> f64 {
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
fn student_tail(t: f64, freedom: f64) -> f64 {
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

    #[test]
    fn the_score_of_a_rising_series_is_the_greatest() {
        let rising: Vec<f64> = (0..16).map(f64::from).collect();
        assert!((kendall_deviate(&rising) - 119.0 / (16.0 * 15.0 * 37.0 / 18.0_f64).sqrt()).abs() < 1e-12);
        assert!(kendall_deviate(&[1.0; 9]).abs() < 1e-12);
    }

    #[test]
    fn the_slope_of_sen_does_not_mind_an_outlier() {
        let mut points: Vec<(f64, f64)> = (0..20).map(|at| (f64::from(at), 3.0 * f64::from(at))).collect();
        points[7].1 = 1e6;
        let sen = sen_slope(&points, 2.0, 1.0).map(|sen| (sen.slope, sen.lower <= 3.0 && sen.upper >= 3.0));
        assert_eq!(sen, Some((3.0, true)));
    }
}
