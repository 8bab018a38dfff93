//! Keeps a run: one folder with one `SQLite` file, written as the run goes on.
//!
//! A [`Writer`] takes observations from any thread and commits them within a second; [`open`] gives
//! back what it kept as a [`Record`], also after the harness was killed. Nothing here reads a clock,
//! and nothing is decided here.

mod about;
mod beats;
mod error;
mod file;
mod find;
mod findings;
mod folder;
mod open;
mod pauses;
mod schema;
mod store;
mod writer;

#[cfg(test)]
mod tests;

pub use about::{About, hash_text, short_id};
pub use error::RecordError;
pub use file::write_file;
pub use find::{FindError, find};
pub use findings::save_findings;
pub use open::{Record, open};
pub use schema::VERSION;
pub use writer::{Sink, Writer};
