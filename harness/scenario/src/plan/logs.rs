//! Numbers out of the target's log.

use serde::{Deserialize, Serialize};
use timeline::{Metric, Name, Unit};

use crate::line_pattern::LinePattern;

/// A number that is kept as a series of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The name of the series.
    pub name: String,
    /// What marks the number.
    pub pattern: LinePattern,
    /// What the series is counted in.
    pub unit: Unit,
    /// By what the number is multiplied to be in that unit.
    pub scale: f64,
}

impl Kept {
    /// What its series is of.
    pub fn metric(&self) -> Metric {
        Metric::Named(Name::new(&self.name), self.unit)
    }

    /// The value that `line` tells, in the series' unit.
    pub fn value_in(&self, line: &str) -> Option<f64> {
        self.pattern.measured_in(line, self.unit, self.scale)
    }
}
