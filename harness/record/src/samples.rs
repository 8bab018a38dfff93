//! Samples come some dozens a second, for hours: they are kept packed, about nine bytes each.
//!
//! A batch holds what was committed together. It is a run of numbers, four a sample, as `varint.rs` writes them:
//! 1. the id of the series,
//! 2. how far it is due from the sample before it in the batch,
//! 3. from due to taken,
//! 4. the value, doubled, where it is a whole number; else 1, and the eight bytes of the value.
//!
//! Differences wrap, so that every sample comes back as it was, whatever its times.

use timeline::{Elapsed, Sample};

use crate::varint::{fold, put, unfold, whole};

/// Whole numbers below this are told apart by an `f64`.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Packs samples, each with the id of its series, into one batch.
pub(crate) fn pack(samples: &[(i64, Sample)]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(samples.len() * 10);
    let mut last = 0_u64;
    for (series, sample) in samples {
        let (due, taken) = (sample.due.micros(), sample.taken.micros());
        put(&mut packed, series.cast_unsigned().into());
        put(&mut packed, fold(due.wrapping_sub(last)).into());
        put(&mut packed, fold(taken.wrapping_sub(due)).into());
        put_value(&mut packed, sample.value);
        last = due;
    }
    packed
}

/// Unpacks a batch; `None` where it is damaged, or where `into` says so of the id of a series.
pub(crate) fn unpack(mut packed: &[u8], mut into: impl FnMut(i64, Sample) -> Option<()>) -> Option<()> {
    let mut due = 0_u64;
    while !packed.is_empty() {
        let series = whole(&mut packed)?.cast_signed();
        due = due.wrapping_add(unfold(whole(&mut packed)?));
        let taken = due.wrapping_add(unfold(whole(&mut packed)?));
        let value = take_value(&mut packed)?;
        into(series, Sample { due: Elapsed::from_micros(due), taken: Elapsed::from_micros(taken), value })?;
    }
    Some(())
}

fn put_value(packed: &mut Vec<u8>, value: f64) {
    let whole = (0.0..WHOLE).contains(&value) && value.fract() == 0.0 && value.is_sign_positive();
    if whole {
        put(packed, u128::from(value as u64) << 1);
    } else {
        put(packed, 1);
        packed.extend(value.to_le_bytes());
    }
}

fn take_value(packed: &mut &[u8]) -> Option<f64> {
    let number = whole(packed)?;
    if number & 1 == 0 {
        return Some((number >> 1) as f64);
    }
    let (bytes, rest) = packed.split_first_chunk::<8>()?;
    *packed = rest;
    Some(f64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(due: u64, taken: u64, value: f64) -> Sample {
        Sample { due: Elapsed::from_micros(due), taken: Elapsed::from_micros(taken), value }
    }

    fn back(packed: &[u8]) -> Option<Vec<(i64, Sample)>> {
        let mut all = Vec::new();
        unpack(packed, |series, sample| {
            all.push((series, sample));
            Some(())
        })?;
        Some(all)
    }

    #[test]
    fn samples_with_the_wildest_values_come_back_to_the_bit() {
        let values = [0.0, -0.0, 1.0, 123_456_789.0, 0.1, -7.0, f64::MAX, f64::NAN, f64::INFINITY, WHOLE, WHOLE - 1.0];
        let wild: Vec<(i64, Sample)> = values.iter().map(|value| (7, sample(u64::MAX, 3, *value))).collect();
        let wild = [wild, vec![(i64::MAX, sample(0, 0, 1.0)), (-1, sample(5, 1 << 63, 2.0))]].concat();
        let found = back(&pack(&wild)).unwrap();
        let bits = |all: &[(i64, Sample)]| {
            all.iter().map(|(id, one)| (*id, one.due, one.taken, one.value.to_bits())).collect::<Vec<_>>()
        };
        assert_eq!(bits(&found), bits(&wild));
    }

    #[test]
    fn a_damaged_batch_is_told() {
        let packed = pack(&[(1, sample(10, 20, 0.5))]);
        assert_eq!(back(&packed[..packed.len() - 1]), None);
        assert_eq!(back(&[0xff; 30]), None);
    }
}
