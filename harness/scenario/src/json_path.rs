//! Where a value stands in JSON: `$.items[0]['first name'][-1]`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A way into a JSON document: keys and indices, nothing that matches more than one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonPath(Vec<JsonKey>);

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JsonKey {
    /// The value of this key of an object.
    Name(String),
    /// The item of a list, from 0; below 0 counted from the end.
    Index(i64),
}

impl JsonPath {
    /// The way, from the whole document inwards.
    pub fn keys(&self) -> &[JsonKey] {
        &self.0
    }

    /// What stands there in `document`; where the way ends before, the key that is not there and where it was looked for.
    ///
    /// # Errors
    /// Where nothing stands there.
    pub fn find<'a>(&self, document: &'a Value) -> Result<&'a Value, (String, &'a Value)> {
        self.0.iter().try_fold(document, |at, key| {
            let (found, key) = match key {
                JsonKey::Name(name) => (at.get(name), name.clone()),
                JsonKey::Index(index) => (at_index(at, *index), index.to_string()),
            };
            found.ok_or((key, at))
        })
    }

    /// Reads a path; `None` where the text is not one.
    pub fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('$')?;
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let (key, after) = next_key(rest)?;
            keys.push(key);
            rest = after;
        }
        Some(Self(keys))
    }
}

/// The item of a list, below 0 counted from its end.
fn at_index(list: &Value, index: i64) -> Option<&Value> {
    let items = list.as_array()?;
    let place = if index < 0 {
        items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
    } else {
        usize::try_from(index).ok()?
    };
    items.get(place)
}

/// Splits the first key off `.name`, `['name']`, `["name"]` or `[7]`.
fn next_key(text: &str) -> Option<(JsonKey, &str)> {
    if let Some(name) = text.strip_prefix('.') {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (name, rest) = name.split_at(end);
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@');
        return (!name.is_empty() && name.chars().all(plain)).then(|| (JsonKey::Name(name.to_owned()), rest));
    }
    let inner = text.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = inner.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((JsonKey::Name(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = inner.split_once(']')?;
    Some((JsonKey::Index(index.parse().ok()?), rest))
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for key in &self.0 {
            match key {
                JsonKey::Index(index) => write!(f, "[{index}]")?,
                JsonKey::Name(name) if next_key(&format!(".{name}")) == Some((key.clone(), "")) => {
                    write!(f, ".{name}")?;
                }
                JsonKey::Name(name) if name.contains('\'') => write!(f, "[\"{name}\"]")?,
                JsonKey::Name(name) => write!(f, "['{name}']")?,
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for JsonPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text).ok_or_else(|| format!("`{text}` is not a path into JSON"))
    }
}

impl From<JsonPath> for String {
    fn from(path: JsonPath) -> Self {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_keys_and_indices() {
        let path = JsonPath::read(r#"$.items[0]['first name'][-1]["it's"].id_2"#).unwrap();
        let name = |name: &str| JsonKey::Name(name.to_owned());
        let keys =
            [name("items"), JsonKey::Index(0), name("first name"), JsonKey::Index(-1), name("it's"), name("id_2")];
        assert_eq!(path.keys(), keys);
        assert_eq!(JsonPath::read("$").unwrap().keys(), []);
    }

    #[test]
    fn a_path_is_written_as_it_is_read() {
        for text in ["$", "$.a.b[0]['c d'][-1]", r#"$["it's"]"#, "$['']", "$['a.b']"] {
            let path = JsonPath::read(text).unwrap();
            assert_eq!(path.to_string(), text);
            let stored = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<JsonPath>(&stored).unwrap(), path);
        }
    }

    #[test]
    fn what_matches_more_than_one_place_is_no_path() {
        for wrong in ["", "a.b", "$.", "$..a", "$[*]", "$.a[", "$.a[x]", "$.a]", "$['a'", "$.*", "$.a b", "$[1:2]"] {
            assert_eq!(JsonPath::read(wrong), None, "{wrong}");
        }
        assert!(serde_json::from_str::<JsonPath>("\"$[*]\"").is_err());
    }
}
