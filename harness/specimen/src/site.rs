//! What every task of the service shares. All of them run on one thread, so that a stop of that thread stops them all.

use std::cell::RefCell;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Bytes;
use tokio::net::{TcpSocket, TcpStream};

use crate::leak::forget;
use crate::options::{CrashSignal, Options};
use crate::watch::Watch;
use crate::world::{Answer, World};

/// What is shared.
pub(crate) struct Site {
    pub(crate) options: Options,
    pub(crate) world: RefCell<World>,
    pub(crate) watch: Watch,
    /// What an answer says; made once, so that answers cost no memory.
    pub(crate) body: Bytes,
}

impl Site {
    /// A site at which nothing has happened yet.
    pub(crate) fn new(options: Options) -> Rc<Self> {
        let body = match options.body {
            Some(size) => Bytes::from(vec![b'x'; size.0]),
            None => Bytes::from_static(b"a specimen at work\n"),
        };
        Rc::new(Self { world: RefCell::new(World::new(&options)), watch: Watch::start(), body, options })
    }

    /// Prints the line of the log, if there is one.
    pub(crate) fn log(&self) {
        if let Some(line) = &self.options.log_line {
            say(&line.0);
        }
    }

    /// Stops the world now and then, for ever.
    pub(crate) async fn stop_now_and_then(self: Rc<Self>) {
        let (Some(stop), Some(every)) = (self.options.stop, self.options.stop_every) else { return };
        let mut due = self.options.after.0;
        loop {
            due += every.0;
            self.watch.wait_until(due).await;
            let start = self.watch.now();
            if self.world.borrow().may_stop(start) {
                Watch::stand_still(stop.0);
                let duration = self.watch.now().saturating_sub(start);
                self.world.borrow_mut().on_stop(start, duration);
            }
        }
    }

    /// Goes through its cycles, for ever, where it has any.
    pub(crate) async fn work_in_cycles(self: Rc<Self>) {
        let Some(cycle) = self.options.cycle else { return };
        let mut due = Duration::ZERO;
        for number in 1_u64.. {
            due += cycle.0;
            self.watch.wait_until(due).await;
            self.go_through_cycle();
            say(format!("cycle {number} done").as_bytes());
        }
    }

    /// Does what requests would have made it do, without anyone who asks.
    fn go_through_cycle(&self) {
        for _ in 0..self.options.cycle_requests.get() {
            let treatment = self.world.borrow_mut().on_request(self.watch.now());
            if treatment.logs {
                self.log();
            }
            if treatment.answer == Answer::Crash {
                self.crash();
            }
        }
    }

    /// Makes a connection to `address`, where it listens itself, and leaks it.
    pub(crate) async fn leak_connection(self: Rc<Self>, address: SocketAddr) {
        // One that cannot be made, for want of ports or descriptors, is not counted.
        if self.connect_to_self(reachable(address)).await.is_ok() {
            self.world.borrow_mut().on_own_connection();
        }
    }

    async fn connect_to_self(&self, address: SocketAddr) -> io::Result<()> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Bound before it connects, so that the accepting side knows it by its port whichever of the two comes first.
        socket.bind((address.ip(), 0).into())?;
        let local = socket.local_addr()?;
        self.world.borrow_mut().expect_own(local);
        let leaked = socket.connect(address).await.and_then(TcpStream::into_std).map(forget);
        if leaked.is_err() {
            self.world.borrow_mut().give_up_own(local);
        }
        leaked
    }

    /// Ends the process as it was told to crash.
    #[expect(clippy::disallowed_methods, reason = "it is to crash, and nothing shall be cleaned up")]
    pub(crate) fn crash(&self) -> ! {
        match self.options.crash_signal {
            Some(CrashSignal::Abort) => std::process::abort(),
            Some(CrashSignal::Kill) => {
                // If the signal is ignored, as for the first process of a container, the code says the same.
                let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
                std::process::exit(137)
            }
            None => std::process::exit(self.options.crash_code.into()),
        }
    }
}

/// Prints a line. One that nobody reads is lost, and is no reason to fail.
pub(crate) fn say(line: &[u8]) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(line).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

/// Where what listens on `address` is reached from the same machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}
