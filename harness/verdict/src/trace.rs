//! What was judged, so that it can be drawn as it was judged.

use serde::{Deserialize, Serialize};
use timeline::{Elapsed, SeriesKey};

/// The series that was judged, and what was made of it: on the run's time axis, in the unit of the series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Which series.
    pub series: SeriesKey,
    /// What was made of it.
    pub strokes: Vec<Stroke>,
}

/// Some points that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stroke {
    /// What they are.
    pub mark: Mark,
    /// They, in the order of time; all values are finite.
    pub points: Vec<(Elapsed, f64)>,
}

/// What points are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The floors to which curves were fitted.
    Floors,
    /// The likeliest of these curves.
    Fitted,
    /// The slowest growth that cannot be excluded, from the middle of what it is told of.
    Least,
    /// The fastest that cannot be excluded.
    Most,
    /// The level before the load.
    Baseline,
    /// The level after the load.
    Settled,
    /// Up to where it is allowed.
    Allowed,
}

impl Stroke {
    /// Points that are finite.
    pub(crate) fn new(mark: Mark, points: impl IntoIterator<Item = (Elapsed, f64)>) -> Self {
        Self { mark, points: points.into_iter().filter(|point| point.1.is_finite()).collect() }
    }

    /// A value from one moment to another.
    pub(crate) fn level(mark: Mark, value: f64, (from, to): (Elapsed, Elapsed)) -> Self {
        Self::new(mark, [(from, value), (to, value)])
    }
}
