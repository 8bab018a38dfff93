//! The cycles of collectors that work beside the service: how long they took, and what they found to be live.

use std::sync::LazyLock;

use regex::Regex;
use timeline::Elapsed;

use super::{SOURCE, end_of, is_forced};
use crate::desk::{Desk, Told};
use crate::number::{bytes, millis, seconds, whole};
use crate::pattern;

/// ZGC: the line at the begin of a cycle has no sizes, the one at its end has.
static COLLECTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"GC\((?<id>\d+)\) (?<kind>(?:Garbage|Minor|Major) Collection \([A-Za-z_. ()]*?\))",
        r"(?<sizes> \d+[KMG]\(\d+%\)->(?<after>\d+)(?<unit>[KMG])\(\d+%\)(?: (?<s>[\d.,]+)s)?)?$",
    ))
});
/// ZGC: what was marked, by the end of the marking.
static LIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"GC\((?<id>\d+)\) (?:(?<old>O)|Y)?:? +Live: +- +(?<live>\d+)(?<unit>[KMG]) \("));
/// Shenandoah: what is left when garbage was given back.
static CLEANUP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"GC\(\d+\) (?<kind>Concurrent cleanup)(?: \([^)]*\))* ",
        r"\d+[BKMG]->(?<after>\d+)(?<unit>[BKMG])\(\d+[BKMG]\) (?<ms>[\d.,]+)ms$",
    ))
});
/// G1: its marking.
static MARKING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"GC\(\d+\) (?<kind>Concurrent (?:[A-Z][a-z]+ )?Cycle) (?<ms>[\d.,]+)ms$"));

/// The cycle that is under way.
#[derive(Debug, Default)]
pub(super) struct Cycle {
    /// Its number, and when it began.
    began: Option<(u64, Elapsed)>,
    /// Its number, and what was marked in the young and in the old generation, bytes.
    marked: Option<(u64, u64, u64)>,
    /// Shenandoah: have all references been moved to the copies? Only then is all garbage given back.
    updated: bool,
}

impl Cycle {
    /// A stop of the cycle.
    pub(super) fn paused(&mut self, kind: &str) {
        if kind.starts_with("Pause Final Update Refs") {
            self.updated = true;
        } else if kind.starts_with("Pause Init Mark") {
            self.updated = false;
        }
    }

    /// A line with the number of a collection that is not of a stop.
    pub(super) fn read(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        if line.contains(" Live: ") {
            self.marked(line)
        } else if line.contains(" Collection (") {
            self.collection(line, desk)
        } else if line.contains("Concurrent cleanup") {
            self.cleanup(line, desk)
        } else if line.contains("Cycle ") {
            marking(line, desk)
        } else {
            None
        }
    }

    fn marked(&mut self, line: &str) -> Option<()> {
        let found = LIVE.captures(line)?;
        let (id, reached) = (whole(&found["id"])?, bytes(&found["live"], &found["unit"])?);
        let (_, young, old) = self.marked.filter(|(known, ..)| *known == id).unwrap_or((id, 0, 0));
        self.marked = Some(if found.name("old").is_some() { (id, young, reached) } else { (id, reached, old) });
        Some(())
    }

    /// What was marked is what is live; without it, what is used at the end of a cycle is the nearest that is told.
    fn collection(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let found = COLLECTION.captures(line)?;
        let (id, kind) = (whole(&found["id"])?, &found["kind"]);
        let at = end_of(line, &found, desk);
        if found.name("sizes").is_none() {
            self.began = Some((id, at));
            return Some(());
        }
        let began = self.began.filter(|(known, _)| *known == id).map_or(at, |(_, began)| began);
        let length = match found.name("s") {
            Some(told) => seconds(told.as_str())?,
            None => u64::try_from(at.since(began).as_micros()).ok()?,
        };
        let marked = self.marked.filter(|(known, ..)| *known == id).map(|(_, young, old)| young.saturating_add(old));
        let reached = marked.or_else(|| bytes(&found["after"], &found["unit"])).filter(|_| !kind.starts_with("Minor"));
        let forced = is_forced(kind);
        desk.tell(Told { source: SOURCE, kind, length, concurrent: true, forced, live: reached }, at);
        Some(())
    }

    fn cleanup(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let found = CLEANUP.captures(line)?;
        let reached = bytes(&found["after"], &found["unit"]).filter(|_| std::mem::take(&mut self.updated));
        let (kind, length) = (&found["kind"], millis(&found["ms"])?);
        let end = end_of(line, &found, desk);
        desk.tell(Told { source: SOURCE, kind, length, concurrent: true, forced: false, live: reached }, end);
        Some(())
    }
}

fn marking(line: &str, desk: &mut Desk<'_>) -> Option<()> {
    let found = MARKING.captures(line)?;
    let (kind, length) = (&found["kind"], millis(&found["ms"])?);
    let end = end_of(line, &found, desk);
    desk.tell(Told { source: SOURCE, kind, length, concurrent: true, ..Told::default() }, end);
    Some(())
}
