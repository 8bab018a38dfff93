//! Numbers in as few bytes as they need: seven bits in a byte, the lowest first. Signed ones are folded (0, -1, 1, -2 ...).

/// A wrapped difference, folded so that small ones stay small whatever their sign.
pub(crate) fn fold(difference: u64) -> u64 {
    let signed = difference.cast_signed();
    ((signed << 1) ^ (signed >> 63)).cast_unsigned()
}

/// What was folded.
pub(crate) fn unfold(folded: u64) -> u64 {
    (folded >> 1) ^ (folded & 1).wrapping_neg()
}

/// Adds a number.
pub(crate) fn put(packed: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        packed.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    packed.push(number as u8);
}

/// Takes a number off the front; none of ours needs more than ten bytes.
pub(crate) fn take(packed: &mut &[u8]) -> Option<u128> {
    if let Some((&first, rest)) = packed.split_first()
        && first < 0x80
    {
        *packed = rest;
        return Some(first.into());
    }
    let length = packed.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = packed.split_at(length);
    *packed = rest;
    // Nearly all numbers are short, and arithmetic in 128 bits is slow.
    Some(match number.get(8..) {
        None | Some([]) => number.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f)).into(),
        Some(_) => number.iter().rev().fold(0, |sum, byte| sum << 7 | u128::from(byte & 0x7f)),
    })
}

/// Takes a number of 64 bits off the front.
pub(crate) fn whole(packed: &mut &[u8]) -> Option<u64> {
    u64::try_from(take(packed)?).ok()
}
