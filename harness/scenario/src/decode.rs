//! From the tree to typed values, by serde, with every mistake collected instead of only the first.
//!
//! A mapping skips its unknown keys and notes them. A value that cannot be read is noted and left
//! out, and the whole is read again without it, until it can be read or nothing is left to leave
//! out. So one derive gives the types, the JSON schema and all the messages.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use crate::problem::Problem;
use crate::short::SHORT;
use crate::tree::{Content, IN_QUOTES, Node, Scalar};

/// Reads `root` as a `T`. `None` where what is left cannot be one; the problems say why.
pub(crate) fn decode<T: DeserializeOwned>(root: &Node, problems: &mut Vec<Problem>) -> Option<T> {
    let notes = Notes::default();
    let mut value = None;
    // Each round leaves one more node out, so there are no more rounds than nodes.
    while value.is_none() && !root.left_out.get() {
        match T::deserialize(At { node: root, notes: &notes }) {
            Ok(read) => value = Some(read),
            Err(fault) => notes.note(root, fault),
        }
    }
    problems.extend(notes.problems.into_inner());
    value
}

/// What has been noted so far.
#[derive(Default)]
struct Notes {
    problems: RefCell<Vec<Problem>>,
}

impl Notes {
    /// Notes a fault of `node` and leaves it out from now on.
    fn note(&self, node: &Node, fault: Fault) {
        if fault.already_noted {
            return;
        }
        if !(fault.missing && has_left_out(node)) {
            self.push(node.problem(fault.message, fault.hint));
        }
        node.left_out.set(true);
    }

    fn push(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

/// Was one of its children left out? Then what is missing is no news.
fn has_left_out(node: &Node) -> bool {
    match &node.content {
        Content::Mapping(entries) => entries.iter().any(|(_, value)| value.left_out.get()),
        Content::Sequence(items) => items.iter().any(|item| item.left_out.get()),
        Content::Scalar(..) => false,
    }
}

/// Why a node could not be read.
#[derive(Debug)]
struct Fault {
    message: String,
    hint: Option<String>,
    /// A required key is not there.
    missing: bool,
    /// It was noted further down.
    already_noted: bool,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, missing: false, already_noted: false }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        // The units put their example behind a bar: it is the hint.
        match text.split_once(" | ") {
            Some((message, hint)) => Self { hint: Some(hint.to_owned()), ..Self::new(message) },
            None => Self::new(text),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: true, hint: Some(format!("add `{field}: ...`")), ..Self::new(format!("`{field}` is missing")) }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }
}

/// A node about to be read.
#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Node,
    notes: &'a Notes,
}

impl At<'_> {
    /// What YAML itself takes the node for.
    fn plainly<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Scalar(text, scalar) => match *scalar {
                Scalar::Null => visitor.visit_unit(),
                Scalar::Bool(value) => visitor.visit_bool(value),
                Scalar::Integer(value) => visitor.visit_i64(value),
                Scalar::Unsigned(value) => visitor.visit_u64(value),
                Scalar::Float(value) => visitor.visit_f64(value),
                Scalar::Text => visitor.visit_str(text),
            },
            Content::Sequence(items) => visitor.visit_seq(Items { items: items.iter(), notes: self.notes }),
            Content::Mapping(entries) => {
                visitor.visit_map(Entries { left: entries.iter(), known: None, value: None, notes: self.notes })
            }
        }
    }

    fn number<T: std::str::FromStr>(self, what: &str) -> Result<T, Fault> {
        match &self.node.content {
            Content::Scalar(text, _) => {
                text.trim().parse().map_err(|_| Fault::new(format!("expected {what}, found `{text}`")))
            }
            _ => Err(Fault::new(format!("expected {what}, found {}", self.node.text()))),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Scalar(_, Scalar::Null) => Err(Fault::new("there is no value")),
            Content::Scalar(text, _) => visitor.visit_str(text),
            _ => Err(Fault {
                hint: self.node.is_bare_template().then(|| IN_QUOTES.to_owned()),
                ..Fault::new(format!("expected text, found {}", self.node.text()))
            }),
        }
    }
}

