//! The page around the sections.

use record::Record;

use super::markup::{Markup, tag};
use crate::clean::one_line;
use crate::order::word;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole document.
pub(super) fn page(record: &Record, sections: impl IntoIterator<Item = Markup>) -> String {
    let verdict = ::verdict::overall(&record.findings, &record.timeline.outcome);
    let title = format!("{}: {} - plimsoll", word(verdict), one_line(&record.about.scenario));
    let head = tag("head")
        .add(tag("meta").with("charset", "utf-8"))
        .add(tag("meta").with("name", "viewport").with("content", "width=device-width, initial-scale=1"))
        .add(tag("meta").with("name", "color-scheme").with("content", "light dark"))
        .add(
            tag("meta").with("name", "generator").with("content", format!("plimsoll {}", record.about.harness_version)),
        )
        .add(tag("link").with("rel", "icon").with("href", icon(verdict)))
        .add(tag("title").add(title))
        .add(tag("style").add(Markup::own(STYLE)));
    let body = tag("body").add(tag("main").add_all(sections).add(footer())).add(tag("script").add(Markup::own(SCRIPT)));
    let html = tag("html").with("lang", "en").add(head).add(body);
    format!("<!DOCTYPE html>\n{}\n", Markup::from(html).into_text())
}

/// The verdict in the tab: a disc in its colour.
fn icon(verdict: ::verdict::Verdict) -> String {
    let colour = match verdict {
        ::verdict::Verdict::Pass => "00735a",
        ::verdict::Verdict::Inconclusive => "a86500",
        ::verdict::Verdict::Fail => "b3261e",
    };
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' \
         fill='%23{colour}'/></svg>"
    )
}

fn footer() -> Markup {
    tag("footer")
        .add(
            "Charts show the lowest and the highest value of each of a thousand columns of time, so \
             no peak and no dip is lost; of dots, the highest of each column and some of the others. All samples are in ",
        )
        .add(tag("a").with("href", "record.db").add("record.db"))
        .add(".")
        .into()
}
