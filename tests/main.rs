//! The tests that see the whole: through the real program, with real targets, on 127.0.0.1.
#![expect(clippy::disallowed_methods, reason = "a test of the program waits for it by the wall clock")]
#![expect(clippy::unwrap_used, reason = "all of this is tests, helpers too: clippy only knows #[test] functions")]

mod address;
mod analyze;
mod command;
mod compare;
mod container;
mod duel;
mod early;
mod ending;
mod judge;
mod junit;
mod load;
mod mistakes;
mod page;
mod prepare;
mod process;
mod profiles;
mod runtimes;
mod schema;
mod series;
mod services;
mod stage;
mod tidy;
mod worker;
