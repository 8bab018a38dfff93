//! Plimsoll: launches a service, loads it, watches its memory and its pauses, and says with
//! evidence whether it leaks.
//!
//! The command line is [`main`]; a run from a program of one's own is [`run`].

mod checkout;
mod cli;
mod command;
mod contender;
mod exit;
mod facts;
mod git;
mod live;
mod output;
mod runs;
mod scenario_file;
mod signals;

use std::process::ExitCode;

pub use ::run::{Order, Progress, Run, RunError, conduct as run};

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    cli::parse().map_or_else(|exit| exit, command::perform).into()
}
