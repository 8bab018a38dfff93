//! In which ways a request fails.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;
use std::time::Duration;

use timeline::show_duration;

/// A way to fail. There are few of them, whatever the target does: they are keys in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    Status(u16),
    Slower(Duration),
    TimedOut,
    Refused,
    Reset,
    Closed,
    TooManyFiles,
    NoPortLeft,
    Panicked,
    Other,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Status(status) => return write!(formatter, "status {status}"),
            Self::Slower(limit) => return write!(formatter, "slower than {}", show_duration(*limit)),
            Self::TimedOut => "timed out",
            Self::Refused => "connection refused",
            Self::Reset => "connection reset",
            Self::Closed => "connection closed",
            Self::TooManyFiles => "too many open files",
            Self::NoPortLeft => "no local port left",
            Self::Panicked => "the load generator panicked",
            Self::Other => "request failed",
        })
    }
}

impl From<&reqwest::Error> for Failure {
    /// The innermost cause that says something tells the kind.
    fn from(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        successors(error.source(), |cause| (*cause).source()).filter_map(of_cause).last().unwrap_or(Self::Other)
    }
}

fn of_cause(cause: &(dyn Error + 'static)) -> Option<Failure> {
    match cause.downcast_ref::<io::Error>() {
        Some(error) => of_io(error),
        // hyper does not export this kind to those who do not depend on it; its words have been these since 0.11.
        None => cause.to_string().contains("connection closed before message completed").then_some(Failure::Closed),
    }
}

fn of_io(error: &io::Error) -> Option<Failure> {
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    if let Some(EMFILE | ENFILE) = error.raw_os_error() {
        return Some(Failure::TooManyFiles);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Failure::Refused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(Failure::Reset)
        }
        io::ErrorKind::UnexpectedEof => Some(Failure::Closed),
        io::ErrorKind::TimedOut => Some(Failure::TimedOut),
        io::ErrorKind::AddrNotAvailable => Some(Failure::NoPortLeft),
        _ => None,
    }
}
