//! Text from elsewhere, such as the last lines that a target logged, made harmless.

/// `text` without terminal escapes, without the characters that XML 1.0 cannot hold and without those that turn the
/// direction of writing: it can neither repaint a terminal nor break a document, and reads as it stands. Tabs and line
/// ends stay.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\u{1b}' => skip_escape(&mut rest),
            '\n' | '\t' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if letter.is_control() || turns(letter) => {}
            _ => out.push(letter),
        }
    }
    out
}

/// Does it turn the direction of what stands around it? The implicit marks, embeddings, overrides and isolates of the
/// Unicode Standard Annex 9.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The first `most` characters of `text`, and a sign that there were more where there were.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `text` cleaned, on one line.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Skips the rest of an escape: of `ESC [ 3 1 m` all until the letter; of another one nothing.
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    if rest.as_str().starts_with('[') {
        rest.next();
        rest.find(|letter| ('@'..='~').contains(letter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_control_characters_go_and_the_text_stays() {
        assert_eq!(clean("a\u{0}\u{8}b \u{1b}[1;31mred\u{1b}[0m\r\n\tüñ\u{fffe}\u{9b}]]>\u{1b}"), "ab red\n\tüñ]]>");
        assert_eq!(one_line(" two\r\n\n lines "), "two lines");
        assert_eq!(clean("\u{1b}[31"), "");
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{200f}d\u{61c}"), "abcd");
    }

    #[test]
    fn a_text_without_end_is_cut() {
        assert_eq!(cut("übrig", 1), "ü…");
        assert_eq!(cut("übrig", 5), "übrig");
    }
}
