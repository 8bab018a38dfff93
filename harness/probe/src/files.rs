//! The open files of a process, by what they are.

use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::ops::AddAssign;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, RawDir, open, readlinkat_raw, stat};
use rustix::io::Errno;

use crate::reader::ReadError;

/// How open files are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// By listing them: exact, and each can be told from the others.
    Listing,
    /// By the size of the folder, where listing is not allowed. The kernel counts places in the
    /// table: one more for each thread that waits in `accept`.
    Size,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    /// Descriptors.
    pub(crate) open: u64,
    /// Sockets among them.
    pub(crate) sockets: u64,
    /// Pipes.
    pub(crate) pipes: u64,
    /// What was opened by a path.
    pub(crate) paths: u64,
    /// What the kernel calls `anon_inode`.
    pub(crate) anonymous: u64,
    /// Which sockets they are, by their inodes.
    pub(crate) inodes: BTreeSet<u64>,
}

impl AddAssign for Files {
    fn add_assign(&mut self, other: Self) {
        self.open += other.open;
        self.sockets += other.sockets;
        self.pipes += other.pipes;
        self.paths += other.paths;
        self.anonymous += other.anonymous;
        self.inodes.extend(other.inodes);
    }
}

impl Counting {
    /// Finds out how the files of a process can be counted.
    pub(crate) fn of(pid: u32) -> Self {
        match folder(&path(pid)) {
            Err(Errno::ACCESS | Errno::PERM) => Self::Size,
            _ => Self::Listing,
        }
    }

    /// Where the count comes from.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::Listing => "/proc",
            Self::Size => "/proc (size of fd)",
        }
    }

    /// Counts the files of a process.
    pub(crate) fn count(self, pid: u32) -> Result<Files, ReadError> {
        let path = path(pid);
        let files = match self {
            Self::Listing => folder(&path).and_then(|folder| list(&folder)),
            Self::Size => {
                stat(path.as_str()).map(|stat| Files { open: stat.st_size.unsigned_abs(), ..Files::default() })
            }
        };
        files.map_err(|error| ReadError::new(path, io::Error::from(error)))
    }
}

fn path(pid: u32) -> String {
    format!("/proc/{pid}/fd")
}

fn folder(path: &str) -> Result<OwnedFd, Errno> {
    open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// The number of files of this process, without the one that it takes to count.
pub(crate) fn own() -> Result<u64, ReadError> {
    let files = folder("/proc/self/fd").and_then(|folder| list(&folder));
    let files = files.map_err(|error| ReadError::new("/proc/self/fd", io::Error::from(error)))?;
    Ok(files.open.saturating_sub(1))
}

fn list(folder: &OwnedFd) -> Result<Files, Errno> {
    let mut buffer = [const { MaybeUninit::uninit() }; 8192];
    let mut entries = RawDir::new(folder, &mut buffer);
    let mut files = Files::default();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_name().to_bytes().starts_with(b".") {
            continue;
        }
        files.open += 1;
        files.look(folder, entry.file_name())?;
    }
    Ok(files)
}

impl Files {
    /// Counts a descriptor by where its link leads.
    fn look(&mut self, folder: &OwnedFd, name: &std::ffi::CStr) -> Result<(), Errno> {
        // Enough for `socket:[` and any inode; of a path, its beginning will do.
        let mut start = [MaybeUninit::uninit(); 32];
        match readlinkat_raw(folder, name, &mut start) {
            Ok((link, _)) => self.add(link),
            // Closed since it was listed.
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn add(&mut self, link: &[u8]) {
        let link = String::from_utf8_lossy(link);
        if let Some(inode) = link.strip_prefix("socket:") {
            self.sockets += 1;
            self.inodes.extend(inode.trim_matches(['[', ']']).parse::<u64>());
        } else if link.starts_with("pipe:") {
            self.pipes += 1;
        } else if link.starts_with("anon_inode:") {
            self.anonymous += 1;
        } else {
            self.paths += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_told_from_a_file() {
        let count = || Counting::Listing.count(std::process::id()).unwrap();
        let before = count();
        let file = std::fs::File::open("/dev/null").unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let after = count();
        drop((file, socket));
        // Other tests in this process open and close theirs.
        assert!(after.sockets > 0 && after.open > after.sockets, "{before:?} {after:?}");
    }

    #[test]
    fn each_kind_is_counted_by_itself() {
        let mut files = Files::default();
        let links: [&[u8]; 6] = [
            b"socket:[4026532008]",
            b"socket:[7]",
            b"pipe:[8]",
            b"anon_inode:[eventpoll]",
            b"/dev/null",
            b"/memfd:a (d",
        ];
        for link in links {
            files.add(link);
        }
        let inodes = BTreeSet::from([4_026_532_008, 7]);
        assert_eq!(files, Files { open: 0, sockets: 2, pipes: 1, paths: 2, anonymous: 1, inodes });
    }

    #[test]
    fn a_process_that_is_gone_is_known_as_such() {
        assert!(matches!(Counting::Listing.count(u32::MAX), Err(ReadError::Gone)));
        assert!(matches!(Counting::Size.count(u32::MAX), Err(ReadError::Gone)));
    }
}
