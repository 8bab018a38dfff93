//! By what runs are compared, each with what of it counts for nothing.

use serde::{Deserialize, Serialize};
use timeline::{Amount, Unit};

/// A quantity by which runs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Quantity {
    /// Memory before the load: its floors at the end of the first idle phase.
    #[serde(rename = "memory.baseline")]
    Baseline,
    /// The most memory.
    #[serde(rename = "memory.peak")]
    Peak,
    /// Memory after the load, once it has settled.
    #[serde(rename = "memory.settled")]
    Settled,
    /// By how much memory keeps growing per request, beyond warm-up and noise.
    #[serde(rename = "memory.growth_per_request")]
    GrowthPerRequest,
    /// The same per hour of load.
    #[serde(rename = "memory.growth")]
    Growth,
    /// The median of the requests' times.
    #[serde(rename = "latency.p50")]
    LatencyP50,
    /// Their 99th percentile.
    #[serde(rename = "latency.p99")]
    LatencyP99,
    /// The longest pause.
    #[serde(rename = "pauses.max")]
    PauseMax,
    /// The 99th percentile of the pauses.
    #[serde(rename = "pauses.p99")]
    PauseP99,
    /// How many pauses there are in a minute.
    #[serde(rename = "pauses.per_minute")]
    PausesPerMinute,
    /// The share of requests that failed.
    #[serde(rename = "errors")]
    Errors,
    /// Right answers per second.
    #[serde(rename = "throughput")]
    Throughput,
}

/// How two values of a quantity are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// By their ratio: a change is a share.
    Ratio,
    /// By their difference: a change has the quantity's unit.
    Difference,
}

/// Pauses below a millisecond are no pauses: of those, there is no ratio.
const LEAST_SECONDS: f64 = 1e-3;
/// Of what is nothing there is no ratio.
const LEAST: f64 = 1e-9;

impl Quantity {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Baseline,
        Self::Peak,
        Self::Settled,
        Self::GrowthPerRequest,
        Self::Growth,
        Self::LatencyP50,
        Self::LatencyP99,
        Self::PauseMax,
        Self::PauseP99,
        Self::PausesPerMinute,
        Self::Errors,
        Self::Throughput,
    ];

    /// The name in tables, JSON and `JUnit`: never changed; that of the assertion where there is one.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "memory.baseline",
            Self::Peak => "memory.peak",
            Self::Settled => "memory.settled",
            Self::GrowthPerRequest => "memory.growth_per_request",
            Self::Growth => "memory.growth",
            Self::LatencyP50 => "latency.p50",
            Self::LatencyP99 => "latency.p99",
            Self::PauseMax => "pauses.max",
            Self::PauseP99 => "pauses.p99",
            Self::PausesPerMinute => "pauses.per_minute",
            Self::Errors => "errors",
            Self::Throughput => "throughput",
        }
    }

    /// The quantity with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quantity| quantity.name() == name)
    }

    /// What its values are counted in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Baseline | Self::Peak | Self::Settled => Unit::Bytes,
            Self::GrowthPerRequest => Unit::BytesPerRequest,
            Self::Growth => Unit::BytesPerHour,
            Self::LatencyP50 | Self::LatencyP99 | Self::PauseMax | Self::PauseP99 => Unit::Seconds,
            Self::PausesPerMinute => Unit::Count,
            Self::Errors => Unit::Share,
            Self::Throughput => Unit::PerSecond,
        }
    }

    /// How values are held against each other: growth and counts may be nothing, and have no ratio then.
    pub const fn scale(self) -> Scale {
        match self {
            Self::GrowthPerRequest | Self::Growth | Self::PausesPerMinute | Self::Errors => Scale::Difference,
            _ => Scale::Ratio,
        }
    }

    /// Is more of it better?
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Throughput)
    }

    /// A change up to this counts for nothing; twice as much is worth finding. Where `value` is what the reference has,
    /// and `told` is what the runs say of it: a share for ratios, else in the quantity's unit.
    pub(crate) fn tolerated(self, value: f64, told: Option<f64>) -> f64 {
        told.unwrap_or(match self {
            Self::Baseline | Self::Peak | Self::Settled | Self::Throughput => 0.025,
            Self::LatencyP50 | Self::LatencyP99 => 0.1,
            Self::PauseMax | Self::PauseP99 => 0.2,
            Self::PausesPerMinute => (0.1 * value).max(1.0),
            Self::GrowthPerRequest | Self::Growth => 0.0,
            Self::Errors => 0.001,
        })
    }

    /// By how much two runs of one service on one machine commonly differ, as a standard deviation: it is assumed
    /// where a side has one run, which cannot tell. A share for ratios. Growth varies by what the run itself tells.
    pub(super) fn usual_spread(self, value: f64) -> f64 {
        match self {
            Self::Baseline | Self::Peak | Self::Settled => 0.04,
            Self::Throughput => 0.05,
            Self::LatencyP50 => 0.1,
            Self::LatencyP99 => 0.25,
            Self::PauseMax | Self::PauseP99 => 0.5,
            Self::GrowthPerRequest | Self::Growth => 0.1 * value.abs(),
            Self::PausesPerMinute | Self::Errors => 0.3 * value,
        }
    }

    /// The value as it is held against others; larger is worse.
    pub(crate) fn on_scale(self, value: f64) -> f64 {
        let least = if matches!(self, Self::PauseMax | Self::PauseP99) { LEAST_SECONDS } else { LEAST };
        let scaled = match self.scale() {
            Scale::Ratio => value.max(least).ln(),
            Scale::Difference => value,
        };
        if self.more_is_better() { -scaled } else { scaled }
    }

    /// The value of which [`on_scale`](Self::on_scale) makes `scaled`.
    pub(crate) fn off_scale(self, scaled: f64) -> f64 {
        let scaled = if self.more_is_better() { -scaled } else { scaled };
        match self.scale() {
            Scale::Ratio => scaled.exp(),
            Scale::Difference => scaled,
        }
    }

    /// A value in its unit.
    pub fn amount(self, value: f64) -> Amount {
        Amount { value, unit: self.unit() }
    }

    /// A change in its unit: a share for ratios.
    pub fn change(self, value: f64) -> Amount {
        let unit = if self.scale() == Scale::Ratio { Unit::Share } else { self.unit() };
        Amount { value, unit }
    }
}
