//! How a value is written where it goes, so that it stays one.

use std::io::Write;

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Plain,
    /// Into a path or a query: what is filled in is percent-encoded.
    Path,
    /// Into the value of a header: what is filled in has no line ends.
    Header,
    /// Into a text of JSON.
    Json,
    /// Into a form: percent-encoded.
    Form,
}

impl Encoding {
    /// Writes what stands in the scenario.
    pub(super) fn constant(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Self::Plain | Self::Path | Self::Header => out.extend_from_slice(text.as_bytes()),
            Self::Json => json(text.as_bytes(), out),
            Self::Form => percent(text.as_bytes(), out),
        }
    }

    /// Writes what is filled in.
    pub(super) fn value(self, value: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Plain => out.extend_from_slice(value),
            Self::Path | Self::Form => percent(value, out),
            Self::Header => out.extend(value.iter().map(|byte| if is_control(*byte) { b' ' } else { *byte })),
            Self::Json => json(value, out),
        }
    }
}

fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\t' || byte == 0x7f
}

/// Percent-encodes all but what is unreserved (RFC 3986, 2.3).
fn percent(value: &[u8], out: &mut Vec<u8>) {
    let reserved = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
    if !value.iter().any(reserved) {
        return out.extend_from_slice(value);
    }
    for byte in value {
        if reserved(byte) {
            out.extend_from_slice(&[b'%', upper(byte >> 4), upper(byte & 15)]);
        } else {
            out.push(*byte);
        }
    }
}

fn upper(digit: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(digit)]
}

/// Escapes what cannot stand in a text of JSON (RFC 8259, 7); what is not UTF-8 is replaced.
fn json(value: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ' | 0x80..);
    if !value.iter().any(special) {
        return out.extend_from_slice(value);
    }
    for character in String::from_utf8_lossy(value).chars() {
        match character {
            '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            // A vector takes everything.
            '\0'..' ' => drop(write!(out, "\\u{:04x}", character as u32)),
            _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(encoding: Encoding, value: &[u8]) -> String {
        let mut out = Vec::new();
        encoding.value(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_value_stays_one_value_wherever_it_goes() {
        assert_eq!(value(Encoding::Path, "a/b?c=ä &~".as_bytes()), "a%2Fb%3Fc%3D%C3%A4%20%26~");
        assert_eq!(value(Encoding::Form, b"a&b=c"), "a%26b%3Dc");
        assert_eq!(value(Encoding::Header, b"a\r\nx-evil: 1\tb\0"), "a  x-evil: 1\tb ");
        assert_eq!(value(Encoding::Plain, b"a\r\n\"b"), "a\r\n\"b");
    }

    #[test]
    fn what_json_says_of_a_text_is_what_it_was() {
        for text in ["plain", "say \"hi\" \\ \n\r\t", "\0\u{1}\u{1f}\u{7f}", "ä€😀", ""] {
            let quoted = format!("\"{}\"", value(Encoding::Json, text.as_bytes()));
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
        assert_eq!(value(Encoding::Json, b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn what_the_scenario_says_is_left_alone_but_in_forms_and_json() {
        let constant = |encoding: Encoding| {
            let mut out = Vec::new();
            encoding.constant("/a?b=\"c\"", &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(constant(Encoding::Path), "/a?b=\"c\"");
        assert_eq!(constant(Encoding::Json), "/a?b=\\\"c\\\"");
        assert_eq!(constant(Encoding::Form), "%2Fa%3Fb%3D%22c%22");
    }
}
