//! Colour, where there is a terminal that shows it.

use verdict::Verdict;

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Are ANSI colours wanted?
    pub colour: bool,
    /// How many columns there are.
    pub width: usize,
}

impl Style {
    /// `text` in the colour of `verdict`.
    pub(crate) fn paint(self, verdict: Verdict, text: &str) -> String {
        self.wear(
            text,
            match verdict {
                Verdict::Pass => "1;32",
                Verdict::Inconclusive => "1;33",
                Verdict::Fail => "1;31",
            },
        )
    }

    /// `text`, less loud than the rest.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wear(text, "2")
    }

    fn wear(self, text: &str, code: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