/// Forwards the methods for whole numbers: they are read from the text, so that a filled-in
/// variable can be one.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.number("a whole number")?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for At<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.plainly(visitor)
    }

    whole_numbers! {
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let value: f64 = self.number("a number")?;
        if value.is_finite() { visitor.visit_f64(value) } else { Err(Fault::new("expected a finite number")) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(self.number("`true` or `false`")?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.content {
            Content::Scalar(_, Scalar::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match self.node.content {
            Content::Scalar(..) if name == SHORT => self.text(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Sequence(items) => visitor.visit_seq(Items { items: items.iter(), notes: self.notes }),
            Content::Scalar(text, _) => Err(Fault {
                hint: Some(format!("write it as one: `[{}]`", text.split_whitespace().collect::<Vec<_>>().join(", "))),
                ..Fault::new(format!("expected a list, found `{text}`"))
            }),
            Content::Mapping(_) => Err(Fault::new(format!("expected a list, found `{}`", self.node.text()))),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Mapping(_) => self.plainly(visitor),
            _ => Err(Fault::new(format!("expected a mapping, found `{}`", self.node.text()))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Mapping(entries) => {
                visitor.visit_map(Entries { left: entries.iter(), known: Some(known), value: None, notes: self.notes })
            }
            _ => Err(Fault {
                hint: Some(format!("its keys are {}", list(known))),
                ..Fault::new(format!("expected a mapping, found `{}`", self.node.text()))
            }),
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier ignored_any
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    notes: &'a Notes,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let item = self.items.find(|item| !item.left_out.get());
        item.map(|item| read(item, self.notes, seed)).transpose()
    }
}

struct Entries<'a> {
    left: std::slice::Iter<'a, (Node, Node)>,
    /// The keys that there can be, where they are fixed.
    known: Option<&'static [&'static str]>,
    value: Option<&'a Node>,
    notes: &'a Notes,
}

impl<'a> Entries<'a> {
    /// The next entry that can be read; a key that is unknown or no text is noted and passed over.
    fn next_known(&mut self) -> Option<&'a (Node, Node)> {
        loop {
            let entry = self.left.next()?;
            if entry.1.left_out.get() {
                continue;
            }
            if !matches!(entry.0.content, Content::Scalar(..)) {
                self.notes.push(entry.0.problem("a key has to be a text", Some(IN_QUOTES.to_owned())));
                continue;
            }
            match self.known {
                Some(known) if !known.contains(&entry.0.text()) => self.notes.push(unknown_key(&entry.0, known)),
                _ => return Some(entry),
            }
        }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.next_known() else { return Ok(None) };
        self.value = Some(value);
        let text: StrDeserializer<'_, Fault> = key.text().into_deserializer();
        seed.deserialize(text).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.value.take() {
            Some(value) => read(value, self.notes, seed),
            None => Err(Fault::new("a key without a value")),
        }
    }
}

/// Reads a child; where that fails it is noted here, with the child's place.
fn read<'de, T: DeserializeSeed<'de>>(node: &Node, notes: &Notes, seed: T) -> Result<T::Value, Fault> {
    seed.deserialize(At { node, notes }).map_err(|fault| {
        notes.note(node, fault);
        Fault { already_noted: true, ..Fault::new("") }
    })
}

fn unknown_key(key: &Node, known: &[&str]) -> Problem {
    let text = key.text();
    let hint =
        did_you_mean(text, known.iter().copied()).unwrap_or_else(|| format!("the keys here are {}", list(known)));
    Problem { place: key.place, text: text.to_owned(), message: format!("unknown key `{text}`"), hint: Some(hint) }
}

/// The question whether the one of `known` was meant that is nearest to `text`, where one is near.
pub(crate) fn did_you_mean<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (strsim::jaro_winkler(candidate, text), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.8)
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Those of `known` that are most like `text`, the likest first: a few, and none that is nothing like it.
pub fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const FEW: usize = 3;
    let mut all: Vec<(f64, &str)> = known.map(|name| (strsim::jaro_winkler(name, text), name)).collect();
    all.retain(|(likeness, _)| *likeness > 0.7);
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.dedup_by_key(|(_, name)| *name);
    all.into_iter().take(FEW).map(|(_, name)| name).collect()
}

pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
