//! What keeps a target from running though it would.

use serde::{Deserialize, Serialize};

use crate::Elapsed;

/// What held the target up around a beat of the heartbeat that took long: reasons for its pauses that are not its own.
/// Times are in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it was counted before the beat.
    pub from: Elapsed,
    /// When it was counted behind it.
    pub to: Elapsed,
    /// For so long its processor quota held it back.
    pub quota: u64,
    /// For so long its first thread could have run, and others did.
    pub queue: u64,
    /// For so long all of it waited for memory (pressure stall information, `full`).
    pub memory: u64,
    /// So many segments were sent again in its network.
    pub resent: u64,
}
