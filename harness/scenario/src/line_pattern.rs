//! Patterns for lines of a log.

use std::borrow::Cow;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The group of a pattern that marks a number.
const VALUE: &str = "value";

/// A regular expression that is looked for in lines: `cycle \d+ done`. With a group `value` it marks a number.
#[derive(Clone, Debug)]
pub struct LinePattern(Regex);

impl LinePattern {
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
        Regex::new(&text).map(Self).map_err(|error| {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
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
    fn it_is_stored_as_it_was_written() {
        let kept = serde_json::to_string(&pattern(r"a\d")).unwrap();
        assert_eq!(kept, r#""a\\d""#);
        assert_eq!(serde_json::from_str::<LinePattern>(&kept).unwrap(), pattern(r"a\d"));
    }
}
