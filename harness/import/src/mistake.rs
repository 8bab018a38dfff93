//! What is wrong with an input, with its place.

use std::fmt;

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It is about the whole.
    Whole,
    /// A line, from 1.
    Line(usize),
    /// An item of a JSON list, from 1; of a Prometheus answer, a sample.
    Item(usize),
}

/// One mistake: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: printable(&message.into()), hint: None }
    }

    /// A mistake of the whole input, and the only one.
    pub(crate) fn whole(message: impl Into<String>, hint: impl Into<String>) -> Vec<Self> {
        vec![Self::new(Place::Whole, message).hint(hint)]
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(printable(&hint.into())), ..self }
    }
}

/// The text without what would steer a terminal: it repeats what a stranger wrote.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Whole => {}
            Place::Line(line) => write!(f, "line {line}: ")?,
            Place::Item(item) => write!(f, "item {item}: ")?,
        }
        f.write_str(&self.message)
    }
}
