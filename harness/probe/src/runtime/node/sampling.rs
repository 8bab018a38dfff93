//! A sampling heap profile of V8: what has been allocated since it was begun and is still reached, by function.

use std::collections::BTreeMap;

use serde::Deserialize;

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
/// `profile` is a tree as deep as the calls were, and each node of it begins with its function and its size: they are
/// read one by one where they stand.
pub(crate) fn functions(profile: &str) -> BTreeMap<String, u64> {
    const NODE: &str = "{\"callFrame\":";
    let mut functions = BTreeMap::new();
    for (name, bytes) in profile.split(NODE).skip(1).filter_map(node) {
        *functions.entry(name).or_default() += bytes;
    }
    functions
}

/// The function and the size of a node, of which the beginning was taken off; `None` where it has allocated nothing.
fn node(text: &str) -> Option<(String, u64)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Frame>();
    let frame = values.next()?.ok()?;
    let size = text[values.byte_offset()..].strip_prefix(",\"selfSize\":")?;
    let end = size.find([',', '}'])?;
    let bytes = size[..end].parse::<f64>().ok()? as u64;
    (bytes > 0).then(|| (frame.name(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(size: u64) -> String {
        let frame =
            r#"{"functionName":"remember","scriptId":"7","url":"file:///srv/app.js","lineNumber":11,"columnNumber":3}"#;
        format!(r#"{{"callFrame":{frame},"selfSize":{size},"id":3,"children":[]}}"#)
    }

    fn node(size: u64, children: &[String]) -> String {
        let frame = r#"{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1}"#;
        format!(r#"{{"callFrame":{frame},"selfSize":{size},"id":1,"children":[{}]}}"#, children.join(","))
    }

    #[test]
    fn a_function_is_summed_over_all_who_call_it() {
        let profile = format!(r#"{{"profile":{{"head":{},"samples":[]}}}}"#, node(0, &[leaf(40), leaf(2)]));
        assert_eq!(functions(&profile), BTreeMap::from([("remember (app.js:12)".to_owned(), 42)]));
    }

    #[test]
    fn no_profile_is_too_deep() {
        let profile = (0..2000).fold(leaf(8), |inner, _| node(1, &[inner]));
        let want = [("(root)".to_owned(), 2000), ("remember (app.js:12)".to_owned(), 8)];
        assert_eq!(functions(&profile), BTreeMap::from(want));
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "",
            "{\"callFrame\":",
            "{\"callFrame\":{}",
            "{\"callFrame\":{},\"selfSize\":",
            "{\"callFrame\":{},\"selfSize\":x}",
        ] {
            assert!(functions(text).is_empty(), "{text}");
        }
    }
}
