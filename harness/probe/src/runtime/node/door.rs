//! The way to a process's inspector: opened without a restart, and reached in the process's own network.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use rustix::process::{Signal, pidfd_send_signal};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::wire::{Wire, WireError};
use crate::proc::{Life, Stat};
use crate::runtime::sockets::listening;
use crate::runtime::{PATIENCE, Process};

/// Node's own choice, where it is told no other.
const USUAL_PORT: u16 = 9229;
/// For how long an inspector that was asked for may stay away. It is there within 30 ms where the target is idle.
const OPENS_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The processes that did not open one, by pid and start: the signal may mean something else to them, and they are not
/// sent it again.
static UNMOVED: Mutex<BTreeSet<(u32, u64)>> = Mutex::new(BTreeSet::new());

fn unmoved() -> MutexGuard<'static, BTreeSet<(u32, u64)>> {
    UNMOVED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An inspector that can be talked to.
pub(crate) struct Door {
    /// The conversation.
    pub(crate) wire: Wire,
    /// Was it opened for us? Then it has to be closed again.
    pub(crate) opened: bool,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Closed {
    /// The process has no hand for the signal that would open it, and would die of it.
    #[error("the process takes no SIGUSR1: it was started with `--disable-sigusr1`, or is no Node")]
    Deaf,
    /// The signal opened nothing.
    #[error(
        "no inspector was there {} s after SIGUSR1; its port may be taken: start Node with `--inspect-port=0`, or have \
         it load an agent: `agent: true`",
        OPENS_WITHIN.as_secs()
    )]
    NotOpened,
    /// It was there, and did not do what every inspector does.
    #[error("{0}")]
    Silent(WireError),
    /// The system refused.
    #[error("cannot {what}: {source}")]
    Refused {
        /// What it was to do.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

fn refused<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Closed {
    move |error| Closed::Refused { what, source: error.into() }
}

/// Opens the inspector of a process that was recognised as Node or Deno; `served` is the port of the target, where
/// nothing is tried.
pub(crate) fn open(process: &Process, served: Option<u16>, clock: Clock) -> Result<Door, Closed> {
    let before = listening(process);
    let identity = (process.pid, Stat::read(process.pid).map_or(0, |stat| stat.started));
    let opened = !started_with_inspector(process) && !before.contains(&USUAL_PORT);
    if opened && unmoved().contains(&identity) {
        return Err(Closed::NotOpened);
    }
    if opened {
        knock(process)?;
    }
    let end = clock.now() + OPENS_WITHIN;
    loop {
        let new: BTreeSet<u16> = listening(process)
            .into_iter()
            .filter(|port| Some(*port) != served && !(opened && before.contains(port)))
            .collect();
        if !new.is_empty() {
            return try_each(process, &new, opened, clock);
        }
        if end.since(clock.now()).is_zero() {
            unmoved().insert(identity);
            return Err(Closed::NotOpened);
        }
        clock.block_until(clock.now() + LOOK_EVERY);
    }
}

/// The first that answers as an inspector; otherwise why the last did not.
fn try_each(process: &Process, ports: &BTreeSet<u16>, opened: bool, clock: Clock) -> Result<Door, Closed> {
    let mut why = Closed::NotOpened;
    for &port in ports {
        let (page, stream) = (connect(process, port)?, connect(process, port)?);
        match Wire::open(page, stream, clock) {
            Ok(wire) => return Ok(Door { wire, opened }),
            Err(error) => why = Closed::Silent(error),
        }
    }
    Err(why)
}

/// Was it asked for an inspector when it was started?
fn started_with_inspector(process: &Process) -> bool {
    let asks = |word: &str| word.starts_with("--inspect") && !word.starts_with("--inspect-p");
    let options = process.variable("NODE_OPTIONS").unwrap_or_default();
    process.command.iter().any(|word| asks(word)) || options.split_ascii_whitespace().any(asks)
}

/// Sends SIGUSR1 to a process that has a hand for it: any other would die of it.
fn knock(process: &Process) -> Result<(), Closed> {
    let life = Life::of(process.pid).map_err(refused("take hold of the process"))?;
    if !process.catches(Signal::USR1.as_raw().unsigned_abs()) {
        return Err(Closed::Deaf);
    }
    pidfd_send_signal(&life, Signal::USR1).map_err(refused("send SIGUSR1"))
}

/// Connects to a port at 127.0.0.1 as the process sees it.
fn connect(process: &Process, port: u16) -> Result<TcpStream, Closed> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let dial = move || TcpStream::connect_timeout(&address, PATIENCE).map_err(refused("connect to the inspector"));
    if process.same_network {
        return dial();
    }
    let network = File::open(process.proc("ns/net")).map_err(refused("look into the target's network"))?;
    let enter = move || {
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(refused("enter the target's network, which needs root"))?;
        dial()
    };
    // A thread of its own: it stays in the other network, and a socket belongs to where it was made.
    let thread = std::thread::Builder::new().name("plimsoll-door".to_owned()).spawn(enter);
    let panicked = || Err(Closed::Refused { what: "enter the target's network", source: ErrorKind::Other.into() });
    thread.map_err(refused("start a thread"))?.join().unwrap_or_else(|_| panicked())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_would_die_of_the_signal_does_not_get_it() {
        let mut cat = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let process = Process::of(cat.id(), None).unwrap();
        let refused = open(&process, None, Clock::start()).map(|_| ());
        assert!(matches!(refused, Err(Closed::Deaf)), "{refused:?}");
        assert!(cat.try_wait().unwrap().is_none(), "it lives on");
        drop(cat.stdin.take());
        cat.wait().unwrap();
    }
}
