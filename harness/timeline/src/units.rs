//! Times and amounts, and how they are shown.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Unit;

/// Time since the start of the run, in whole microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Elapsed(u64);

impl Elapsed {
    /// The start of the run.
    pub const ZERO: Self = Self(0);

    /// From microseconds since the start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// From seconds since the start; what lies before it counts as the start.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds.max(0.0) * 1e6).round() as u64)
    }

    /// Microseconds since the start.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The time from `earlier` to this; zero where it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for Elapsed {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Add<Duration> for Elapsed {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(Self::from(duration).0))
    }
}

impl Sub<Duration> for Elapsed {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(Self::from(duration).0))
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&show_duration(Duration::from_micros(self.0)))
    }
}

/// A value with its unit, for showing: `2.1 MiB`, `12 ms`, `0.1 %`, `87`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// The value, in `unit`.
    pub value: f64,
    /// What it is counted in.
    pub unit: Unit,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        f.pad(&match self.unit {
            Unit::Bytes => show_bytes(value),
            Unit::BytesPerHour => format!("{}/h", show_bytes(value)),
            Unit::BytesPerRequest => format!("{}/request", show_bytes(value)),
            Unit::BytesPerCycle => format!("{}/cycle", show_bytes(value)),
            Unit::BytesPerUser => format!("{}/user", show_bytes(value)),
            Unit::Seconds if value < 0.0 => format!("-{}", show_seconds(-value)),
            Unit::Seconds => show_seconds(value),
            Unit::Share => format!("{} %", show_number(value * 100.0)),
            Unit::PerSecond => format!("{}/s", show_number(value)),
            Unit::PerHour => format!("{}/h", show_number(value)),
            Unit::Count => show_number(value),
        })
    }
}

/// A number with about three significant digits: `0.0213`, `2.13`, `213`, `21300`.
fn show_number(value: f64) -> String {
    if value.fract().abs() < f64::EPSILON && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let digits = match value.abs() {
        size if size >= 100.0 => return format!("{value:.0}"),
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.digits$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bytes in the binary unit that fits: `512 B`, `2.1 MiB`, `-3.0 KiB`.
pub fn show_bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes.abs() < 1000.0 {
        return format!("{} B", if bytes.abs() < 10.0 { show_number(bytes) } else { format!("{bytes:.0}") });
    }
    let mut value = bytes / 1024.0;
    let mut unit = 0;
    while value.abs() >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
    let shown = format!("{value:.digits$}");
    let shown = if digits > 0 { shown.trim_end_matches('0').trim_end_matches('.') } else { &shown };
    format!("{shown} {}", UNITS[unit])
}

/// A duration in the units that fit: `350 µs`, `12 ms`, `1.5 s`, `2m 30s`, `1h 30m`.
pub fn show_duration(duration: Duration) -> String {
    show_seconds(duration.as_secs_f64())
}

fn show_seconds(seconds: f64) -> String {
    match seconds {
        _ if seconds == 0.0 => "0 s".to_owned(),
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 0.01 => format!("{:.1} ms", seconds * 1e3),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        _ if seconds < 60.0 => format!("{} s", format!("{seconds:.1}").trim_end_matches(".0")),
        _ => show_long(seconds.round() as u64),
    }
}

/// Whole seconds from a minute up, in the two largest units.
fn show_long(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let (large, small) = match (days, hours) {
        (0, 0) => ((minutes, 'm'), (seconds % 60, 's')),
        (0, _) => ((hours, 'h'), (minutes, 'm')),
        _ => ((days, 'd'), (hours, 'h')),
    };
    if small.0 == 0 {
        format!("{}{}", large.0, large.1)
    } else {
        format!("{}{} {}{}", large.0, large.1, small.0, small.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_the_units_that_fit() {
        let shown = [0.0, 0.000_35, 0.0012, 0.012, 1.0, 1.5, 61.0, 150.0, 5400.0, 86_400.0, 93_600.0].map(show_seconds);
        assert_eq!(
            shown,
            ["0 s", "350 µs", "1.2 ms", "12 ms", "1 s", "1.5 s", "1m 1s", "2m 30s", "1h 30m", "1d", "1d 2h"]
        );
    }

    #[test]
    fn bytes_are_shown_in_the_binary_unit_that_fits() {
        let shown = [0.0, 2.25, 512.0, 2048.0, 2.2e6, 5e8, -3072.0].map(show_bytes);
        assert_eq!(shown, ["0 B", "2.25 B", "512 B", "2 KiB", "2.1 MiB", "477 MiB", "-3 KiB"]);
    }
}
