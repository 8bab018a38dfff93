//! The process in which a runtime is, as this machine sees it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::proc::read_text;
use crate::reader::ReadError;

/// A process of the target. It may be in namespaces of its own: its files are seen through `/proc/<pid>/root`, and of
/// its ports only what is published at 127.0.0.1.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// Its pid here.
    pub(crate) pid: u32,
    /// Its pid as it knows it itself.
    pub(crate) inner_pid: u32,
    /// Its program and arguments.
    pub(crate) command: Vec<String>,
    /// The program that it runs, as it names it itself; empty where that may not be known.
    pub(crate) exe: PathBuf,
    /// Is 127.0.0.1 there the same as here?
    pub(crate) same_network: bool,
    /// Where the target listens, as it is reached from here.
    pub(crate) address: Option<SocketAddr>,
}

impl Process {
    pub(crate) fn of(pid: u32, address: Option<SocketAddr>) -> Result<Self, ReadError> {
        let status = read_text(&format!("/proc/{pid}/status"))?;
        Ok(Self {
            pid,
            inner_pid: innermost_pid(&status).unwrap_or(pid),
            command: words(pid, "cmdline")?,
            exe: fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default(),
            same_network: same_network(pid),
            address,
        })
    }

    /// A path of the process as it is seen from here.
    pub(crate) fn within(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        Path::new(&format!("/proc/{}/root", self.pid)).join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The folder `/proc/<pid>/<name>`.
    pub(crate) fn proc(&self, name: &str) -> PathBuf {
        Path::new(&format!("/proc/{}", self.pid)).join(name)
    }

    /// A variable of the environment with which it was started.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let variables = words(self.pid, "environ").ok()?;
        variables.iter().find_map(|variable| Some(variable.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    }

    /// Has it a handler for this signal? Where it has none, most signals end it.
    pub(crate) fn catches(&self, signal: u32) -> bool {
        read_text(&format!("/proc/{}/status", self.pid)).is_ok_and(|status| caught(&status, signal))
    }

    /// Who it runs as, for sockets that let in nobody else.
    pub(crate) fn owner(&self) -> Option<(u32, u32)> {
        let metadata = fs::metadata(format!("/proc/{}", self.pid)).ok()?;
        Some((metadata.uid(), metadata.gid()))
    }
}

/// The texts of `cmdline` or `environ`, which end with a zero each.
fn words(pid: u32, file: &str) -> Result<Vec<String>, ReadError> {
    let text = read_text(&format!("/proc/{pid}/{file}"))?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

fn innermost_pid(status: &str) -> Option<u32> {
    let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    pids.split_ascii_whitespace().next_back()?.parse().ok()
}

/// `SigCgt` has a bit for each signal that is caught; the lowest is signal 1.
fn caught(status: &str, signal: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).contains(&signal) && mask >> (signal - 1) & 1 == 1
}

fn same_network(pid: u32) -> bool {
    let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    of(&pid.to_string()).is_some_and(|theirs| of("self") == Some(theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_pid_is_the_one_that_it_knows_itself_by() {
        assert_eq!(innermost_pid("Name:\tjava\nNSpid:\t4711\t7\n"), Some(7));
        assert_eq!(innermost_pid("Name:\tjava\nNSpid:\t4711\n"), Some(4711));
        assert_eq!(innermost_pid("Name:\tjava\n"), None);
    }

    #[test]
    fn a_signal_that_is_not_caught_is_told_from_one_that_is() {
        // As of a Node that waits for its inspector's signal: SIGUSR1 is 10.
        let status = "SigIgn:\t0000000000001000\nSigCgt:\t0000000108004a02\n";
        assert!(caught(status, 10) && caught(status, 2));
        assert!(!caught(status, 1) && !caught(status, 11));
        assert!(!caught("SigCgt:\tnonsense", 10) && !caught("", 10) && !caught(status, 0));
    }

    #[test]
    fn this_process_is_in_its_own_network_and_sees_its_own_files() {
        let me = Process::of(std::process::id(), None).unwrap();
        assert!(me.same_network && !me.command.is_empty());
        assert_eq!(fs::read(me.within("/proc/self/comm")).unwrap(), fs::read("/proc/self/comm").unwrap());
        assert!(me.variable("PATH").is_some_and(|path| !path.is_empty()));
        assert_eq!(me.variable("PAT"), None);
    }
}
