//! Places in JSON, all of them found in one pass, without a tree of the document.

use std::borrow::Cow;
use std::fmt;

use scenario::{JsonKey, JsonPath};
use serde::Deserializer;
use serde::de::{Deserialize, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
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

/// The values that stand at the places, by their numbers, as the document has them; those that are not there are none.
pub(super) type Found<'a> = Vec<Option<&'a str>>;

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

    /// Looks all places up. Of what is not JSON, or not only JSON, nothing is found; of a key that is there twice the
    /// last value is.
    pub(super) fn find<'a>(&self, document: &'a [u8]) -> Found<'a> {
        let mut found = vec![None; self.count];
        let mut reader = serde_json::Deserializer::from_slice(document);
        let whole = At { node: &self.root, found: &mut found }.deserialize(&mut reader).and_then(|()| reader.end());
        if whole.is_err() {
            found.fill(None);
        }
        found
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
struct At<'n, 'f, 'a> {
    node: &'n Node,
    found: &'f mut Found<'a>,
}

impl<'a> DeserializeSeed<'a> for At<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        let Self { node, found } = self;
        let has_children = !(node.names.is_empty() && node.items.is_empty());
        match node.wanted {
            None if has_children => value.deserialize_any(Inside { node, found }),
            None => IgnoredAny::deserialize(value).map(drop),
            Some(number) => {
                let value = <&RawValue>::deserialize(value)?;
                found[number] = Some(value.get());
                if has_children {
                    // It is JSON, so it can be read again.
                    let _ = serde_json::Deserializer::from_str(value.get()).deserialize_any(Inside { node, found });
                }
                Ok(())
            }
        }
    }
}

/// The inside of a value.
struct Inside<'n, 'f, 'a> {
    node: &'n Node,
    found: &'f mut Found<'a>,
}

impl<'a> Visitor<'a> for Inside<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(child) = entries.next_key_seed(Key(&self.node.names))? {
            match child {
                Some(node) => entries.next_value_seed(At { node, found: &mut *self.found })?,
                None => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        let wanted = &self.node.items;
        if wanted.iter().any(|(index, _)| *index < 0) {
            return self.of_the_end(items);
        }
        for index in 0_i64.. {
            let more = match wanted.iter().find(|(is, _)| *is == index) {
                Some((_, node)) => items.next_element_seed(At { node, found: &mut *self.found })?.is_some(),
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
    fn of_the_end<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        let mut all: Vec<&'a RawValue> = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        for (index, node) in &self.node.items {
            let from_the_start = if *index < 0 { index + all.len().cast_signed() as i64 } else { *index };
            let item = usize::try_from(from_the_start).ok().and_then(|at| all.get(at));
            if let Some(item) = item {
                let found = &mut *self.found;
                // It is JSON, so it can be read again.
                let _ = At { node, found }.deserialize(&mut serde_json::Deserializer::from_str(item.get()));
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(paths: &[&str], document: &'a str) -> Vec<Option<&'a str>> {
        let mut places = Places::default();
        let numbers: Vec<usize> = paths.iter().map(|path| places.add(&JsonPath::read(path).unwrap())).collect();
        let found = places.find(document.as_bytes());
        numbers.into_iter().map(|number| found[number]).collect()
    }

    const DOCUMENT: &str = r#" {"ok": true, "n": 1.50, "items": [{"id": 7, "tags": ["a", "b"]}, {"id": "x\"y"}],
        "c d": null, "deep": {"ok": false, "": 0}, "a\u0062c": [[1], [2, 3]]} "#;

    #[test]
    fn values_are_found_where_they_stand() {
        let one = |path| find(&[path], DOCUMENT)[0];
        assert_eq!(one("$.ok"), Some("true"));
        assert_eq!(one("$.n"), Some("1.50"));
        assert_eq!(one("$.items[0].id"), Some("7"));
        assert_eq!(one("$.items[1].id"), Some(r#""x\"y""#));
        assert_eq!(one("$.items[-1].id"), Some(r#""x\"y""#));
        assert_eq!(one("$.items[0].tags"), Some(r#"["a", "b"]"#));
        assert_eq!(one("$.items[-2].tags[-1]"), Some("\"b\""));
        assert_eq!(one("$['c d']"), Some("null"));
        assert_eq!(one("$.deep['']"), Some("0"));
        assert_eq!(one("$.abc[1][1]"), Some("3"));
        assert_eq!(one("$"), Some(DOCUMENT.trim()));
        for missing in ["$.no", "$.ok.no", "$.ok[0]", "$.items[2]", "$.items[-3]", "$.items.id", "$.n.x", "$.deep[0]"] {
            assert_eq!(one(missing), None, "{missing}");
        }
    }

    #[test]
    fn all_places_are_found_in_one_pass() {
        let paths = ["$.items[1].id", "$.ok", "$.items", "$.items[-1]", "$.ok", "$.items[0].tags[0]", "$.no"];
        let together = find(&paths, DOCUMENT);
        let apart: Vec<_> = paths.iter().map(|path| find(&[path], DOCUMENT)[0]).collect();
        assert_eq!(together, apart);
        let mut places = Places::default();
        let path = JsonPath::read("$.a").unwrap();
        assert_eq!((places.add(&path), places.add(&path)), (0, 0));
    }

    #[test]
    fn of_what_is_not_json_nothing_is_found() {
        for broken in
            ["", "{\"a\":1", "{\"a\":1} x", "{\"a\":1,}", "<a>", "{\"a\":1}{\"a\":1}", "{\"a\":1,\"b\":\u{1}}"]
        {
            assert_eq!(find(&["$.a"], broken), [None], "{broken}");
            assert_eq!(find(&["$.a", "$"], broken), [None, None], "{broken}");
        }
        assert_eq!(find(&["$.a"], "{\"a\":1,\"a\":2}"), [Some("2")]);
        let deep = "[".repeat(100_000);
        assert_eq!(find(&["$[0][0]"], &deep), [None]);
    }

    #[test]
    fn a_value_says_a_text() {
        assert_eq!(text(r#""a\"\u00e4\n""#), "a\"ä\n");
        assert_eq!(text("\"plain\""), "plain");
        assert_eq!(text("\"\""), "");
        assert_eq!(text("1.50"), "1.50");
        assert_eq!(text(r#"{"a":"b"}"#), r#"{"a":"b"}"#);
        assert_eq!(text(r#""\ud800""#), r#""\ud800""#);
    }
}
