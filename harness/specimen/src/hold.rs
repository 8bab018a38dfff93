//! What is held on purpose, and looks like a leak to those who look badly.

use crate::ledger::Held;
use crate::memory::{Pages, Slabs, write};
use crate::options::Options;

/// The memory that requests leave behind without leaking it.
pub(crate) struct Holds {
    base: Pages,
    cache: Cache,
    garbage: Garbage,
    retained: Retained,
}

/// Entries up to a cap; then the newest is written in the place of the oldest.
struct Cache {
    entry_bytes: usize,
    most: usize,
    slabs: Slabs,
    entries: Vec<&'static mut [u8]>,
    oldest: usize,
}

/// Memory that piles up until a collection gives all of it back.
struct Garbage {
    per_request_bytes: usize,
    collected_at_bytes: usize,
    pages: Pages,
}

/// Memory that the first request takes and nobody gives back.
struct Retained {
    wanted_bytes: usize,
    pages: Pages,
}

impl Holds {
    /// Takes the base, and nothing else yet.
    pub(crate) fn new(options: &Options) -> Self {
        let mut base = Pages::default();
        base.grow(options.base.0);
        Self {
            base,
            cache: Cache::new(options.cache.0, options.cache_entry.0),
            garbage: Garbage {
                per_request_bytes: options.garbage.0,
                collected_at_bytes: options.sawtooth.0,
                pages: Pages::default(),
            },
            retained: Retained { wanted_bytes: options.retain.0, pages: Pages::default() },
        }
    }

    /// Holds what a request leaves behind.
    pub(crate) fn on_request(&mut self) {
        self.cache.add();
        self.garbage.add();
        self.retained.take();
    }

    /// What is held now.
    pub(crate) fn held(&self) -> Held {
        Held {
            base_bytes: self.base.bytes(),
            cache_bytes: self.cache.entries.len() * self.cache.entry_bytes,
            garbage_bytes: self.garbage.pages.bytes(),
            retained_bytes: self.retained.pages.bytes(),
        }
    }
}

impl Cache {
    fn new(cap_bytes: usize, entry_bytes: usize) -> Self {
        let most = cap_bytes.checked_div(entry_bytes).unwrap_or(0);
        // Room for all from the start: a list that doubled would show as steps of its own.
        Self { entry_bytes, most, slabs: Slabs::default(), entries: Vec::with_capacity(most), oldest: 0 }
    }

    fn add(&mut self) {
        if self.entries.len() < self.most {
            self.entries.push(self.slabs.cut(self.entry_bytes));
        } else if let Some(oldest) = self.entries.get_mut(self.oldest) {
            write(oldest);
            self.oldest = (self.oldest + 1) % self.most;
        }
    }
}

impl Garbage {
    fn add(&mut self) {
        if self.collected_at_bytes == 0 {
            return;
        }
        self.pages.grow(self.per_request_bytes);
        if self.pages.bytes() >= self.collected_at_bytes {
            self.pages.clear();
        }
    }
}

impl Retained {
    fn take(&mut self) {
        self.pages.grow(self.wanted_bytes.saturating_sub(self.pages.bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::tests::{alone, check_near, resident_bytes};
    use crate::options::told;

    /// Resident memory gained since `before`, in bytes; zero where it fell.
    fn gained(before: usize) -> usize {
        resident_bytes().saturating_sub(before)
    }

    #[test]
    fn a_sawtooth_gives_its_memory_back() {
        let _turn = alone();
        let before = resident_bytes();
        let mut holds = Holds::new(&told("--sawtooth 48MiB --garbage 1MiB"));
        for _ in 0..3 {
            (0..47).for_each(|_| holds.on_request());
            assert_eq!(holds.held().garbage_bytes, 47 << 20);
            check_near(gained(before), 47 << 20);
            holds.on_request();
            assert_eq!(holds.held().garbage_bytes, 0);
            assert!(gained(before) < 2 << 20);
        }
    }

    #[test]
    fn a_cache_grows_to_its_cap_and_stays_there() {
        let _turn = alone();
        let before = resident_bytes();
        let mut holds = Holds::new(&told("--cache 32MiB"));
        (0..4096).for_each(|_| holds.on_request());
        assert_eq!(holds.held().cache_bytes, 16 << 20);
        (0..40_960).for_each(|_| holds.on_request());
        assert_eq!(holds.held().cache_bytes, 32 << 20);
        check_near(gained(before), 32 << 20);
    }

    #[test]
    fn the_base_is_held_from_the_start_and_the_retained_from_the_first_request() {
        let _turn = alone();
        let mut holds = Holds::new(&told("--base 1MiB --retain 2MiB"));
        assert_eq!(holds.held(), Held { base_bytes: 1 << 20, ..Held::default() });
        holds.on_request();
        holds.on_request();
        assert_eq!(holds.held(), Held { base_bytes: 1 << 20, retained_bytes: 2 << 20, ..Held::default() });
    }
}
