//! A process that we start, in a group of its own; its end takes all of its descendants with it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use tokio::process::Command;

use crate::cgroup::Cgroup;
use crate::ending::{Ended, Ending};
use crate::log::Log;
use crate::owner::{OWNER_VARIABLE, Owner};
use crate::proc;

/// The environment variable that tells the launches of one owner apart.
const LAUNCH_VARIABLE: &str = "PLIMSOLL_LAUNCH";

/// A process that was started here.
pub(crate) struct Child {
    pub(crate) pid: u32,
    pub(crate) ending: Ending,
    /// Was its group asked to end? Then the end of its first process does not end the others.
    asked: Arc<AtomicBool>,
    marks: Marks,
}

/// What the environment of a process and of all its descendants says of who started it.
pub(crate) struct Marks {
    pub(crate) owner: String,
    pub(crate) launch: String,
}

impl Child {
    /// Starts what `command` says; its output goes to `log`.
    pub(crate) fn spawn(
        mut command: Command,
        marks: Marks,
        cgroup: Option<Arc<Cgroup>>,
        log: &Log,
    ) -> io::Result<Self> {
        command.env(OWNER_VARIABLE, &marks.owner).env(LAUNCH_VARIABLE, &marks.launch);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: it can be ended with its children, and a Ctrl-C is for us alone.
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        child.stdout.take().into_iter().for_each(|stdout| log.follow(stdout));
        child.stderr.take().into_iter().for_each(|stderr| log.follow(stderr));
        let pid = child.id().unwrap_or_default();
        let asked = Arc::<AtomicBool>::default();
        let ending = Ending::watch(end(child, pid, cgroup, Arc::clone(&asked)));
        Ok(Self { pid, ending, asked, marks })
    }

    /// Asks its group to end. It has when all of them have: a shell that obeys at once takes nothing from the program
    /// that it runs.
    pub(crate) fn ask_group(&self) -> io::Result<()> {
        self.asked.store(true, Ordering::Relaxed);
        self.signal(Signal::TERM)
    }

    /// Sends a signal to its group.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        match self.ending.ended() {
            // Its pid may be another process's by now; the watcher has ended the group.
            Some(_) => Ok(()),
            None => proc::signal_group(self.pid, signal),
        }
    }

    /// Ends descendants that left the group.
    pub(crate) fn clear_away(&self) -> io::Result<()> {
        let left = proc::all().into_iter().filter_map(|pid| self.marks.find(pid));
        left.into_iter().try_for_each(|process| process.signal(Signal::KILL))
    }
}

impl Drop for Child {
    /// A net only: who started it ends it.
    fn drop(&mut self) {
        if let Err(error) = self.signal(Signal::KILL) {
            tracing::warn!("process {} could not be killed: {error}", self.pid);
        }
    }
}

impl Marks {
    /// Those of the launch of `owner` that has this number.
    pub(crate) fn new(owner: &Owner, number: u32) -> Self {
        Self { owner: owner.to_string(), launch: number.to_string() }
    }

    /// The process that has this pid, if it carries these marks. It is opened first: what is read
    /// afterwards is of that process, or of none.
    fn find(&self, pid: u32) -> Option<proc::Process> {
        let process = proc::Process::open(pid)?;
        let carries = |name, value: &String| proc::variable_of(pid, name).as_ref() == Some(value);
        (carries(OWNER_VARIABLE, &self.owner) && carries(LAUNCH_VARIABLE, &self.launch)).then_some(process)
    }
}

/// Waits until the process ends, and ends what is left of its group.
async fn end(mut child: tokio::process::Child, pid: u32, cgroup: Option<Arc<Cgroup>>, asked: Arc<AtomicBool>) -> Ended {
    if let Some(process) = proc::Process::open(pid) {
        process.ended().await;
    }
    if asked.load(Ordering::Relaxed) {
        proc::group_ended(pid).await;
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

/// The file of a program that is to run in `folder`: `plimsoll` stands for this very program. It is looked up here, for
/// a shell would tell of a missing one by an exit code.
pub(crate) fn find_program(program: &str, folder: &Path, path: Option<OsString>) -> Option<PathBuf> {
    let path = path.or_else(|| std::env::var_os("PATH")).unwrap_or_default();
    match program {
        "" => None,
        "plimsoll" => std::env::current_exe().ok(),
        _ if program.contains('/') => Some(folder.join(program)).filter(|file| is_program(file)),
        _ => in_path(program, &path),
    }
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
