//! Where what a line tells becomes a pause.

use std::collections::BTreeSet;
use std::sync::Arc;

use timeline::{Elapsed, Pause};

use crate::clocks::{Clock, Clocks};

/// How many names are known; what a target makes up beyond them has none.
const MOST_KINDS: usize = 256;
/// The name of what has no name.
const OTHER: &str = "other";

/// The line that is read: when it came, and where to put what it tells.
pub(crate) struct Desk<'a> {
    pub(crate) arrived: Elapsed,
    pub(crate) clocks: &'a mut Clocks,
    pub(crate) kinds: &'a mut Kinds,
    pub(crate) told: &'a mut Vec<Pause>,
}

/// What a line tells of a pause.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told<'a> {
    pub(crate) source: &'static str,
    pub(crate) kind: &'a str,
    /// Microseconds.
    pub(crate) length: u64,
    pub(crate) concurrent: bool,
    pub(crate) forced: bool,
    pub(crate) live: Option<u64>,
}

impl Desk<'_> {
    /// When in the run `clock` showed `told` microseconds.
    pub(crate) fn place(&mut self, clock: Clock, told: i64) -> Elapsed {
        self.clocks.place(clock, told, self.arrived)
    }

    /// The pause that ended at `end`; what lies before the run is cut off it.
    pub(crate) fn pause(&mut self, told: Told<'_>, end: Elapsed) -> Pause {
        let length = told.length.min(end.micros());
        Pause {
            start: Elapsed::from_micros(end.micros() - length),
            length,
            concurrent: told.concurrent,
            cpu: None,
            kind: self.kinds.get(told.kind),
            forced: told.forced,
            live: told.live,
            source: self.kinds.get(told.source),
        }
    }

    /// Tells of a pause that ended at `end`.
    pub(crate) fn tell(&mut self, told: Told<'_>, end: Elapsed) {
        let pause = self.pause(told, end);
        self.told.push(pause);
    }
}

/// Each name once.
#[derive(Debug, Default)]
pub(crate) struct Kinds(BTreeSet<Arc<str>>);

impl Kinds {
    fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = if self.0.len() < MOST_KINDS { name.into() } else { OTHER.into() };
        self.0.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_target_makes_up_without_end_have_none() {
        let mut kinds = Kinds::default();
        (0..10_000).for_each(|number| drop(kinds.get(&number.to_string())));
        assert!(kinds.0.len() <= MOST_KINDS + 1);
        assert_eq!((&*kinds.get("7"), &*kinds.get("9999")), ("7", OTHER));
    }
}
