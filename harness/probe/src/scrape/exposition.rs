//! Prometheus's text format, and `OpenMetrics`, as far as samples go: of both, a line is a name, labels and a value.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>, <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::borrow::Cow;
use std::collections::BTreeMap;

use scenario::Selector;

/// The lines of a page, by the name of their samples.
#[derive(Debug, Default)]
pub(super) struct Exposition<'a> {
    /// What follows on the name: labels, where there are any, and the value.
    samples: BTreeMap<&'a str, Vec<&'a str>>,
    /// What the page says of units.
    units: BTreeMap<&'a str, &'a str>,
}

impl<'a> Exposition<'a> {
    /// The samples of a page; `None` where it is none. One that is empty is one: nothing has been counted yet.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut page = Self::default();
        let mut comments = false;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix('#') {
                comments = true;
                page.units.extend(unit(comment));
            } else if let Some((name, rest)) = sample(line) {
                page.samples.entry(name).or_default().push(rest);
            }
        }
        (!page.samples.is_empty() || comments || text.trim().is_empty()).then_some(page)
    }

    /// The names of its samples.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.samples.keys().copied()
    }

    /// The sum over the samples that are selected, and how many they are. What is no finite number counts for nothing.
    pub(super) fn sum(&self, selector: &Selector) -> (f64, usize) {
        let lines = self.samples.get(selector.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let selected = lines.iter().filter_map(|rest| value(rest, selector)).filter(|value| value.is_finite());
        selected.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1))
    }

    /// The unit that it says a metric to have.
    pub(super) fn unit(&self, name: &str) -> Option<&'a str> {
        let of = |ends: &str| self.units.get(name.strip_suffix(ends)?);
        ["", "_total", "_sum"].iter().find_map(|ends| of(ends)).copied()
    }
}

/// From ` UNIT name unit`.
fn unit(comment: &str) -> Option<(&str, &str)> {
    let mut words = comment.split_ascii_whitespace();
    (words.next()? == "UNIT").then_some(())?;
    Some((words.next()?, words.next()?))
}

/// The name, and what follows on it.
fn sample(line: &str) -> Option<(&str, &str)> {
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.');
    let end = line.find(|c: char| !letter(c))?;
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    // A word that no value follows on is no sample: `<html>`, `404 page not found`.
    let is_sample = rest.starts_with('{') || number(rest).is_some();
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && is_sample).then_some((name, rest))
}

/// The first word, where it is a number; a time or an example may follow.
fn number(text: &str) -> Option<f64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// The value of a sample, where it has the labels that are asked for.
fn value(rest: &str, selector: &Selector) -> Option<f64> {
    let Some(labels) = rest.strip_prefix('{') else {
        return selector.labels.is_empty().then(|| number(rest))?;
    };
    let (labels, rest) = labels_of(labels)?;
    let has = |(name, value): &(String, String)| labels.iter().any(|(one, other)| one == name && other == value);
    selector.labels.iter().all(has).then(|| number(rest))?
}

type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// The labels, and what follows on their brace.
fn labels_of(text: &str) -> Option<(Labels<'_>, &str)> {
    let mut labels = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, value) = rest.split_once('=')?;
        let inner = value.trim_start().strip_prefix('"')?;
        let end = end_of_quoted(inner)?;
        labels.push((name.trim(), unescaped(&inner[..end])));
        let after = inner[end + 1..].trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
}

/// Where the quote stands that ends a text.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => plain.extend(letters.next().map(|next| if next == 'n' { '\n' } else { next })),
            (letter, _) => plain.push(letter),
        }
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As client libraries write it, and with all that the formats allow.
    const PAGE: &str = r#"# HELP http_requests_total Requests, by code.
# TYPE http_requests_total counter
http_requests_total{code="200",path="/a b"} 12 1700000000000
http_requests_total{code="500",path="/\"x\"}, {\n\\"} 3
http_requests_total{path="/c",code="500",} 4
# TYPE go_goroutines gauge
go_goroutines 7
# UNIT request_seconds seconds
request_seconds_bucket{le="0.1"} 5 # {trace_id="a b"} 0.067 1700000000.1
request_seconds_bucket{le="+Inf"} 6
request_seconds_sum 1.5e-1
request_seconds_count   6
odd{quantile="0.5"} NaN
huge +Inf
broken{a="b 1
# EOF
"#;

    fn sum(page: &str, selector: &str) -> (f64, usize) {
        Exposition::read(page).unwrap().sum(&Selector::read(selector).unwrap())
    }

    #[test]
    fn samples_are_summed_over_the_labels_that_are_not_asked_for() {
        assert_eq!(sum(PAGE, "http_requests_total"), (19.0, 3));
        assert_eq!(sum(PAGE, r#"http_requests_total{code="500"}"#), (7.0, 2));
        assert_eq!(sum(PAGE, r#"http_requests_total{code="500",path="/c"}"#), (4.0, 1));
        assert_eq!(sum(PAGE, r#"http_requests_total{path="/\"x\"}, {\n\\"}"#), (3.0, 1));
        assert_eq!(sum(PAGE, r#"http_requests_total{code="404"}"#), (0.0, 0));
        assert_eq!(sum(PAGE, "go_goroutines"), (7.0, 1));
    }

    #[test]
    fn parts_of_histograms_are_read_by_their_full_names() {
        assert_eq!(sum(PAGE, r#"request_seconds_bucket{le="0.1"}"#), (5.0, 1));
        assert_eq!(sum(PAGE, "request_seconds_sum"), (0.15, 1));
        assert_eq!(sum(PAGE, "request_seconds_count"), (6.0, 1));
        assert_eq!(Exposition::read(PAGE).unwrap().unit("request_seconds_sum"), Some("seconds"));
    }

    #[test]
    fn what_is_no_finite_number_is_a_gap() {
        for name in ["odd", "huge", "broken", "request_seconds"] {
            assert_eq!(sum(PAGE, name), (0.0, 0), "{name}");
        }
    }

    #[test]
    fn a_page_of_something_else_is_no_page() {
        for text in ["<html><body>404</body></html>", "404 page not found", "{\"a\": 1}", "not found"] {
            assert!(Exposition::read(text).is_none(), "{text}");
        }
        assert!(Exposition::read("").is_some() && Exposition::read("# EOF\n").is_some());
    }

    #[test]
    fn no_text_makes_it_panic() {
        for end in (0..=PAGE.len()).filter(|end| PAGE.is_char_boundary(*end)) {
            for text in [&PAGE[..end], &PAGE[end..]] {
                if let Some(page) = Exposition::read(text) {
                    let names: Vec<&str> = page.names().collect();
                    names.iter().filter_map(|name| Selector::read(name)).for_each(|selector| {
                        let _ = page.sum(&selector);
                    });
                }
            }
        }
    }
}
