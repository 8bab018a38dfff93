//! The statistics that the comparators and the tables share. They are not those of the detector: what judges it should
//! not err with it.

/// The normal quantile at 99 %, for tests with one side at 1 %.
pub(crate) const ONE_PERCENT: f64 = 2.326_347_874;

/// The upper bound, at 95 % and one-sided, of the chance of something that came `count` times in `of` (Clopper and
/// Pearson 1934): the chance at which so few or fewer would come in 5 % of cases.
pub(crate) fn upper_bound(count: usize, of: usize) -> f64 {
    if count >= of {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if chance_of_at_most(count, of, middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

/// Of at most `count` in `of` at a chance for each (the binomial distribution).
fn chance_of_at_most(count: usize, of: usize, chance: f64) -> f64 {
    let mut logarithm = of as f64 * (-chance).ln_1p();
    let mut sum = logarithm.exp();
    for at in 0..count {
        logarithm += ((of - at) as f64 / (at + 1) as f64).ln() + chance.ln() - (-chance).ln_1p();
        sum += logarithm.exp();
    }
    sum
}

/// At most `most` points: the means of equal blocks of samples.
pub(crate) fn thinned(samples: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let block = samples.len().div_ceil(most).max(1);
    samples.chunks_exact(block).map(means).collect()
}

/// The mean time and the mean value.
pub(crate) fn means(samples: &[(f64, f64)]) -> (f64, f64) {
    let count = samples.len().max(1) as f64;
    let (times, values) = samples.iter().fold((0.0, 0.0), |sum, sample| (sum.0 + sample.0, sum.1 + sample.1));
    (times / count, values / count)
}

/// A quantile by the nearest rank.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = (share * sorted.len() as f64) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// A straight line by least squares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Per second.
    pub(crate) slope: f64,
    /// The slope over its standard error, the residuals taken as independent.
    pub(crate) t: f64,
    /// The share of the variance that it explains.
    pub(crate) explained: f64,
    /// At the last sample.
    pub(crate) end: f64,
}

impl Line {
    pub(crate) fn fit(samples: &[(f64, f64)]) -> Self {
        let (count, (middle, mean)) = (samples.len() as f64, means(samples));
        let sum = |term: &dyn Fn(f64, f64) -> f64| {
            samples.iter().map(|(at, value)| term(at - middle, value - mean)).sum::<f64>()
        };
        let (tt, tv, vv) = (sum(&|t, _| t * t), sum(&|t, v| t * v), sum(&|_, v| v * v));
        let slope = tv / tt;
        let left = (vv - slope * tv).max(0.0);
        let error = (left / (count - 2.0) / tt).sqrt();
        let last = samples.last().map_or(0.0, |last| last.0);
        Self {
            slope,
            t: slope / error.max(f64::MIN_POSITIVE),
            explained: if vv > 0.0 { slope * tv / vv } else { 0.0 },
            end: mean + slope * (last - middle),
        }
    }
}

/// All slopes between two points, sorted; their median is the estimate of Theil (1950) and Sen (1968).
pub(crate) fn theil_sen(samples: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::with_capacity(samples.len() * samples.len() / 2);
    for (at, one) in samples.iter().enumerate() {
        slopes.extend(samples[at + 1..].iter().map(|other| (other.1 - one.1) / (other.0 - one.0)));
    }
    let middle = slopes.len() / 2;
    if slopes.is_empty() { 0.0 } else { *slopes.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// Kendall's S of values by their order, and its variance with ties (Mann 1945, Kendall 1975).
pub(crate) fn mann_kendall(values: &[f64]) -> (f64, f64) {
    let mut pairs = 0_i64;
    for (at, one) in values.iter().enumerate() {
        pairs += values[at + 1..].iter().map(|other| i64::from(other > one) - i64::from(other < one)).sum::<i64>();
    }
    let count = values.len() as f64;
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tied: f64 =
        sorted.chunk_by(|one, other| one.total_cmp(other).is_eq()).map(|group| term(group.len() as f64)).sum();
    (pairs as f64, (term(count) - tied) / 18.0)
}

/// S as a standard normal, with the correction for continuity.
pub(crate) fn standard(pairs: f64, variance: f64) -> f64 {
    if variance > 0.0 { (pairs - pairs.signum()) / variance.sqrt() } else { 0.0 }
}

/// The ranks of values, from 1 on, ties in their order.
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = (rank + 1) as f64;
    }
    ranks
}

/// The correlation of a series with itself, `lag` later.
pub(crate) fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let product = |one: &f64, other: &f64| (one - mean) * (other - mean);
    let whole: f64 = values.iter().map(|value| product(value, value)).sum();
    let shifted: f64 = values.iter().zip(&values[lag..]).map(|(one, other)| product(one, other)).sum();
    if whole > 0.0 { shifted / whole } else { 0.0 }
}
