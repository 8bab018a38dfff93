//! HTTP/1.1, as lean as it can be: requests that are put together once, one write for each, answers parsed in place.
//!
//! A library's client costs a third more processor time for each request and up to twice as much (ENGINES.md, L1),
//! and what it does besides is not told. What an answer may look like follows RFC 9112.

mod body;
mod client;
mod connection;
mod head;
mod manner;
mod origin;
mod request;
mod stream;
mod tls;

pub(crate) use client::{Client, Exchanged};
pub(crate) use connection::Kept;
pub(crate) use origin::Origin;
pub(crate) use request::{Prepared, Room};
pub(crate) use stream::Stream;
