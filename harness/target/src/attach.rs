//! Watching what runs already. It is never signalled, stopped or removed.

use std::net::{Ipv4Addr, SocketAddr};

use scenario::AttachPlan;

use crate::container::Container;
use crate::ending::{Ended, Ending};
use crate::engine::Engine;
use crate::launch::LaunchError;
use crate::log::Log;
use crate::proc;
use crate::target::Kind;

/// How much of an attached container's past is read: what matters is what it logs from now on.
const PAST_LINES: &str = "200";

/// A process that someone else started.
pub(crate) struct AttachedProcess {
    pub(crate) pid: u32,
    pub(crate) shown: String,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) ending: Ending,
}

/// Attaches to what `plan` says.
pub(crate) async fn to(plan: &AttachPlan, log: &Log) -> Result<Kind, LaunchError> {
    match plan {
        AttachPlan::Container { name, port } => Ok(Kind::AttachedContainer(to_container(name, *port, log).await?)),
        AttachPlan::Process { pid, port } => Ok(Kind::AttachedProcess(to_process(*pid, *port)?)),
    }
}

async fn to_container(name: &str, port: Option<u16>, log: &Log) -> Result<Container, LaunchError> {
    let gone = || LaunchError::AttachGone { what: format!("container {name}") };
    let engine = Engine::connect().await.map_err(LaunchError::NoEngine)?;
    let inspected = match engine.inspect(name).await {
        Ok(inspected) if inspected.running => inspected,
        Ok(_) => return Err(gone()),
        Err(error) if error.not_found() => return Err(gone()),
        Err(error) => return Err(LaunchError::Start(error)),
    };
    let container = Container::attached(engine, inspected, port)?;
    container.engine.follow(&container.inspected.id, log, PAST_LINES);
    Ok(container)
}

fn to_process(pid: u32, port: Option<u16>) -> Result<AttachedProcess, LaunchError> {
    let gone = || LaunchError::AttachGone { what: format!("process {pid}") };
    let process = proc::Process::open(pid).ok_or_else(gone)?;
    let shown = format!("process {pid} ({})", proc::command_of(pid));
    let ending = Ending::watch(async move {
        process.ended().await;
        // Only a parent is told the exit code.
        Ended::new(None, false)
    });
    Ok(AttachedProcess { pid, shown, address: port.map(|port| (Ipv4Addr::LOCALHOST, port).into()), ending })
}
