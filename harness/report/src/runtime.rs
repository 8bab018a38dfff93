//! What the target's runtime told of itself, and what fills its memory.

use record::Record;
use scenario::RuntimeKind;
use schemars::JsonSchema;
use serde::Serialize;
use timeline::{Evidence, Grown, Happening, Largest, Timeline, show_bytes};

use crate::clean::one_line;
use crate::paint::Style;
use crate::wrap::wrap;

/// So many of what has grown are shown; the rest is in the kept files.
const SHOWN: usize = 5;
/// What is told where none was recognised.
pub(crate) const UNKNOWN: &str = "unknown";
/// The room for the names of the lines.
const INDENT: usize = 9;

/// Which runtime it is, what it was not to be asked for, what came of collections, and what has grown.
pub(crate) fn lines(record: &Record, style: Style) -> Vec<String> {
    let timeline = &record.timeline;
    let Some((runtime, lacks)) = recognised(timeline) else { return Vec::new() };
    let (asked, kind) = (collections(timeline), record.about.plan.target.runtime.kind);
    // Most of what is none that is known is native, and nobody asks what a native program has to collect.
    if runtime == UNKNOWN && asked.is_none() && kind == RuntimeKind::Auto {
        return Vec::new();
    }
    let mut lines = named("Runtime", &one_line(runtime), style);
    for lack in lacks {
        lines.extend(named("", &style.dim(&format!("not told: {}", one_line(lack))), style));
    }
    if let Some(collected) = asked {
        lines.extend(named("Collects", &collected, style));
    }
    for piece in pieces(timeline) {
        lines.extend(listed("Grown", "since the baseline, by", piece, piece.grown.iter().map(one), style));
        lines.extend(listed("Largest", "at the end, by", piece, piece.largest.iter().map(large), style));
    }
    lines
}

/// The same for machines.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Watched {
    /// Which runtime it is; null where it was not watched.
    runtime: Option<Recognised>,
    /// What was found to fill the target's memory, in order of time.
    evidence: Vec<Evidence>,
}

/// A runtime.
#[derive(Serialize, JsonSchema)]
struct Recognised {
    /// Which, and by what it is watched.
    what: String,
    /// What it cannot be asked for, and why.
    lacks: Vec<String>,
}

impl Watched {
    pub(crate) fn of(timeline: &Timeline) -> Self {
        let runtime =
            recognised(timeline).map(|(what, lacks)| Recognised { what: what.to_owned(), lacks: lacks.to_vec() });
        Self { runtime, evidence: pieces(timeline).cloned().collect() }
    }
}

/// The last word on which it is.
pub(crate) fn recognised(timeline: &Timeline) -> Option<(&str, &[String])> {
    timeline.events.iter().rev().find_map(|event| match &event.what {
        Happening::RuntimeSeen { runtime, lacks } => Some((runtime.as_str(), lacks.as_slice())),
        _ => None,
    })
}

pub(crate) fn pieces(timeline: &Timeline) -> impl Iterator<Item = &Evidence> {
    timeline.events.iter().filter_map(|event| match &event.what {
        Happening::Evidence(piece) => Some(piece),
        _ => None,
    })
}

/// How often a collection was asked for and done, and why it was not.
pub(crate) fn collections(timeline: &Timeline) -> Option<String> {
    let done = timeline.events.iter().filter(|event| matches!(event.what, Happening::Collected { .. })).count();
    let refusals: Vec<&str> = timeline.events.iter().filter_map(|event| refusal(&event.what)).collect();
    match (done, refusals.last()) {
        (0, None) => None,
        (done, None) => Some(format!("{done} times, as asked")),
        (done, Some(reason)) => Some(format!("{done} times of {} asked: {}", done + refusals.len(), one_line(reason))),
    }
}

fn refusal(what: &Happening) -> Option<&str> {
    if let Happening::NotCollected { reason } = what { Some(reason) } else { None }
}

/// The first few of a list in a piece of evidence; nothing where the list is empty.
fn listed(
    name: &str,
    how: &str,
    piece: &Evidence,
    list: impl ExactSizeIterator<Item = String>,
    style: Style,
) -> Vec<String> {
    if list.len() == 0 {
        return Vec::new();
    }
    let file = piece.file.as_ref().map_or(String::new(), |file| format!(" in {}", one_line(file)));
    let mut lines = named(name, &format!("{how} the {}{file}", one_line(&piece.what)), style);
    lines.extend(list.take(SHOWN).map(|one| format!("{}{one}", " ".repeat(INDENT + 2))));
    lines
}

fn large(largest: &Largest) -> String {
    format!("{:<10} {}, {} objects", show_bytes(largest.bytes as f64), one_line(&largest.name), largest.objects)
}

fn one(grown: &Grown) -> String {
    let objects = grown.objects.map_or(String::new(), |objects| format!(", {objects} objects"));
    let (bytes, held) = (show_bytes(grown.bytes as f64), show_bytes(grown.held as f64));
    format!("+{bytes:<9} {}{objects}, now {held}", one_line(&grown.name))
}

fn named(name: &str, text: &str, style: Style) -> Vec<String> {
    let rows = wrap(text, style.width.saturating_sub(INDENT)).into_iter().enumerate();
    rows.map(|(row, line)| format!("{:<INDENT$}{line}", if row == 0 { name } else { "" })).collect()
}

#[cfg(test)]
mod tests {
    use timeline::{Elapsed, Event};

    use super::*;
    use crate::example;

    fn told(happenings: Vec<Happening>) -> String {
        let mut record = example::record(Vec::new());
        let event = |what| Event { at: Elapsed::from_seconds(80.0), what };
        record.timeline.events.extend(happenings.into_iter().map(event));
        lines(&record, Style { colour: false, width: 80 }).join("\n")
    }

    #[test]
    fn what_has_grown_is_shown_with_where_more_of_it_is() {
        let grown =
            |name: &str, bytes| Grown { name: name.to_owned(), bytes, objects: Some(20_000), held: bytes + 1024 };
        let piece = Evidence {
            what: "heap profile".to_owned(),
            file: Some("evidence/go-heap-failure.pb.gz".to_owned()),
            grown: vec![grown("main.remember", 23_000_000), grown("hostile\u{1b}[31m", 2048)],
            largest: Vec::new(),
            missing: None,
        };
        let baseline = Evidence { grown: Vec::new(), ..piece.clone() };
        let runtime = "Go 1.19.8 by /debug/vars".to_owned();
        let text = told(vec![
            Happening::RuntimeSeen { runtime, lacks: vec!["the live heap: GOGC turns collections off".to_owned()] },
            Happening::Evidence(baseline),
            Happening::Collected { from: Elapsed::ZERO, to: Elapsed::ZERO },
            Happening::NotCollected { reason: "no answer".to_owned() },
            Happening::Evidence(piece),
        ]);
        let expected = "\
Runtime  Go 1.19.8 by /debug/vars
         not told: the live heap: GOGC turns collections off
Collects 1 times of 2 asked: no answer
Grown    since the baseline, by the heap profile in
         evidence/go-heap-failure.pb.gz
           +21.9 MiB  main.remember, 20000 objects, now 21.9 MiB
           +2 KiB     hostile, 20000 objects, now 3 KiB";
        assert_eq!(text, expected, "\n{text}");
    }

    #[test]
    fn of_a_target_that_was_not_watched_nothing_is_told() {
        assert_eq!(told(Vec::new()), "");
    }
}
