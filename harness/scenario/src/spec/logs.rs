//! What the target logs: numbers to keep, and lines that are forbidden, required or counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::line_pattern::LinePattern;
use crate::quantity::Rate;
use crate::short::Short;

/// Numbers out of the target's log.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogProbeSpec {
    /// By their names, the patterns that mark them: `{external: 'External: (?<value>[0-9.]+)MB'}`. The unit is what
    /// follows on the group `value`.
    pub keep: BTreeMap<String, Short<LinePattern, KeepSpec>>,
}

/// A number, and what it is counted in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepSpec {
    /// A regular expression whose group `value` marks the number.
    pub pattern: LinePattern,
    /// `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `ns`, `us`, `ms`, `s`, `%` or `none`: what the pattern tells where
    /// nothing is said.
    pub unit: Option<String>,
}

/// Of the target's log: one of `forbid`, `require` and `rate`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogRuleSpec {
    /// No line matches this.
    pub forbid: Option<LinePattern>,
    /// A line matches this.
    pub require: Option<LinePattern>,
    /// Lines that match this are seldom under load.
    pub rate: Option<LinePattern>,
    /// How seldom.
    pub below: Option<Rate>,
}
