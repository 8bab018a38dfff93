//! A network for the containers of one run.

use std::fmt;

use crate::Later;
use crate::engine::{Engine, EngineError};
use crate::launch::{LaunchError, next_number};
use crate::owner::Owner;

/// A network that was made for one run. It carries its owner, as containers do.
pub struct Network {
    engine: Engine,
    pub(crate) id: String,
}

impl Network {
    /// Makes it.
    ///
    /// # Errors
    /// Where no engine answers, or it makes none.
    pub fn create(owner: &Owner) -> Later<'_, Result<Self, LaunchError>> {
        Box::pin(async move {
            let engine = Engine::connect().await.map_err(LaunchError::NoEngine)?;
            let name = format!("plimsoll-{}-{}-{}", owner.run(), std::process::id(), next_number());
            let id = engine.create_network(&name, owner).await.map_err(LaunchError::Network)?;
            Ok(Self { engine, id })
        })
    }

    /// Removes it, when nothing is in it any more.
    ///
    /// # Errors
    /// Where the engine fails, or something is still in it.
    pub fn remove(self) -> Later<'static, Result<(), EngineError>> {
        Box::pin(async move { self.engine.remove_network(&self.id).await })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("id", &self.id).finish_non_exhaustive()
    }
}
