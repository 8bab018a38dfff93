//! A process as the target, with a port, and with limits in a cgroup of its own.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use rustix::process::Signal;
use scenario::ProcessPlan;
use tokio::process::Command;

use crate::cgroup::Cgroup;
use crate::child::{Child, Marks, find_program};
use crate::ending::Ending;
use crate::launch::{LaunchError, Order};
use crate::preload::{Addition, Preload, joined};

/// Enters the cgroups whose doors stand before `--`, then becomes the program: from its first
/// allocation on the limits hold, which they would not if it were moved after its start.
const ENTER: &str = r#"while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@""#;

/// A process that was started here.
pub(crate) struct Process {
    child: Child,
    pub(crate) shown: String,
    pub(crate) address: SocketAddr,
    cgroup: Option<Arc<Cgroup>>,
}

impl Process {
    pub(crate) fn pid(&self) -> u32 {
        self.child.pid
    }

    pub(crate) fn ending(&self) -> &Ending {
        &self.child.ending
    }

    /// Sends a signal to its group.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        self.child.signal(signal)
    }

    /// Ends descendants that left the group, and removes the cgroup.
    pub(crate) async fn clear_away(&self) -> io::Result<()> {
        self.child.clear_away()?;
        match &self.cgroup {
            Some(cgroup) => cgroup.remove().await,
            None => Ok(()),
        }
    }
}

/// Starts the process. Nothing of it is left behind where that fails.
pub(crate) fn start(plan: &ProcessPlan, order: &Order<'_>) -> Result<Process, LaunchError> {
    if !plan.folder.is_dir() {
        return Err(LaunchError::NoFolder { folder: plan.folder.clone() });
    }
    let name = plan.command.first().map_or("", String::as_str);
    let program = find_program(name, &plan.folder, plan.env.get("PATH").map(Into::into))
        .ok_or_else(|| LaunchError::NoProgram { program: name.to_owned() })?;
    let port = choose_port(plan.port)?;
    let marks = Marks::new(order.owner, order.number);
    let cgroup = make_cgroup(plan, &marks)?.map(Arc::new);
    let mut command = command(&program, plan, cgroup.as_deref());
    let given = order.surroundings.variables.iter();
    command.envs(given.filter(|(name, _)| !plan.env.contains_key(*name))).env("PORT", port.to_string());
    command.envs(preloaded(plan, order.surroundings.preload));
    let child = Child::spawn(command, marks, cgroup.clone(), &order.log)
        .map_err(|source| LaunchError::Spawn { program: name.to_owned(), source })?;
    let shown = format!("process {} ({})", child.pid, plan.command.join(" "));
    Ok(Process { child, shown, address: (Ipv4Addr::LOCALHOST, port).into(), cgroup })
}

fn make_cgroup(plan: &ProcessPlan, marks: &Marks) -> Result<Option<Cgroup>, LaunchError> {
    let limits = plan.resources;
    if limits.memory.is_none() && limits.cpus.is_none() {
        return Ok(None);
    }
    Cgroup::create(&cgroup_name(&marks.launch, &marks.owner), limits).map(Some).map_err(LaunchError::NoCgroup)
}

/// The name of a cgroup: the owner's line is in it, for [`crate::sweep`].
fn cgroup_name(launch: &str, owner: &str) -> String {
    format!("{launch},{owner}")
}

/// The owner's line in the name of a cgroup.
pub(crate) fn owner_in_cgroup_name(name: &str) -> Option<&str> {
    Some(name.split_once(',')?.1)
}

fn command(program: &Path, plan: &ProcessPlan, cgroup: Option<&Cgroup>) -> Command {
    let mut command = match cgroup {
        Some(cgroup) => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", ENTER, "plimsoll"]).args(cgroup.doors()).arg("--").arg(program);
            shell
        }
        None => Command::new(program),
    };
    command.args(&plan.command[1..]).current_dir(&plan.folder).envs(&plan.env);
    command
}

/// What is loaded into it stands before what the plan, or this program's own environment, says in the same place.
fn preloaded(plan: &ProcessPlan, preload: Option<&Preload>) -> BTreeMap<&'static str, String> {
    let held = |name: &str| plan.env.get(name).cloned().or_else(|| std::env::var(name).ok());
    let loaded = preload.map(|preload| (preload.variables)(&preload.folder.to_string_lossy()));
    joined(inspector_of(plan).into_iter().chain(loaded.into_iter().flatten()).collect(), held)
}

/// A Node that is asked for its inspector opens it at a port that is free, and not at the one that every Node takes.
fn inspector_of(plan: &ProcessPlan) -> Option<Addition> {
    let program = Path::new(plan.command.first()?).file_name()?;
    let says_its_port = plan.command.iter().any(|word| word.starts_with("--inspect"));
    let value = "--inspect-port=0".to_owned();
    (program == "node" && !says_its_port).then_some(Addition { name: "NODE_OPTIONS", value, separator: " " })
}

/// The port that is asked for, if nothing listens there: a stranger's answers must not count as the
/// target's. Else a free one.
fn choose_port(asked: Option<u16>) -> Result<u16, LaunchError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, asked.unwrap_or(0)));
    match (asked, bound) {
        (Some(port), Err(source)) if source.kind() == io::ErrorKind::AddrInUse => {
            Err(LaunchError::PortTaken { port, source })
        }
        (Some(port), _) => Ok(port),
        (None, bound) => bound.and_then(|it| it.local_addr()).map(|it| it.port()).map_err(LaunchError::NoFreePort),
    }
}
