//! What the specimen can be told to do.

use std::io;
use std::net::IpAddr;
use std::num::NonZeroU64;

use clap::{Args, ValueEnum};

use crate::units::{Share, Size, Span, Text};

// Plain comments here: a doc comment on a struct of arguments would replace what its command says of itself.
#[expect(missing_docs, reason = "clap would show a doc comment as the help of the command")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub host: IpAddr,
    /// Port to listen on, 0 for any that is free [default: $PORT, else 8080].
    #[arg(long)]
    pub port: Option<u16>,

    /// Memory held from the start.
    #[arg(long, default_value = "0B", value_name = "SIZE")]
    pub base: Size,
    /// Time that a request takes.
    #[arg(long, default_value = "0ms", value_name = "DURATION")]
    pub work: Span,
    /// Size of an answer [default: a short text].
    #[arg(long, value_name = "SIZE")]
    pub body: Option<Size>,

    /// Work by itself: every so often a cycle, at whose end `cycle N done` is printed.
    #[arg(long, value_name = "DURATION")]
    pub cycle: Option<Span>,
    /// How many requests a cycle is as good as; they are counted as such.
    #[arg(long, default_value = "100", requires = "cycle", value_name = "N")]
    pub cycle_requests: NonZeroU64,

    /// Bytes leaked each time (see `--per`).
    #[arg(long, default_value = "0B", value_name = "SIZE")]
    pub leak: Size,
    /// Where leaked bytes are kept.
    #[arg(long, value_enum, default_value_t = Store::Heap, value_name = "WHERE")]
    pub leak_into: Store,
    /// What `--leak` leaks at.
    #[arg(long, value_enum, default_value_t = Unit::Request, value_name = "WHAT")]
    pub per: Unit,
    /// Leak a file descriptor every N requests.
    #[arg(long, value_name = "N")]
    pub leak_fd: Option<NonZeroU64>,
    /// Leak a parked thread every N requests.
    #[arg(long, value_name = "N")]
    pub leak_thread: Option<NonZeroU64>,
    /// Leak a TCP connection to itself (two sockets: both its ends) every N requests.
    #[arg(long, value_name = "N")]
    pub leak_connection: Option<NonZeroU64>,
    /// Leak a child process every N requests.
    #[arg(long, value_name = "N")]
    pub leak_child: Option<NonZeroU64>,

    /// Cache of this size: every request adds an entry, and replaces the oldest once it is full.
    #[arg(long, default_value = "0B", value_name = "SIZE")]
    pub cache: Size,
    /// Size of an entry of the cache.
    #[arg(long, default_value = "4KiB", value_name = "SIZE")]
    pub cache_entry: Size,
    /// Garbage is collected when there is this much of it, and all of it is given back.
    #[arg(long, default_value = "0B", value_name = "SIZE")]
    pub sawtooth: Size,
    /// Garbage that a request leaves behind.
    #[arg(long, default_value = "16KiB", value_name = "SIZE")]
    pub garbage: Size,
    /// Memory taken at the first request and never given back.
    #[arg(long, default_value = "0B", value_name = "SIZE")]
    pub retain: Size,

    /// Stop the world for this long.
    #[arg(long, requires = "stop_every", value_name = "DURATION")]
    pub stop: Option<Span>,
    /// Time from the start of one stop to the start of the next.
    #[arg(long, requires = "stop", value_name = "DURATION")]
    pub stop_every: Option<Span>,
    /// Stop only where a request came in the last second.
    #[arg(long, requires = "stop")]
    pub stop_in_load: bool,

    /// Share of the requests that is answered 503.
    #[arg(long, default_value = "0%", value_name = "SHARE")]
    pub fail: Share,
    /// Share of the connections that is closed as soon as it is accepted.
    #[arg(long, default_value = "0%", value_name = "SHARE")]
    pub refuse: Share,
    /// Crash at the N-th request, which gets no answer.
    #[arg(long, value_name = "N")]
    pub crash_after: Option<NonZeroU64>,
    /// Exit code of the crash.
    #[arg(long, default_value_t = 1, value_name = "CODE")]
    pub crash_code: u8,
    /// Crash by a signal instead of an exit code.
    #[arg(long, value_enum, value_name = "SIGNAL")]
    pub crash_signal: Option<CrashSignal>,
    /// Time until it listens.
    #[arg(long, default_value = "0ms", value_name = "DURATION")]
    pub slow_start: Span,
    /// Answer 503 at /healthz for ever.
    #[arg(long)]
    pub never_ready: bool,
    /// Leaks, stops, failures and the crash begin this long after the start.
    #[arg(long, default_value = "0ms", value_name = "DURATION")]
    pub after: Span,

    /// Line printed at the start; knows \n \r \t \e \\ \xNN.
    #[arg(long, value_name = "TEXT")]
    pub log_line: Option<Text>,
    /// Print the line of `--log-line` again every N requests.
    #[arg(long, requires = "log_line", value_name = "N")]
    pub log_every: Option<NonZeroU64>,
    /// Ignore SIGTERM.
    #[arg(long)]
    pub ignore_term: bool,

    /// Be a leaked child: do nothing until standard input ends.
    #[arg(long, hide = true)]
    pub(crate) idle: bool,
    /// Be the child that leaks: so many bytes for each line of standard input.
    #[arg(long, hide = true)]
    pub(crate) hoard: bool,
}

