//! Names that a scenario gives.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Every name that was ever made, once.
static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A name that a scenario gives. It is kept until the program ends, so that whatever bears it can be copied: make one
/// of what a scenario or a record says, and never of what a target does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(&'static str);

impl Name {
    /// The name that reads `text`.
    pub fn new(text: &str) -> Self {
        // Whoever panicked with the set has left it whole.
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(text) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(Box::from(text));
        names.insert(kept);
        Self(kept)
    }

    /// As it was given.
    pub const fn text(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let (one, other) = (Name::new("external"), Name::new(&String::from("external")));
        assert_eq!(one, other);
        assert!(std::ptr::eq(one.text(), other.text()));
        assert_ne!(one, Name::new("arenas"));
    }
}
