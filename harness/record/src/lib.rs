//! Keeps a run: one folder with one `SQLite` file, written as the run goes on.
//!
//! A [`Writer`] takes observations from any thread and commits them within a second; [`open`] gives
//! back what it kept as a [`Record`], also after the harness was killed. Nothing here reads a clock,
//! and nothing is decided here.

mod about;
mod beats;
mod entry;
mod error;
mod file;
mod find;
mod findings;
mod folder;
mod list;
mod open;
mod pauses;
mod retention;
mod samples;
mod schema;
mod store;
mod varint;
mod writer;

#[cfg(test)]
mod tests;

pub use about::{About, hash_scenario, hash_text, rfc_3339, short_id};
pub use entry::Entry;
pub use error::RecordError;
pub use file::write_file;
pub use find::{FindError, find, find_all};
pub use findings::save_findings;
pub use list::{Listing, list};
pub use open::{Record, open};
pub use retention::{Kept, Retention, remove};
pub use schema::VERSION;
pub use writer::{Sink, Writer};
