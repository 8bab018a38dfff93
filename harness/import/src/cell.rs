//! The value of a cell.

use crate::unit;

/// What stands where there is no value. A stopped container has `-- / --`.
const NOTHING: [&str; 10] = ["", "-", "--", "-- / --", "?", "na", "n/a", "none", "null", "nil"];

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nothing: a gap.
    Gap,
    /// A number.
    Value {
        /// In bytes where the cell has a unit.
        value: f64,
        /// Does the cell say that it is bytes?
        bytes: bool,
        /// The limit behind a slash, in bytes: `12.3MiB / 1GiB`.
        limit: Option<f64>,
    },
}

/// Reads a cell; `None` where it is neither a number nor a gap.
pub(crate) fn read(text: &str, decimal_comma: bool) -> Option<Cell> {
    if NOTHING.contains(&text.to_lowercase().as_str()) {
        return Some(Cell::Gap);
    }
    let (amount, limit) = match text.split_once('/') {
        Some((amount, limit)) => (amount.trim_end(), Some(amount_of(limit.trim_start(), decimal_comma)?)),
        None => (text, None),
    };
    let (value, unit) = amount_of(amount, decimal_comma)?;
    if !value.is_finite() {
        return Some(Cell::Gap);
    }
    let limit = limit.and_then(|(limit, unit)| Some(limit * unit?)).filter(|limit| *limit > 0.0 && limit.is_finite());
    Some(Cell::Value { value: value * unit.unwrap_or(1.0), bytes: unit.is_some(), limit })
}

/// A number, and the bytes of its unit where it has one. Percents stay what they are.
fn amount_of(text: &str, decimal_comma: bool) -> Option<(f64, Option<f64>)> {
    if let Some(number) = number(text.strip_suffix('%').unwrap_or(text).trim_end(), decimal_comma) {
        return Some((number, None));
    }
    let end = text.trim_end_matches(char::is_alphabetic).len();
    let factor = unit::bytes(&text[end..].to_lowercase())?;
    Some((number(text[..end].trim_end(), decimal_comma)?, Some(factor)))
}

/// A number with a point, or a comma where that is the custom.
pub(crate) fn number(text: &str, decimal_comma: bool) -> Option<f64> {
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) if decimal_comma && text.matches(',').count() == 1 => text.replace(',', ".").parse().ok(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<Cell> {
        read(text, false)
    }

    fn plain(value: f64) -> Cell {
        Cell::Value { value, bytes: false, limit: None }
    }

    #[test]
    fn numbers_may_have_units() {
        assert_eq!(value("12.5"), Some(plain(12.5)));
        assert_eq!(value("-1e3"), Some(plain(-1000.0)));
        assert_eq!(value("3.5 %"), Some(plain(3.5)));
        assert_eq!(value("2KiB"), Some(Cell::Value { value: 2048.0, bytes: true, limit: None }));
        assert_eq!(value("2 kB"), Some(Cell::Value { value: 2000.0, bytes: true, limit: None }));
        assert_eq!(value("1Mi"), Some(Cell::Value { value: 1_048_576.0, bytes: true, limit: None }));
        assert_eq!(value("1KiB / 2KiB"), Some(Cell::Value { value: 1024.0, bytes: true, limit: Some(2048.0) }));
    }

    #[test]
    fn gaps_are_no_numbers_and_no_mistakes() {
        for gap in ["", "NaN", "null", "-", "-- / --", "+Inf", "N/A"] {
            assert_eq!(value(gap), Some(Cell::Gap), "{gap}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for wrong in ["abc", "12,5", "1.2.3", "12 parsecs", "1/2/3", "MiB", "12MiB/x", "\u{fffd}"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
        assert_eq!(read("12,5", true), Some(plain(12.5)));
        assert_eq!(read("1,234,5", true), None);
    }
}
