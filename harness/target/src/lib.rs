//! Launches the service under test, and owns it until it is stopped: a container, a process, or
//! something that runs already.
//!
//! [`launch`] starts it, [`Target::ready`] waits until it serves, [`Target::died`] tells when it ends
//! by itself, [`Target::stop`] ends it and leaves nothing behind. A [`Program`] is another one that is the load. Everything that is started carries
//! its [`Owner`], so that what a killed harness leaves behind is found: by its [`Reaper`] at once,
//! else by [`sweep`] at the next start.
//!
//! testcontainers and bollard live here, and no type of theirs leaves.

mod attach;
mod cgroup;
mod child;
mod container;
mod ending;
mod engine;
mod launch;
mod log;
mod network;
mod owner;
mod preload;
mod prepare;
mod proc;
mod process;
mod program;
mod ready;
mod reaper;
mod stats;
mod stop;
mod surroundings;
mod sweep;
mod target;

use std::pin::Pin;

/// What comes later. The futures of this crate are boxed where they leave it: they hold the engines'
/// own, which would else be compiled again in every crate that awaits them.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub use engine::EngineError;
pub use launch::{LaunchError, launch};
pub use log::Listener;
pub use network::Network;
pub use owner::{NoOwner, Owner};
pub use preload::{Addition, Preload};
pub use prepare::Preparation;
pub use program::{Exit, Program, RunningProgram};
pub use reaper::{Reaper, reap};
pub use stats::{EngineReading, EngineStats, StatsError};
pub use stop::StopError;
pub use surroundings::Surroundings;
pub use sweep::{Swept, sweep, sweep_owned_by};
pub use target::Target;
