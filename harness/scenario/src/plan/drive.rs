//! How the load is driven: arrivals, the client, and the data that is fed in.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Arrivals per second: a hold where both ends are the same, else a straight ramp.
///
/// A journey that is started is one arrival; each journey has its weight's share of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RateRamp {
    /// At the start of the phase.
    pub from: f64,
    /// At its end.
    pub to: f64,
}

impl RateRamp {
    /// The larger of its ends.
    pub fn most(self) -> f64 {
        self.from.max(self.to)
    }
}

/// How arrivals come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalPlan {
    /// How they are spread over time.
    pub process: Process,
    /// What everything random of the load is drawn from: the same seed, the same load.
    pub seed: u64,
    /// The most connections at once; an arrival that finds all of them busy waits, and its wait counts.
    pub connections: u64,
}

impl Default for ArrivalPlan {
    fn default() -> Self {
        Self { process: Process::Uniform, seed: 0, connections: 256 }
    }
}

/// How arrivals are spread over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// At even distances.
    #[default]
    Uniform,
    /// Each for itself, as many strangers come: exponential distances.
    Poisson,
}

/// How requests are sent. The default is plain HTTP/1.1 on a connection that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientPlan {
    /// TLS, where it is spoken.
    pub tls: Option<TlsPlan>,
    /// How long a connection is used.
    pub reuse: Reuse,
    /// The protocol.
    pub http: Http,
    /// Are redirects followed?
    pub follows: bool,
    /// Does every visitor have a jar of cookies?
    pub cookies: bool,
    /// Are answers asked for compressed?
    pub compression: bool,
}

/// The protocol that requests are sent by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Http {
    /// HTTP/1.1: every visitor has a connection of its own.
    #[default]
    One,
    /// HTTP/2 without an upgrade: over TLS as agreed upon in the handshake, else as known beforehand. Visitors share
    /// connections.
    Two {
        /// The most requests at once over one connection; fewer where the target takes fewer.
        streams: u64,
    },
}

/// TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsPlan {
    /// Is the target's certificate checked?
    pub verify: bool,
    /// Certificates in PEM that are trusted besides those of the system, absolute.
    pub ca: Option<PathBuf>,
}

/// How long a connection is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// As long as the target keeps it open.
    #[default]
    Always,
    /// For one request.
    Never,
    /// For so many requests.
    Requests(u64),
    /// For so long.
    For(Duration),
}

/// A file of rows, of which a walk of a journey takes one. It is read when the load starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataPlan {
    /// Where the rows are.
    pub source: DataSource,
    /// Which row is taken.
    pub take: Take,
}

/// Where rows are; the paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSource {
    /// Comma-separated; the first line names the columns.
    Csv(PathBuf),
    /// A JSON object a line.
    Lines(PathBuf),
}

/// Which row a walk of a journey takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The next one, and after the last the first.
    #[default]
    InOrder,
    /// Any.
    Random,
    /// The next one; when all are taken, walks fail.
    Once,
}
