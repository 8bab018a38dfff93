//! Lines that fit.

/// The least room that is used, however narrow the terminal says it is.
const LEAST: usize = 24;

/// Breaks `text` between words into lines of at most `width` characters; a longer word gets a line
/// of its own and is not broken, so that paths and commands can be copied.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(LEAST);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        let text = "memory grows by 2.0 KiB/request and will not stop";
        assert_eq!(wrap(text, 30), ["memory grows by 2.0", "KiB/request and will not stop"]);
        assert_eq!(wrap("", 30), [""]);
    }
}
