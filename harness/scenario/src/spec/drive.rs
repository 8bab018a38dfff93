//! How the load is driven, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::quantity::{ConnectionUse, HttpVersion, Taking};

/// How requests are sent; plain HTTP/1.1 on a connection that is kept, where nothing is said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// The version of HTTP: 1.1 where nothing is said.
    pub http: Option<HttpVersion>,
    /// Speak TLS.
    pub tls: Option<TlsSpec>,
    /// How long a connection is used: `always` where nothing is said.
    pub reuse: Option<ConnectionUse>,
    /// How many redirects in a row are followed: none where nothing is said.
    #[serde(default)]
    pub redirects: u32,
    /// Keep cookies for the length of a walk, and send them back: false where nothing is said.
    #[serde(default)]
    pub cookies: bool,
    /// Ask for compressed answers and unpack them: false where nothing is said.
    #[serde(default)]
    pub compression: bool,
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
