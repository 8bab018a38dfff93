//! Beats come a hundred a second, for hours: they are kept packed, about five bytes each.
//!
//! A batch is a run of numbers, four or five a beat, as `varint.rs` writes them:
//! 1. how far the step of the grid differs from the step before: 0 for most,
//! 2. from due to sent,
//! 3. from sent to done, doubled, plus one where the beat is unusual: not answered, or stalled,
//! 4. of an unusual beat: the harness's stall, doubled, plus one where it was answered.
//!
//! Differences wrap, so that every beat comes back as it was, whatever its times.

use timeline::{Beat, Elapsed};

use crate::varint::{fold, put, take, unfold, whole};

/// Packs `beats` into one batch.
pub(crate) fn pack(beats: &[Beat]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(beats.len() * 6);
    let mut grid = Grid::default();
    for beat in beats {
        let (due, sent, done) = (beat.due.micros(), beat.sent.micros(), beat.done.micros());
        let unusual = !beat.answered || beat.harness_stalled > 0;
        put(&mut packed, fold(grid.surprise(due)).into());
        put(&mut packed, fold(sent.wrapping_sub(due)).into());
        put(&mut packed, doubled(fold(done.wrapping_sub(sent)), unusual));
        if unusual {
            put(&mut packed, doubled(beat.harness_stalled, beat.answered));
        }
    }
    packed
}

/// Unpacks a batch; `None` where it is damaged.
pub(crate) fn unpack(mut packed: &[u8], into: &mut Vec<Beat>) -> Option<()> {
    let mut grid = Grid::default();
    while !packed.is_empty() {
        let due = grid.follow(unfold(whole(&mut packed)?));
        let sent = due.wrapping_add(unfold(whole(&mut packed)?));
        let (took, unusual) = halved(take(&mut packed)?)?;
        let done = sent.wrapping_add(unfold(took));
        let (harness_stalled, answered) = if unusual { halved(take(&mut packed)?)? } else { (0, true) };
        let [due, sent, done] = [due, sent, done].map(Elapsed::from_micros);
        into.push(Beat { due, sent, done, harness_stalled, answered });
    }
    Some(())
}

/// Foretells when the next beat is due: as far from the last one as that was from the one before.
#[derive(Default)]
struct Grid {
    last: u64,
    step: u64,
}

impl Grid {
    /// How far `due` is from what was foretold.
    fn surprise(&mut self, due: u64) -> u64 {
        let step = due.wrapping_sub(self.last);
        let surprise = step.wrapping_sub(self.step);
        (self.last, self.step) = (due, step);
        surprise
    }

    /// The time that is that far from what was foretold.
    fn follow(&mut self, surprise: u64) -> u64 {
        self.step = self.step.wrapping_add(surprise);
        self.last = self.last.wrapping_add(self.step);
        self.last
    }
}

fn doubled(number: u64, flag: bool) -> u128 {
    u128::from(number) << 1 | u128::from(flag)
}

fn halved(number: u128) -> Option<(u64, bool)> {
    Some((u64::try_from(number >> 1).ok()?, number & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(beats: &[Beat]) -> usize {
        let packed = pack(beats);
        let mut back = Vec::new();
        assert_eq!(unpack(&packed, &mut back), Some(()));
        assert_eq!(back, beats);
        packed.len()
    }

    fn beat(due: u64, sent: u64, done: u64) -> Beat {
        let [due, sent, done] = [due, sent, done].map(Elapsed::from_micros);
        Beat { due, sent, done, harness_stalled: 0, answered: true }
    }

    #[test]
    fn a_second_of_beats_takes_about_five_bytes_a_beat() {
        let beats: Vec<Beat> = (0..100).map(|n| n * 10_000).map(|due| beat(due, due + 640, due + 1900)).collect();
        assert!(check(&beats) <= 520, "{}", check(&beats));
    }

    #[test]
    fn beats_with_the_wildest_times_come_back() {
        let mut wild = vec![beat(u64::MAX, 0, 1 << 63), beat(0, u64::MAX, 0), beat(7, 3, 2)];
        wild[0].harness_stalled = u64::MAX;
        wild[1].answered = false;
        check(&wild);
    }

    #[test]
    fn a_damaged_batch_is_told() {
        let packed = pack(&[beat(10_000, 10_300, 12_000)]);
        assert_eq!(unpack(&packed[..packed.len() - 1], &mut Vec::new()), None);
        assert_eq!(unpack(&[0xff; 30], &mut Vec::new()), None);
    }
}
