//! An absolute grid of points in time. A slow reader loses points; it never shifts them.

use std::time::Duration;

use timeline::Elapsed;

/// The points `start + k * every`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    start: Elapsed,
    every: u64,
}

impl Grid {
    /// A grid from `start`; a distance below a millisecond counts as one, so that no reader spins.
    pub(crate) fn new(start: Elapsed, every: Duration) -> Self {
        let every = u64::try_from(every.as_micros()).unwrap_or(u64::MAX).max(1000);
        Self { start, every }
    }

    /// The first point.
    pub(crate) fn start(&self) -> Elapsed {
        self.start
    }

    /// The last point that is not later than `now`; the first one where none has passed.
    pub(crate) fn passed(&self, now: Elapsed) -> Elapsed {
        let since = now.micros().saturating_sub(self.start.micros());
        self.start + Duration::from_micros(since - since % self.every)
    }

    /// The first point after both `due` and `now`: what passed in between is skipped.
    pub(crate) fn next(&self, due: Elapsed, now: Elapsed) -> Elapsed {
        self.passed(due.max(now)) + Duration::from_micros(self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid::new(Elapsed::from_micros(500), Duration::from_millis(10))
    }

    fn next(due: u64, now: u64) -> u64 {
        grid().next(Elapsed::from_micros(due), Elapsed::from_micros(now)).micros()
    }

    #[test]
    fn a_quick_read_is_followed_by_the_next_point() {
        assert_eq!(next(500, 600), 10_500);
        assert_eq!(next(10_500, 10_500), 20_500);
    }

    #[test]
    fn a_slow_read_skips_points_and_does_not_shift_them() {
        assert_eq!(next(500, 34_000), 40_500);
    }

    #[test]
    fn waking_early_does_not_repeat_a_point() {
        assert_eq!(next(20_500, 20_490), 30_500);
    }

    #[test]
    fn what_arrives_by_itself_belongs_to_the_point_that_passed() {
        assert_eq!(grid().passed(Elapsed::from_micros(29_000)).micros(), 20_500);
        assert_eq!(grid().passed(Elapsed::ZERO).micros(), 500);
    }
}
