//! The specimen as a program of its own, for an image with nothing else in it.

use clap::Parser;

/// A service that misbehaves as told, and knows by how much.
#[derive(Parser)]
#[command(version)]
struct Command {
    #[command(flatten)]
    options: specimen::Options,
}

#[expect(clippy::print_stderr, reason = "there is no front that would print it")]
fn main() -> std::process::ExitCode {
    match specimen::serve(Command::parse().options) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("specimen: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
