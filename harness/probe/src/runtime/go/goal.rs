//! The live heap, from the goal that Go sets for its next collection.
//!
//! Since 1.18 the goal is `live + (live + roots) · percent / 100`, where `live` is what the last collection reached and
//! `roots` are its stacks and globals (runtime/mgcpacer.go). A collection that was asked for while the target rested
//! leaves nothing but what is reached, and so tells the roots.

use super::memory::Memory;

/// Globals are not larger than this where the percentage is what it is taken for.
const MOST_GLOBALS: f64 = 16.0 * 1024.0 * 1024.0;

/// How the goal follows from the live heap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Goal {
    /// `GOGC`, as a share; `None` where the goal does not follow from it.
    share: Option<f64>,
    /// Why not.
    why: Option<&'static str>,
    /// What a collection looks at besides the heap, in bytes, once a collection was asked for.
    roots: Option<f64>,
}

impl Goal {
    /// By the variables of the process.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let percent = variable("GOGC").unwrap_or_else(|| "100".to_owned());
        let share = percent.parse::<f64>().ok().filter(|percent| *percent > 0.0).map(|percent| percent / 100.0);
        let why = if share.is_none() {
            Some("GOGC turns collections off")
        } else if variable("GOMEMLIMIT").is_some_and(|limit| limit != "off") {
            Some("GOMEMLIMIT sets the goal")
        } else {
            None
        };
        Self { share: share.filter(|_| why.is_none()), why, roots: None }
    }

    /// Learns from a collection that was asked for and is just over.
    pub(super) fn learn(&mut self, after: &Memory) {
        let Some(share) = self.share else { return };
        let roots = (after.next_collection as f64 - after.heap_alloc as f64 * (1.0 + share)) / share;
        let most = after.stack_inuse as f64 + MOST_GLOBALS;
        if (-0.02 * after.next_collection as f64..=most).contains(&roots) {
            self.roots = Some(roots.max(0.0));
        } else {
            (self.share, self.why) = (None, Some("the service sets GOGC itself"));
        }
    }

    /// The live heap in bytes, after the last collection.
    pub(super) fn live(&self, memory: &Memory) -> Option<f64> {
        let (share, roots) = self.share.zip(self.roots)?;
        let live = (memory.next_collection as f64 - roots * share) / (1.0 + share);
        Some(live.clamp(0.0, memory.heap_alloc as f64))
    }

    /// What is not known, and why.
    pub(super) fn lacks(&self) -> Option<String> {
        self.why.map(|why| format!("the live heap after each collection: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn memory(heap: u64, next_collection: u64) -> Memory {
        Memory { heap_alloc: heap, next_collection, stack_inuse: MIB, ..Memory::default() }
    }

    fn plain() -> Goal {
        Goal::of(|_| None)
    }

    #[test]
    fn the_live_heap_follows_from_the_goal_once_a_collection_was_asked_for() {
        let mut goal = plain();
        assert_eq!(goal.live(&memory(60 * MIB, 82 * MIB)), None);
        // 20 MiB live and 2 MiB of roots: 20 + (20 + 2) = 42.
        goal.learn(&memory(20 * MIB, 42 * MIB));
        assert_eq!(goal.live(&memory(60 * MIB, 82 * MIB)), Some((40 * MIB) as f64));
        // Nothing is live that is not there.
        assert_eq!(goal.live(&memory(30 * MIB, 82 * MIB)), Some((30 * MIB) as f64));
    }

    #[test]
    fn another_percentage_is_read_from_the_environment() {
        let mut goal = Goal::of(|name| (name == "GOGC").then(|| "50".to_owned()));
        goal.learn(&memory(20 * MIB, 31 * MIB));
        assert_eq!(goal.live(&memory(60 * MIB, 61 * MIB)), Some((40 * MIB) as f64));
    }

    #[test]
    fn a_goal_that_does_not_follow_from_the_heap_tells_nothing_and_says_why() {
        let with = |name: &'static str, value: &'static str| Goal::of(move |of| (of == name).then(|| value.to_owned()));
        assert!(with("GOGC", "off").lacks().unwrap().contains("GOGC turns collections off"));
        assert!(with("GOMEMLIMIT", "1GiB").lacks().unwrap().contains("GOMEMLIMIT"));
        assert_eq!(plain().lacks(), None);
        let mut set_by_code = plain();
        set_by_code.learn(&memory(40 * MIB, 160 * MIB));
        assert_eq!(set_by_code.live(&memory(40 * MIB, 160 * MIB)), None);
        assert!(set_by_code.lacks().unwrap().contains("sets GOGC itself"));
    }
}
