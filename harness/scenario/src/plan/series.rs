//! Rules on series.

use std::fmt;

use serde::{Deserialize, Serialize};
use timeline::{Amount, Metric, Name, Unit};

use super::Tolerance;

/// What a rule is on: a series, or the ratio of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A series.
    Metric(Metric),
    /// One divided by another.
    Ratio(Metric, Metric),
}

impl Quantity {
    /// As one metric: of a ratio, a share with both names.
    pub fn metric(self) -> Metric {
        match self {
            Self::Metric(metric) => metric,
            Self::Ratio(..) => Metric::Named(Name::new(&self.to_string()), Unit::Share),
        }
    }

    /// The series that it needs.
    pub fn needs(self) -> Vec<Metric> {
        match self {
            Self::Metric(metric) => vec![metric],
            Self::Ratio(of, to) => vec![of, to],
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(metric) => write!(f, "{metric}"),
            Self::Ratio(of, to) => write!(f, "{of}/{to}"),
        }
    }
}

/// What has to hold of it. Limits are in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesRule {
    /// It is never above a limit.
    Max {
        /// The limit.
        limit: f64,
        /// In which part of the run.
        during: During,
    },
    /// It is never below a limit.
    Min {
        /// The limit.
        limit: f64,
        /// In which part of the run.
        during: During,
    },
    /// It does not keep growing under load; without a limit, no more than the detector's tolerance.
    Growth {
        /// The limit, in bytes per hour or things per hour.
        below: Option<Amount>,
        /// In an idle part of the run it does not keep growing there.
        #[serde(default)]
        during: During,
    },
    /// What it falls back to between the cycles does not keep growing.
    GrowthPerCycle {
        /// The limit in bytes.
        below: f64,
    },
    /// After the load it settles near the baseline.
    ReturnsToBaseline {
        /// How near.
        within: Tolerance,
    },
    /// What it counts is seldom.
    Rate {
        /// The limit, per second.
        below: f64,
        /// In which part of the run; under load where none is said.
        #[serde(default)]
        during: Option<During>,
    },
}

impl SeriesRule {
    /// What it is called in a finding.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Max { during, .. } => during.within("max"),
            Self::Min { during, .. } => during.within("min"),
            Self::Growth { during, .. } => during.within("growth"),
            Self::GrowthPerCycle { .. } => "growth_per_cycle".to_owned(),
            Self::ReturnsToBaseline { .. } => "returns_to_baseline".to_owned(),
            Self::Rate { during: None, .. } => "rate".to_owned(),
            Self::Rate { during: Some(part), .. } => format!("rate.{}", part.name()),
        }
    }
}

/// A part of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum During {
    /// All phases.
    #[default]
    Run,
    /// The idle phase before the load.
    Idle,
    /// From the first loaded phase to the last.
    Load,
    /// The idle phase after it.
    Settle,
}

impl During {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Run, Self::Idle, Self::Load, Self::Settle];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Idle => "idle",
            Self::Load => "load",
            Self::Settle => "settle",
        }
    }
    /// What a rule is called that holds in this part: `max`, `max.idle`.
    pub(crate) fn within(self, rule: &str) -> String {
        match self {
            Self::Run => rule.to_owned(),
            part => format!("{rule}.{}", part.name()),
        }
    }
}
