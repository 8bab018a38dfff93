//! Where an answer of HTTP/1.1 ends (RFC 9112): what its head says of the body, and the body's own framing. Whoever
//! reads keeps the bytes; this says what of them belongs to the answer.

mod body;
mod head;

pub use body::{Body, Fed};
pub use head::{Framing, Head, LONGEST_HEAD, MOST_HEADERS};

/// What came is no answer of HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed answer")]
pub struct Malformed;
