//! What a costly read may cost.

use std::time::Duration;

use clock::Clock;
use timeline::Elapsed;

/// Lets something be done again only when enough time has passed for it to take a fiftieth of a core.
///
/// A target with ten thousand open files is watched less often; it is not watched at the price of
/// the processor that it needs.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    clock: Clock,
    again: Elapsed,
}

const SHARE: u32 = 50;

impl Budget {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, again: Elapsed::ZERO }
    }

    /// Does it, if it may be done again.
    pub(crate) fn spend<T>(&mut self, work: impl FnOnce() -> T) -> Option<T> {
        let before = self.clock.now();
        if before < self.again {
            return None;
        }
        let done = work();
        self.again = rest(before, self.clock.now());
        Some(done)
    }
}

fn rest(before: Elapsed, after: Elapsed) -> Elapsed {
    let cost: Duration = after.since(before);
    before + cost * SHARE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_ten_milliseconds_rests_for_half_a_second() {
        let at = |millis: u64| Elapsed::from_micros(millis * 1000);
        assert_eq!(rest(at(100), at(110)), at(600));
    }
}
