//! What is leaked: taken, counted, and never given back.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, PipeReader, PipeWriter, Write};
use std::os::fd::IntoRawFd;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use crate::ledger::Leaked;
use crate::memory::{Pages, Slabs};
use crate::options::Store;

/// The stack of a leaked thread: the least that is surely enough to park on.
const STACK_BYTES: usize = 64 << 10;

/// Leaked things that something must refer to. What was not to be had is not counted: a leak that has run into a limit
/// is no reason to fail.
#[derive(Default)]
pub(crate) struct Leaks {
    slabs: Slabs,
    map: BTreeMap<u64, &'static [u8]>,
    pages: Pages,
    lifeline: Option<Lifeline>,
    hoarder: Option<Hoarder>,
}

/// The child that leaks what it is told to, and ends with its standard input.
struct Hoarder {
    _child: Child,
    told: ChildStdin,
}

/// A pipe of which every leaked child holds the reading end: it ends when this process does. One for all of them, so
/// that a leaked child does not leak descriptors as well.
struct Lifeline {
    children_read: PipeReader,
    _held: PipeWriter,
}

impl Leaks {
    /// Leaks `bytes` into `store`.
    pub(crate) fn bytes(&mut self, bytes: usize, store: Store, leaked: &mut Leaked) {
        if bytes == 0 {
            return;
        }
        let counted = match store {
            Store::Heap => {
                let _unreachable = self.slabs.cut(bytes);
                &mut leaked.heap_bytes
            }
            Store::Map => {
                self.map.insert(self.map.len() as u64, self.slabs.cut(bytes));
                &mut leaked.map_bytes
            }
            Store::Mmap => {
                self.pages.grow(bytes);
                &mut leaked.mmap_bytes
            }
            Store::Child => {
                if self.tell_hoarder(bytes).is_err() {
                    return;
                }
                &mut leaked.child_bytes
            }
        };
        *counted += bytes as u64;
    }

    fn tell_hoarder(&mut self, bytes: usize) -> io::Result<()> {
        let hoarder = match &mut self.hoarder {
            Some(hoarder) => hoarder,
            empty => empty.insert(Hoarder::spawn()?),
        };
        writeln!(hoarder.told, "{bytes}")
    }

    /// Leaks a child process, which ends with this one.
    pub(crate) fn child(&mut self, leaked: &mut Leaked) {
        leaked.children += u64::from(self.spawn_child().is_ok());
    }

    fn spawn_child(&mut self) -> io::Result<()> {
        let lifeline = match &mut self.lifeline {
            Some(lifeline) => lifeline,
            empty => empty.insert(Lifeline::new()?),
        };
        this_again("--idle")?
            .stdin(lifeline.children_read.try_clone()?)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(drop)
    }
}

/// This program once more, with a part of its own.
fn this_again(part: &str) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    // With the arguments of this process, since a front may have put a subcommand before its options.
    command.args(std::env::args_os().skip(1)).arg(part);
    Ok(command)
}

impl Hoarder {
    fn spawn() -> io::Result<Self> {
        let mut child =
            this_again("--hoard")?.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let told = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { _child: child, told })
    }
}

/// Leaks as many bytes as each line says, until there are no more.
pub(crate) fn hoard(lines: &mut impl BufRead) -> io::Result<()> {
    let mut pages = Pages::default();
    for line in lines.lines() {
        pages.grow(line?.trim().parse().unwrap_or(0));
    }
    Ok(())
}

impl Lifeline {
    fn new() -> io::Result<Self> {
        let (children_read, held) = io::pipe()?;
        Ok(Self { children_read, _held: held })
    }
}

/// Leaks a file descriptor.
pub(crate) fn descriptor(leaked: &mut Leaked) {
    leaked.fds += u64::from(File::open("/dev/null").map(forget).is_ok());
}

/// Leaks a thread, parked for ever.
pub(crate) fn thread(leaked: &mut Leaked) {
    let builder = thread::Builder::new().name("leaked".to_owned()).stack_size(STACK_BYTES);
    let spawned = builder.spawn(|| {
        loop {
            thread::park();
        }
    });
    leaked.threads += u64::from(spawned.is_ok());
}

/// Leaves a descriptor open for ever.
pub(crate) fn forget(descriptor: impl IntoRawFd) {
    let _open_for_ever = descriptor.into_raw_fd();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::tests::{alone, check_near, resident_bytes};

    fn check_resident(store: Store) {
        let _turn = alone();
        let (mut leaks, mut leaked) = (Leaks::default(), Leaked::default());
        let before = resident_bytes();
        for _ in 0..20_000 {
            leaks.bytes(2048, store, &mut leaked);
        }
        assert_eq!(leaked.bytes(), 20_000 * 2048);
        check_near(resident_bytes() - before, 20_000 * 2048);
    }

    #[test]
    fn bytes_leaked_into_the_heap_are_resident() {
        check_resident(Store::Heap);
    }

    #[test]
    fn bytes_leaked_into_the_map_are_resident() {
        check_resident(Store::Map);
    }

    #[test]
    fn bytes_leaked_into_mappings_are_resident() {
        check_resident(Store::Mmap);
    }
}
