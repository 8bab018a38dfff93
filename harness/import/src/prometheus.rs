//! The answer to a Prometheus range query: `GET /api/v1/query_range`.

use serde_json::{Map, Value};

use crate::json::not_json;
use crate::mistake::{Mistake, Place};
use crate::table::{Growing, Table, distinct};

const TIME: &str = "timestamp";

/// The table of an answer: a column per series, a row per sample.
pub(crate) fn table(text: &str) -> Result<Table, Vec<Mistake>> {
    let answer: Value = serde_json::from_str(text).map_err(|error| vec![not_json(&error)])?;
    if let Some(error) = answer["error"].as_str() {
        return Err(Mistake::whole(format!("Prometheus answered with an error: {error}"), "ask again"));
    }
    let data = &answer["data"];
    let series = match (data["resultType"].as_str(), data["result"].as_array()) {
        (Some("matrix") | None, Some(series)) => series,
        (Some(kind), _) if kind != "matrix" => return Err(wrong_kind(kind)),
        _ => {
            return Err(Mistake::whole(
                "the answer has no `data.result`",
                "save the whole answer of /api/v1/query_range",
            ));
        }
    };
    if series.is_empty() {
        return Err(Mistake::whole("the query matched no series", "check its name, labels and range in Prometheus"));
    }
    Ok(fill(series))
}

fn wrong_kind(kind: &str) -> Vec<Mistake> {
    let hint = "ask for a range: /api/v1/query_range?query=...&start=...&end=...&step=15s";
    Mistake::whole(format!("the answer is a {kind}, with one sample a series"), hint)
}

fn fill(series: &[Value]) -> Table {
    let names = names(series);
    let mut growing = Growing::default();
    for (name, series) in names.into_iter().zip(series) {
        for (step, pair) in series["values"].as_array().into_iter().flatten().enumerate() {
            let place = Place::Item(growing.table.rows.len() + 1);
            if let Some([time, value]) = pair.as_array().map(Vec::as_slice) {
                growing.push(place, step, [(TIME.to_owned(), text(time)), (name.clone(), text(value))]);
            } else {
                growing.table.mistakes.push(Mistake::new(place, format!("`{pair}` is no pair of time and value")));
            }
        }
    }
    growing.table
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The series' names: of the labels only those in which they differ.
fn names(series: &[Value]) -> Vec<String> {
    let nothing = Map::new();
    let labels: Vec<_> = series.iter().map(|series| series["metric"].as_object().unwrap_or(&nothing)).collect();
    let differs = |key: &str| labels.iter().any(|one| one.get(key) != labels[0].get(key));
    let name = |labels: &&Map<String, Value>| {
        let telling = labels.iter().filter(|(key, _)| *key != "__name__" && differs(key));
        let told: Vec<String> = telling.map(|(key, value)| format!("{key}={}", text(value))).collect();
        let metric = labels.get("__name__").and_then(Value::as_str).unwrap_or("series");
        if told.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", told.join(",")) }
    };
    distinct(labels.iter().map(name).collect::<Vec<_>>().iter().map(String::as_str))
}
