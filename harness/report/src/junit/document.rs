//! What the junit-report crate cannot say, put into the document that it has written: the suite's
//! properties, its time by the clock on the wall (the crate adds up the cases, which overlap here), a
//! timestamp without a zone, as the schema wants it, and text that is escaped: a reader that looks for
//! `<failure` in CDATA sections would find what a target has logged.

use std::fmt::Write;

/// What belongs at the suite's head.
pub(crate) struct Opening {
    /// When it began: `2026-03-01T12:00:00Z`.
    pub(crate) timestamp: String,
    /// How long it took.
    pub(crate) seconds: f64,
    /// What is known of it.
    pub(crate) properties: Vec<(&'static str, String)>,
}

/// Completes a document with one suite.
pub(crate) fn complete(document: &str, opening: &Opening) -> String {
    // Within a tag a `>` is always escaped, so the first one ends it.
    let start = document.find("<testsuite ").unwrap_or(document.len());
    let end = document[start..].find('>').map_or(document.len(), |at| start + at);
    let tag = set(&document[start..end], "timestamp", opening.timestamp.trim_end_matches('Z'));
    let tag = set(&tag, "time", &format!("{:.3}", opening.seconds));
    let rest = without_sections(document[end..].strip_prefix('>').unwrap_or_default());
    format!("{}{tag}>{}{rest}\n", &document[..start], properties(&opening.properties))
}

/// Sets an attribute that is there.
fn set(tag: &str, name: &str, value: &str) -> String {
    let lead = format!(" {name}=\"");
    match tag.split_once(&lead).and_then(|(before, after)| Some((before, after.split_once('"')?.1))) {
        Some((before, after)) => format!("{before}{lead}{value}\"{after}"),
        None => tag.to_owned(),
    }
}

/// The same document with plain text in the place of CDATA sections.
fn without_sections(mut document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    while let Some((before, after)) = document.split_once("<![CDATA[") {
        let (text, rest) = after.split_once("]]>").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&escape(text));
        document = rest;
    }
    out + document
}

fn properties(known: &[(&str, String)]) -> String {
    let mut out = "<properties>".to_owned();
    for (name, value) in known {
        // Writing to a String cannot fail.
        let _ = write!(out, r#"<property name="{name}" value="{}"/>"#, escape(value));
    }
    out + "</properties>"
}

fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
