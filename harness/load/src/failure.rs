//! In which ways a request fails.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use framing::Malformed;
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
    NotHttp2,
    /// A redirect away from the target.
    Elsewhere,
    TooManyRedirects,
    /// The target gave up this request alone, for this reason.
    StreamReset(&'static str),
    /// The target closed a connection of several requests, for this reason.
    GoneAway(&'static str),
    Panicked,
    Other,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Status(status) => return write!(formatter, "status {status}"),
            Self::Slower(limit) => return write!(formatter, "slower than {}", show_duration(*limit)),
            Self::Unmet(kind) => kind,
            Self::StreamReset(reason) => return write!(formatter, "stream reset: {reason}"),
            Self::GoneAway(reason) => return write!(formatter, "connection closed: {reason}"),
            Self::Elsewhere => "redirected to another origin",
            Self::TooManyRedirects => "more than 10 redirects",
            Self::NotHttp2 => "HTTP/2 is not spoken",
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

impl From<Malformed> for Failure {
    fn from(_: Malformed) -> Self {
        Self::Malformed
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

    /// What an error of HTTP/2 says.
    pub(crate) fn of_http_2(error: &h2::Error) -> Self {
        match (error.get_io(), error.reason()) {
            // A connection that has ended comes as an error that is none of the system.
            (Some(error), _) if error.raw_os_error().is_none() => Self::Closed,
            (Some(error), _) => Self::of_io(error),
            (None, Some(reason)) if error.is_remote() && error.is_reset() => Self::StreamReset(name(reason)),
            (None, Some(reason)) if error.is_remote() => Self::GoneAway(name(reason)),
            _ if error.is_library() => Self::Malformed,
            _ => Self::Other,
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

/// The name of a reason (RFC 9113, 7): there are few of them, whatever the target sends.
fn name(reason: h2::Reason) -> &'static str {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    NAMES.get(u32::from(reason) as usize).copied().unwrap_or("unknown reason")
}
