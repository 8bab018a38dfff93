//! A verdict, and the evidence for it.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use timeline::{Amount, Elapsed};

use crate::trace::Trace;

/// What is said of an assertion. Ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds, and the run could have seen it broken.
    Pass,
    /// The run cannot tell; the finding says why, and what would settle it.
    Inconclusive,
    /// It is broken.
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        })
    }
}

/// An assertion, its verdict and the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The stable name of the rule: `memory.growth`.
    pub assertion: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// A stable code for machines: `memory.growth.exceeded`, `memory.growth.too_short`, `memory.growth.holds`.
    pub code: String,
    /// One line with value, limit, unit and window, in words that need no manual.
    pub summary: String,
    /// What it rests on.
    pub evidence: Evidence,
}

/// What a verdict rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// What the scenario allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Amount>,
    /// Between what bounds the true value lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(Amount, Amount)>,
    /// The smallest breach that could not have hidden in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Amount>,
    /// The stretch of the run that was judged.
    #[serde(rename = "window_micros", skip_serializing_if = "Option::is_none")]
    pub window: Option<(Elapsed, Elapsed)>,
    /// How many samples, beats or requests it rests on.
    pub samples: u64,
    /// What was judged: the metric and its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The length of load that would settle it.
    #[serde(rename = "settled_by_seconds", with = "seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<f64>")]
    pub settled_by: Option<Duration>,
    /// What the series looks like: `linear`, `sawtooth`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shape: Option<String>,
    /// The value in the other units in which it can be told.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<Estimate>,
    /// When memory reaches its limit if it goes on as it was seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exhaustion: Option<Exhaustion>,
    /// What the scenario calls a value like this.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grade: Option<String>,
    /// More of it, a sentence a line.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// What was judged, to be drawn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(skip)]
    pub trace: Option<Trace>,
}

/// A value that was measured, and between what bounds the true one lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The value.
    pub value: Amount,
    /// The bounds, in the value's unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<(Amount, Amount)>,
}

/// How much more load it takes until memory reaches its limit. Where no growth was proved, only `earliest` is told; it is
/// zero where the limit is reached already.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exhaustion {
    /// The limit.
    pub limit: Amount,
    /// At the pace that was measured, or along the curve where it accelerates.
    #[serde(rename = "expected_seconds", with = "seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<f64>")]
    pub expected: Option<Duration>,
    /// At the fastest pace, or along the steepest curve, that cannot be excluded: not before that.
    #[serde(rename = "earliest_seconds", with = "seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<f64>")]
    pub earliest: Option<Duration>,
    /// At the slowest pace, or along the flattest curve, that cannot be excluded.
    #[serde(rename = "latest_seconds", with = "seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<f64>")]
    pub latest: Option<Duration>,
}

/// A duration as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for a reference to the field")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|duration| duration.as_secs_f64()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
    }
}
