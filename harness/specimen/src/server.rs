//! Listening, accepting, and the signals that end it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};

use crate::leak::forget;
use crate::options::Options;
use crate::service;
use crate::site::{Site, say};
use crate::world::Admission;

/// How long to wait after a connection could not be accepted, which is mostly for want of descriptors.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(10);

/// Serves until a signal ends it.
///
/// # Errors
///
/// The options contradict each other, or the address cannot be listened on.
pub(crate) fn run(options: Options) -> io::Result<()> {
    // With large pages, a page written would count as 512; where the kernel knows none, there is nothing to turn off.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, until_ended(options))
}

async fn until_ended(options: Options) -> io::Result<()> {
    // Before all else, so that a signal ends a slow start as well.
    let mut ending = Ending::new(options.ignore_term)?;
    let wanted = (options.host, options.port_or(std::env::var("PORT").ok().as_deref())?).into();
    let site = Site::new(options);
    tokio::select! {
        served = serve(&site, wanted) => served,
        () = ending.wait() => {
            // The last word: whoever reads the log knows what was leaked.
            say(format!("truth {}", site.world.borrow().truth(site.watch.now()).trim_end()).as_bytes());
            Ok(())
        }
    }
}

/// The signals that end it.
struct Ending {
    interrupt: Signal,
    terminate: Signal,
    ignores_terminate: bool,
}

impl Ending {
    fn new(ignores_terminate: bool) -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { interrupt, terminate, ignores_terminate })
    }

    async fn wait(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => if !self.ignores_terminate { return },
            }
        }
    }
}

async fn serve(site: &Rc<Site>, wanted: SocketAddr) -> io::Result<()> {
    site.log();
    site.watch.wait_until(site.options.slow_start.0).await;
    let listener = listen(wanted).await?;
    let address = listener.local_addr()?;
    say(format!("listening on {address}").as_bytes());
    spawn_local(Rc::clone(site).stop_now_and_then());
    spawn_local(Rc::clone(site).work_in_cycles());
    accept(site, &listener, address).await
}

async fn listen(wanted: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(wanted)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on `{wanted}`: {error}")))
}

async fn accept(site: &Rc<Site>, listener: &TcpListener, address: SocketAddr) -> ! {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => admit(site, stream, peer, address),
            Err(_) => site.watch.wait_until(site.watch.now() + AFTER_FAILED_ACCEPT).await,
        }
    }
}

fn admit(site: &Rc<Site>, stream: TcpStream, peer: SocketAddr, address: SocketAddr) {
    let admission = site.world.borrow_mut().on_connection(site.watch.now(), peer);
    match admission {
        Admission::Serve => drop(spawn_local(converse(Rc::clone(site), stream, address))),
        Admission::Refuse => drop(stream),
        Admission::Leak => drop(stream.into_std().map(forget)),
    }
}

/// Answers the requests of one connection.
async fn converse(site: Rc<Site>, stream: TcpStream, address: SocketAddr) {
    // What a connection dies of is its client's to report.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let site = Rc::clone(&site);
        async move { Ok::<_, Infallible>(service::answer(&site, request, address).await) }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}
