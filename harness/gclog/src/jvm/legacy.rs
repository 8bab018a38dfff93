//! JVM 8: `-XX:+PrintGCDetails`, with or without dates. A line is stamped when the collection begins.

use std::sync::LazyLock;

use regex::Regex;
use timeline::Pause;

use super::stamp::stamp;
use super::{SOURCE, is_forced};
use crate::desk::{Desk, Told};
use crate::number::{bytes, seconds};
use crate::pattern;

static COLLECTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\[(?<kind>(?:Full )?GC(?: pause| remark| cleanup)?(?: \([A-Za-z][^()]*(?:\(\))?[^()]*\))*)(?<rest>.*), ",
        r"(?<s>\d+[.,]\d+) secs\](?: \[Times: .*)?$",
    ))
});
/// What is used of the whole heap: its sizes stand outside of the brackets of its parts.
static HEAP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:\]|^) +[\d.,]+[BKMG]->(?<after>[\d.,]+)(?<unit>[BKMG])\([\d.,]+[BKMG]\)"));

/// The stop that a line tells of.
pub(super) fn collection(line: &str, desk: &mut Desk<'_>) -> Option<Pause> {
    let found = COLLECTION.captures(line)?;
    let (kind, length) = (&found["kind"], seconds(&found["s"])?);
    if found["rest"].starts_with(" concurrent") {
        return None;
    }
    let end = match found.get(0).and_then(|all| stamp(&line[..all.start()])) {
        Some((clock, began)) => desk.place(clock, began.saturating_add(i64::try_from(length).ok()?)),
        None => desk.arrived,
    };
    let heap = HEAP.captures(&found["rest"]).filter(|_| kind.starts_with("Full"));
    let reached = heap.and_then(|heap| bytes(&heap["after"], &heap["unit"]));
    let told = Told { source: SOURCE, kind, length, forced: is_forced(kind), live: reached, ..Told::default() };
    Some(desk.pause(told, end))
}
