//! What values and times are counted in.

use std::str::FromStr;

/// What a value is counted in, as someone says it: `MiB`, `bytes`, `count`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// So many bytes each.
    Bytes(f64),
    /// Plain numbers.
    Plain,
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_lowercase().as_str() {
            "count" | "number" => Ok(Self::Plain),
            name => bytes(name).map(Self::Bytes).ok_or_else(|| {
                format!("`{text}` is no unit: write `B`, `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`, or `count`")
            }),
        }
    }
}

/// The bytes in one of a unit, by its name in lower case. A single letter is binary, as `ps`, `free` and
/// Kubernetes write it.
pub(crate) fn bytes(name: &str) -> Option<f64> {
    const KIBI: f64 = 1024.0;
    Some(match name {
        "b" | "byte" | "bytes" => 1.0,
        "kb" | "kilobyte" | "kilobytes" => 1e3,
        "mb" | "megabyte" | "megabytes" => 1e6,
        "gb" | "gigabyte" | "gigabytes" => 1e9,
        "tb" => 1e12,
        "k" | "ki" | "kib" => KIBI,
        "m" | "mi" | "mib" => KIBI * KIBI,
        "g" | "gi" | "gib" => KIBI * KIBI * KIBI,
        "t" | "ti" | "tib" => KIBI * KIBI * KIBI * KIBI,
        _ => return None,
    })
}

/// The seconds in one of a unit of time, by its name in lower case.
pub(crate) fn seconds(name: &str) -> Option<f64> {
    Some(match name {
        "ns" | "nanos" | "nanoseconds" => 1e-9,
        "us" | "µs" | "micros" | "microseconds" => 1e-6,
        "ms" | "msec" | "millis" | "milliseconds" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        _ => return None,
    })
}
