//! What a step hears: what it captures from an answer, and what it expects of it.

use serde_json::Value;

use super::Resolver;
use super::request::Walk;
use crate::decode::did_you_mean;
use crate::json_path::JsonPath;
use crate::plan::{Capture, Condition, Expect, Pattern, Source};
use crate::short::Short;
use crate::spec::{CaptureSpec, ExpectSpec, PatternSpec, StepSpec};
use crate::template::{BUILT_IN, Piece, is_name, pieces};

/// The ways to say more of a value in JSON than what it is.
const CONDITIONS: [&str; 3] = ["exists", "is", "regex"];

impl Resolver<'_> {
    /// The captures of a step; from here on the journey knows their names.
    pub(super) fn captures(&mut self, place: &[&str], spec: &StepSpec, walk: &mut Walk<'_>) -> Vec<Capture> {
        let mut captures = Vec::new();
        for (name, source) in &spec.capture {
            let place = [place, &["capture", name]].concat();
            if !is_name(name) || BUILT_IN.contains(&name.as_str()) {
                let hint = "letters, digits, `_` and `-`, and not the name of a built-in";
                self.refuse(&place, format!("`{name}` cannot name a captured value"), hint);
            }
            walk.captured.insert(name.clone());
            captures.extend(self.source(&place, source).map(|from| Capture { name: name.clone(), from }));
        }
        captures
    }

    fn source(&mut self, place: &[&str], spec: &CaptureSpec) -> Option<Source> {
        let header = |name: &String| Source::Header(name.to_lowercase());
        match (&spec.json, &spec.header, &spec.regex, &spec.cookie) {
            (Some(path), None, None, None) => self.json_path(&[place, &["json"]].concat(), path).map(Source::Json),
            (None, Some(name), None, None) => Some(header(name)),
            (None, None, Some(regex), None) => {
                self.regex(&[place, &["regex"]].concat(), regex);
                Some(Source::Regex(regex.clone()))
            }
            (None, None, None, Some(name)) => Some(Source::Cookie(name.clone())),
            _ => {
                if !self.is_known_bad(place) {
                    let hint = "write one of `json`, `header`, `regex` and `cookie`";
                    self.refuse(place, "it is not clear where the value stands", hint);
                }
                None
            }
        }
    }

    pub(super) fn expect(&mut self, place: &[&str], spec: Option<&ExpectSpec>) -> Expect {
        let Some(spec) = spec else { return Expect::default() };
        let place = [place, &["expect"]].concat();
        let statuses = spec.status.clone().map_or_else(|| Expect::default().statuses, |statuses| statuses.0);
        let mut headers = Vec::new();
        for (name, pattern) in &spec.header {
            let place = [&place[..], &["header", name]].concat();
            headers.push((name.to_lowercase(), self.pattern(&place, pattern)));
        }
        let body = spec.body.as_ref().map(|pattern| self.pattern(&[&place[..], &["body"]].concat(), pattern));
        let mut json = Vec::new();
        for (path, value) in &spec.json {
            let place = [&place[..], &["json", path]].concat();
            json.extend(self.json_path(&place, path).zip(self.condition(&place, value)));
        }
        Expect { statuses, within: spec.within.map(|span| span.0), headers, body, json }
    }

    pub(super) fn pattern(&mut self, place: &[&str], spec: &Short<String, PatternSpec>) -> Pattern {
        match spec {
            Short::Short(text) => {
                self.no_template(place, text);
                Pattern::Contains(text.clone())
            }
            Short::Long(spec) => {
                self.regex(&[place, &["regex"]].concat(), &spec.regex);
                Pattern::Regex(spec.regex.clone())
            }
        }
    }

    /// A mapping says more of a value; all else is the value.
    fn condition(&mut self, place: &[&str], value: &Value) -> Option<Condition> {
        let Value::Object(entries) = value else {
            if let Value::String(text) = value {
                self.no_template(place, text);
            }
            return Some(Condition::Is(value.clone()));
        };
        let mut entries = entries.iter();
        match (entries.next().map(|(key, value)| (key.as_str(), value)), entries.next()) {
            (Some(("exists", Value::Bool(exists))), None) => Some(Condition::Exists(*exists)),
            (Some(("is", value)), None) => Some(Condition::Is(value.clone())),
            (Some(("regex", Value::String(regex))), None) => {
                self.regex(&[place, &["regex"]].concat(), regex);
                Some(Condition::Regex(regex.clone()))
            }
            (first, _) => {
                let key = first.map_or("", |(key, _)| key);
                let hint = did_you_mean(key, CONDITIONS.into_iter()).filter(|_| !CONDITIONS.contains(&key));
                let hint =
                    hint.unwrap_or_else(|| "write one of `exists: true`, `regex: '^a'` and `is: {...}`".to_owned());
                self.refuse(place, "it is not clear what is expected of the value", hint);
                None
            }
        }
    }

    fn json_path(&mut self, place: &[&str], text: &str) -> Option<JsonPath> {
        let path = JsonPath::read(text);
        if path.is_none() {
            let hint = "keys and indices only: `$.items[0].id`, `$['first name']`, `$.items[-1]`";
            self.refuse(place, format!("`{text}` is not a place in JSON"), hint);
        }
        path
    }

    fn regex(&mut self, place: &[&str], text: &str) {
        if let Err(error) = regex::bytes::Regex::new(text) {
            let words = error.to_string();
            let reason = words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.refuse(place, format!("`{text}` is not a regular expression"), reason);
        }
    }

    /// What is expected is looked at as it is written.
    fn no_template(&mut self, place: &[&str], text: &str) {
        let has_variable = |pieces: &[Piece]| pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
        if pieces(text).is_ok_and(|pieces| has_variable(&pieces)) {
            let hint = "to look for the braces themselves, write `{regex: '\\{\\{name\\}\\}'}`";
            self.refuse(place, "nothing is filled in in what is expected", hint);
        }
    }
}
