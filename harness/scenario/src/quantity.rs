//! Numbers with units, as they are written in a scenario: `30s`, `512MiB`, `1MiB/h`, `200/s`, `0.1%`.

mod limit;
mod load;
pub(crate) mod measure;
mod runtime;

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

pub(crate) use self::limit::{Growing, Limit, Part};
pub(crate) use self::load::{
    AnswerPoint, ArrivalRate, ConnectionUse, HttpVersion, Leave, Pace, Redirects, Spread, Taking,
};
pub(crate) use self::runtime::RuntimeName;
use crate::plan::{Tolerance, Users};

/// A type that is written as one scalar.
trait Written: Sized {
    /// Its name in the JSON schema.
    const NAME: &'static str;
    /// What it is, and examples: shown when a text is not one.
    const EXAMPLE: &'static str;
    /// A regular expression for editors.
    const PATTERN: &'static str;
    /// Reads it; `None` where the text is not one.
    fn read(text: &str) -> Option<Self>;
}

/// Gives a `Written` type its serde, its schema, and its `FromStr` for the command line.
macro_rules! written {
    ($($type:ident)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(WrittenVisitor(std::marker::PhantomData))
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                <Self as Written>::read(text.trim())
                    .ok_or_else(|| format!("`{text}` is not {}: write {}", <Self as Written>::NAME, <Self as Written>::EXAMPLE))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                <Self as Written>::NAME.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": ["string", "number"],
                    "pattern": format!("{}|\\$\\{{", <Self as Written>::PATTERN),
                    "description": <Self as Written>::EXAMPLE,
                })
            }
        }
    )*};
}

written! { Span Size GrowthPerHour Rate Percent SpanRange UserCount Near Ceiling Statuses }
written! { RuntimeName ArrivalRate Leave Spread Taking ConnectionUse HttpVersion Redirects AnswerPoint Pace }
written! { Limit Growing Part }

struct WrittenVisitor<T>(std::marker::PhantomData<T>);

