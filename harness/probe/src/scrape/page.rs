//! What a page tells of what is kept of it.

use scenario::{PageFormat, ScrapePlan, Scraped, Spot, nearest};
use serde_json::Value;
use timeline::Unit;

use super::exposition::Exposition;

/// Why a page could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no page of {what}: it begins with `{begins}`")]
pub(super) struct Strange {
    what: &'static str,
    begins: String,
}

/// What a page tells of one series.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    /// A number.
    Found(Found),
    /// Nothing.
    Missing {
        /// What it has in its place, in words that can follow on a sentence; empty where that is nothing like it.
        instead: String,
    },
}

/// A number, in the series' unit, and what is worth knowing of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) value: f64,
    pub(super) note: Option<String>,
}

/// What `text` tells of each series, in their order.
pub(super) fn read(plan: &ScrapePlan, text: &str) -> Result<Vec<Reading>, Strange> {
    match plan.format {
        PageFormat::Prometheus => {
            let page = Exposition::read(text).ok_or_else(|| strange("Prometheus", text))?;
            Ok(plan.kept.iter().map(|kept| by_prometheus(kept, &page)).collect())
        }
        PageFormat::Json => {
            let page: Value = serde_json::from_str(text).map_err(|_| strange("JSON", text))?;
            Ok(plan.kept.iter().map(|kept| by_json(kept, &page)).collect())
        }
        PageFormat::Text => Ok(plan.kept.iter().map(|kept| by_lines(kept, text)).collect()),
    }
}

fn strange(what: &'static str, text: &str) -> Strange {
    let begins = text.trim_start().lines().next().unwrap_or_default();
    Strange { what, begins: begins.chars().take(60).collect() }
}

fn by_prometheus(kept: &Scraped, page: &Exposition<'_>) -> Reading {
    let Spot::Sample(selector) = &kept.spot else { return nothing() };
    let (sum, sets) = page.sum(selector);
    if sets == 0 {
        return Reading::Missing { instead: likest(&selector.name, page.names()) };
    }
    let summed = (sets > 1).then(|| format!("is the sum of {sets} sets of labels"));
    let unit = page.unit(&selector.name).filter(|unit| !is_in(kept, unit));
    let misread = unit.map(|unit| format!("is in {unit}, as its page says: say its `unit`"));
    found(kept, sum, misread.or(summed))
}

/// Is a series kept in the unit that its page names?
fn is_in(kept: &Scraped, unit: &str) -> bool {
    match unit {
        "bytes" => kept.unit == Unit::Bytes,
        "seconds" => kept.unit == Unit::Seconds,
        "ratio" | "ratios" => kept.unit == Unit::Share,
        _ => true,
    }
}

fn by_json(kept: &Scraped, page: &Value) -> Reading {
    let Spot::Json(path) = &kept.spot else { return nothing() };
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    match path.find(page) {
        Ok(value) => match number(value) {
            Some(number) => found(kept, number, None),
            None => Reading::Missing { instead: format!(": what stands there is no number: `{}`", cut(value)) },
        },
        Err((key, at)) => {
            let names = at.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str));
            Reading::Missing { instead: likest(&key, names) }
        }
    }
}

fn cut(value: &Value) -> String {
    value.to_string().chars().take(40).collect()
}

fn by_lines(kept: &Scraped, text: &str) -> Reading {
    let Spot::Line(pattern) = &kept.spot else { return nothing() };
    let value = text.lines().find_map(|line| pattern.measured_in(line, kept.unit, kept.scale));
    value.map_or_else(nothing, |value| Reading::Found(Found { value, note: None }))
}

fn found(kept: &Scraped, number: f64, note: Option<String>) -> Reading {
    let value = number * kept.scale;
    if value.is_finite() { Reading::Found(Found { value, note }) } else { nothing() }
}

fn nothing() -> Reading {
    Reading::Missing { instead: String::new() }
}

/// `; it has go_goroutines, go_threads`.
fn likest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let nearest = nearest(name, names);
    if nearest.is_empty() { String::new() } else { format!("; it has {}", nearest.join(", ")) }
}
