//! What others do: each detector as a score, and the threshold above which it alarms.
//!
//! They are written from their published descriptions, and see at most 240 points, the means of equal blocks.

use corpus::Random;

use crate::statistics::{Line, ONE_PERCENT, autocorrelation, mann_kendall, means, ranks, standard, theil_sen, thinned};

/// The most points that a comparator sees.
const POINTS: usize = 240;

type Samples = [(f64, f64)];

/// A detector of somebody else.
#[derive(Clone, Copy)]
pub(crate) struct Comparator {
    pub(crate) name: &'static str,
    /// Of samples (seconds, bytes).
    pub(crate) score: fn(&Samples) -> f64,
    /// Above which it alarms.
    pub(crate) nominal: f64,
}

/// All of them.
pub(crate) const COMPARATORS: [Comparator; 10] = [
    comparator("end over start > 10 %", end_over_start, 0.10),
    comparator("same, after 20 % warm-up", end_over_warm_start, 0.10),
    comparator("OLS t, 1 %", ols, ONE_PERCENT),
    comparator("OLS t, second half", ols_second_half, ONE_PERCENT),
    comparator("slope budget, second half, 2 %", slope_budget, 0.02),
    comparator("Mann-Kendall, 1 %", plain_mann_kendall, ONE_PERCENT),
    comparator("Mann-Kendall, Hamed-Rao", hamed_rao, ONE_PERCENT),
    comparator("Theil-Sen, block bootstrap", block_bootstrap, ONE_PERCENT),
    comparator("backward regression (LBR)", backward_regression, 0.8),
    comparator("floors, Mann-Kendall, second half", floors_mann_kendall, ONE_PERCENT),
];

const fn comparator(name: &'static str, score: fn(&Samples) -> f64, nominal: f64) -> Comparator {
    Comparator { name, score, nominal }
}

fn second_half(samples: &Samples) -> &Samples {
    &samples[samples.len() / 2..]
}

/// The mean of the last tenth over that of the first, less 1: the rule of thumb.
fn end_over_start(samples: &Samples) -> f64 {
    let tenth = (samples.len() / 10).max(1);
    means(&samples[samples.len() - tenth..]).1 / means(&samples[..tenth]).1 - 1.0
}

fn end_over_warm_start(samples: &Samples) -> f64 {
    end_over_start(&samples[samples.len() / 5..])
}

/// Student's t of the slope by least squares, the residuals taken as independent.
fn ols(samples: &Samples) -> f64 {
    Line::fit(&thinned(samples, POINTS)).t
}

fn ols_second_half(samples: &Samples) -> f64 {
    ols(second_half(samples))
}

/// The growth per run by the slope of the second half, as a share of its mean (navian-memcheck, `--slope-budget`).
fn slope_budget(samples: &Samples) -> f64 {
    let half = thinned(second_half(samples), POINTS);
    let length = samples.last().map_or(0.0, |last| last.0) - samples.first().map_or(0.0, |first| first.0);
    Line::fit(&half).slope * length / means(&half).1
}

fn values(samples: &Samples) -> Vec<f64> {
    samples.iter().map(|sample| sample.1).collect()
}

/// The trend test of Mann (1945) and Kendall (1975), as Grottke et al. (2006) use it for software aging.
fn plain_mann_kendall(samples: &Samples) -> f64 {
    let (pairs, variance) = mann_kendall(&values(&thinned(samples, POINTS)));
    standard(pairs, variance)
}

/// The same with the variance corrected for autocorrelation (Hamed and Rao 1998): of the ranks of what is left when
/// the slope is taken away, at the lags where it is significant at 5 %.
fn hamed_rao(samples: &Samples) -> f64 {
    let points = thinned(samples, POINTS);
    let (pairs, variance) = mann_kendall(&values(&points));
    let slope = theil_sen(&points);
    let left = ranks(&points.iter().map(|(at, value)| value - slope * at).collect::<Vec<_>>());
    let count = left.len() as f64;
    let significant = 1.96 / count.sqrt();
    let term = |lag: usize| {
        let (correlation, rest) = (autocorrelation(&left, lag), count - lag as f64);
        if correlation.abs() > significant { rest * (rest - 1.0) * (rest - 2.0) * correlation } else { 0.0 }
    };
    let sum: f64 = (1..left.len() - 1).map(term).sum();
    let inflation = 1.0 + 2.0 * sum / (count * (count - 1.0) * (count - 2.0));
    standard(pairs, variance * inflation.max(1.0 / count))
}

/// The slope of Theil and Sen over its standard error by a moving-block bootstrap of the residuals (Kuensch 1989): 60
/// resamples of 80 points, in blocks of 8.
fn block_bootstrap(samples: &Samples) -> f64 {
    const BLOCK: usize = 8;
    let points = thinned(samples, 80);
    let slope = theil_sen(&points);
    let left: Vec<f64> = points.iter().map(|(at, value)| value - slope * at).collect();
    let mut random = Random::new(1);
    let mut resampled = || {
        let blocks = (0..points.len().div_ceil(BLOCK)).flat_map(|_| {
            let start = ((left.len() - BLOCK + 1) as f64 * random.share()) as usize;
            left[start..start + BLOCK].iter().copied()
        });
        let drawn: Vec<(f64, f64)> = points.iter().zip(blocks).map(|(point, value)| (point.0, value)).collect();
        theil_sen(&drawn)
    };
    // Around 0, as the slope has been taken away.
    let squares = (0..60).map(|_| resampled().powi(2)).sum::<f64>() / 60.0;
    slope / squares.sqrt().max(f64::MIN_POSITIVE)
}

/// Linear backward regression (Jindal et al. 2021, Precog): the best fit of a line to a window that ends now, among
/// those whose line reaches the limit, twice the level, within 24 h.
fn backward_regression(samples: &Samples) -> f64 {
    let points = thinned(samples, POINTS);
    let limit = 2.0 * means(second_half(&points)).1;
    let windows = (2..=10).map(|tenths| &points[points.len() - points.len() * tenths / 10..]);
    let lines = windows.map(Line::fit).filter(|line| line.slope > 0.0);
    let soon = lines.filter(|line| (limit - line.end) / line.slope <= 86_400.0);
    soon.map(|line| line.explained).fold(0.0, f64::max)
}

/// Mann-Kendall on the floors of the second half: the minima of the last 16 of 32 windows.
fn floors_mann_kendall(samples: &Samples) -> f64 {
    let floors = samples.chunks_exact((samples.len() / 32).max(1));
    let floors: Vec<f64> = floors.map(|window| values(window).into_iter().fold(f64::INFINITY, f64::min)).collect();
    let (pairs, variance) = mann_kendall(&floors[floors.len() - floors.len().min(16)..]);
    standard(pairs, variance)
}
