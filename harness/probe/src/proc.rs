//! What `/proc` tells about one process.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::Timespec;

use crate::reader::ReadError;

/// From `/proc/<pid>/status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The name of the program, cut to fifteen characters.
    pub(crate) name: String,
    /// Resident memory in bytes; zero for a zombie, which has none.
    pub(crate) resident: u64,
    /// The anonymous part of it.
    pub(crate) anonymous: u64,
    /// Its threads.
    pub(crate) threads: u64,
    /// Has it ended, and nobody has waited for it?
    pub(crate) zombie: bool,
}

/// From `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Its parent.
    pub(crate) parent: u32,
    /// Its threads.
    pub(crate) threads: u64,
    /// Processor time of its own, in ticks.
    pub(crate) own: u64,
    /// Processor time of its children that have ended and were waited for, in ticks.
    pub(crate) ended_children: u64,
    /// When it was started, in ticks since boot: with the pid, its identity.
    pub(crate) started: u64,
}

impl Status {
    /// Reads that of a process, or of `self`.
    pub(crate) fn read(pid: impl std::fmt::Display) -> Result<Self, ReadError> {
        let path = format!("/proc/{pid}/status");
        let text = read_text(&path)?;
        Self::parse(&text).ok_or(ReadError::Lacks { what: "/proc/<pid>/status", key: "Threads" })
    }

    fn parse(text: &str) -> Option<Self> {
        let find = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        let number = |key: &str| find(key)?.split_ascii_whitespace().next()?.parse::<u64>().ok();
        let threads = number("Threads")?;
        // The first thread may have ended before others.
        let zombie = threads <= 1 && find("State").is_some_and(|state| state.trim_start().starts_with('Z'));
        Some(Self {
            name: find("Name")?.trim().to_owned(),
            resident: number("VmRSS").unwrap_or(0) * 1024,
            anonymous: number("RssAnon").unwrap_or(0) * 1024,
            threads: if zombie { 0 } else { threads },
            zombie,
        })
    }
}

impl Stat {
    /// Reads that of a process.
    pub(crate) fn read(pid: u32) -> Result<Self, ReadError> {
        let text = read_text(&format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or(ReadError::Lacks { what: "/proc/<pid>/stat", key: "starttime" })
    }

    fn parse(text: &str) -> Option<Self> {
        // The name may hold anything, brackets and blanks included; nothing after it can.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // Field 3 of proc_pid_stat(5) is the first here.
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(4)?).ok()?,
            threads: number(20)?,
            own: number(14)? + number(15)?,
            ended_children: number(16)? + number(17)?,
            started: number(22)?,
        })
    }
}

/// Reads a file of `/proc`, whatever bytes a program has put into its name.
pub(crate) fn read_text(path: &str) -> Result<String, ReadError> {
    Ok(String::from_utf8_lossy(&read_bytes(path)?).into_owned())
}

/// Reads a file of `/proc`.
pub(crate) fn read_bytes(path: &str) -> Result<Vec<u8>, ReadError> {
    fs::read(path).map_err(|error| ReadError::new(path, error))
}

/// A hold on a process that cannot slip to another one with the same pid.
#[derive(Debug)]
pub(crate) struct Life(OwnedFd);

impl AsFd for Life {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Life {
    /// Takes hold of a process.
    pub(crate) fn of(pid: u32) -> Result<Self, rustix::io::Errno> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(rustix::io::Errno::SRCH)?;
        pidfd_open(pid, PidfdFlags::empty()).map(Self)
    }

    /// Has it ended, waited for or not?
    pub(crate) fn ended(&self) -> bool {
        let mut polled = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_of_a_process() {
        let text = "Name:\tbash\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t10963\nVmPeak:\t    5004 kB\n\
                    VmRSS:\t    4028 kB\nRssAnon:\t     972 kB\nRssFile:\t    3056 kB\nRssShmem:\t       0 kB\n\
                    Threads:\t17\nSigQ:\t0/96343\n";
        let want = Status {
            name: "bash".to_owned(),
            resident: 4028 * 1024,
            anonymous: 972 * 1024,
            threads: 17,
            zombie: false,
        };
        assert_eq!(Status::parse(text), Some(want));
    }

    #[test]
    fn a_zombie_has_no_memory() {
        let text = "Name:\tsh\nState:\tZ (zombie)\nThreads:\t1\n";
        let want = Status { name: "sh".to_owned(), resident: 0, anonymous: 0, threads: 0, zombie: true };
        assert_eq!(Status::parse(text), Some(want));
        assert_eq!(Status::parse("Name:\tsh\n"), None);
    }

    #[test]
    fn stat_of_a_process_with_brackets_in_its_name() {
        let text = "10963 (a) S 1 (x) S 10962 10963 10963 0 -1 4194560 2755 41555 2 17 12 22 113 390 20 0 3 0 186647 \
                    5124096 988 18446744073709551615 93997260476416";
        let want = Stat { parent: 10962, threads: 3, own: 34, ended_children: 503, started: 186_647 };
        assert_eq!(Stat::parse(text), Some(want));
    }

    #[test]
    fn the_end_of_a_process_shows_before_it_is_waited_for() {
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let life = Life::of(child.id()).unwrap();
        assert!(!life.ended());
        drop(child.stdin.take());
        let mut polled = [PollFd::new(&life.0, PollFlags::IN)];
        poll(&mut polled, None).unwrap();
        assert!(life.ended());
        child.wait().unwrap();
        assert!(life.ended());
    }
}
