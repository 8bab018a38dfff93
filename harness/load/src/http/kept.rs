//! An answer, kept to be looked at.

use http::HeaderMap;

use super::decode;
use crate::failure::Failure;
use crate::script::Answer;
use framing::MOST_HEADERS;

/// So much of a body is kept; what is looked for behind that is not found.
pub(super) const MOST_KEPT: usize = 8 * 1024 * 1024;

/// How much of an answer somebody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing of it.
    Away,
    /// Its headers.
    Head,
    /// All of it.
    Whole,
}

impl Look {
    pub(super) fn at_the_head_at_least(self) -> Self {
        if self == Self::Away { Self::Head } else { self }
    }
}

/// An answer, as far as somebody looks at it; used for one after the other.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// As it stands in HTTP/1.1, whatever it came by.
    head: Vec<u8>,
    body: Vec<u8>,
    with_body: bool,
}

impl Kept {
    /// Forgets the last answer; the next one is kept as far as `look` wants it, if at all.
    pub(super) fn open(&mut self, look: Look) -> Option<&mut Self> {
        self.head.clear();
        self.body.clear();
        self.with_body = look == Look::Whole;
        (look != Look::Away).then_some(self)
    }

    /// Takes a head as it came by HTTP/1.1.
    pub(super) fn begin(&mut self, head: &[u8]) {
        self.head.clear();
        self.head.extend_from_slice(head);
        self.body.clear();
    }

    /// Takes a head that came otherwise.
    pub(super) fn begin_with(&mut self, headers: &HeaderMap) {
        self.begin(b"HTTP/1.1 200\r\n");
        for (name, value) in headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                self.head.extend_from_slice(part);
            }
        }
        self.head.extend_from_slice(b"\r\n");
    }

    /// Takes some more of the body.
    pub(super) fn add(&mut self, body: &[u8]) {
        if self.with_body {
            let room = MOST_KEPT - self.body.len();
            self.body.extend_from_slice(&body[..body.len().min(room)]);
        }
    }

    /// Undoes the coding of the body, where it has one that we asked for.
    pub(super) fn decode(&mut self) -> Result<(), Failure> {
        if self.body.is_empty() {
            return Ok(());
        }
        let decoded = self.show(|answer| {
            let coding = answer.values("content-encoding").last();
            coding.map(|coding| decode::decode(coding, answer.body))
        });
        match decoded {
            None => {}
            Some(Some(body)) => self.body = body,
            Some(None) => return Err(Failure::Malformed),
        }
        Ok(())
    }

    /// Shows it to `look`.
    pub(crate) fn show<T>(&self, look: impl FnOnce(Answer<'_>) -> T) -> T {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        // It was read once; what cannot be read again has no headers to look at.
        let _ = answer.parse(&self.head);
        look(Answer { headers: answer.headers, body: &self.body })
    }
}
