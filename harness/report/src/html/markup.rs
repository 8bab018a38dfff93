//! Markup that cannot be broken into: text is escaped as it is added, and only what stands in our own source is not.

use std::fmt::{Display, Write};

use crate::clean::{clean, cut, one_line};

/// So many characters of a text from elsewhere are shown.
const LONGEST: usize = 2_000;
/// Elements that have no end.
const VOID: [&str; 4] = ["br", "hr", "link", "meta"];

/// A piece of HTML or SVG that is whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Markup(String);

impl Markup {
    /// What stands in our own source, such as a style sheet, as it is.
    pub(crate) fn own(source: &'static str) -> Self {
        Self(source.to_owned())
    }

    /// Several, one behind the other.
    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl From<&str> for Markup {
    fn from(text: &str) -> Self {
        Self(escape(text))
    }
}

impl From<String> for Markup {
    fn from(text: String) -> Self {
        Self(escape(&text))
    }
}

impl From<Tag> for Markup {
    fn from(tag: Tag) -> Self {
        if VOID.contains(&tag.name) {
            return Self(format!("{}>", tag.opening));
        }
        Self(format!("{}>{}</{}>", tag.opening, tag.inner, tag.name))
    }
}

/// A sentence on one line, in which what stands between backticks is code.
pub(crate) fn prose(text: &str) -> Markup {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return Markup::from(text);
    }
    let part =
        |(at, part): (usize, &&str)| if at % 2 == 0 { Markup::from(*part) } else { tag("code").add(*part).into() };
    Markup::all(parts.iter().enumerate().map(part))
}

/// An element that is being made.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    name: &'static str,
    opening: String,
    inner: String,
}

/// An element with nothing in it yet.
pub(crate) fn tag(name: &'static str) -> Tag {
    Tag { name, opening: format!("<{name}"), inner: String::new() }
}

impl Tag {
    /// With an attribute.
    pub(crate) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        let value = escape(&value.to_string());
        // Writing to a String cannot fail.
        let _ = write!(self.opening, " {name}=\"{value}\"");
        self
    }

    /// With the path of an SVG element, made of numbers and letters, as long as it is.
    pub(crate) fn path(mut self, path: &str) -> Self {
        let harmless = path.chars().filter(|letter| letter.is_ascii_alphanumeric() || " .-".contains(*letter));
        self.opening.push_str(" d=\"");
        self.opening.extend(harmless);
        self.opening.push('"');
        self
    }

    /// With more in it.
    pub(crate) fn add(mut self, child: impl Into<Markup>) -> Self {
        self.inner.push_str(&child.into().0);
        self
    }

    /// With several more in it.
    pub(crate) fn add_all(self, children: impl IntoIterator<Item = Markup>) -> Self {
        children.into_iter().fold(self, Self::add)
    }
}

/// `text` so that it is only text, within an element or an attribute: no markup, and nothing that `clean` takes away.
fn escape(text: &str) -> String {
    let clean = cut(&clean(text), LONGEST);
    let mut out = String::with_capacity(clean.len());
    for letter in clean.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(markup: impl Into<Markup>) -> String {
        markup.into().into_text()
    }

    #[test]
    fn what_is_added_as_text_stays_text() {
        let hostile = "</script><script>alert('1')</script>&\" onload=\"x\u{202e}\u{0}\u{1b}[31m";
        let made = shown(tag("p").with("title", hostile).add(hostile));
        assert_eq!(made.matches('<').count(), 2, "{made}");
        assert_eq!(made.matches('"').count(), 2, "{made}");
        assert!(!made.contains(['\u{202e}', '\u{0}', '\u{1b}']), "{made:?}");
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(shown(prose("in `<work>` it died")), "in <code>&lt;work&gt;</code> it died");
        assert_eq!(shown(prose("one ` alone")), "one ` alone");
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let made = shown(Markup::from("x".repeat(1_000_000)));
        assert_eq!(made.chars().count(), LONGEST + 1);
    }

    #[test]
    fn elements_without_an_end_have_none() {
        assert_eq!(shown(tag("meta").with("charset", "utf-8")), "<meta charset=\"utf-8\">");
        assert_eq!(shown(tag("p").add(tag("br")).add("a")), "<p><br>a</p>");
    }
}
