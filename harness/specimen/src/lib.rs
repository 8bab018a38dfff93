//! A small HTTP and WebSocket service that misbehaves as told, and knows by how much.
//!
//! It leaks, caches, stops, fails and crashes on demand, and tells at `/truth` what it really did: the harness is
//! calibrated against it. Paths:
//!
//! - `/healthz`: 200 `ok`, but for `--never-ready`; never misbehaves, though it stands still when the world does;
//! - `/truth`: what happened since the start, as JSON, and `/metrics`: the same in Prometheus's text format; none of these
//!   three is counted as a request;
//! - `/echo` answers the body that was sent, `/headers` the headers as JSON, `/status/NNN` that status (200 to 599),
//!   `/sleep/MS` after that many milliseconds, `/ws` echoes WebSocket messages;
//! - everything else: the work.
//!
//! With `--cycle` it does the work by itself too. When a signal ends it, it logs the truth as its last line.
//!
//! One thread serves all of it. A stop of the world is a sleep of that thread, and nothing escapes it.

mod hold;
mod leak;
mod ledger;
mod memory;
mod options;
mod reply;
mod server;
mod service;
mod site;
mod socket;
mod units;
mod watch;
mod world;

use std::io;

pub use options::{CrashSignal, Options, Store, Unit};
pub use units::{Share, Size, Span, Text, Unreadable};

/// Serves as `options` tell it, on a runtime and a thread of its own making (this one), until SIGINT or SIGTERM.
///
/// A leaked child process is this program again, with the same arguments and `--idle`: whoever takes [`Options`] on a
/// command line of his own must pass what he read to this, and print nothing before.
///
/// # Errors
///
/// The options contradict each other, `$PORT` is not a port, or the address cannot be listened on.
pub fn serve(options: Options) -> io::Result<()> {
    if options.idle {
        return io::copy(&mut io::stdin(), &mut io::sink()).map(drop);
    }
    if options.hoard {
        return leak::hoard(&mut io::stdin().lock());
    }
    options.check()?;
    server::run(options)
}
