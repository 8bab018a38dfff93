//! Memory that is surely resident, and surely gone when it is given back.

use std::hint::black_box;
use std::mem;

/// One block: above the largest threshold that glibc's allocator can grow to (32 MiB), so that every block is a mapping
/// of its own and goes back to the system when it is freed. Smaller blocks would be, at first; but each one freed
/// raises the threshold, and its successors would come from the heap and stay there.
const BLOCK_BYTES: usize = 33 << 20;

/// One slab: below the smallest such threshold (128 KiB), so that it is of the heap.
const SLAB_BYTES: usize = 64 << 10;

/// What every byte is set to: not zero, so that no page is left unwritten.
const FILL: u8 = 0xa5;

/// Bytes in mappings outside the allocator's heap. A block is mapped whole, but its pages become resident one by one, as
/// they are handed out. This stands in for `mmap`, which cannot be called without `unsafe`.
#[derive(Default)]
pub(crate) struct Pages {
    blocks: Vec<Vec<u8>>,
    used_bytes: usize,
}

impl Pages {
    /// Makes `bytes` more of it resident.
    pub(crate) fn grow(&mut self, bytes: usize) {
        let mut left = bytes;
        while left > 0 {
            left -= self.fill(left);
        }
    }

    /// The bytes handed out.
    pub(crate) fn bytes(&self) -> usize {
        self.used_bytes
    }

    /// Gives all of it back to the system.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.used_bytes = 0;
    }

    /// Fills up to `wanted` bytes of the latest block, or of a new one where that is full; says how many.
    fn fill(&mut self, wanted: usize) -> usize {
        let start = self.used_bytes % BLOCK_BYTES;
        if start == 0 {
            self.blocks.push(vec![0; BLOCK_BYTES]);
        }
        let filled = wanted.min(BLOCK_BYTES - start);
        if let Some(block) = self.blocks.last_mut() {
            write(&mut block[start..start + filled]);
        }
        self.used_bytes += filled;
        filled
    }
}

/// Bytes of the allocator's heap that are never given back: cut out of slabs, which are leaked, and written as they are
/// cut. Small chunks of their own would land in the gaps that connections leave when they end, and the next connections
/// would have to take new memory instead: a quarter more would be gone than the truth knows of.
#[derive(Default)]
pub(crate) struct Slabs {
    rest: &'static mut [u8],
}

impl Slabs {
    /// The next `bytes`. Where the slab has no room for them, its end is left unwritten.
    pub(crate) fn cut(&mut self, bytes: usize) -> &'static mut [u8] {
        if bytes > self.rest.len() {
            self.rest = Box::leak(vec![0; bytes.max(SLAB_BYTES)].into_boxed_slice());
        }
        let (piece, rest) = mem::take(&mut self.rest).split_at_mut(bytes);
        self.rest = rest;
        write(piece);
        piece
    }
}

/// Makes memory resident. The compiler is kept from seeing that nobody will read it.
pub(crate) fn write(memory: &mut [u8]) {
    black_box(memory).fill(FILL);
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// Tests that measure the memory of their process take turns.
    pub(crate) fn alone() -> MutexGuard<'static, ()> {
        static MEASURING: Mutex<()> = Mutex::new(());
        MEASURING.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Anonymous resident memory of this process, in bytes.
    pub(crate) fn resident_bytes() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// Checks that `measured` is within a tenth of `expected`.
    pub(crate) fn check_near(measured: usize, expected: usize) {
        assert!(measured.abs_diff(expected) * 10 <= expected, "{measured} is not about {expected}");
    }

    #[test]
    fn pages_are_resident_as_they_are_handed_out_and_gone_when_cleared() {
        let _turn = alone();
        let before = resident_bytes();
        let mut pages = Pages::default();
        for _ in 0..20_000 {
            pages.grow(2048);
        }
        check_near(resident_bytes() - before, 20_000 * 2048);
        pages.clear();
        assert!(resident_bytes() < before + (2 << 20));
    }
}
