//! The units in which growth is told.

use timeline::{Amount, Unit};

use super::Case;
use super::witness::Witness;
use super::work::Work;
use crate::finding::Estimate;

/// With fewer requests than this, growth is not told per request unless it was asked for so.
const FEWEST_REQUESTS: u64 = 1000;

/// A unit of growth, and how many seconds of load go with one of what it counts by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) unit: Unit,
    pub(super) seconds: f64,
}

impl Scale {
    pub(super) const HOUR: Self = Self { unit: Unit::BytesPerHour, seconds: 3600.0 };

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
        per_request.unwrap_or(Self::HOUR)
    }

    /// All in which growth can be told.
    pub(super) fn all(case: Case<'_>, work: &Work) -> Vec<Self> {
        let request = Self::request(work).filter(|_| work.requests >= FEWEST_REQUESTS);
        [Some(Self::HOUR), request, Self::cycle(case, work)].into_iter().flatten().collect()
    }

    pub(super) fn amount(&self, per_second: f64) -> Amount {
        Amount { value: per_second * self.seconds, unit: self.unit }
    }

    pub(super) fn interval(&self, witness: &Witness) -> Option<(Amount, Amount)> {
        let known = witness.lower.is_finite() && witness.upper.is_finite();
        known.then(|| (self.amount(witness.lower), self.amount(witness.upper)))
    }

    pub(super) fn estimate(&self, witness: &Witness) -> Option<Estimate> {
        let value = witness.slope.is_finite().then(|| self.amount(witness.slope))?;
        Some(Estimate { value, interval: self.interval(witness) })
    }
}
