//! The page around the sections.

use ::verdict::Verdict;

use super::markup::{Markup, tag};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page is called, and how it came out.
pub(super) struct Head {
    /// The name in the tab.
    pub(super) title: String,
    /// What the disc in the tab says.
    pub(super) verdict: Verdict,
    /// What made it.
    pub(super) generator: String,
}

/// The whole document.
pub(super) fn page(head: &Head, sections: impl IntoIterator<Item = Markup>, footer: Markup) -> String {
    let meta = |name: &'static str, content: &str| tag("meta").with("name", name).with("content", content);
    let head = tag("head")
        .add(tag("meta").with("charset", "utf-8"))
        .add(meta("viewport", "width=device-width, initial-scale=1"))
        .add(meta("color-scheme", "light dark"))
        .add(meta("generator", &head.generator))
        .add(tag("link").with("rel", "icon").with("href", icon(head.verdict)))
        .add(tag("title").add(head.title.as_str()))
        .add(tag("style").add(Markup::own(STYLE)));
    let footer = tag("footer").add(footer);
    let body = tag("body").add(tag("main").add_all(sections).add(footer)).add(tag("script").add(Markup::own(SCRIPT)));
    let html = tag("html").with("lang", "en").add(head).add(body);
    format!("<!DOCTYPE html>\n{}\n", Markup::from(html).into_text())
}

/// The verdict in the tab: a disc in its colour.
fn icon(verdict: Verdict) -> String {
    let colour = match verdict {
        Verdict::Pass => "00735a",
        Verdict::Inconclusive => "a86500",
        Verdict::Fail => "b3261e",
    };
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' \
         fill='%23{colour}'/></svg>"
    )
}
