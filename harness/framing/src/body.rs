//! Where a body ends.

use httparse::Status;

use crate::{Framing, Malformed};

/// A line of a chunked body longer than this is none.
const LONGEST_LINE: usize = 4096;

/// A body on its way in: it is fed what comes, and says what of it is body and when it is over.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// So many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked(Chunk),
    /// It ends with the connection.
    UntilClosed,
}

/// Where in a chunked body (RFC 9112, 7.1).
#[derive(Clone, Copy, Debug)]
pub enum Chunk {
    /// Before the size of a chunk.
    Size,
    /// So many bytes of the chunk are left.
    Data(u64),
    /// Before the line end behind a chunk.
    End,
    /// Among the trailers.
    Trailers,
    Over,
}

/// What was made of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fed {
    /// So many of them were used up.
    pub used: usize,
    /// The last so many of those are body.
    pub data: usize,
}

impl Body {
    /// One that ends as `framing` says.
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunk::Size),
            Framing::UntilClosed => Self::UntilClosed,
        }
    }

    /// Is all of it there? One that ends with the connection never says so.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::Over))
    }

    /// Takes from the front of `bytes` what it can; nothing used means that more is needed.
    ///
    /// # Errors
    /// Where these are no chunks.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Fed, Malformed> {
        Ok(match self {
            Self::Length(left) => take(left, bytes),
            Self::Chunked(chunk) => chunk.feed(bytes)?,
            Self::UntilClosed => Fed { used: bytes.len(), data: bytes.len() },
        })
    }
}

impl Chunk {
    fn feed(&mut self, bytes: &[u8]) -> Result<Fed, Malformed> {
        let mut framing = 0;
        match self {
            Self::Data(left) => {
                let fed = take(left, bytes);
                if *left == 0 {
                    *self = Self::End;
                }
                return Ok(fed);
            }
            Self::Size => match httparse::parse_chunk_size(bytes) {
                Ok(Status::Complete((used, size))) => {
                    framing = used;
                    *self = if size == 0 { Self::Trailers } else { Self::Data(size) };
                }
                Ok(Status::Partial) if bytes.len() < LONGEST_LINE => {}
                Ok(Status::Partial) | Err(_) => return Err(Malformed),
            },
            Self::End => match bytes {
                [b'\r', b'\n', ..] => {
                    framing = 2;
                    *self = Self::Size;
                }
                [] | [b'\r'] => {}
                _ => return Err(Malformed),
            },
            Self::Trailers => match bytes.windows(2).position(|pair| pair == b"\r\n") {
                Some(length) => {
                    framing = length + 2;
                    if length == 0 {
                        *self = Self::Over;
                    }
                }
                None if bytes.len() < LONGEST_LINE => {}
                None => return Err(Malformed),
            },
            Self::Over => {}
        }
        Ok(Fed { used: framing, data: 0 })
    }
}

fn take(left: &mut u64, bytes: &[u8]) -> Fed {
    let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left -= used as u64;
    Fed { used, data: used }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of `bytes`, fed in pieces of `step` bytes, and what is left behind it.
    fn read(framing: Framing, bytes: &[u8], step: usize) -> Result<(Vec<u8>, usize), Malformed> {
        let (mut body, mut data) = (Body::new(framing), Vec::new());
        let (mut from, mut to) = (0, 0);
        while !body.is_over() && to < bytes.len() {
            to = (to + step).min(bytes.len());
            loop {
                let fed = body.feed(&bytes[from..to])?;
                data.extend_from_slice(&bytes[from + fed.used - fed.data..from + fed.used]);
                from += fed.used;
                if fed.used == 0 || body.is_over() {
                    break;
                }
            }
        }
        Ok((data, bytes.len() - from))
    }

    #[test]
    fn a_chunked_body_is_the_same_however_it_is_cut() {
        let sent = b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nx-sum: 1\r\n\r\nNEXT";
        for step in 1..=sent.len() {
            assert_eq!(read(Framing::Chunked, sent, step), Ok((b"hello world".to_vec(), 4)), "{step}");
        }
    }

    #[test]
    fn broken_chunks_are_refused() {
        for broken in ["x\r\n", "5\r\nhelloX", "fffffffffffffffff\r\n"] {
            assert_eq!(read(Framing::Chunked, broken.as_bytes(), 100), Err(Malformed), "{broken}");
        }
    }
}
