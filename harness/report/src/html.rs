//! The run as one HTML file: the verdict first, then what was judged, then what happened, then what it was.
//!
//! It needs nothing beside itself, and reads without its script, without its style sheet and on paper. What a target
//! or a scenario can influence is only ever added as text (`markup`).

mod axis;
mod chart;
mod course;
mod document;
mod events;
mod facts;
mod findings;
mod frame;
mod grown;
mod judged;
mod markup;
mod requests;
mod thin;
mod verdict;

#[cfg(test)]
mod tests;

use record::Record;

use frame::Frame;

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
    document::page(record, sections)
}
