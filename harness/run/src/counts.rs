//! What the lines of a log tell: how many requests the command has made, and when a cycle of the target has ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use scenario::LinePattern;
use target::Listener;
use timeline::{Elapsed, Event, Happening, Observation};

use crate::seen::Seen;

/// Of the cycles that end within this time of the last that was kept, only their number is kept.
const CYCLES_EVERY: Duration = Duration::from_secs(1);

/// The requests that a command tells of. A clone is the same count.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Count>>);

/// The count of one run of the command.
#[derive(Debug, Default)]
struct Count {
    /// When the last of it was taken, or the command was started.
    from: Elapsed,
    /// How many had been told by then.
    taken: u64,
    /// How many have been told, and when.
    told: u64,
    at: Elapsed,
    /// When the phase was over: what is told later was done before.
    over: Option<Elapsed>,
}

impl Requests {
    /// What hears them in the lines of the command's output.
    pub(crate) fn listener(&self, pattern: LinePattern, clock: Clock) -> Listener {
        let requests = self.clone();
        Box::new(move |line| {
            if let Some(total) = pattern.number_in(line) {
                requests.count().tell(total, clock.now());
            }
        })
    }

    /// The command is started.
    pub(crate) fn begin(&self, now: Elapsed) {
        *self.count() = Count { from: now, ..Count::default() };
    }

    /// Its phase is over.
    pub(crate) fn over(&self, now: Elapsed) {
        let mut count = self.count();
        count.over = count.over.or(Some(now));
    }

    /// What has been told since the last time.
    pub(crate) fn take(&self) -> Option<Happening> {
        self.count().take()
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        // Whoever panicked with it has left it whole: each step is a few assignments.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    /// The command tells how many it has made so far. Fewer than before is another number.
    fn tell(&mut self, total: u64, now: Elapsed) {
        if total > self.told {
            self.told = total;
            self.at = self.over.map_or(now, |over| over.min(now));
        }
    }

    fn take(&mut self) -> Option<Happening> {
        let count = self.told - self.taken;
        let (from, to) = (self.from, self.at.max(self.from));
        (self.taken, self.from) = (self.told, to);
        (count > 0).then_some(Happening::Requests { from, to, count })
    }
}

/// What hears in the target's log when a cycle of its own has ended.
pub(crate) fn cycles(pattern: LinePattern, seen: Seen, clock: Clock) -> Listener {
    let ended = Mutex::new(Cycles::default());
    Box::new(move |line| {
        if pattern.is_in(line) {
            let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
            let at = clock.now();
            if let Some(what) = ended.end(at) {
                seen.append(Observation::Event(Event { at, what }));
            }
        }
    })
}

/// The cycles that have ended.
#[derive(Debug, Default)]
struct Cycles {
    /// When the last was kept.
    kept: Option<Elapsed>,
    /// How many have ended since.
    count: u64,
}

impl Cycles {
    fn end(&mut self, now: Elapsed) -> Option<Happening> {
        self.count += 1;
        if self.kept.is_some_and(|kept| now.since(kept) < CYCLES_EVERY) {
            return None;
        }
        self.kept = Some(now);
        Some(Happening::CycleEnded { count: std::mem::take(&mut self.count) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Elapsed {
        Elapsed::from_seconds(seconds)
    }

    fn told(from: f64, to: f64, count: u64) -> Happening {
        Happening::Requests { from: at(from), to: at(to), count }
    }

    #[test]
    fn running_totals_are_taken_as_they_come() {
        let mut count = Count { from: at(10.0), ..Count::default() };
        assert_eq!(count.take(), None);
        count.tell(100, at(11.0));
        count.tell(250, at(12.0));
        assert_eq!(count.take(), Some(told(10.0, 12.0, 250)));
        count.tell(60, at(12.5));
        assert_eq!(count.take(), None, "a total does not fall");
        count.tell(400, at(13.0));
        assert_eq!(count.take(), Some(told(12.0, 13.0, 150)));
    }

    #[test]
    fn what_is_told_after_the_phase_was_done_in_it() {
        let requests = Requests::default();
        requests.begin(at(10.0));
        requests.over(at(70.0));
        requests.count().tell(6000, at(70.4));
        assert_eq!(requests.take(), Some(told(10.0, 70.0, 6000)));
        requests.begin(at(80.0));
        requests.count().tell(50, at(81.0));
        assert_eq!(requests.take(), Some(told(80.0, 81.0, 50)), "the next run begins at nothing");
    }

    #[test]
    fn of_many_cycles_in_a_second_one_is_kept_with_their_number() {
        let mut cycles = Cycles::default();
        let kept: Vec<(u32, u64)> = (0..4000_u32)
            .filter_map(|milli| match cycles.end(at(f64::from(milli) / 1000.0))? {
                Happening::CycleEnded { count } => Some((milli, count)),
                _ => None,
            })
            .collect();
        assert_eq!(kept, [(0, 1), (1000, 1000), (2000, 1000), (3000, 1000)]);
    }
}
