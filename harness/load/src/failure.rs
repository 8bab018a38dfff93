//! In which ways a request fails.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use timeline::show_duration;

/// A way to fail. There are few of them, whatever the target does: they are keys in the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    Status(u16),
    Slower(Duration),
    /// What the answer was not.
    Unmet(Arc<str>),
    OutOfData,
    TimedOut,
    Refused,
    Reset,
    Closed,
    TooManyFiles,
    NoPortLeft,
    Malformed,
    Handshake,
    Panicked,
    Other,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Status(status) => return write!(formatter, "status {status}"),
            Self::Slower(limit) => return write!(formatter, "slower than {}", show_duration(*limit)),
            Self::Unmet(kind) => kind,
            Self::OutOfData => "out of data",
            Self::TimedOut => "timed out",
            Self::Refused => "connection refused",
            Self::Reset => "connection reset",
            Self::Closed => "connection closed",
            Self::TooManyFiles => "too many open files",
            Self::NoPortLeft => "no local port left",
            Self::Handshake => "TLS handshake failed",
            Self::Malformed => "malformed answer",
            Self::Panicked => "the load generator panicked",
            Self::Other => "request failed",
        })
    }
}

impl Failure {
    /// What an error of a handshake says: one of TLS itself comes as one of the data.
    pub(crate) fn of_handshake(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Handshake,
            _ => Self::of_io(error),
        }
    }

    /// What an error of the system says.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        const EMFILE: i32 = 24;
        const ENFILE: i32 = 23;
        if let Some(EMFILE | ENFILE) = error.raw_os_error() {
            return Self::TooManyFiles;
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Reset
            }
            io::ErrorKind::UnexpectedEof => Self::Closed,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::AddrNotAvailable => Self::NoPortLeft,
            _ => Self::Other,
        }
    }
}
