//! A sampling heap profile of V8: what has been allocated since it was begun and is still reached, by function.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    call_frame: Frame,
    self_size: f64,
    #[serde(default)]
    children: Vec<Node>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    #[serde(default)]
    function_name: String,
    #[serde(default)]
    url: String,
    /// From 0.
    #[serde(default)]
    line_number: i64,
}

impl Frame {
    /// `remember (app.js:12)`; what runs in no file is named in brackets by V8 itself.
    fn name(&self) -> String {
        let function = if self.function_name.is_empty() { "(anonymous)" } else { &self.function_name };
        match self.url.rsplit('/').next() {
            Some(file) if !file.is_empty() => format!("{function} ({file}:{})", self.line_number + 1),
            _ => function.to_owned(),
        }
    }
}

/// The bytes that each function has allocated since, as far as they are still reached. The samples make it an
/// estimate: good to some per cent for what counts.
///
/// # Errors
/// Where `profile` is none.
pub(crate) fn functions(profile: &Value) -> serde_json::Result<BTreeMap<String, u64>> {
    let mut left = vec![Node::deserialize(&profile["head"])?];
    let mut functions: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(node) = left.pop() {
        let bytes = node.self_size.max(0.0) as u64;
        if bytes > 0 {
            *functions.entry(node.call_frame.name()).or_default() += bytes;
        }
        left.extend(node.children);
    }
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_function_is_summed_over_all_who_call_it() {
        let leaf = |size: u64| {
            json!({"callFrame": {"functionName": "remember", "url": "file:///srv/app.js", "lineNumber": 11},
                   "selfSize": size, "children": []})
        };
        let root = json!({"functionName": "(root)", "url": "", "lineNumber": -1});
        let profile = json!({"head": {"callFrame": root, "selfSize": 0, "children": [leaf(40), leaf(2)]}});
        assert_eq!(functions(&profile).unwrap(), BTreeMap::from([("remember (app.js:12)".to_owned(), 42)]));
        assert!(functions(&json!({})).is_err());
    }
}
