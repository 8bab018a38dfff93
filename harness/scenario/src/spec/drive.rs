//! How the load is driven, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::quantity::{ConnectionUse, HttpVersion, Redirects, Taking};

/// How requests are sent; plain HTTP/1.1 on a connection that is kept, where nothing is said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// Speak TLS.
    pub tls: Option<TlsSpec>,
    /// How long a connection is used: `always` where nothing is said.
    pub reuse: Option<ConnectionUse>,
    /// The protocol: `1.1` where nothing is said. By HTTP/2, visitors share connections; each WebSocket has its own.
    pub http: Option<HttpVersion>,
    /// The most requests at once over a connection of HTTP/2: 100 where nothing is said, and fewer where the target
    /// takes fewer.
    pub streams: Option<u64>,
    /// Follow redirects on the target itself, up to ten: `no` where nothing is said, and their status is judged as any.
    pub redirects: Option<Redirects>,
    /// Keep the cookies that the target sets and send them again, each visitor its own: false where nothing is said.
    pub cookies: Option<bool>,
    /// Ask for compressed answers: false where nothing is said.
    pub compression: Option<bool>,
}

/// TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsSpec {
    /// Check the target's certificate: true where nothing is said.
    pub verify: Option<bool>,
    /// Certificates in PEM to trust besides those of the system; relative to the scenario.
    pub ca: Option<String>,
}

/// A file of rows, of which every walk of a journey takes one: `csv` or `lines`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// A file of comma-separated values whose first line names the columns; relative to the scenario.
    pub csv: Option<String>,
    /// A file with a JSON object a line; relative to the scenario.
    pub lines: Option<String>,
    /// Which row is taken: `in_order` where nothing is said, over and over.
    pub take: Option<Taking>,
}
