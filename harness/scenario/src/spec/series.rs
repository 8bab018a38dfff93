//! What has to hold of series.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{SizeBelow, WithinSpec};
use crate::quantity::{Growing, Limit, Part, Rate};
use crate::short::Short;

/// Of one series, or of the ratio of two: a limit or more.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesRuleSpec {
    /// The name of a series: one that `probes` keeps, or one that is always read, such as `open_files`.
    pub metric: Option<String>,
    /// The names of two series, the first of which is divided by the second.
    pub ratio: Option<Vec<String>>,
    /// It is never above this, in its unit: `100`, `200MiB`, `50ms`, `200%`.
    pub max: Option<Limit>,
    /// It is never below this.
    pub min: Option<Limit>,
    /// What its highest value is called from where on, beside `max`: `{many: 100, socket leak: 500}`.
    #[serde(default)]
    pub grades: BTreeMap<String, Limit>,
    /// In which part of the run `max`, `min`, `rate` and a limit of `growth` count. Where nothing is said: `max` and `min`
    /// in all of it, the others under load.
    pub during: Option<Part>,
    /// Under load it does not keep growing: `none`, or `{below: 1MiB/h}`.
    pub growth: Option<Short<Growing, GrowingBelow>>,
    /// What it falls back to between the cycles does not keep growing: per cycle, of what is in bytes.
    pub growth_per_cycle: Option<SizeBelow>,
    /// After the load it settles near the baseline.
    pub returns_to_baseline: Option<WithinSpec>,
    /// What it counts is seldom, for what only counts up: `{below: 5/s}`.
    pub rate: Option<RateBelow>,
}

/// `{below: 1MiB/h}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowingBelow {
    /// The limit.
    pub below: Growing,
    /// What growth is called from where on: `{slow: 10MiB/min, critical: 500MiB/min}`.
    #[serde(default)]
    pub grades: BTreeMap<String, Growing>,
}

/// `{below: 5/s}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateBelow {
    /// The limit.
    pub below: Rate,
}