impl<T: Written> Visitor<'_> for WrittenVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXAMPLE)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        // The bar divides the message from the hint: see `Fault::custom`.
        T::read(text.trim()).ok_or_else(|| E::custom(format!("`{text}` is not {} | write {}", T::NAME, T::EXAMPLE)))
    }
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Written for Span {
    const NAME: &'static str = "a duration";
    const EXAMPLE: &'static str = "a duration with its unit: `500ms`, `30s`, `1h30m`, `2d`";
    const PATTERN: &'static str = r"^([0-9.]+(us|ms|s|m|h|d))+$";

    fn read(text: &str) -> Option<Self> {
        let mut seconds = 0.0;
        let mut rest = text;
        while !rest.is_empty() {
            let (value, unit, after) = number_and_unit(rest)?;
            seconds += value * unit_seconds(unit)?;
            rest = after;
        }
        let duration = Duration::try_from_secs_f64(seconds).ok()?;
        (!text.is_empty()).then_some(Self(duration))
    }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

/// Splits `1h30m` into `1`, `h` and `30m`.
fn number_and_unit(text: &str) -> Option<(f64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let unit_end = text[digits..].find(|c: char| c.is_ascii_digit()).map_or(text.len(), |end| digits + end);
    Some((text[..digits].parse().ok()?, text[digits..unit_end].trim(), &text[unit_end..]))
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size(pub f64);

impl Written for Size {
    const NAME: &'static str = "a size";
    const EXAMPLE: &'static str = "a size with its unit: `64B`, `512KiB`, `100MiB`, `2GiB`, `1.5GB`";
    const PATTERN: &'static str = r"^[0-9.]+ ?(B|[KMGT]i?B)$";

    fn read(text: &str) -> Option<Self> {
        let (value, unit, rest) = number_and_unit(text)?;
        let factor = match unit {
            "B" => 1.0,
            "kB" | "KB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "TB" => 1e12,
            "KiB" => 1024.0,
            "MiB" => 1_048_576.0,
            "GiB" => 1_073_741_824.0,
            "TiB" => 1_099_511_627_776.0,
            _ => return None,
        };
        rest.is_empty().then_some(Self(value * factor))
    }
}

/// Growth in bytes per hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrowthPerHour(pub f64);

impl Written for GrowthPerHour {
    const NAME: &'static str = "a growth";
    const EXAMPLE: &'static str = "bytes per time: `1MiB/h`, `20KiB/min`, `4KiB/s`";
    const PATTERN: &'static str = r"^[0-9.]+ ?(B|[KMGT]i?B)/(s|min|h|d)$";

    fn read(text: &str) -> Option<Self> {
        let (size, per) = text.split_once('/')?;
        let hours = match per.trim() {
            "s" => 1.0 / 3600.0,
            "min" => 1.0 / 60.0,
            "h" => 1.0,
            "d" => 24.0,
            _ => return None,
        };
        Some(Self(Size::read(size.trim())?.0 / hours))
    }
}

/// Events per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

impl Written for Rate {
    const NAME: &'static str = "a rate";
    const EXAMPLE: &'static str = "a rate with its unit: `200/s`, `30/min`";
    const PATTERN: &'static str = r"^[0-9.]+/(s|min|h)$";

    fn read(text: &str) -> Option<Self> {
        let (value, per) = text.split_once('/')?;
        let value: f64 = value.trim().parse().ok()?;
        let seconds = match per.trim() {
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        (value.is_finite() && value >= 0.0).then_some(Self(value / seconds))
    }
}

/// A share, written in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(pub f64);

impl Written for Percent {
    const NAME: &'static str = "a percentage";
    const EXAMPLE: &'static str = "a percentage: `0.1%`, `10%`";
    const PATTERN: &'static str = r"^[0-9.]+ ?%$";

    fn read(text: &str) -> Option<Self> {
        let value: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(Self(value / 100.0))
    }
}

/// A range of times, or one time.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRange(pub RangeInclusive<Duration>);

impl Written for SpanRange {
    const NAME: &'static str = "a duration or a range of them";
    const EXAMPLE: &'static str = "a duration, or a range of them: `200ms`, `200ms..1s`";
    const PATTERN: &'static str = r"^([0-9.]+(us|ms|s|m|h|d))+(\.\.([0-9.]+(us|ms|s|m|h|d))+)?$";

    fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (from, to) = (Span::read(from)?.0, Span::read(to)?.0);
        (from <= to).then_some(Self(from..=to))
    }
}

/// A number of users, or a ramp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserCount(pub Users);

impl Written for UserCount {
    const NAME: &'static str = "a number of users";
    const EXAMPLE: &'static str = "a number of users, or a ramp: `50`, `0..50`";
    const PATTERN: &'static str = r"^[0-9]+(\.\.[0-9]+)?$";

    fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        Some(Self(Users { from: u64::from_str(from).ok()?, to: u64::from_str(to).ok()? }))
    }
}

/// A distance: a share of the baseline, or bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near(pub Tolerance);

impl Written for Near {
    const NAME: &'static str = "a distance";
    const EXAMPLE: &'static str = "a share of the baseline or a size: `10%`, `5MiB`";
    const PATTERN: &'static str = r"^[0-9.]+ ?(%|B|[KMGT]i?B)$";

    fn read(text: &str) -> Option<Self> {
        let share = Percent::read(text).map(|share| Tolerance::Share(share.0));
        share.or_else(|| Size::read(text).map(|size| Tolerance::Bytes(size.0))).map(Self)
    }
}

/// A ceiling of memory: a share of the target's memory limit, or bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceiling(pub Tolerance);

impl Written for Ceiling {
    const NAME: &'static str = "a ceiling";
    const EXAMPLE: &'static str = "a size, or a share of the target's memory limit: `1GiB`, `80%`";
    const PATTERN: &'static str = Near::PATTERN;

    fn read(text: &str) -> Option<Self> {
        Near::read(text).map(|near| Self(near.0))
    }
}

/// The statuses that are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(pub Vec<RangeInclusive<u16>>);

impl Written for Statuses {
    const NAME: &'static str = "a status";
    const EXAMPLE: &'static str = "a status, a class, or several: `200`, `2xx`, `200, 404`";
    const PATTERN: &'static str = r"^[1-5]([0-9][0-9]|xx)(, *[1-5]([0-9][0-9]|xx))*$";

    fn read(text: &str) -> Option<Self> {
        text.split(',').map(|part| status_range(part.trim())).collect::<Option<Vec<_>>>().map(Self)
    }
}

fn status_range(text: &str) -> Option<RangeInclusive<u16>> {
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class))?;
        return Some(class * 100..=class * 100 + 99);
    }
    let status: u16 = text.parse().ok().filter(|status| (100..600).contains(status))?;
    Some(status..=status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        Span::read(text).map(|span| span.0.as_secs_f64())
    }

    #[test]
    fn durations_add_their_parts_up_and_need_a_unit() {
        assert_eq!(seconds("1h30m"), Some(5400.0));
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("2d"), Some(172_800.0));
        assert_eq!("30s".parse(), Ok(Span(Duration::from_secs(30))));
        assert!(
            "30".parse::<Span>().unwrap_err().starts_with("`30` is not a duration: write a duration with its unit")
        );
        for wrong in ["30", "", "s", "3 parsecs", "1e400s", "-3s", "..s"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_know_binary_and_decimal_units() {
        assert_eq!(Size::read("2KiB"), Some(Size(2048.0)));
        assert_eq!(Size::read("1.5 GB"), Some(Size(1.5e9)));
        assert_eq!(Size::read("12"), None);
        assert_eq!(Size::read("12MiB3"), None);
    }

    #[test]
    fn growth_is_turned_into_bytes_per_hour() {
        assert_eq!(GrowthPerHour::read("1KiB/s"), Some(GrowthPerHour(3_686_400.0)));
        assert_eq!(GrowthPerHour::read("1MiB"), None);
    }

    #[test]
    fn users_are_held_or_ramped() {
        assert_eq!(UserCount::read("0..50"), Some(UserCount(Users { from: 0, to: 50 })));
        assert_eq!(UserCount::read("7"), Some(UserCount(Users { from: 7, to: 7 })));
        assert_eq!(UserCount::read("1..x"), None);
    }

    #[test]
    fn statuses_can_be_classes() {
        assert_eq!(Statuses::read("2xx, 404"), Some(Statuses(vec![200..=299, 404..=404])));
        assert_eq!(Statuses::read("600"), None);
    }
}
