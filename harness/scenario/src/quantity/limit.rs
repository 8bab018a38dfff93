//! Limits of series, each in the unit of its series.

use timeline::{Amount, Unit};

use super::{GrowthPerHour, Percent, Rate, Size, Span, Written};
use crate::plan::During;

/// A limit of any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit(pub Amount);

impl Written for Limit {
    const NAME: &'static str = "a limit";
    const EXAMPLE: &'static str = "a number in the unit of the series: `100`, `200MiB`, `50ms`, `200%`";
    const PATTERN: &'static str = r"^[0-9.]+ ?(B|[KMGT]i?B|us|ms|s|m|h|d|%)?$";

    fn read(text: &str) -> Option<Self> {
        let of = |value, unit| Amount { value, unit };
        let plain = || text.parse().ok().filter(|value: &f64| value.is_finite()).map(|value| of(value, Unit::Count));
        let size = || Size::read(text).map(|size| of(size.0, Unit::Bytes));
        let share = || Percent::read(text).map(|share| of(share.0, Unit::Share));
        let time = || Span::read(text).map(|span| of(span.0.as_secs_f64(), Unit::Seconds));
        plain().or_else(size).or_else(share).or_else(time).map(Self)
    }
}

/// How much growth is allowed: none beyond warm-up and noise, or so much per hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growing(pub Option<Amount>);

impl Written for Growing {
    const NAME: &'static str = "a growth";
    const EXAMPLE: &'static str = "`none`, or a limit: `{below: 1MiB/h}`, `{below: 10/h}`";
    const PATTERN: &'static str = r"^(none|[0-9.]+ ?(B|[KMGT]i?B)?/(s|min|h|d))$";

    fn read(text: &str) -> Option<Self> {
        let bytes = || GrowthPerHour::read(text).map(|growth| Amount { value: growth.0, unit: Unit::BytesPerHour });
        let things = || Rate::read(text).map(|rate| Amount { value: rate.0 * 3600.0, unit: Unit::PerHour });
        if text == "none" { Some(Self(None)) } else { bytes().or_else(things).map(|growth| Self(Some(growth))) }
    }
}

/// A part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part(pub During);

impl Written for Part {
    const NAME: &'static str = "a part of the run";
    const EXAMPLE: &'static str = "`idle` (before the load), `load`, `settle` (after it) or `run`";
    const PATTERN: &'static str = "^(idle|load|settle|run)$";

    fn read(text: &str) -> Option<Self> {
        During::ALL.into_iter().find(|part| part.name() == text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_its_unit_and_none_is_a_plain_number() {
        let read = |text| Limit::read(text).map(|limit| (limit.0.value, limit.0.unit));
        assert_eq!(read("100"), Some((100.0, Unit::Count)));
        assert_eq!(read("1MiB"), Some((1_048_576.0, Unit::Bytes)));
        assert_eq!(read("200%"), Some((2.0, Unit::Share)));
        assert_eq!(read("50ms"), Some((0.05, Unit::Seconds)));
        for wrong in ["", "many", "inf", "NaN", "1 parsec"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn growth_is_none_or_per_time() {
        assert_eq!(Growing::read("none"), Some(Growing(None)));
        let read = |text| Growing::read(text)?.0.map(|growth| (growth.value, growth.unit));
        assert_eq!(read("2KiB/h"), Some((2048.0, Unit::BytesPerHour)));
        assert_eq!(read("1/min"), Some((60.0, Unit::PerHour)));
        assert_eq!(read("3"), None);
    }
}