/// Where leaked bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// In the heap of the allocator, with nothing that refers to them.
    Heap,
    /// In an ordered map that is never cleaned.
    Map,
    /// In anonymous mappings outside the allocator's heap.
    Mmap,
    /// In a child process; this one does not grow.
    Child,
}

/// What a leak happens at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// A request.
    Request,
    /// An accepted connection.
    Connection,
    /// A request that is answered with an error status.
    Error,
    /// A WebSocket message.
    Message,
}

/// The signal by which it crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CrashSignal {
    /// SIGABRT.
    Abort,
    /// SIGKILL, as from the out-of-memory killer; the first process of a container cannot do this to itself.
    Kill,
}

impl Options {
    /// Refuses what clap cannot: a stop that would never end, and cycles of no length.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.cycle.is_some_and(|cycle| cycle.0.is_zero()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "`--cycle` has no length"));
        }
        match (self.stop, self.stop_every) {
            (Some(stop), Some(every)) if stop.0 >= every.0 => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "`--stop` is not shorter than `--stop-every`"))
            }
            _ => Ok(()),
        }
    }

    /// The port asked for: of the option, else of the environment's `PORT`, given here, else 8080.
    pub(crate) fn port_or(&self, environment: Option<&str>) -> io::Result<u16> {
        match (self.port, environment) {
            (Some(port), _) => Ok(port),
            (None, None) => Ok(8080),
            (None, Some(text)) => text.parse().map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidInput, format!("`{text}` in $PORT is not a port from 0 to 65535"))
            }),
        }
    }
}

#[cfg(test)]
pub(crate) fn told(arguments: &str) -> Options {
    use clap::Parser;
    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }
    Command::parse_from(std::iter::once("specimen").chain(arguments.split_whitespace())).options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_options_then_the_environments_then_8080() {
        assert_eq!(told("--port 0").port_or(Some("9000")).unwrap(), 0);
        assert_eq!(told("").port_or(Some("9000")).unwrap(), 9000);
        assert_eq!(told("").port_or(None).unwrap(), 8080);
        assert_eq!(
            told("").port_or(Some("http")).unwrap_err().to_string(),
            "`http` in $PORT is not a port from 0 to 65535"
        );
    }

    #[test]
    fn a_stop_that_lasts_until_the_next_is_refused() {
        assert!(told("--stop 1s --stop-every 1s").check().is_err());
        assert!(told("--stop 300ms --stop-every 1s").check().is_ok());
        assert!(told("--cycle 0s").check().is_err());
    }
}
