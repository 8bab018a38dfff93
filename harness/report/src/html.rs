//! The run as one HTML file: the verdict first, then what was judged, then what happened, then what it was.
//!
//! It needs nothing beside itself, and reads without its script, without its style sheet and on paper. What a target
//! or a scenario can influence is only ever added as text (`markup`).

mod axis;
mod chart;
mod compared;
mod course;
mod document;
mod events;
mod facts;
mod findings;
mod frame;
mod grown;
mod history;
mod judged;
mod markup;
mod requests;
mod thin;
mod track;
mod verdict;

#[cfg(test)]
mod tests;

use record::Record;

pub use compared::comparison_html;
pub use history::history_html;
pub use track::Track;

use document::Head;
use frame::Frame;
use markup::{Markup, tag};

use crate::clean::one_line;
use crate::order::word;

/// The run as HTML. `files` are the names of files in the run's folder that the page links to; it stands beside them.
pub fn html(record: &Record, files: &[&str]) -> String {
    let frame = Frame::new(record);
    let sections = [
        verdict::section(&frame),
        findings::section(&frame),
        course::section(&frame),
        requests::section(&frame),
        grown::section(&frame),
        facts::section(&frame, files),
    ];
    let verdict = ::verdict::overall(&record.findings, &record.timeline.outcome);
    let head = Head {
        title: format!("{}: {} - plimsoll", word(verdict), one_line(&record.about.scenario)),
        verdict,
        generator: format!("plimsoll {}", record.about.harness_version),
    };
    document::page(&head, sections, footer())
}

fn footer() -> Markup {
    Markup::all([
        Markup::from(
            "Charts show the lowest and the highest value of each of a thousand columns of time, so \
             no peak and no dip is lost; of dots, the highest of each column and some of the others. All samples are in ",
        ),
        tag("a").with("href", "record.db").add("record.db").into(),
        Markup::from("."),
    ])
}
