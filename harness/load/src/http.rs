//! HTTP, as lean as it can be: requests that are put together once, one write for each, answers parsed in place.
//!
//! A library's client costs a third more processor time for each request and up to twice as much, and what it does
//! besides is not told. HTTP/1.1 is ours, and where its answers end says `framing`. The frames of HTTP/2 are h2's.

mod client;
mod connection;
mod cookies;
mod decode;
mod kept;
mod manner;
mod origin;
mod redirect;
mod redraft;
mod request;
mod single;
mod stream;
mod tls;
mod two;

pub(crate) use client::{Client, Exchanged};
pub(crate) use kept::{Kept, Look};
pub(crate) use origin::Origin;
pub(crate) use request::{Prepared, Room};
pub(crate) use stream::Stream;
