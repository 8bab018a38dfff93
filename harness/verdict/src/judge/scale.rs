//! How fast something grows, and the units in which that is told.

use timeline::{Amount, Unit};

use super::Case;
use super::work::Work;
use crate::finding::{Estimate, Evidence};
use crate::growth::{Growth, Runaway};

/// With fewer requests than this, growth is not told per request unless it was asked for so.
const FEWEST_REQUESTS: u64 = 1000;

/// How fast a series grows, in its unit per second of load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The best estimate.
    pub(super) slope: f64,
    /// What it is at least; minus infinity where nothing is known.
    pub(super) lower: f64,
    /// What it is at most.
    pub(super) upper: f64,
    /// How it goes on where it accelerates.
    pub(super) runaway: Option<Runaway>,
}

impl Pace {
    /// What it is at most, of growth: what only shrinks does not grow.
    pub(super) fn most(&self) -> f64 {
        self.upper.max(0.0)
    }

    /// The least growth that could not have hidden: the upper bound, or the half width where all of it lies below.
    pub(super) fn resolution(&self) -> f64 {
        self.upper.max(self.upper - self.slope)
    }
}

impl From<&Growth> for Pace {
    fn from(growth: &Growth) -> Self {
        let Growth { slope_per_second: slope, lower, upper, runaway, .. } = *growth;
        Self { slope, lower, upper, runaway }
    }
}

/// A unit of growth, and how many seconds of load go with one of what it counts by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) unit: Unit,
    pub(super) seconds: f64,
}

impl Scale {
    /// Per hour of what is counted in `unit`.
    pub(super) const fn hour(unit: Unit) -> Self {
        let unit = if matches!(unit, Unit::Bytes) { Unit::BytesPerHour } else { Unit::PerHour };
        Self { unit, seconds: 3600.0 }
    }

    /// Seconds of load at the run's mean rate per request; `None` without requests.
    fn request(work: &Work) -> Option<Self> {
        (work.requests > 0).then(|| Self { unit: Unit::BytesPerRequest, seconds: work.seconds / work.requests as f64 })
    }

    /// `None` without cycles.
    pub(super) fn cycle(case: Case<'_>, work: &Work) -> Option<Self> {
        let cycles = case.cycles();
        let (first, later) = cycles.split_first()?;
        let done = work.done_by(later.last()?.worked) - work.done_by(first.worked);
        let count: u64 = later.iter().map(|cycle| cycle.count).sum();
        Some(Self { unit: Unit::BytesPerCycle, seconds: done / count as f64 })
    }

    /// The scale of the limit, else per request where there were enough, else per hour.
    pub(super) fn choose(work: &Work, limit: Option<Amount>) -> Self {
        let request = Self::request(work);
        let per_request = match limit {
            Some(limit) => request.filter(|_| limit.unit == Unit::BytesPerRequest),
            None => request.filter(|_| work.requests >= FEWEST_REQUESTS),
        };
        per_request.unwrap_or(Self::hour(Unit::Bytes))
    }

    /// All in which the growth of memory can be told.
    pub(super) fn all(case: Case<'_>, work: &Work) -> Vec<Self> {
        let request = Self::request(work).filter(|_| work.requests >= FEWEST_REQUESTS);
        [Some(Self::hour(Unit::Bytes)), request, Self::cycle(case, work)].into_iter().flatten().collect()
    }

    pub(super) fn amount(&self, per_second: f64) -> Amount {
        Amount { value: per_second * self.seconds, unit: self.unit }
    }

    pub(super) fn estimate(&self, pace: &Pace) -> Option<Estimate> {
        let known = |per_second: f64| per_second.is_finite().then(|| self.amount(per_second));
        Some(Estimate { value: known(pace.slope)?, interval: known(pace.lower).zip(known(pace.upper)) })
    }

    /// What was measured, between what bounds, and what could have been seen.
    pub(super) fn evidence(&self, pace: &Pace) -> Evidence {
        let estimate = self.estimate(pace);
        Evidence {
            value: estimate.map(|estimate| estimate.value),
            interval: estimate.and_then(|estimate| estimate.interval),
            resolution: pace.upper.is_finite().then(|| self.amount(pace.resolution())),
            ..Evidence::default()
        }
    }
}
