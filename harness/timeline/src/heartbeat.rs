//! The heartbeat: a cheap request on a connection of its own, on an absolute grid.

use serde::{Deserialize, Serialize};

use crate::Elapsed;

/// One beat: when it was due, when it was sent, when the answer was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The point of the grid; beats whose points passed while one was under way are skipped.
    pub due: Elapsed,
    /// When the request was written.
    pub sent: Elapsed,
    /// When the answer began to come, or the attempt was given up.
    pub done: Elapsed,
    /// For how long, between `due` and `done`, the harness itself was seen to stand still, in
    /// microseconds: the target cannot be blamed for that much.
    pub harness_stalled: u64,
    /// Was there an answer with a status below 500?
    pub answered: bool,
}
