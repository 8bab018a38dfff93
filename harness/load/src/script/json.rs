//! Places in JSON, all of them found in one pass, without a tree of the document.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use scenario::{JsonKey, JsonPath};
use serde::Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The places that a step looks at.
#[derive(Debug, Default)]
pub(super) struct Places {
    root: Node,
    count: usize,
}

/// What is looked for at one place of the document, and below it.
#[derive(Debug, Default)]
struct Node {
    /// The number under which its value is wanted.
    wanted: Option<usize>,
    names: Vec<(String, Node)>,
    items: Vec<(i64, Node)>,
}

/// The values that stand at the places, as the document has them.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    values: Vec<Option<&'a str>>,
    /// What was read of the document is not JSON.
    pub(super) broken: bool,
}

impl<'a> Found<'a> {
    /// The value at the place of this number, where there is one.
    pub(super) fn get(&self, number: usize) -> Option<&'a str> {
        self.values.get(number).copied().flatten()
    }
}

impl Places {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a place; its number, which is that of the same place before.
    pub(super) fn add(&mut self, path: &JsonPath) -> usize {
        let node = path.keys().iter().fold(&mut self.root, |node, key| match key {
            JsonKey::Name(name) => child(&mut node.names, name.clone()),
            JsonKey::Index(index) => child(&mut node.items, *index),
        });
        *node.wanted.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    /// Looks all places up, and reads no further than it must. Where what it reads is not JSON nothing is found.
    pub(super) fn find<'a>(&self, document: &'a [u8]) -> Found<'a> {
        let mut search = Search { values: vec![None; self.count], left: self.count };
        let mut reader = serde_json::Deserializer::from_slice(document);
        let read = At { node: &self.root, search: &mut search }.deserialize(&mut reader).and_then(|()| reader.end());
        let broken = read.is_err() && search.left > 0;
        if broken {
            search.values.fill(None);
        }
        Found { values: search.values, broken }
    }
}

/// What was found so far.
struct Search<'a> {
    values: Vec<Option<&'a str>>,
    /// So many places were not found yet.
    left: usize,
}

impl<'a> Search<'a> {
    fn note(&mut self, number: usize, value: &'a str) {
        if self.values[number].replace(value).is_none() {
            self.left -= 1;
        }
    }

    /// An error where there is nothing left to look for: it ends the reading.
    fn goes_on<E: Error>(&self) -> Result<(), E> {
        if self.left == 0 { Err(E::custom("all was found")) } else { Ok(()) }
    }
}

fn child<K: PartialEq>(children: &mut Vec<(K, Node)>, key: K) -> &mut Node {
    let at = children.iter().position(|(is, _)| *is == key).unwrap_or_else(|| {
        children.push((key, Node::default()));
        children.len() - 1
    });
    &mut children[at].1
}

/// A value about to be read, and what is wanted of it.
struct At<'n, 's, 'a> {
    node: &'n Node,
    search: &'s mut Search<'a>,
}

impl<'a> DeserializeSeed<'a> for At<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        let Self { node, search } = self;
        let has_children = !(node.names.is_empty() && node.items.is_empty());
        match node.wanted {
            None if has_children => value.deserialize_any(Inside { node, search }),
            None => IgnoredAny::deserialize(value).map(drop),
            Some(number) => {
                let value = <&RawValue>::deserialize(value)?;
                search.note(number, value.get());
                if has_children {
                    // It is JSON, so it can be read again.
                    let inside = Inside { node, search: &mut *search };
                    let _ = serde_json::Deserializer::from_str(value.get()).deserialize_any(inside);
                }
                search.goes_on()
            }
        }
    }
}

/// The inside of a value.
struct Inside<'n, 's, 'a> {
    node: &'n Node,
    search: &'s mut Search<'a>,
}

impl<'a> Visitor<'a> for Inside<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(child) = entries.next_key_seed(Key(&self.node.names))? {
            match child {
                Some(node) => entries.next_value_seed(At { node, search: &mut *self.search })?,
                None => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        let wanted = &self.node.items;
        if wanted.iter().any(|(index, _)| *index < 0) {
            return self.count_back(items);
        }
        for index in 0_i64.. {
            let more = match wanted.iter().find(|(is, _)| *is == index) {
                Some((_, node)) => items.next_element_seed(At { node, search: &mut *self.search })?.is_some(),
                None => items.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl<'a> Inside<'_, '_, 'a> {
    /// Where an item is counted from the end, all of them have to be read first.
    fn count_back<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        let mut all: Vec<&'a RawValue> = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        for (index, node) in &self.node.items {
            let distance = usize::try_from(index.unsigned_abs()).ok();
            let at = distance.and_then(|far| if *index < 0 { all.len().checked_sub(far) } else { Some(far) });
            let item = at.and_then(|at| all.get(at));
            if let Some(item) = item {
                let search = &mut *self.search;
                // It is JSON, so it can be read again.
                let _ = At { node, search }.deserialize(&mut serde_json::Deserializer::from_str(item.get()));
            }
        }
        self.search.goes_on()
    }
}

/// A key, and what is wanted of its value.
struct Key<'n>(&'n [(String, Node)]);

impl<'n, 'de> DeserializeSeed<'de> for Key<'n> {
    type Value = Option<&'n Node>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for Key<'n> {
    type Value = Option<&'n Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|(name, _)| name == key).map(|(_, node)| node))
    }
}

/// What a value says as a text: a text without its quotes and escapes, all else as it stands.
pub(super) fn text(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        None => Cow::Borrowed(value),
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        // A text with half of a surrogate pair in it is the one that cannot be read.
        Some(_) => serde_json::from_str(value).map_or(Cow::Borrowed(value), Cow::Owned),
    }
}
