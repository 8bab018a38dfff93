//! Patterns for lines of a log.

use std::borrow::Cow;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use timeline::Unit;

use crate::quantity::measure::{measure, measure_before};

/// The group of a pattern that marks a number.
const VALUE: &str = "value";
/// The group of a pattern that marks what the number is counted in.
const UNIT: &str = "unit";

/// A regular expression that is looked for in lines: `cycle \d+ done`. With a group `value` it marks a number.
#[derive(Clone, Debug)]
pub struct LinePattern(Regex);

impl LinePattern {
    /// The pattern that is written so.
    ///
    /// # Errors
    /// Where it is no regular expression, with the reason in a line.
    pub fn new(text: &str) -> Result<Self, String> {
        Regex::new(text).map(Self).map_err(|error| {
            let why = error.to_string();
            why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Does it match somewhere in `line`?
    pub fn is_in(&self, line: &str) -> bool {
        self.0.is_match(line)
    }

    /// Has it the group that marks a number?
    pub fn marks_a_number(&self) -> bool {
        self.0.capture_names().flatten().any(|name| name == VALUE)
    }

    /// What the pattern says right behind that group.
    pub(crate) fn after_value(&self) -> Option<&str> {
        let text = self.as_str();
        let begun = text.find("(?<value>").or_else(|| text.find("(?P<value>"))?;
        let mut open = 0_u32;
        let (mut escaped, mut class) = (false, false);
        for (at, letter) in text[begun..].char_indices() {
            match letter {
                _ if escaped => {
                    escaped = false;
                    continue;
                }
                '[' => class = true,
                ']' => class = false,
                '(' if !class => open += 1,
                ')' if !class => open -= 1,
                _ => {}
            }
            escaped = letter == '\\';
            if open == 0 {
                return text.get(begun + at + 1..);
            }
        }
        None
    }

    /// What its numbers are counted in, and by what each is multiplied for it: bytes where the line tells it, in a group
    /// `unit`; else what stands right behind the number.
    pub(crate) fn measure(&self) -> (Unit, f64) {
        if self.0.capture_names().flatten().any(|name| name == UNIT) {
            return (Unit::Bytes, 1.0);
        }
        measure_before(self.after_value().unwrap_or_default())
    }

    /// The number that it marks in `line`, in `unit`: multiplied by what the line tells of it in a group `unit`, else by
    /// `scale`. `None` too where the line tells it in another unit.
    pub fn measured_in(&self, line: &str, unit: Unit, scale: f64) -> Option<f64> {
        let value = self.value_in(line)?;
        let Some(told) = self.0.captures(line)?.name(UNIT) else { return Some(value * scale) };
        let (_, scale) = measure(told.as_str()).filter(|(of, _)| *of == unit)?;
        Some(value * scale)
    }

    /// The number that it marks in `line`, with decimals or without; commas between its digits are passed over.
    pub fn value_in(&self, line: &str) -> Option<f64> {
        let value: f64 = self.0.captures(line)?.name(VALUE)?.as_str().replace(',', "").parse().ok()?;
        value.is_finite().then_some(value)
    }

    /// The whole number that it marks in `line`; commas between its digits are passed over.
    pub fn number_in(&self, line: &str) -> Option<u64> {
        self.0.captures(line)?.name(VALUE)?.as_str().replace(',', "").parse().ok()
    }
}

impl PartialEq for LinePattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for LinePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for LinePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The bar divides the message from the hint: see `Fault::custom`.
        Self::new(&text).map_err(|why| {
            D::Error::custom(format!("`{text}` is not a pattern: {why} | write a regular expression, in single quotes"))
        })
    }
}

impl JsonSchema for LinePattern {
    fn schema_name() -> Cow<'static, str> {
        "a pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "regex",
            "description": "a regular expression for a line, in single quotes: `'cycle \\d+ done'`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> LinePattern {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn a_number_is_read_from_its_group_and_from_nothing_else() {
        let k6 = pattern(r"http_reqs\S*\s+(?<value>\d+)");
        assert_eq!(k6.number_in("    http_reqs......................: 12345  41.1/s"), Some(12_345));
        assert_eq!(k6.number_in("running (0m01.0s), 10/10 VUs"), None);
        assert_eq!(pattern(r"^\s*(?<value>[\d,]+) requests in").number_in("  1,234 requests in 10s"), Some(1234));
        assert_eq!(pattern(r"(?<value>\d+)").number_in("99999999999999999999999"), None);
        assert!(k6.marks_a_number() && !pattern(r"cycle (\d+) done").marks_a_number());
        assert!(pattern(r"cycle (\d+) done").is_in("12:00 cycle 3 done"));
    }

    #[test]
    fn what_stands_behind_the_number_is_found_whatever_it_consists_of() {
        let behind = |text| pattern(text).after_value().unwrap().to_owned();
        assert_eq!(behind(r"External: (?<value>[0-9.]+)MB"), "MB");
        assert_eq!(behind(r"a(b)(?P<value>(\d+)\)[)(\]]?)\s*ms (x)"), r"\s*ms (x)");
        assert_eq!(pattern("(a) b").after_value(), None);
        assert_eq!(pattern(r"(?<value>[-0-9.]+)").value_in("at -1.5"), Some(-1.5));
        assert_eq!(pattern(r"(?<value>\S+)").value_in("inf"), None);
    }

    #[test]
    fn the_line_may_tell_the_unit() {
        let alloc = pattern(r"Alloc = (?<value>[0-9.]+) (?<unit>\w+)");
        let (unit, scale) = alloc.measure();
        let read = |line| alloc.measured_in(line, unit, scale);
        assert_eq!(read("Alloc = 1.5 KiB"), Some(1536.0));
        assert_eq!(read("Alloc = 2 MB"), Some(2e6));
        assert_eq!(read("Alloc = 2 ms"), None);
        assert_eq!(read("Alloc = 2 parsec"), None);
    }

    #[test]
    fn it_is_stored_as_it_was_written() {
        let kept = serde_json::to_string(&pattern(r"a\d")).unwrap();
        assert_eq!(kept, r#""a\\d""#);
        assert_eq!(serde_json::from_str::<LinePattern>(&kept).unwrap(), pattern(r"a\d"));
    }
}
