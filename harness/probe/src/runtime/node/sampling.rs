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

    /// Is it of the service, and not of Node or V8?
    fn is_own(&self) -> bool {
        !self.url.is_empty() && !self.url.starts_with("node:")
    }
}

/// The bytes that each function has allocated since, as far as they are still reached. The samples make it an
/// estimate: good to some per cent for what counts. What Node's own modules allocate is told by who called them.
///
/// `profile` is a tree as deep as the calls were, and each node of it begins with its function and its size: they are
/// read one by one where they stand.
pub(crate) fn functions(profile: &str) -> BTreeMap<String, u64> {
    const NODE: &str = "{\"callFrame\":";
    let mut functions = BTreeMap::new();
    // Of each call under way, who of the service is the last to have called.
    let mut callers: Vec<Option<String>> = Vec::new();
    for (frame, bytes, ends) in profile.split(NODE).skip(1).filter_map(node) {
        let above = callers.last().cloned().flatten();
        let own = if frame.is_own() { Some(frame.name()) } else { above };
        if bytes > 0 {
            let name = match &own {
                Some(caller) if !frame.is_own() => format!("{caller}, through {}", frame.name()),
                _ => frame.name(),
            };
            *functions.entry(name).or_default() += bytes;
        }
        callers.push(own);
        callers.truncate(callers.len().saturating_sub(ends));
    }
    functions
}

/// The function and the size of a node, of which the beginning was taken off, and how many nodes end behind it.
fn node(text: &str) -> Option<(Frame, u64, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Frame>();
    let frame = values.next()?.ok()?;
    let rest = &text[values.byte_offset()..];
    let size = rest.strip_prefix(",\"selfSize\":")?;
    let end = size.find([',', '}'])?;
    let bytes = size[..end].parse::<f64>().ok()? as u64;
    Some((frame, bytes, rest.matches("]}").count()))
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
    fn what_nodes_own_modules_allocate_is_told_by_who_called_them() {
        let call = |function: &str, url: &str, size: u64, children: &[String]| {
            let frame = format!(r#"{{"functionName":"{function}","url":"{url}","lineNumber":11,"columnNumber":3}}"#);
            format!(r#"{{"callFrame":{frame},"selfSize":{size},"id":3,"children":[{}]}}"#, children.join(","))
        };
        let socket = call("createSocket", "node:_http_agent", 900, &[]);
        let agent = call("addRequest", "node:_http_agent", 0, std::slice::from_ref(&socket));
        let fetch = call("fetchData", "file:///srv/client.js", 7, &[agent]);
        let profile = node(0, &[fetch, socket]);
        let want = [
            ("createSocket (node:_http_agent:12)".to_owned(), 900),
            ("fetchData (client.js:12)".to_owned(), 7),
            ("fetchData (client.js:12), through createSocket (node:_http_agent:12)".to_owned(), 900),
        ];
        assert_eq!(functions(&profile), BTreeMap::from(want));
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
