//! Watching what runs already. It is never signalled, stopped or removed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use scenario::{Address, AttachPlan};
use tokio::net::{TcpStream, lookup_host};

use crate::container::Container;
use crate::ending::{Ended, Ending};
use crate::engine::Engine;
use crate::launch::LaunchError;
use crate::log::Log;
use crate::proc;
use crate::target::Kind;

/// How much of an attached container's past is read: it may be ready by what it logged before.
const PAST_LINES: &str = "200";

/// How long an address of several is tried for.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// A process that someone else started.
pub(crate) struct AttachedProcess {
    pub(crate) pid: u32,
    pub(crate) shown: String,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) ending: Ending,
}

/// Something of which only the address is known; its end is not seen.
pub(crate) struct AttachedAddress {
    pub(crate) shown: String,
    pub(crate) address: SocketAddr,
    pub(crate) ending: Ending,
}

/// Attaches to what `plan` says.
pub(crate) async fn to(plan: &AttachPlan, log: &Log) -> Result<Kind, LaunchError> {
    match plan {
        AttachPlan::Container { name, port } => Ok(Kind::AttachedContainer(to_container(name, *port, log).await?)),
        AttachPlan::Process { pid, port } => Ok(Kind::AttachedProcess(to_process(*pid, *port)?)),
        AttachPlan::Url(url) => Ok(Kind::AttachedAddress(to_address(url).await?)),
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

/// Finds the address once, so that what is measured is the target, and not the search for it.
async fn to_address(url: &Address) -> Result<AttachedAddress, LaunchError> {
    let host = url.host.trim_matches(['[', ']']);
    let unknown = |source| LaunchError::NoHost { host: host.to_owned(), source };
    let found: Vec<SocketAddr> = lookup_host((host, url.port)).await.map_err(unknown)?.collect();
    let first = found.first().copied().ok_or_else(|| unknown(io::ErrorKind::NotFound.into()))?;
    let address = first_that_listens(&found).await.unwrap_or(first);
    let shown = if address.ip().to_string() == host { url.to_string() } else { format!("{url} ({address})") };
    Ok(AttachedAddress { shown, address, ending: Ending::watch(std::future::pending()) })
}

/// A name may stand for several addresses, of which a service need not listen at all.
async fn first_that_listens(addresses: &[SocketAddr]) -> Option<SocketAddr> {
    for address in addresses {
        if let Ok(Ok(_)) = tokio::time::timeout(ANSWERS_WITHIN, TcpStream::connect(address)).await {
            return Some(*address);
        }
    }
    None
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
