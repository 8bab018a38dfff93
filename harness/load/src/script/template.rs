//! Texts that are filled in, compiled.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::Scope;
use super::encode::Encoding;

/// A text, ready to be filled in: names have become numbers.
#[derive(Clone, Debug, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Constant(Arc<[u8]>),
    Captured(usize, Encoding),
    Cell { feed: usize, column: usize, encoding: Encoding },
    User,
    Iteration,
    Counter,
    Uuid,
    Random(RangeInclusive<i64>),
    RandomHex(usize),
    Now,
}

impl Template {
    /// One of these parts.
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// The text, where nothing is filled in.
    pub fn constant(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(&[]),
            [Part::Constant(text)] => Some(text),
            _ => None,
        }
    }

    /// Writes the text behind what is in `out`.
    pub fn render(&self, scope: &mut Scope, out: &mut Vec<u8>) {
        for part in &self.parts {
            part.render(scope, out);
        }
    }
}

impl Part {
    fn render(&self, scope: &mut Scope, out: &mut Vec<u8>) {
        match self {
            Self::Constant(text) => out.extend_from_slice(text),
            Self::Captured(number, encoding) => encoding.value(scope.captured(*number), out),
            Self::Cell { feed, column, encoding } => encoding.value(scope.cell(*feed, *column).as_bytes(), out),
            Self::User => decimal(scope.user, out),
            Self::Iteration => decimal(scope.iteration, out),
            Self::Counter => decimal(scope.supplies.count(), out),
            Self::Uuid => uuid([scope.random.bits(), scope.random.bits()], out),
            Self::Random(range) => decimal(scope.random.whole(range), out),
            Self::RandomHex(digits) => hex(*digits, || scope.random.bits(), out),
            Self::Now => decimal(scope.supplies.now(), out),
        }
    }
}

fn decimal(number: impl std::fmt::Display, out: &mut Vec<u8>) {
    // A vector takes everything.
    let _ = write!(out, "{number}");
}

/// A UUID of version 4 (RFC 9562, 5.4).
fn uuid([high, low]: [u64; 2], out: &mut Vec<u8>) {
    let high = high & !0xF000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    for (bits, end, digits) in [(high, 32, 8), (high, 16, 4), (high, 0, 4), (low, 48, 4), (low, 0, 12)] {
        if digits != 8 {
            out.push(b'-');
        }
        hexadecimal(bits >> end, digits, out);
    }
}

fn hex(digits: usize, mut bits: impl FnMut() -> u64, out: &mut Vec<u8>) {
    let mut left = digits;
    while left > 0 {
        let some = left.min(16);
        hexadecimal(bits(), some, out);
        left -= some;
    }
}

/// The lowest so many digits.
fn hexadecimal(bits: u64, digits: usize, out: &mut Vec<u8>) {
    let digit = |place: usize| b"0123456789abcdef"[(bits >> (4 * place)) as usize & 15];
    out.extend((0..digits).rev().map(digit));
}
