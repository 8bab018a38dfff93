//! A heap snapshot of V8, read for what fills the heap: objects and bytes by constructor.
//!
//! The file is read as a stream, and what is kept of it is a line for each constructor.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Objects of one constructor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// How many.
    pub(crate) objects: u64,
    /// The bytes that they take themselves, without what they refer to.
    pub(crate) bytes: u64,
}

/// Reads what fills the heap, by constructor; what has none is named by its kind, in brackets.
///
/// # Errors
/// Where it is no heap snapshot.
pub(crate) fn constructors(snapshot: impl Read) -> serde_json::Result<BTreeMap<String, Held>> {
    let mut json = serde_json::Deserializer::from_reader(snapshot);
    serde::de::Deserializer::deserialize_map(&mut json, Whole)
}

/// What nodes are called by: those of the same group are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// The index of its name: an object of JavaScript, or a native one.
    Named(u64),
    /// The index of its kind.
    Kind(u64),
}

/// The form of the nodes.
#[derive(Debug, Deserialize)]
struct About {
    meta: Meta,
}

#[derive(Debug, Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    node_types: Vec<serde_json::Value>,
}

/// Where in a node is what.
#[derive(Clone, Debug)]
struct Form {
    fields: usize,
    kind: usize,
    name: usize,
    size: usize,
    kinds: Vec<String>,
}

impl Meta {
    fn form(self) -> Option<Form> {
        let place = |name: &str| self.node_fields.iter().position(|field| field == name);
        let (kind, name, size) = (place("type")?, place("name")?, place("self_size")?);
        let kinds = serde_json::from_value(self.node_types.get(kind)?.clone()).ok()?;
        Some(Form { fields: self.node_fields.len(), kind, name, size, kinds })
    }
}

impl Form {
    fn group(&self, node: &[u64]) -> Group {
        let kind = node[self.kind];
        match self.kinds.get(kind as usize).map_or("", String::as_str) {
            "object" | "native" => Group::Named(node[self.name]),
            _ => Group::Kind(kind),
        }
    }

    fn kind(&self, kind: u64) -> String {
        let kind = self.kinds.get(kind as usize).map_or("unknown", String::as_str);
        format!("({kind})")
    }
}

/// The whole file: `snapshot` comes before `nodes`, and `strings` after them.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = BTreeMap<String, Held>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a heap snapshot of V8")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut form, mut groups, mut names) = (None, None, BTreeMap::new());
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), &form, &groups) {
                ("snapshot", ..) => form = map.next_value::<About>()?.meta.form(),
                ("nodes", Some(form), _) => groups = Some(map.next_value_seed(Nodes(form))?),
                ("strings", _, Some(groups)) => names = map.next_value_seed(Names(&named(groups)))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let (form, groups) = form.zip(groups).ok_or_else(|| A::Error::custom("there are no nodes"))?;
        let mut held: BTreeMap<String, Held> = BTreeMap::new();
        for (group, of) in groups {
            let name = match group {
                Group::Named(name) => names.get(&name).cloned().unwrap_or_else(|| "(unnamed)".to_owned()),
                Group::Kind(kind) => form.kind(kind),
            };
            let sum = held.entry(name).or_default();
            (sum.objects, sum.bytes) = (sum.objects + of.objects, sum.bytes + of.bytes);
        }
        Ok(held)
    }
}

fn named(groups: &BTreeMap<Group, Held>) -> BTreeSet<u64> {
    let name = |group: &Group| match group {
        Group::Named(name) => Some(*name),
        Group::Kind(_) => None,
    };
    groups.keys().filter_map(name).collect()
}

/// The nodes: numbers, so many to each.
struct Nodes<'a>(&'a Form);

impl<'de> DeserializeSeed<'de> for Nodes<'_> {
    type Value = BTreeMap<Group, Held>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Nodes<'_> {
    type Value = BTreeMap<Group, Held>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the numbers of the nodes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Self::Value, A::Error> {
        let mut groups: BTreeMap<Group, Held> = BTreeMap::new();
        let mut node = Vec::with_capacity(self.0.fields);
        while let Some(number) = numbers.next_element::<u64>()? {
            node.push(number);
            if node.len() == self.0.fields {
                let held = groups.entry(self.0.group(&node)).or_default();
                (held.objects, held.bytes) = (held.objects + 1, held.bytes.saturating_add(node[self.0.size]));
                node.clear();
            }
        }
        Ok(groups)
    }
}

/// The strings with these indexes.
struct Names<'a>(&'a BTreeSet<u64>);

impl<'de> DeserializeSeed<'de> for Names<'_> {
    type Value = BTreeMap<u64, String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Names<'_> {
    type Value = BTreeMap<u64, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut strings: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeMap::new();
        for index in 0.. {
            if !self.0.contains(&index) {
                if strings.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                continue;
            }
            let Some(name) = strings.next_element::<String>()? else { break };
            names.insert(index, name);
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],
        "node_types":[["hidden","array","string","object"],"string","number","number","number"],"edge_fields":["type"]},
        "node_count":4},
        "nodes":[3,1,1,100,0, 3,1,3,20,0, 1,2,5,7,0, 2,0,7,8,0],
        "edges":[1,2,3],"strings":["a long text","Session","x"]}"#;

    #[test]
    fn what_fills_the_heap_is_counted_by_constructor() {
        let held = constructors(SMALL.as_bytes()).unwrap();
        let want = [("(array)", 1, 7), ("(string)", 1, 8), ("Session", 2, 120)];
        let seen: Vec<_> = held.iter().map(|(name, held)| (name.as_str(), held.objects, held.bytes)).collect();
        assert_eq!(seen, want);
    }

    #[test]
    fn what_is_cut_off_or_no_snapshot_is_an_error() {
        for end in [0, 1, 40, SMALL.len() - 1] {
            assert!(constructors(&SMALL.as_bytes()[..end]).is_err(), "{end}");
        }
        for text in ["{}", "[]", "7", r#"{"snapshot":{"meta":{"node_fields":[],"node_types":[]}},"nodes":[1]}"#] {
            assert!(constructors(text.as_bytes()).is_err(), "{text}");
        }
    }
}
