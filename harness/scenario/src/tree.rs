//! YAML as a tree in which every node knows its place, and keeps the text as it was written.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::problem::{Place, Problem};

/// A node and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// Set where it could not be read; it is passed over from then on.
    pub(crate) left_out: Cell<bool>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// A scalar: its text as written, and what YAML takes it for.
    Scalar(String, Scalar),
    Sequence(Vec<Node>),
    /// Entries in the order of the file; keys are text.
    Mapping(Vec<(Node, Node)>),
}

/// What YAML takes a scalar for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text,
}

impl Node {
    /// Reads `source`; a scan error is the one problem there is.
    pub(crate) fn parse(source: &str) -> Result<Self, Problem> {
        let options = serde_saphyr::options! { with_snippet: false };
        serde_saphyr::from_str_with_options::<Spanned<Raw>>(source, options)
            .map(|spanned| spanned_to_node(spanned, source))
            .map_err(|error| scan_problem(&error, source))
    }

    /// The node at `path`, or the nearest one above it that exists. A step of digits is an index
    /// among the items that could be read.
    pub(crate) fn find(&self, path: &[&str]) -> &Self {
        let Some((first, rest)) = path.split_first() else { return self };
        let child = match &self.content {
            Content::Mapping(entries) => entries.iter().find(|(key, _)| key.text() == *first).map(|(_, value)| value),
            Content::Sequence(items) => first
                .parse::<usize>()
                .ok()
                .and_then(|index| items.iter().filter(|item| !item.left_out.get()).nth(index)),
            Content::Scalar(..) => None,
        };
        child.map_or(self, |child| child.find(rest))
    }

    /// The text to show of it: a scalar as written, else a name for its kind.
    pub(crate) fn text(&self) -> &str {
        match &self.content {
            Content::Scalar(text, _) => text,
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }

    /// Is it a template without quotes? YAML takes `{{name}}` for a mapping whose key is a mapping.
    pub(crate) fn is_bare_template(&self) -> bool {
        let braces = |node: &Self| matches!(node.content, Content::Mapping(_));
        matches!(&self.content, Content::Mapping(entries) if entries.iter().any(|(key, _)| braces(key)))
    }

    /// Does `place` lie on this node or below it?
    pub(crate) fn covers(&self, place: Place) -> bool {
        let below = match &self.content {
            Content::Scalar(..) => false,
            Content::Sequence(items) => items.iter().any(|item| item.covers(place)),
            Content::Mapping(entries) => entries.iter().any(|(key, value)| key.place == place || value.covers(place)),
        };
        below || self.place == place
    }

    /// A problem with this node.
    pub(crate) fn problem(&self, message: impl Into<String>, hint: Option<String>) -> Problem {
        let text = match &self.content {
            Content::Scalar(text, _) => text.lines().next().unwrap_or_default().to_owned(),
            Content::Sequence(items) => items.first().map(|item| item.text().to_owned()).unwrap_or_default(),
            Content::Mapping(entries) => entries.first().map(|(key, _)| key.text().to_owned()).unwrap_or_default(),
        };
        Problem { place: self.place, text, message: message.into(), hint }
    }
}

/// What to do where YAML takes braces for its own.
pub(crate) const IN_QUOTES: &str = "put a text that has braces or brackets in it in quotes: `\"/items/{{id}}\"`";

/// What the YAML library says of a file that it cannot read.
fn scan_problem(error: &serde_saphyr::Error, source: &str) -> Problem {
    let place = error.location().map(place_of).unwrap_or_default();
    let line = source.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
    let text: String = line.chars().skip(place.column.saturating_sub(1)).collect();
    // The library's message ends in the place, which is said already.
    let message = error.without_snippet().to_string();
    let message = message.split(" at line ").next().unwrap_or(&message).trim_end_matches(':').to_owned();
    let hint = text.starts_with(['{', '[']).then(|| IN_QUOTES.to_owned());
    Problem { place, text, message: format!("not valid YAML: {message}"), hint }
}

fn place_of(location: Location) -> Place {
    Place { line: location.line() as usize, column: location.column() as usize }
}

/// A node as the library hands it over, before its text is cut from the source.
enum Raw {
    Scalar(Scalar),
    Text(String),
    Sequence(Vec<Spanned<Raw>>),
    Mapping(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

fn spanned_to_node(spanned: Spanned<Raw>, source: &str) -> Node {
    let content = match spanned.value {
        Raw::Text(text) => Content::Scalar(text, Scalar::Text),
        Raw::Scalar(scalar) => Content::Scalar(written(&spanned.defined, source), scalar),
        Raw::Sequence(items) => {
            Content::Sequence(items.into_iter().map(|item| spanned_to_node(item, source)).collect())
        }
        Raw::Mapping(entries) => Content::Mapping(
            entries
                .into_iter()
                .map(|(key, value)| (spanned_to_node(key, source), spanned_to_node(value, source)))
                .collect(),
        ),
    };
    Node { place: place_of(spanned.referenced), content, left_out: Cell::new(false) }
}

/// The text of a plain scalar as it stands in the source, so that `1.10` stays `1.10`.
fn written(location: &Location, source: &str) -> String {
    let span = location.span();
    let text: String = source.chars().skip(span.offset() as usize).take(span.len() as usize).collect();
    text.trim().to_owned()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Scalar::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Scalar::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Scalar::Integer(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Scalar::Unsigned(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Scalar::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Raw::Sequence(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Raw::Mapping(all))
    }
}
