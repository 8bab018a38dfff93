//! Pages of the target or of a service that tell numbers.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use timeline::{Metric, Name, Unit};

use crate::json_path::JsonPath;
use crate::line_pattern::LinePattern;

/// A page that is got again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScrapePlan {
    /// Its path.
    pub path: String,
    /// Whom the request names in its header `host`; the address where nothing is said.
    pub host: Option<String>,
    /// Whose page it is, where it is a service's and not the target's.
    #[serde(default)]
    pub service: Option<String>,
    /// The port of the page, where it is not the one that is known already.
    pub port: Option<u16>,
    /// The grid on which it is got.
    pub every: Duration,
    /// More headers of the request.
    pub headers: Vec<(String, String)>,
    /// What is on it.
    pub format: PageFormat,
    /// What is kept of it; all are of its format.
    pub kept: Vec<Scraped>,
}

impl ScrapePlan {
    /// What it is called: `scrape of /metrics`, `scrape of search:9100/metrics`.
    pub fn name(&self) -> String {
        let service = self.service.as_deref().unwrap_or_default();
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("scrape of {service}{port}{}", self.path)
    }
}

/// What is on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageFormat {
    /// Prometheus's text format, or `OpenMetrics`.
    Prometheus,
    /// JSON.
    Json,
    /// Lines.
    Text,
}

impl PageFormat {
    /// Its key in a scenario.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Json => "json",
            Self::Text => "text",
        }
    }
}

/// A number of a page that is kept as a series of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scraped {
    /// The name of the series.
    pub name: String,
    /// Where it stands.
    pub spot: Spot,
    /// What the series is counted in.
    pub unit: Unit,
    /// By what the number is multiplied to be in that unit.
    pub scale: f64,
}

impl Scraped {
    /// What its series is of.
    pub fn metric(&self) -> Metric {
        Metric::Named(Name::new(&self.name), self.unit)
    }

    /// Does it only count up, as far as its name tells? Its growth is no leak then.
    pub fn counts_up(&self) -> bool {
        const ENDS: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];
        matches!(&self.spot, Spot::Sample(selector) if ENDS.iter().any(|end| selector.name.ends_with(end)))
    }

    /// Why its numbers are not to be trusted, where that is known of them.
    pub fn doubt(&self) -> Option<&'static str> {
        let Spot::Sample(selector) = &self.spot else { return None };
        let pauses_of_node = "prom-client counts only the first of the collections that it is told of at once, so most \
                              of them and of their time are missing: judge `pauses` by the runtime itself";
        let windowed = "it is of the last 256 collections, so its quantiles and its maximum forget: judge `pauses` by \
                        the runtime itself";
        match selector.name.as_str() {
            name if name.starts_with("nodejs_gc_duration_seconds") => Some(pauses_of_node),
            "go_gc_duration_seconds" => Some(windowed),
            _ => None,
        }
    }
}

/// Where a number stands on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// In samples of Prometheus: the sum of all that are selected.
    Sample(Selector),
    /// In JSON.
    Json(JsonPath),
    /// In the first line that matches.
    Line(LinePattern),
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample(selector) => write!(f, "{selector}"),
            Self::Json(path) => write!(f, "{path}"),
            Self::Line(pattern) => f.write_str(pattern.as_str()),
        }
    }
}

/// Samples of Prometheus: of this name, with these labels among theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector {
    /// The name of the samples, as it stands on the page: of a histogram with `_sum`, `_count` or `_bucket`.
    pub name: String,
    /// Labels and their values.
    pub labels: Vec<(String, String)>,
}

impl Selector {
    /// Reads `name` or `name{label="value"}`; `None` where the text is neither.
    pub fn read(text: &str) -> Option<Self> {
        let (name, labels) = match text.trim().split_once('{') {
            None => (text.trim(), Vec::new()),
            Some((name, rest)) => (name.trim(), read_labels(rest.strip_suffix('}')?)?),
        };
        is_name(name).then(|| Self { name: name.to_owned(), labels })
    }
}

/// Letters, digits, `_` and `:`, and no digit in front; newer names may hold dots too.
fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.');
    !text.is_empty() && text.chars().all(letter) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// `code="500",method="GET"`; `\"`, `\\` and `\n` within the quotes.
fn read_labels(text: &str) -> Option<Vec<(String, String)>> {
    let mut labels = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=')?;
        let (value, after) = quoted(value.trim_start())?;
        labels.push((name.trim().to_owned(), value));
        let after = after.trim_start();
        rest = if after.is_empty() { after } else { after.strip_prefix(',')?.trim_start() };
    }
    labels.iter().all(|(name, _)| is_name(name)).then_some(labels)
}

/// What stands between quotes, and what follows on them.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &inner[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            letter => value.push(letter),
        }
    }
    None
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let escaped = |value: &str| value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        let labels: Vec<String> =
            self.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if labels.is_empty() { Ok(()) } else { write!(f, "{{{}}}", labels.join(",")) }
    }
}

impl TryFrom<String> for Selector {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text).ok_or_else(|| format!("`{text}` is no name of a metric"))
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_written_as_it_is_read() {
        for text in ["up", "a:b_c", r#"http_requests_total{code="500",path="/a\"b\\c\n,{}="}"#] {
            assert_eq!(Selector::read(text).unwrap().to_string(), text);
        }
        assert_eq!(Selector::read(r#"a{ b = "c" , d="e", }"#).unwrap().to_string(), r#"a{b="c",d="e"}"#);
        for wrong in ["", "5xx", "a b", "a{", "a{b}", "a{b=c}", r#"a{b="c}"#, r#"a{b=~"c"}"#, r#"a{b="c"d="e"}"#] {
            assert_eq!(Selector::read(wrong), None, "{wrong}");
        }
    }
}
