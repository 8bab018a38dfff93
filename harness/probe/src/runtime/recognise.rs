//! Which runtime the target is: told from outside, by what its processes show of themselves.

use std::net::SocketAddr;

use scenario::RuntimePlan;

use super::Runtime;

/// Whose runtime is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Whom {
    /// The first process, where it is one of this machine.
    pub(crate) pid: Option<u32>,
    /// Where the target listens, as it is reached from here.
    pub(crate) address: Option<SocketAddr>,
    /// Where a Go service shows its `/debug/pprof`, where that is elsewhere.
    pub(crate) pprof: Option<SocketAddr>,
    /// What the scenario says of it.
    pub(crate) plan: RuntimePlan,
}

/// Why there is no runtime to watch.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unknown {
    /// The scenario says that there is none, or the target is native code.
    #[error("nothing collects in it: it is native code")]
    Native,
    /// No process of it can be seen.
    #[error("its processes are out of reach")]
    OutOfReach,
    /// None of its processes is one that is known.
    #[error("none of its processes is of a runtime that is known")]
    Nobody,
}

/// Finds the runtime, and the way to ask it.
pub(crate) fn recognise(whom: &Whom) -> Result<Box<dyn Runtime>, Unknown> {
    let _ = whom;
    Err(Unknown::Nobody)
}
