//! Numbers in lines. A decimal may have a comma, as some locales write it.

/// A decimal number.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let number: f64 = if text.contains(',') { text.replace(',', ".").parse() } else { text.parse() }.ok()?;
    number.is_finite().then_some(number)
}

/// Milliseconds, in microseconds.
pub(crate) fn millis(text: &str) -> Option<u64> {
    decimal(text).map(|millis| (millis * 1e3).round() as u64)
}

/// Seconds, in microseconds.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    decimal(text).map(|seconds| (seconds * 1e6).round() as u64)
}

/// A time in seconds, in microseconds.
pub(crate) fn moment(text: &str) -> Option<i64> {
    decimal(text).map(|seconds| (seconds * 1e6).round() as i64)
}

/// A whole number.
pub(crate) fn whole(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// An amount in binary units, in bytes: `113` and `M`.
pub(crate) fn bytes(amount: &str, unit: &str) -> Option<u64> {
    let unit = match unit {
        "B" => 1.0,
        "K" => 1024.0,
        "M" => 1_048_576.0,
        "G" => 1_073_741_824.0,
        _ => return None,
    };
    decimal(amount).map(|amount| (amount * unit).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_units_of_lines() {
        assert_eq!((millis("0.012"), millis("1234.5")), (Some(12), Some(1_234_500)));
        assert_eq!((seconds("0,0041234"), moment("4776.466")), (Some(4123), Some(4_776_466_000)));
        assert_eq!((bytes("1978949", "K"), bytes("1.5", "G")), (Some(2_026_443_776), Some(1_610_612_736)));
        assert_eq!((decimal("1.2.3"), decimal("."), bytes("1", "T")), (None, None, None));
        assert_eq!(millis(&"9".repeat(400)), None, "it is not finite");
    }
}
