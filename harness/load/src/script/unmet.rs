//! What an answer was not.

use std::sync::Arc;

/// So much of an answer is shown.
const LONGEST_EXAMPLE: usize = 200;

/// An expectation that an answer does not meet, or a value that it does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet<'a> {
    /// Which one, in a few words that are the same for every answer: `body`, `json $.ok`, `header content-type`,
    /// `not captured: id`.
    pub kind: &'a Arc<str>,
    /// What stood in its place; empty where nothing did.
    pub seen: &'a [u8],
    /// Was something not captured that a step behind this one needs? Then the walk is over.
    pub ends_the_walk: bool,
}

impl Unmet<'_> {
    /// What was seen, to be shown.
    pub fn example(&self) -> String {
        example(self.seen)
    }
}

/// What was seen, to be shown: its first 200 bytes in one line, `…` where that is not all.
pub fn example(seen: &[u8]) -> String {
    let shown = &seen[..seen.len().min(LONGEST_EXAMPLE)];
    let mut text = String::new();
    for character in String::from_utf8_lossy(shown).chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    if shown.len() < seen.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_short_and_harmless() {
        assert_eq!(example(b"{\"ok\": false}"), "{\"ok\": false}");
        assert_eq!(example(b"a\x1b[31m\r\n\xff\0"), "a\\u{1b}[31m\\r\\n\u{fffd}\\u{0}");
        assert_eq!(example("ä".as_bytes()), "ä");
        assert_eq!(example(b""), "");
        let long = example(&[b'x'; 1000]);
        assert_eq!(long, "x".repeat(200) + "…");
        assert_eq!(example(&[&[b'x'; 199][..], "ä".as_bytes()].concat()), "x".repeat(199) + "\u{fffd}…");
    }
}
