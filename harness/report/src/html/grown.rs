//! What the target's runtime told of itself, and what fills its memory.

use timeline::{Evidence, show_bytes};

use super::frame::Frame;
use super::markup::{Markup, tag};
use super::verdict::grouped;
use crate::clean::one_line;
use crate::runtime;

pub(super) fn section(frame: &Frame) -> Markup {
    let timeline = frame.timeline;
    let pieces: Vec<Markup> = runtime::pieces(timeline).filter_map(piece).collect();
    let seen = runtime::recognised(timeline);
    if pieces.is_empty() && seen.is_none_or(|(runtime, _)| runtime == runtime::UNKNOWN) {
        return Markup::default();
    }
    let facts = seen.map(|(runtime, lacks)| {
        let asked = runtime::collections(timeline).map(|done| format!("; collections: {done}")).unwrap_or_default();
        let lacks = lacks.iter().map(|lack| tag("li").add(format!("not told: {}", one_line(lack))).into());
        Markup::all([tag("p").add(format!("{}{asked}", one_line(runtime))).into(), tag("ul").add_all(lacks).into()])
    });
    tag("section").add(tag("h2").add("What fills its memory")).add_all(facts).add_all(pieces).into()
}

/// A heap profile, a class histogram and the like; nothing where it says nothing.
fn piece(piece: &Evidence) -> Option<Markup> {
    let what = one_line(&piece.what);
    let title = match &piece.file {
        Some(file) => tag("h3").add(what).add(" ").add(tag("a").with("href", link(file)).add(one_line(file))),
        None => tag("h3").add(what),
    };
    if let Some(missing) = &piece.missing {
        return Some(Markup::all([title.into(), tag("p").add(format!("not looked at: {}", one_line(missing))).into()]));
    }
    let grown = piece.grown.iter().map(|one| {
        let objects = one.objects.map(grouped).unwrap_or_default();
        [format!("+{}", show_bytes(one.bytes as f64)), show_bytes(one.held as f64), objects, one_line(&one.name)]
    });
    let largest = piece
        .largest
        .iter()
        .map(|one| [String::new(), show_bytes(one.bytes as f64), grouped(one.objects), one_line(&one.name)]);
    let rows: Vec<Markup> = grown.chain(largest).map(row).collect();
    if rows.is_empty() && piece.file.is_none() {
        return None;
    }
    let head = ["since the baseline", "now", "objects", "what"];
    let head = head.map(|name| tag("th").with("scope", "col").with("align", "left").add(name).into());
    let table = tag("table").add(tag("thead").add(tag("tr").add_all(head)));
    let table: Markup = if rows.is_empty() { Markup::default() } else { table.add_all(rows).into() };
    Some(Markup::all([title.into(), tag("div").with("class", "wide").add(table).into()]))
}

fn row([grown, held, objects, name]: [String; 4]) -> Markup {
    let cell = |text: String| tag("td").with("class", "number").with("align", "right").add(text).into();
    tag("tr").add_all([grown, held, objects].map(cell)).add(tag("td").add(tag("code").add(name))).into()
}

/// A file in the run's folder; nothing that leaves it.
pub(super) fn link(file: &str) -> String {
    let harmless = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    let path = file.chars().all(harmless) && !file.starts_with('/') && !file.contains("..");
    if path { file.to_owned() } else { "#".to_owned() }
}
