//! Whether two sets of runs differ by more than counts for nothing.
//!
//! The unit is the run: requests of one run are no sample of what runs do. Welch's t (1947) makes no assumption on equal
//! spreads; that of a side is never taken for smaller than what a single run tells of its own error.

use crate::stats::{mean, student_quantile, student_tail};

/// Where a side has one run the spread is assumed, and as good as known.
const KNOWN: f64 = 1e6;
/// With this chance a change that is worth finding is to be found.
const POWER: f64 = 0.9;
/// More runs than this nobody makes.
const MOST_RUNS: usize = 1000;

/// The values of one side, on the scale on which they are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) count: usize,
    pub(super) mean: f64,
    /// The variance between runs.
    pub(super) variance: f64,
}

impl Sample {
    /// Of `values`, each with what its run tells of its variance. `usual` is the variance of runs that is assumed for
    /// want of them; `grain` is the least that it is else.
    pub(super) fn of(values: &[(f64, f64)], usual: Option<f64>, grain: f64) -> Self {
        let (values, own): (Vec<f64>, Vec<f64>) = values.iter().copied().unzip();
        let (count, mean_value, own) = (values.len(), mean(&values), mean(&own));
        let squares: f64 = values.iter().map(|value| (value - mean_value).powi(2)).sum();
        let seen = if count > 1 { squares / (count - 1) as f64 } else { 0.0 };
        let variance = match usual {
            Some(usual) => seen.max(usual + own),
            // A run that cannot tell leaves it to the others.
            None if own.is_finite() => seen.max(own).max(grain),
            None => seen.max(grain),
        };
        Self { count, mean: mean_value, variance }
    }

    fn variance_of_mean(&self) -> f64 {
        self.variance / self.count as f64
    }
}

/// The variance that hides in values which come in steps, as runs that are the same to the last digit do: that of a
/// uniform distribution over the smallest step between any two values. It is next to nothing where they differ freely.
pub(super) fn grain(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let steps = values.windows(2).map(|pair| pair[1] - pair[0]);
    steps.filter(|step| *step > 0.0).reduce(f64::min).map_or(0.0, |step| step.powi(2) / 12.0)
}

/// The difference of two sides: positive is worse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference {
    pub(super) value: f64,
    error: f64,
    freedom: f64,
    variances: f64,
}

impl Difference {
    /// From `reference` to `candidate`, by Welch; `assumed` says that the spread is not their own.
    pub(super) fn new(reference: &Sample, candidate: &Sample, assumed: bool) -> Self {
        let [one, other] = [reference, candidate].map(Sample::variance_of_mean);
        let part = |sample: &Sample, variance: f64| variance.powi(2) / (sample.count.max(2) - 1) as f64;
        let parts = part(reference, one) + part(candidate, other);
        let freedom = if assumed || parts <= 0.0 { KNOWN } else { ((one + other).powi(2) / parts).max(1.0) };
        let variances = reference.variance + candidate.variance;
        Self { value: candidate.mean - reference.mean, error: (one + other).sqrt(), freedom, variances }
    }

    /// The chance to see it, or more, where the truth is `tolerated`: small where it is worse than that.
    pub(super) fn chance_above(&self, tolerated: f64) -> f64 {
        tail(self.value - tolerated, self.error, self.freedom)
    }

    /// The same of an improvement.
    pub(super) fn chance_below(&self, tolerated: f64) -> f64 {
        tail(-self.value - tolerated, self.error, self.freedom)
    }

    /// Beyond each of these lies the truth with the chance `alpha`.
    pub(super) fn bounds(&self, alpha: f64) -> (f64, f64) {
        let reach = student_quantile(alpha, self.freedom) * self.error;
        (self.value - reach, self.value + reach)
    }

    /// How large a change has to be, so that these runs probably tell it from what is tolerated.
    pub(super) fn smallest(&self, tolerated: f64, alpha: f64) -> f64 {
        tolerated + reach(alpha, self.freedom) * self.error
    }

    /// How many runs a side probably tell a change of twice what is tolerated from that.
    pub(super) fn runs_needed(&self, tolerated: f64, alpha: f64) -> Option<usize> {
        runs_needed(self.variances, tolerated, alpha)
    }
}

/// How many runs a side find a change that exceeds what is tolerated by `gap`, where the variances of both sides add up
/// to `variances`: the least n with `(t(alpha) + t(1 - power)) sqrt(variances / n) <= gap`.
pub(super) fn runs_needed(variances: f64, gap: f64, alpha: f64) -> Option<usize> {
    let enough = |runs: usize| {
        let freedom = (2 * runs - 2) as f64;
        reach(alpha, freedom) * (variances / runs as f64).sqrt() <= gap
    };
    if !enough(MOST_RUNS) {
        return None;
    }
    let (mut few, mut many) = (1, MOST_RUNS);
    while many - few > 1 {
        let middle = usize::midpoint(few, many);
        if enough(middle) {
            many = middle;
        } else {
            few = middle;
        }
    }
    Some(many)
}

fn reach(alpha: f64, freedom: f64) -> f64 {
    student_quantile(alpha, freedom) + student_quantile(1.0 - POWER, freedom)
}

/// The chance that Student's t exceeds `value` over `error`; without any error there is no doubt.
fn tail(value: f64, error: f64, freedom: f64) -> f64 {
    let t = value / error;
    match t {
        _ if error <= 0.0 => f64::from(u8::from(value <= 0.0)),
        _ if t > 0.0 => student_tail(t, freedom),
        _ if t < 0.0 => 1.0 - student_tail(-t, freedom),
        _ => 0.5,
    }
}

/// Which of these chances are small enough, so that of all that are none, one is taken for one with the chance `alpha`
/// at most: Holm (1979), "A simple sequentially rejective multiple test procedure".
pub(super) fn holm(chances: &[f64], alpha: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|one, other| chances[*one].total_cmp(&chances[*other]));
    let mut small = vec![false; chances.len()];
    for (rank, at) in order.into_iter().enumerate() {
        if chances[at] > alpha / (chances.len() - rank) as f64 {
            break;
        }
        small[at] = true;
    }
    small
}
