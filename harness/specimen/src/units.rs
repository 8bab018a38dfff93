//! What options are given in: sizes, durations, shares and text with escapes.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A number of bytes: `512B`, `2KiB`, `64MiB`, `1GiB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size(pub usize);

/// A length of time: `300ms`, `5s`, `2m`, `1h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A share in parts of a million: `5%`, `0.5%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share(u64);

/// Bytes to print; the escapes `\n`, `\r`, `\t`, `\e`, `\\` and `\xNN` stand for bytes that are awkward to type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<u8>);

/// A value that could not be read, with what it could have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    value: String,
    expected: &'static str,
}

impl Unreadable {
    fn new(value: &str, expected: &'static str) -> Self {
        Self { value: value.to_owned(), expected }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.value, self.expected)
    }
}

impl Error for Unreadable {}

impl FromStr for Size {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let units = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
        scaled(text, &units)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map(Self)
            .ok_or_else(|| Unreadable::new(text, "a size like `512B`, `2KiB` or `64MiB`"))
    }
}

impl FromStr for Span {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        scaled(text, &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)])
            .map(|milliseconds| Self(Duration::from_millis(milliseconds)))
            .ok_or_else(|| Unreadable::new(text, "a duration like `300ms`, `5s` or `2m`"))
    }
}

impl FromStr for Share {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        text.strip_suffix('%')
            .and_then(|percent| percent.parse::<f64>().ok())
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(|percent| Self((percent * 10_000.0).round() as u64))
            .ok_or_else(|| Unreadable::new(text, "a share like `5%`, from `0%` to `100%`"))
    }
}

impl FromStr for Text {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        unescaped(text).map(Self).ok_or_else(|| Unreadable::new(text, r"text with the escapes \n \r \t \e \\ \xNN"))
    }
}

impl Share {
    /// Whether the `count`-th of many (the first is 1) is one of the share; they are spread evenly.
    pub(crate) fn takes(self, count: u64) -> bool {
        let taken_of = |count: u64| count.saturating_mul(self.0) / 1_000_000;
        taken_of(count) > taken_of(count.saturating_sub(1))
    }
}

/// A whole number and its unit, in the smallest unit; none where it is not that, or is too large.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*scale)
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(if byte == b'\\' { escape(&mut bytes)? } else { byte });
    }
    Some(out)
}

/// The byte that what follows a backslash stands for.
fn escape(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    match bytes.next()? {
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'e' => Some(0x1b),
        b'\\' => Some(b'\\'),
        b'x' => Some(hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?),
        _ => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_read_with_their_units() {
        let sizes = ["0B", "512B", "2KiB", "64MiB", "1GiB"].map(|text| text.parse::<Size>().unwrap().0);
        assert_eq!(sizes, [0, 512, 2048, 64 << 20, 1 << 30]);
        let spans = ["300ms", "5s", "2m", "1h"].map(|text| text.parse::<Span>().unwrap().0.as_millis());
        assert_eq!(spans, [300, 5000, 120_000, 3_600_000]);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_what_it_could_be() {
        for text in ["", "2", "2K", "KiB", "-1B", "1.5MiB", "99999999999999999999GiB"] {
            let error = text.parse::<Size>().unwrap_err().to_string();
            assert_eq!(error, format!("`{text}` is not a size like `512B`, `2KiB` or `64MiB`"));
        }
        assert!("5".parse::<Span>().is_err());
        assert!("101%".parse::<Share>().is_err());
        assert!("NaN%".parse::<Share>().is_err());
        assert!(r"\q".parse::<Text>().is_err());
        assert!(r"\x1".parse::<Text>().is_err());
    }

    #[test]
    fn a_share_takes_its_part_evenly() {
        let taken = |text: &str, of: u64| {
            let share: Share = text.parse().unwrap();
            (1..=of).filter(|count| share.takes(*count)).collect::<Vec<_>>()
        };
        assert_eq!(taken("25%", 12), [4, 8, 12]);
        assert_eq!(taken("100%", 3), [1, 2, 3]);
        assert_eq!(taken("0%", 1000), []);
        assert_eq!(taken("30%", 100_000).len(), 30_000);
        assert_eq!(taken("0.1%", 100_000).len(), 100);
    }

    #[test]
    fn text_may_hold_control_characters() {
        let text: Text = r"a\tb\n\e[31m\x00\xff\\ ]]>".parse().unwrap();
        assert_eq!(text.0, b"a\tb\n\x1b[31m\0\xff\\ ]]>");
    }
}
