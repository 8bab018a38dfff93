//! What `/proc` says of processes, and signals that cannot hit a stranger.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};
use tokio::sync::oneshot;

/// Where there are no pidfds (before Linux 5.3), a process is looked at this often; a group twice as often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// When the process began, in clock ticks since the boot; `None` where it is gone, or a zombie.
pub(crate) fn start_of(pid: u32) -> Option<u64> {
    field_of(pid, 22)
}

/// A field of `/proc/<pid>/stat` by its number, from the fourth on; `None` where the process is gone, or a zombie.
fn field_of(pid: u32, number: usize) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything; behind it comes field 3, the state.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(number - 4)?.parse().ok()
}

/// Waits until no process of the group is left but zombies.
pub(crate) async fn group_ended(group: u32) {
    while all().into_iter().any(|pid| field_of(pid, 5) == Some(group.into())) {
        tokio::time::sleep(LOOK_EVERY / 2).await;
    }
}

/// Which boot of the machine this is.
pub(crate) fn boot() -> String {
    read_line("/proc/sys/kernel/random/boot_id")
}

/// The machine's name.
pub(crate) fn host() -> String {
    read_line("/proc/sys/kernel/hostname").replace([',', '/', ' '], "-")
}

/// The pid namespace of this process: `4026531836`.
pub(crate) fn pid_space() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

fn read_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The pids that there are, without threads.
pub(crate) fn all() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The value of a variable in the environment with which the process was started; `None` where it
/// has none, or where it may not be read.
pub(crate) fn variable_of(pid: u32, name: &str) -> Option<String> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environ.split(|byte| *byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

/// The command line of a process; empty where it has none.
pub(crate) fn command_of(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).trim_end_matches('\0').replace('\0', " ")
}

/// Would the process, the first of its pid namespace, take notice of the signal? The kernel drops
/// what such a process neither handles nor blocks. `true` where that cannot be read.
pub(crate) fn first_process_hears(pid: u32, signal: Signal) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { return true };
    let bit = 1_u64 << (signal.as_raw() - 1);
    let mask = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    match (mask("SigCgt:"), mask("SigBlk:")) {
        (Some(caught), Some(blocked)) => (caught | blocked) & bit != 0,
        _ => true,
    }
}

/// One certain process: its pid may be used again, this handle never means the next one.
pub(crate) struct Process {
    pid: u32,
    started: u64,
    handle: Option<OwnedFd>,
}

impl Process {
    /// The process that has this pid now; `None` where there is none.
    pub(crate) fn open(pid: u32) -> Option<Self> {
        let handle = match rustix::process::pidfd_open(as_pid(pid)?, PidfdFlags::empty()) {
            Ok(handle) => Some(handle),
            Err(rustix::io::Errno::SRCH | rustix::io::Errno::INVAL) => return None,
            Err(_) => None,
        };
        Some(Self { pid, started: start_of(pid)?, handle })
    }

    /// Sends it a signal; no error where it is gone.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let sent = match &self.handle {
            Some(handle) => rustix::process::pidfd_send_signal(handle, signal),
            None if start_of(self.pid) != Some(self.started) => Ok(()),
            None => as_pid(self.pid).map_or(Ok(()), |pid| rustix::process::kill_process(pid, signal)),
        };
        unless_gone(sent)
    }

    /// Waits until it has ended; whether it was waited for by its parent does not matter.
    pub(crate) async fn ended(self) {
        let (pid, started) = (self.pid, self.started);
        if let Some(ended) = self.handle.and_then(|handle| told_by_a_thread(handle).ok()) {
            // The thread tells, or is gone: both mean that it is time to look.
            let _ = ended.await;
        }
        while start_of(pid) == Some(started) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A thread that sleeps until the process has ended: tokio waits for a handle in `unsafe` code alone.
fn told_by_a_thread(handle: OwnedFd) -> io::Result<oneshot::Receiver<()>> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new().name("target's end".to_owned()).spawn(move || {
        let mut watched = [PollFd::new(&handle, PollFlags::IN)];
        while let Err(rustix::io::Errno::INTR) = rustix::event::poll(&mut watched, None) {}
        // Nobody to tell: the runtime has ended.
        let _ = tell.send(());
    })?;
    Ok(told)
}

/// Sends a signal to every process of a group; no error where there is none.
pub(crate) fn signal_group(group: u32, signal: Signal) -> io::Result<()> {
    unless_gone(as_pid(group).map_or(Ok(()), |group| rustix::process::kill_process_group(group, signal)))
}

/// A process that is gone needs no signal.
fn unless_gone(sent: rustix::io::Result<()>) -> io::Result<()> {
    match sent {
        Err(rustix::io::Errno::SRCH) => Ok(()),
        other => Ok(other?),
    }
}

fn as_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_start_a_boot_and_a_host() {
        assert!(start_of(std::process::id()).is_some_and(|start| start > 0));
        assert_eq!(boot().len(), 36);
        assert!(!host().is_empty() && !pid_space().is_empty());
    }

    #[test]
    fn a_pid_out_of_range_is_no_process() {
        assert!(Process::open(u32::MAX).is_none());
        assert!(start_of(u32::MAX).is_none());
    }

    #[tokio::test]
    async fn the_end_of_a_process_is_seen_though_it_is_not_waited_for() {
        let mut child = std::process::Command::new("/bin/sh").args(["-c", "exit 0"]).spawn().unwrap();
        if let Some(process) = Process::open(child.id()) {
            process.ended().await;
        }
        assert!(start_of(child.id()).is_none());
        child.wait().unwrap();
    }
}
