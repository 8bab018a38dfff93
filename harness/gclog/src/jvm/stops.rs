//! Stops that a JVM tells of twice: the collection says how long it was, and the safepoint around it how long all
//! threads stood still. The second is the whole, and comes last.

use std::time::Duration;

use timeline::{Elapsed, Pause};

use super::SOURCE;
use crate::desk::{Desk, Told};

/// How long a collection waits for its safepoint.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much of a stop may seem to lie outside of its safepoint: lines are stamped with milliseconds.
const SLACK: Duration = Duration::from_millis(2);
/// How many collections wait at most.
const MOST_HELD: usize = 64;
/// How much of a safepoint's name is kept, bytes.
const LONGEST_NAME: usize = 64;

/// The collections whose safepoints are still to come.
#[derive(Debug, Default)]
pub(super) struct Stops {
    held: Vec<Pause>,
    /// When the last came that is held.
    since: Elapsed,
    /// Until 11 a safepoint is named when it begins.
    entering: Option<String>,
}

/// A safepoint, as it is told.
#[derive(Clone, Copy)]
pub(super) struct Safepoint<'a> {
    pub(super) name: &'a str,
    /// Microseconds.
    pub(super) length: u64,
    pub(super) end: Elapsed,
}

impl Stops {
    /// Holds a collection back until its safepoint is told, or is not.
    pub(super) fn hold(&mut self, pause: Pause, desk: &mut Desk<'_>) {
        if self.held.len() >= MOST_HELD {
            desk.told.append(&mut self.held);
        }
        self.since = desk.arrived;
        self.held.push(pause);
    }

    pub(super) fn entering(&mut self, name: &str) {
        self.entering = Some(name[..name.floor_char_boundary(LONGEST_NAME)].to_owned());
    }

    pub(super) fn unnamed_safepoint(&mut self, length: u64, end: Elapsed, desk: &mut Desk<'_>) {
        let name = self.entering.take().unwrap_or_default();
        self.safepoint(Safepoint { name: &name, length, end }, desk);
    }

    /// Tells of a safepoint in the place of the collections within it; it bears the name of the longest.
    pub(super) fn safepoint(&mut self, safepoint: Safepoint<'_>, desk: &mut Desk<'_>) {
        let start = safepoint.end - Duration::from_micros(safepoint.length);
        let (within, before): (Vec<Pause>, Vec<Pause>) =
            self.held.drain(..).partition(|pause| pause.end() + SLACK >= start);
        desk.told.extend(before);
        let longest = within.iter().max_by_key(|pause| pause.length);
        let name = match safepoint.name {
            "" => "Safepoint".to_owned(),
            name => format!("Safepoint {name}"),
        };
        let told = Told {
            source: SOURCE,
            kind: longest.map_or(&name, |pause| &*pause.kind),
            length: safepoint.length,
            concurrent: false,
            forced: within.iter().any(|pause| pause.forced),
            live: within.iter().rev().find_map(|pause| pause.live),
        };
        desk.tell(told, safepoint.end);
    }

    /// Those that have waited in vain: this JVM does not log its safepoints.
    pub(super) fn overdue(&mut self, now: Elapsed) -> Vec<Pause> {
        if self.held.is_empty() || now.since(self.since) < PATIENCE {
            return Vec::new();
        }
        self.finish()
    }

    pub(super) fn finish(&mut self) -> Vec<Pause> {
        std::mem::take(&mut self.held)
    }
}
