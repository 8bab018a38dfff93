//! The head of an answer, and what it says of the body.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use crate::Malformed;

/// More headers than this are no answer.
pub const MOST_HEADERS: usize = 100;
/// Nor is a longer head.
pub const LONGEST_HEAD: usize = 64 * 1024;

/// How the end of a body is found (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks tell their sizes.
    Chunked,
    /// With the connection.
    UntilClosed,
}

/// The head of a final answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its status.
    pub status: u16,
    /// How the body ends.
    pub framing: Framing,
    /// May the connection be used again?
    pub keeps: bool,
    /// Its length in bytes.
    pub length: usize,
}

impl Head {
    /// Reads the head at the start of `bytes`; `None` where it is not all there. `bodyless`: asked for by HEAD.
    ///
    /// # Errors
    /// Where this is no head, or one longer than [`LONGEST_HEAD`].
    pub fn parse(bytes: &[u8], bodyless: bool) -> Result<Option<Self>, Malformed> {
        let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default().parse_response_with_uninit_headers(&mut answer, bytes, &mut headers);
        match parsed {
            Ok(Status::Complete(length)) => {
                let status = answer.code.ok_or(Malformed)?;
                let (framing, keeps) = framing(status, answer.version == Some(1), bodyless, answer.headers)?;
                Ok(Some(Self { status, framing, keeps, length }))
            }
            Ok(Status::Partial) if bytes.len() < LONGEST_HEAD => Ok(None),
            Ok(Status::Partial) | Err(_) => Err(Malformed),
        }
    }

    /// `100 Continue` and its like: the answer is still to come.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

/// How the body ends, and whether the connection outlives it.
fn framing(status: u16, current: bool, bodyless: bool, headers: &[Header]) -> Result<(Framing, bool), Malformed> {
    let (mut length, mut chunked, mut coded, mut keeps) = (None, false, false, current);
    for header in headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let value = number(header.value).ok_or(Malformed)?;
            if length.replace(value).is_some_and(|before| before != value) {
                return Err(Malformed);
            }
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            coded = true;
            chunked = tokens(header.value).last().is_some_and(|last| last.eq_ignore_ascii_case(b"chunked"));
        } else if header.name.eq_ignore_ascii_case("connection") {
            for token in tokens(header.value) {
                keeps = (keeps || token.eq_ignore_ascii_case(b"keep-alive")) && !token.eq_ignore_ascii_case(b"close");
            }
        }
    }
    Ok(if bodyless || status == 204 || status == 304 || status < 200 {
        (Framing::Length(0), keeps)
    } else if chunked {
        (Framing::Chunked, keeps)
    } else if let Some(length) = length.filter(|_| !coded) {
        (Framing::Length(length), keeps)
    } else {
        (Framing::UntilClosed, false)
    })
}

/// The members of a comma-separated list.
fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

fn number(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    let number = |sum: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Option<Head>, Malformed> {
        Head::parse(head.as_bytes(), false)
    }

    #[test]
    fn the_end_of_a_body_is_told_by_the_head() {
        let of = |head: &str| {
            let head = parse(&format!("HTTP/1.1 {head}\r\n\r\n")).expect("a head").expect("a whole one");
            (head.framing, head.keeps)
        };
        assert_eq!(of("200 OK\r\ncontent-length: 12"), (Framing::Length(12), true));
        assert_eq!(of("200 OK\r\nContent-Length: 12\r\nContent-Length: 12"), (Framing::Length(12), true));
        assert_eq!(of("200 OK\r\ntransfer-encoding: gzip, Chunked"), (Framing::Chunked, true));
        assert_eq!(of("200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3"), (Framing::Chunked, true));
        assert_eq!(of("200 OK\r\ntransfer-encoding: gzip\r\ncontent-length: 3"), (Framing::UntilClosed, false));
        assert_eq!(of("200 OK\r\nconnection: close\r\ncontent-length: 0"), (Framing::Length(0), false));
        assert_eq!(of("200 OK"), (Framing::UntilClosed, false));
        assert_eq!(of("204 None\r\ncontent-length: 9"), (Framing::Length(0), true));
        assert_eq!(of("304 Same"), (Framing::Length(0), true));
        let old = parse("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n").expect("a head").expect("a whole one");
        assert!(!old.keeps);
        let kept = parse("HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n\r\n").expect("a head").expect("a whole one");
        assert!(!kept.keeps, "it ends with its connection, whatever it says");
        let asked = Head::parse(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n", true).expect("a head");
        assert_eq!(asked.map(|head| head.framing), Some(Framing::Length(0)));
    }

    #[test]
    fn what_is_no_answer_is_refused_and_what_is_not_all_there_is_waited_for() {
        for broken in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        ] {
            assert_eq!(parse(broken), Err(Malformed), "{broken}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(LONGEST_HEAD));
        assert_eq!(parse(&endless), Err(Malformed));
        assert_eq!(parse("HTTP/1.1 200 OK\r\nx: y\r\n"), Ok(None));
    }
}
