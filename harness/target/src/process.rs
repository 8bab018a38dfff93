//! A process that we start, in a group of its own, and with limits in a cgroup of its own.

use std::ffi::OsStr;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::Signal;
use scenario::ProcessPlan;
use tokio::process::{Child, Command};

use crate::cgroup::Cgroup;
use crate::ending::{Ended, Ending};
use crate::launch::{LaunchError, Order};
use crate::owner::OWNER_VARIABLE;
use crate::proc;

/// The environment variable that tells the launches of one owner apart.
const LAUNCH_VARIABLE: &str = "PLIMSOLL_LAUNCH";
/// Enters the cgroups whose doors stand before `--`, then becomes the program: from its first
/// allocation on the limits hold, which they would not if it were moved after its start.
const ENTER: &str = r#"while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@""#;

/// A process that was started here.
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) shown: String,
    pub(crate) address: SocketAddr,
    pub(crate) ending: Ending,
    cgroup: Option<Arc<Cgroup>>,
    marks: Marks,
}

/// What the environment of a process and of all its descendants says of who started it.
struct Marks {
    owner: String,
    launch: String,
}

impl Process {
    /// Sends a signal to its group.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        match self.ending.ended() {
            // Its pid may be another process's by now; the watcher has ended the group.
            Some(_) => Ok(()),
            None => proc::signal_group(self.pid, signal),
        }
    }

    /// Ends descendants that left the group, and removes the cgroup.
    pub(crate) async fn clear_away(&self) -> io::Result<()> {
        for process in proc::all().into_iter().filter_map(|pid| self.marks.find(pid)) {
            process.signal(Signal::KILL)?;
        }
        match &self.cgroup {
            Some(cgroup) => cgroup.remove().await,
            None => Ok(()),
        }
    }
}

impl Drop for Process {
    /// A net only: [`crate::Target::stop`] is the way.
    fn drop(&mut self) {
        if let Err(error) = self.signal(Signal::KILL) {
            tracing::warn!("process {} could not be killed: {error}", self.pid);
        }
    }
}

impl Marks {
    /// The process that has this pid, if it carries these marks. It is opened first: what is read
    /// afterwards is of that process, or of none.
    fn find(&self, pid: u32) -> Option<proc::Process> {
        let process = proc::Process::open(pid)?;
        let carries = |name, value: &String| proc::variable_of(pid, name).as_ref() == Some(value);
        (carries(OWNER_VARIABLE, &self.owner) && carries(LAUNCH_VARIABLE, &self.launch)).then_some(process)
    }
}

/// Starts the process. Nothing of it is left behind where that fails.
pub(crate) fn start(plan: &ProcessPlan, order: &Order<'_>) -> Result<Process, LaunchError> {
    if !plan.folder.is_dir() {
        return Err(LaunchError::NoFolder { folder: plan.folder.clone() });
    }
    let program = find_program(plan)?;
    let port = choose_port(plan.port)?;
    let marks = Marks { owner: order.owner.to_string(), launch: order.number.to_string() };
    let cgroup = make_cgroup(plan, &marks)?.map(Arc::new);
    let mut child = command(&program, plan, cgroup.as_deref())
        .env("PORT", port.to_string())
        .env(OWNER_VARIABLE, &marks.owner)
        .env(LAUNCH_VARIABLE, &marks.launch)
        .spawn()
        .map_err(|source| LaunchError::Spawn { program: plan.command[0].clone(), source })?;
    child.stdout.take().into_iter().for_each(|stdout| order.log.follow(stdout));
    child.stderr.take().into_iter().for_each(|stderr| order.log.follow(stderr));
    let pid = child.id().unwrap_or_default();
    let ending = Ending::watch(end(child, pid, cgroup.clone()));
    let shown = format!("process {pid} ({})", plan.command.join(" "));
    Ok(Process { pid, shown, address: (Ipv4Addr::LOCALHOST, port).into(), ending, cgroup, marks })
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
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own: it can be ended with its children, and a Ctrl-C is for us alone.
    command.process_group(0).kill_on_drop(true);
    command
}

/// Waits until the process ends, and ends what is left of its group.
async fn end(mut child: Child, pid: u32, cgroup: Option<Arc<Cgroup>>) -> Ended {
    if let Some(process) = proc::Process::open(pid) {
        process.ended().await;
    }
    // It has not been waited for: until then its pid, and with it the group's, is nobody else's.
    if let Err(error) = proc::signal_group(pid, Signal::KILL) {
        tracing::warn!("the children of process {pid} could not be killed: {error}");
    }
    let status = child.wait().await.ok();
    Ended::new(status.and_then(exit_code), cgroup.is_some_and(|cgroup| cgroup.oom_kills() > 0))
}

/// The exit code; 128 + the signal's number where a signal ended it.
fn exit_code(status: ExitStatus) -> Option<i64> {
    status.code().or_else(|| Some(128 + status.signal()?)).map(i64::from)
}

/// The program's file. It is looked up here, for a shell would tell of a missing one by an exit code.
fn find_program(plan: &ProcessPlan) -> Result<PathBuf, LaunchError> {
    let program = plan.command.first().map_or("", String::as_str);
    let path = plan.env.get("PATH").map(Into::into).or_else(|| std::env::var_os("PATH")).unwrap_or_default();
    let found = match program {
        "" => None,
        "plimsoll" => std::env::current_exe().ok(),
        _ if program.contains('/') => Some(plan.folder.join(program)).filter(|file| is_program(file)),
        _ => in_path(program, &path),
    };
    found.ok_or_else(|| LaunchError::NoProgram { program: program.to_owned() })
}

fn in_path(program: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|it| it.join(program))
        .find(|it| is_program(it))
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
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
