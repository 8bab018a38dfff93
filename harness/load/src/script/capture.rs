//! Values that are taken out of an answer.

use std::borrow::Cow;
use std::sync::Arc;

use regex::bytes::Regex;
use scenario::Source;

use super::json::{Found, Places, text};
use super::{Answer, Compiler, Scope, ScriptError};

/// Where a value stands, and where it goes.
#[derive(Debug)]
pub(super) struct Capture {
    /// What it is called where it cannot be taken.
    pub(super) kind: Arc<str>,
    slot: usize,
    from: Place,
}

#[derive(Debug)]
enum Place {
    /// A place in JSON, by its number.
    Json(usize),
    Header(String),
    Regex(Regex),
    Cookie(String),
}

impl Capture {
    pub(super) fn new(
        plan: &scenario::Capture,
        compiler: &Compiler<'_>,
        places: &mut Places,
    ) -> Result<Self, ScriptError> {
        let from = match &plan.from {
            Source::Json(path) => Place::Json(places.add(path)),
            Source::Header(name) => Place::Header(name.clone()),
            Source::Regex(text) => Place::Regex(regex(text)?),
            Source::Cookie(name) => Place::Cookie(name.clone()),
        };
        let kind = format!("not captured: {}", plan.name).into();
        Ok(Self { kind, slot: compiler.slot(&plan.name)?, from })
    }

    pub(super) fn wants_body(&self) -> bool {
        matches!(self.from, Place::Json(_) | Place::Regex(_))
    }

    /// Takes the value; was it there?
    pub(super) fn take(&self, answer: Answer<'_>, found: &Found<'_>, scope: &mut Scope) -> bool {
        let value = self.value(answer, found);
        match &value {
            Some(value) => scope.capture(self.slot, value),
            None => scope.forget(self.slot),
        }
        value.is_some()
    }

    fn value<'a>(&self, answer: Answer<'a>, found: &Found<'a>) -> Option<Cow<'a, [u8]>> {
        match &self.from {
            Place::Json(number) => match text(found.get(*number).filter(|value| *value != "null")?) {
                Cow::Borrowed(text) => Some(text.as_bytes().into()),
                Cow::Owned(text) => Some(text.into_bytes().into()),
            },
            Place::Header(name) => answer.values(name).next().map(Cow::Borrowed),
            Place::Cookie(name) => answer.cookie(name).map(Cow::Borrowed),
            Place::Regex(regex) if regex.captures_len() == 1 => {
                regex.find(answer.body).map(|found| found.as_bytes().into())
            }
            Place::Regex(regex) => regex.captures(answer.body)?.get(1).map(|group| group.as_bytes().into()),
        }
    }
}

pub(super) fn regex(text: &str) -> Result<Regex, ScriptError> {
    Regex::new(text).map_err(|error| ScriptError::Regex { text: text.to_owned(), source: Box::new(error) })
}
