//! The counts of a histogram, read off as they are stored.
//!
//! The V2 encoding of `HdrHistogram` is a header of 40 bytes, then for each count in order of value a number: a count,
//! or below zero how many counts are zero; zigzag, in groups of seven bits with the lowest first, at most nine bytes
//! (<https://github.com/HdrHistogram/HdrHistogram/blob/master/GoogleChartsExample/README.md> and the source of
//! `AbstractHistogram.encodeIntoByteBuffer`).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::LONGEST;

/// What a compressed one begins with; the length of the rest follows, in four bytes.
const COMPRESSED: [u8; 4] = [0x1c, 0x84, 0x93, 0x14];
/// No histogram of ours is longer.
const MOST: u64 = 1 << 20;

/// Bytes before the counts.
const HEADER: usize = 40;
/// What stands there, but for the length of the counts at 4..8: the cookie of V2, and the bounds of `new_histogram`.
const COOKIE: [u8; 4] = [0x1c, 0x84, 0x93, 0x13];
/// Values of so many bits lie in one bucket: what three digits take.
const BUCKET_BITS: usize = 10;

/// An encoding without its compression, where it has one; `None` where that is broken.
pub(super) fn plain(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(compressed) = bytes.strip_prefix(&COMPRESSED) else { return Some(Cow::Borrowed(bytes)) };
    let mut plain = Vec::new();
    ZlibDecoder::new(compressed.get(4..)?).take(MOST).read_to_end(&mut plain).ok()?;
    Some(Cow::Owned(plain))
}

/// `(value, how often)`, from the smallest value on; the value is the least of those that are counted together.
pub(super) struct Counts<'a> {
    rest: &'a [u8],
    index: usize,
    broken: bool,
}

impl<'a> Counts<'a> {
    /// Those of a histogram with the bounds of ours; `None` for any other.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let number = |at: usize| header[at..at + 8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let length = header[4..8].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        // No offset, three digits, from 1 to the longest, and numbers as they are.
        let ours = header[..4] == COOKIE
            && (number(8), number(16), number(24)) == (3, 1, LONGEST)
            && number(32) == 1.0_f64.to_bits();
        (ours && length == rest.len()).then_some(Self { rest, index: 0, broken: false })
    }

    /// Have all been read, and made sense?
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_empty() && !self.broken
    }

    fn number(&mut self) -> Option<i64> {
        let mut number = 0;
        for place in 0..9 {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            // The ninth has eight bits.
            let last = place == 8 || byte & 0x80 == 0;
            let bits = if place == 8 { *byte } else { byte & 0x7f };
            number |= u64::from(bits) << (7 * place);
            if last {
                break;
            }
        }
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

impl Iterator for Counts<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() && !self.broken {
            let Some(number) = self.number() else {
                self.broken = true;
                return None;
            };
            let Ok(count) = u64::try_from(number) else {
                self.index = self.index.saturating_add(number.unsigned_abs() as usize);
                continue;
            };
            let value = value_at(self.index);
            self.index += 1;
            self.broken = value.is_none();
            if let Some(value) = value.filter(|_| count > 0) {
                return Some((value, count));
            }
        }
        None
    }
}

/// The least value of those at an index; `None` beyond the longest.
fn value_at(index: usize) -> Option<u64> {
    let (bucket, within) = (index >> BUCKET_BITS, index & ((1 << BUCKET_BITS) - 1));
    // The first two buckets tell each value apart, and each further one half as finely as that before it.
    let value = match bucket {
        0 => within as u64,
        bucket if bucket < 40 => ((within + (1 << BUCKET_BITS)) as u64) << (bucket - 1),
        _ => return None,
    };
    (value <= LONGEST * 2).then_some(value)
}
