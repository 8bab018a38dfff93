//! What is found in JSON is what a tree of it has.

use serde_json::Value;

use super::*;
use crate::random::Random;

fn find<'a>(paths: &[&str], document: &'a str) -> Vec<Option<&'a str>> {
    let mut places = Places::default();
    let numbers: Vec<usize> = paths.iter().map(|path| places.add(&JsonPath::read(path).unwrap())).collect();
    let found = places.find(document.as_bytes());
    numbers.into_iter().map(|number| found.get(number)).collect()
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
    for broken in ["", "{\"b\":", "{\"b\":x,\"a\":1}", "<a>", "[1 2]", "{\"b\":\"\u{1}\",\"a\":1}", "{\"b\":1 \"a\":1}"]
    {
        assert_eq!(find(&["$.a"], broken), [None], "{broken}");
    }
    for broken in ["{\"a\":1", "{\"a\":1} x", "{\"a\":1,}", "{\"a\":1}{\"a\":1}"] {
        assert_eq!(find(&["$.a", "$.b"], broken), [None, None], "{broken}");
        assert_eq!(find(&["$.a"], broken), [Some("1")], "what stands behind it is not read: {broken}");
    }
    assert_eq!(find(&["$.a", "$.b"], "{\"a\":1,\"a\":2}"), [Some("2"), None]);
    let deep = "[".repeat(100_000);
    assert_eq!(find(&["$[0][0]"], &deep), [None]);
}

/// A document that is drawn, `depth` deep at most.
fn drawn(random: &mut Random, depth: u64) -> Value {
    let texts = ["", "a", "b c", "\"\\", "ä\u{1}", "$.a[0]"];
    let text = |random: &mut Random| texts[random.below(6) as usize].to_owned();
    let size = random.below(4);
    match random.below(if depth == 0 { 4 } else { 6 }) {
        0 => Value::Null,
        1 => Value::Bool(size < 2),
        2 => serde_json::json!(random.below(1000) as f64 / 8.0),
        3 => Value::String(text(random)),
        4 => (0..size).map(|_| drawn(random, depth - 1)).collect(),
        _ => (0..size).map(|_| (text(random), drawn(random, depth - 1))).collect(),
    }
}

/// All places in a value, and what stands there; items are counted from the start or from the end.
fn places_in(value: &Value, path: &str, random: &mut Random, all: &mut Vec<(String, Value)>) {
    all.push((path.to_owned(), value.clone()));
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let back = if random.below(2) == 0 { 0 } else { items.len() };
                places_in(item, &format!("{path}[{}]", index.cast_signed() - back.cast_signed()), random, all);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                let quote = if key.contains('"') { '\'' } else { '"' };
                places_in(value, &format!("{path}[{quote}{key}{quote}]"), random, all);
            }
        }
        _ => {}
    }
}

#[test]
fn what_is_found_is_what_stands_in_the_tree() {
    let mut random = Random::of_user(11);
    for _ in 0..500 {
        let tree = drawn(&mut random, 4);
        let document = serde_json::to_string_pretty(&tree).unwrap();
        let mut all = Vec::new();
        places_in(&tree, "$", &mut random, &mut all);
        // Not the whole, so that a value is looked for in others that are, and in others that are not.
        all.retain(|_| random.below(3) > 0);
        let paths: Vec<&str> = all.iter().map(|(path, _)| path.as_str()).collect();
        for (found, (path, value)) in find(&paths, &document).into_iter().zip(&all) {
            let found: Option<Value> = found.map(|found| serde_json::from_str(found).unwrap());
            assert_eq!(found.as_ref(), Some(value), "{path} of {document}");
        }
        let cut = document.floor_char_boundary(random.below(document.len() as u64 + 1) as usize);
        find(&paths, &document[..cut]);
    }
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
