//! What a step does over a WebSocket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pattern;

/// One step over the WebSocket of the walk; there is at most one at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SocketStep {
    /// The step's name in the record: `chat/CONNECT /ws`; unique in the plan.
    pub name: String,
    /// What is done.
    pub action: SocketAction,
}

/// What is done over a WebSocket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SocketAction {
    /// Open it. It is read from, and pings are answered, while the walk thinks or waits for a message; it is closed at
    /// the end of the walk.
    Connect {
        /// Path and query, with the leading slash; may hold templates.
        path: String,
        /// Headers, in order; their values may hold templates.
        headers: Vec<(String, String)>,
    },
    /// Send a text message and wait for nothing; may hold templates.
    Send(String),
    /// Wait for a message; others are passed over.
    Receive {
        /// What it has to be like.
        pattern: Pattern,
        /// The time within which it has to be there, where there is a limit besides the timeout.
        within: Option<Duration>,
    },
    /// Send a ping and wait for its pong.
    Ping,
    /// Neither read nor answer for so long, with the connection open.
    Stall(Duration),
    /// Go.
    Leave(Leaving),
}

/// How a client leaves a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// As the protocol wants it.
    Close,
    /// Without a word: the connection stays open, unread and unanswered, until the end of the run, as that of a client
    /// whose network is gone does.
    Vanish,
}

impl SocketAction {
    /// What it is called where the step has no name.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Connect { path, .. } => format!("CONNECT {path}"),
            Self::Send(_) => "SEND".to_owned(),
            Self::Receive { .. } => "RECEIVE".to_owned(),
            Self::Ping => "PING".to_owned(),
            Self::Stall(_) => "STALL".to_owned(),
            Self::Leave(_) => "LEAVE".to_owned(),
        }
    }
}
