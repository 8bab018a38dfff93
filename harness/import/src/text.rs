//! Bytes as text.

/// The text without its byte order mark. Windows' shells write UTF-16; what is no UTF-8 either shows as
/// `\u{fffd}`, which is no number and is told as such.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let sixteen = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => sixteen(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => sixteen(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        plain => String::from_utf8_lossy(plain).into_owned(),
    }
}

/// The complete lines, and the number of the last line, which has no end: `None` where it has one, or
/// where it is the only one.
pub(crate) fn without_open_end(text: &str) -> Option<(&str, usize)> {
    let complete = &text[..=text.rfind('\n')?];
    (complete.len() < text.len()).then(|| (complete, complete.matches('\n').count() + 1))
}

/// `line` without the escapes by which a program paints a terminal: `docker stats` clears the screen
/// before each round, also where there is none.
pub(crate) fn unpainted(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.strip_prefix('[').unwrap_or(part);
        let letter = after.find(|letter: char| letter.is_ascii_alphabetic());
        plain.push_str(letter.map_or("", |at| &after[at + 1..]));
    }
    plain.trim().to_owned()
}
