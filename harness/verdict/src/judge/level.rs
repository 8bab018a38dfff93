//! The level of a series in a phase: the mean of its floors, with an interval.

use std::time::Duration;

use timeline::{Elapsed, Metric, PhaseSpan, Sample, Series, Subject};

use super::{Case, Judgement, Window, untold};
use crate::stats::{Line, centred, mean, product, student_quantile, variance_inflation};

/// Of a phase, the last this much is its level: what comes before is starting up, or falling.
const SETTLED_PART: f64 = 0.6;
/// A floor is the least of so many seconds, or of less in a short phase.
const FLOOR_WINDOW: f64 = 5.0;
/// A level is the mean of at least so many floors where there are samples enough.
const FEWEST_FLOORS: usize = 8;
/// Fewer samples than this are no level.
const FEWEST_SAMPLES: usize = 4;
/// The chance that the true level lies beyond one end of the interval.
const ALPHA: f64 = 0.005;

/// A level with the half width of its interval, and where it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) value: f64,
    pub(super) margin: f64,
    pub(super) window: Window,
    pub(super) samples: u64,
    /// The line through its floors: slope per second.
    pub(super) trend: Option<Line>,
}

impl Level {
    /// The level at the end of a phase.
    pub(super) fn at_end_of(phase: &PhaseSpan, series: &Series) -> Option<Self> {
        Self::of_last(SETTLED_PART, phase, series)
    }

    /// The level in the last part of a phase, a share of its length. The standard error of the mean is widened for
    /// floors that remember their predecessor, and the interval is Student's.
    pub(super) fn of_last(part: f64, phase: &PhaseSpan, series: &Series) -> Option<Self> {
        let window = (phase.end - phase.end.since(phase.start).mul_f64(part), phase.end);
        // A sample on the border belongs to the next phase.
        let samples = series.within((window.0, window.1 - Duration::from_micros(1)));
        if samples.len() < FEWEST_SAMPLES {
            return None;
        }
        let floors = floors(samples, window);
        let values: Vec<f64> = floors.iter().map(|floor| floor.1).collect();
        let (count, value) = (values.len() as f64, mean(&values));
        let residuals = centred(&values);
        let inflation = variance_inflation(&residuals);
        let variance = product(&residuals, &residuals) / (count - 1.0).max(1.0);
        let reach = student_quantile(ALPHA, ((count - 1.0) / inflation).max(1.0));
        let margin = reach * (variance * inflation / count).sqrt();
        Some(Self { value, margin, window, samples: samples.len() as u64, trend: Line::through(&floors) })
    }

    /// By how much it moves from its beginning to its end.
    pub(super) fn change(&self) -> f64 {
        self.trend.map_or(0.0, |line| line.slope) * self.length().as_secs_f64()
    }

    /// Whether it stands still where `tolerance` counts: it moves by a tenth of that at most, or by less than all of
    /// it, and no more than noise does.
    pub(super) fn stands_still(&self, tolerance: f64) -> bool {
        let change = self.change().abs();
        let is_noise = self.trend.is_none_or(|line| {
            let (least, most) = line.bounds(0.05);
            least <= 0.0 && most >= 0.0
        });
        change < 0.1 * tolerance || (change < tolerance && is_noise)
    }

    fn length(&self) -> Duration {
        self.window.1.since(self.window.0)
    }
}

/// `(seconds, least value)` of equal windows of time.
fn floors(samples: &[Sample], window: Window) -> Vec<(f64, f64)> {
    let length = window.1.since(window.0).as_secs_f64().max(f64::MIN_POSITIVE);
    let count = ((length / FLOOR_WINDOW).ceil() as usize).max(FEWEST_FLOORS).min(samples.len());
    let since = |at: Elapsed| at.since(window.0).as_secs_f64();
    let slot = |sample: &Sample| ((since(sample.taken) / length * count as f64) as usize).min(count - 1);
    let floor = |part: &[Sample]| {
        let least = part.iter().min_by(|one, other| one.value.total_cmp(&other.value))?;
        Some((since(least.taken), least.value))
    };
    samples.chunk_by(|one, next| slot(one) == slot(next)).filter_map(floor).collect()
}

impl<'a> Case<'a> {
    /// What the system holds for the target, whatever a runtime still reaches of it.
    pub(super) fn held_by_system(self) -> Result<(Metric, &'a Series), Box<Judgement>> {
        [Metric::AnonymousMemory, Metric::ResidentMemory]
            .into_iter()
            .find_map(|metric| Some((metric, self.series_of(&Subject::Target, metric)?)))
            .ok_or_else(|| untold("memory was never sampled"))
    }

    pub(super) fn baseline_level(self, series: &Series) -> Result<Level, Box<Judgement>> {
        self.baseline()
            .and_then(|phase| Level::at_end_of(phase, series))
            .ok_or_else(|| untold("there are too few samples before the load"))
    }
}
