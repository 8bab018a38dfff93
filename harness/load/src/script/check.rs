//! What an answer has to be like.

use std::sync::Arc;

use memchr::memmem::Finder;
use regex::bytes::Regex;
use scenario::{Condition, Expect, Pattern};
use serde_json::Value;

use super::capture::regex;
use super::json::{Found, Places, text};
use super::{Answer, ScriptError};

/// One expectation.
#[derive(Debug)]
pub(super) struct Check {
    /// What it is called where it is not met.
    pub(super) kind: Arc<str>,
    what: What,
}

#[derive(Debug)]
enum What {
    Header(String, Matcher),
    Body(Matcher),
    /// A place in JSON, by its number.
    Json(usize, Wanted),
}

#[derive(Debug)]
enum Matcher {
    Contains(Box<Finder<'static>>),
    Regex(Regex),
}

#[derive(Debug)]
enum Wanted {
    Exists(bool),
    /// The value, and how it is most often written.
    Is(Value, String),
    Regex(Regex),
}

/// All expectations of a step, in the order in which they are looked at: headers, the body, places in it.
pub(super) fn checks(plan: &Expect, places: &mut Places) -> Result<Vec<Check>, ScriptError> {
    let mut checks = Vec::new();
    for (name, pattern) in &plan.headers {
        let kind = format!("header {name}").into();
        checks.push(Check { kind, what: What::Header(name.clone(), Matcher::new(pattern)?) });
    }
    if let Some(pattern) = &plan.body {
        checks.push(Check { kind: "body".into(), what: What::Body(Matcher::new(pattern)?) });
    }
    for (path, condition) in &plan.json {
        let kind = format!("json {path}").into();
        checks.push(Check { kind, what: What::Json(places.add(path), Wanted::new(condition)?) });
    }
    Ok(checks)
}

impl Check {
    pub(super) fn wants_body(&self) -> bool {
        !matches!(self.what, What::Header(..))
    }

    /// Looks at the answer; where it is not as expected, what stands there.
    pub(super) fn holds<'a>(&self, answer: Answer<'a>, found: &Found<'a>) -> Result<(), &'a [u8]> {
        match &self.what {
            What::Header(name, matcher) => {
                if answer.values(name).any(|value| matcher.matches(value)) {
                    return Ok(());
                }
                Err(answer.values(name).next().unwrap_or_default())
            }
            What::Body(matcher) if matcher.matches(answer.body) => Ok(()),
            What::Body(_) => Err(answer.body),
            What::Json(..) if found.broken => Err(answer.body),
            What::Json(number, wanted) => match found.get(*number) {
                value if wanted.matches(value) => Ok(()),
                Some(value) => Err(value.as_bytes()),
                None => Err(answer.body),
            },
        }
    }
}

impl Matcher {
    fn new(pattern: &Pattern) -> Result<Self, ScriptError> {
        Ok(match pattern {
            Pattern::Contains(text) => Self::Contains(Box::new(Finder::new(text).into_owned())),
            Pattern::Regex(text) => Self::Regex(regex(text)?),
        })
    }

    fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Contains(finder) => finder.find(text).is_some(),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Wanted {
    fn new(condition: &Condition) -> Result<Self, ScriptError> {
        Ok(match condition {
            Condition::Exists(exists) => Self::Exists(*exists),
            Condition::Is(value) => Self::Is(value.clone(), value.to_string()),
            Condition::Regex(text) => Self::Regex(regex(text)?),
        })
    }

    fn matches(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Exists(exists), value) => value.is_some() == *exists,
            (Self::Is(wanted, written), Some(value)) => written == value || is_same(wanted, value),
            (Self::Regex(regex), Some(value)) => regex.is_match(text(value).as_bytes()),
            (_, None) => false,
        }
    }
}

/// Is what stands there the value, though it is written otherwise? 1 is 1.0.
fn is_same(wanted: &Value, value: &str) -> bool {
    match wanted {
        Value::Number(wanted) => value.parse().is_ok_and(|value: f64| wanted.as_f64() == Some(value)),
        Value::Null | Value::Bool(_) => false,
        Value::String(wanted) => value.starts_with('"') && text(value) == *wanted,
        wanted => serde_json::from_str::<Value>(value).is_ok_and(|value| value == *wanted),
    }
}
