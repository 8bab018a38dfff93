//! From what a target's clock showed to the time of the run.

use std::collections::BTreeMap;

use timeline::Elapsed;

/// A line comes milliseconds after what it tells. One that seems to come later than this, microseconds, is of another
/// process, or its clock was set.
const LATEST: i64 = 5_000_000;
/// How many clocks are known at once; a process has one, and each isolate of V8.
const MOST: usize = 64;

/// A clock of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Clock {
    /// The system's, which goes on from one process to the next.
    Monotonic,
    /// The time of day.
    Wall,
    /// The time since a process began, in microseconds by what the runtime says of it.
    Since(Unit),
    /// The time since an isolate of V8 began: its process and its address.
    Isolate(u64, u64),
}

/// In what a time since the start is told, which tells runtimes and settings apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    GoSeconds,
    JvmSeconds,
    JvmMillis,
}

/// The clocks of a target: where on the axis of the run each showed nothing.
#[derive(Debug, Default)]
pub(crate) struct Clocks(BTreeMap<Clock, i64>);

impl Clocks {
    pub(crate) fn new(monotonic_at_start: u64) -> Self {
        let origin = i64::try_from(monotonic_at_start).unwrap_or(i64::MAX);
        Self(BTreeMap::from([(Clock::Monotonic, -origin)]))
    }

    /// When in the run `clock` showed `told` microseconds, which a line tells that came at `arrived`.
    ///
    /// No line comes before what it tells: the least time between the two that was ever seen is nearest to the truth,
    /// so that places never drift to later ones.
    pub(crate) fn place(&mut self, clock: Clock, told: i64, arrived: Elapsed) -> Elapsed {
        let arrived = i64::try_from(arrived.micros()).unwrap_or(i64::MAX);
        let seen = arrived.saturating_sub(told);
        if self.0.len() >= MOST && !self.0.contains_key(&clock) {
            self.0.clear();
        }
        let origin = self.0.entry(clock).or_insert(seen);
        if seen < *origin || seen.saturating_sub(*origin) > LATEST {
            *origin = seen;
        }
        Elapsed::from_micros(u64::try_from(told.saturating_add(*origin)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPTIME: Clock = Clock::Since(Unit::JvmSeconds);

    fn placed(clocks: &mut Clocks, told: i64, arrived: u64) -> u64 {
        clocks.place(UPTIME, told, Elapsed::from_micros(arrived)).micros()
    }

    #[test]
    fn the_line_that_came_soonest_places_all_that_follow() {
        let mut clocks = Clocks::default();
        assert_eq!(placed(&mut clocks, 1_000, 51_000), 51_000);
        assert_eq!(placed(&mut clocks, 2_000, 42_000), 42_000);
        assert_eq!(placed(&mut clocks, 3_000, 90_000), 43_000);
    }

    #[test]
    fn a_process_that_began_anew_is_placed_anew() {
        let mut clocks = Clocks::default();
        assert_eq!(placed(&mut clocks, 60_000_000, 61_000_000), 61_000_000);
        assert_eq!(placed(&mut clocks, 1_000_000, 70_000_000), 70_000_000);
        assert_eq!(placed(&mut clocks, 2_000_000, 71_100_000), 71_000_000);
    }

    #[test]
    fn the_monotonic_clock_needs_no_line_to_be_placed_and_a_foreign_one_is_found_out() {
        let mut clocks = Clocks::new(500_000_000);
        let mut monotonic =
            |told, arrived| clocks.place(Clock::Monotonic, told, Elapsed::from_micros(arrived)).micros();
        assert_eq!(monotonic(503_000_000, 3_200_000), 3_000_000);
        assert_eq!(monotonic(7_000_000, 4_000_000), 4_000_000);
        assert_eq!(monotonic(8_000_000, 5_300_000), 5_000_000);
    }

    #[test]
    fn any_number_can_be_told() {
        let mut clocks = Clocks::new(u64::MAX);
        for told in [i64::MIN, -1, 0, i64::MAX] {
            for clock in [Clock::Monotonic, UPTIME] {
                clocks.place(clock, told, Elapsed::from_micros(u64::MAX));
                clocks.place(clock, told, Elapsed::ZERO);
            }
        }
        (0..1000).for_each(|isolate| {
            clocks.place(Clock::Isolate(isolate, 0), 1, Elapsed::ZERO);
        });
        assert!(clocks.0.len() <= MOST);
    }
}
