//! Which format an input has: its first characters tell, not its name.

use serde_json::Value;

use crate::mistake::Mistake;
use crate::table::Table;
use crate::{json, prometheus, separated, text};

/// The table of an input.
pub(crate) fn table(text: &str) -> Result<Table, Vec<Mistake>> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(Mistake::whole("there is nothing in it", "it needs a header and a row for each sample"));
    }
    if text.contains('\0') {
        return Err(Mistake::whole(
            "it is no text",
            "of what is compressed, pipe the text: `zcat FILE | plimsoll analyze -`",
        ));
    }
    if start.starts_with('[') {
        return json::list(text);
    }
    if start.starts_with('{') && whole_answer(text) {
        return prometheus::table(text);
    }
    let first = text::unpainted(start.lines().next().unwrap_or_default());
    if json::split(&first).is_some() || first.starts_with('{') { Ok(json::lines(text)) } else { separated::table(text) }
}

/// Is the first value the answer of a Prometheus? One that is cut short is told by how it begins.
fn whole_answer(text: &str) -> bool {
    let is_answer = |value: &Value| value.get("status").is_some_and(Value::is_string) && has_result(value);
    match serde_json::Deserializer::from_str(text).into_iter::<Value>().next() {
        Some(Ok(value)) => is_answer(&value),
        _ => text.trim_start().replace([' ', '\n', '\r', '\t'], "").starts_with(r#"{"status":"success","data":{"#),
    }
}

fn has_result(value: &Value) -> bool {
    value.get("data").is_some() || value.get("error").is_some()
}
