//! Load that the harness does not make, and targets of which it sees no more than an address.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{AttachPlan, Launch, Phase, Plan};
use crate::line_pattern::LinePattern;

/// Another program that is the load: it is run anew in each loaded phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandPlan {
    /// The program and its arguments; `plimsoll` stands for this very program.
    pub command: Vec<String>,
    /// The working folder, absolute: that of the scenario.
    pub folder: PathBuf,
    /// What its output says of the requests so far.
    pub requests: Option<LinePattern>,
}

/// Something that runs already, of which only the address is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Its name or IP address; one of version 6 in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What stands before each path, without a slash at its end: empty, or `/base`.
    pub base: String,
}

/// How a target is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plainly.
    Http,
    /// By TLS.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that need not be written.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Address {
    /// Whom a request names in its header `host`: `example.com`, `example.com:8080`.
    pub fn authority(&self) -> String {
        let Self { scheme, host, port, .. } = self;
        if *port == scheme.default_port() { host.clone() } else { format!("{host}:{port}") }
    }
}

impl fmt::Display for Address {
    /// The URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.name(), self.authority(), self.base)
    }
}

impl Plan {
    /// The target's address, where that is all there is of it: nothing but its answers can be seen.
    pub fn only_address(&self) -> Option<&Address> {
        match &self.target.launch {
            Launch::Attach(AttachPlan::Url(address)) => Some(address),
            _ => None,
        }
    }

    /// Is there load that the harness makes itself, and so sees every answer of?
    pub fn makes_load(&self) -> bool {
        self.phases.iter().any(|phase| phase.loaded() && !phase.foreign)
    }

    /// Is it known how many requests the load makes?
    pub fn counts_requests(&self) -> bool {
        self.makes_load() || self.command.as_ref().is_some_and(|command| command.requests.is_some())
    }

    /// Is another program run in this phase?
    pub fn runs_command_in(&self, phase: &Phase) -> bool {
        phase.foreign && self.command.is_some()
    }
}
