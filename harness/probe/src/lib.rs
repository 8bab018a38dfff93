//! Watches the target, and the harness itself: samples on an absolute grid, and a heartbeat.
//!
//! The sampler reads files of the kernel in a thread of its own: the cgroup where the target has one
//! to itself, `/proc` for the rest. Where these are out of reach, the caller's [`Fallback`] is asked.
//! The target's runtime is recognised, watched and asked in a thread of its own.
//! The heartbeat is a cheap request on a connection of its own, in a thread of its own.

mod budget;
mod cgroup;
mod connections;
mod fallback;
mod files;
mod grid;
mod harness;
mod heartbeat;
mod hold;
mod host;
mod line;
mod locate;
mod out;
mod parts;
mod proc;
mod pulse;
mod reader;
mod runtime;
mod sampler;
mod scrape;
mod stall;
mod stop;
#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is counted is exact")]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

use clock::Clock;
use scenario::{ProbePlan, RuntimePlan};
use timeline::{Observation, SeriesKey, Subject};
use tokio::sync::{mpsc, oneshot};

pub use fallback::{Answer, Fallback};
pub use host::{Host, host};
pub use runtime::{Agents, Moment, Variable};

use grid::Grid;
use hold::Holds;
use out::Out;
use runtime::recognise::Whom;
use runtime::watch::{Order, Watch};
use scrape::Scraper;
use stop::Stop;

/// What to watch.
pub struct Watched {
    /// The first process of the target, if its pid is known.
    pub pid: Option<u32>,
    /// The full id of the container that it is in. `/proc/<pid>/cgroup` has to name it, or the pid is one of
    /// another machine.
    pub container: Option<String>,
    /// Where it listens, for the heartbeat.
    pub address: Option<SocketAddr>,
    /// Is that all there is of it? Then nothing of it is sampled.
    pub only_address: bool,
    /// What the scenario says of its runtime.
    pub runtime: RuntimePlan,
    /// Where a Go service shows its `/debug/pprof`, where that is not its address.
    pub pprof: Option<SocketAddr>,
    /// Where the pages are that the plan scrapes, in its order.
    pub pages: Vec<Option<SocketAddr>>,
    /// The agents that were given to the target at its start.
    pub agents: Option<Agents>,
    /// Whom to ask where the target's files are out of reach.
    pub fallback: Option<Box<dyn Fallback>>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fallback = self.fallback.as_ref().map(|fallback| fallback.source());
        f.debug_struct("Watched")
            .field("pid", &self.pid)
            .field("container", &self.container)
            .field("address", &self.address)
            .field("only_address", &self.only_address)
            .field("runtime", &self.runtime)
            .field("pprof", &self.pprof)
            .field("pages", &self.pages)
            .field("agents", &self.agents)
            .field("fallback", &fallback)
            .finish()
    }
}

/// Why the probes could not be started or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The target ended before it could be watched.
    #[error("process {pid} is gone")]
    Gone {
        /// Its pid.
        pid: u32,
    },
    /// Nothing that this machine can read tells about the target.
    #[error("the target's memory cannot be read from this machine, and nobody else can be asked for it")]
    OutOfReach,
    /// A heartbeat and a scrape need an address.
    #[error("the {probe} has no address to go to")]
    NoAddress {
        /// Which of them.
        probe: String,
    },
    /// A path cannot stand in a request.
    #[error("`{path}` cannot be requested")]
    Path {
        /// The path.
        path: String,
        /// Why.
        source: hyper::http::Error,
    },
    /// A file that everything else depends on could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A thread, or the runtime in it, could not be started.
    #[error("cannot start the thread `{name}`")]
    Thread {
        /// Which thread.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A thread panicked: from then on it saw nothing.
    #[error("the thread `{name}` panicked")]
    Panicked {
        /// Which thread.
        name: &'static str,
    },
}

/// The probes at work. Dropping them tells their threads to stop; [`Probes::stop`] waits for it too.
#[derive(Debug)]
pub struct Probes {
    stop: Stop,
    sources: BTreeMap<SeriesKey, &'static str>,
    /// What is asked of the runtime.
    orders: mpsc::UnboundedSender<Order>,
    threads: Vec<(&'static str, JoinHandle<()>)>,
}

/// Starts to watch; what is seen is handed to `seen`, from several threads.
///
/// The grids of the sampler and of the heartbeat begin now. `seen` is called in the threads that
/// measure: it should only hand on.
///
/// # Errors
/// Where the target is gone already or out of reach, where a heartbeat is planned without an address,
/// and where a thread cannot be started.
pub fn start(
    plan: &ProbePlan,
    watched: Watched,
    clock: Clock,
    seen: impl Fn(Observation) + Send + Sync + 'static,
) -> Result<Probes, ProbeError> {
    let out = Out::new(clock, seen);
    let (orders, ordered) = mpsc::unbounded_channel();
    let mut probes = Probes { stop: Stop::new(), sources: BTreeMap::new(), orders, threads: Vec::new() };
    let grid = Grid::new(clock.now(), plan.every);
    let mut sampler = sampler::Sampler::new(clock, grid, out.clone());
    sampler.add(Box::new(harness::Harness));
    let target = locate::target(watched.pid, watched.container.as_deref(), clock)?;
    let whom = Whom {
        pid: watched.pid.filter(|_| target.is_some()),
        address: watched.address,
        pprof: watched.pprof,
        agents: watched.agents,
        plan: watched.runtime,
    };
    let watch = Watch::new(whom, clock, grid, out.clone(), ordered)?;
    let mut holds = Holds::unknown(clock);
    match target {
        Some(target) => holds = sampler.watch(target),
        None if watched.only_address => {}
        None => probes.ask(watched.fallback.ok_or(ProbeError::OutOfReach)?, clock, grid, &out)?,
    }
    probes.sources.extend(sampler.sources());
    probes.spawn("sampler", move |stop| sampler.run(stop))?;
    probes.spawn("runtime", move |stop| watch.run(stop))?;
    if let Some(plan) = &plan.heartbeat {
        let address = watched.address.ok_or_else(|| ProbeError::NoAddress { probe: "heartbeat".to_owned() })?;
        let heart = heartbeat::Heart::new(plan, address, clock, holds, out.clone());
        probes.spawn("heartbeat", move |stop| heart.run(stop))?;
    }
    for (scrape, address) in plan.scrapes.iter().zip(watched.pages.into_iter().chain(std::iter::repeat(None))) {
        let address = address.ok_or_else(|| ProbeError::NoAddress { probe: scrape.name() })?;
        let scraper = Scraper::new(scrape.clone(), address, clock, grid, out.clone())?;
        probes.spawn("scrape", move |stop| scraper.run(stop))?;
    }
    Ok(probes)
}

impl Probes {
    /// What each series is read from, as far as this was known at the start.
    pub fn sources(&self) -> &BTreeMap<SeriesKey, &'static str> {
        &self.sources
    }

    /// Asks the target's runtime for a collection. What came of it is seen as an event.
    pub fn collect(&self) {
        self.order(Order::Collect);
    }

    /// Asks the target's runtime what fills its memory: files in `folder`, which is made, and events. Waits until all of
    /// it is there.
    pub async fn evidence(&self, folder: PathBuf, moment: Moment) {
        let (done, waiting) = oneshot::channel();
        self.order(Order::Evidence(folder, moment, done));
        // An error means that the thread has panicked, which stop tells.
        let _ = waiting.await;
    }

    fn order(&self, order: Order) {
        // It fails only where the thread has panicked, which stop tells.
        let _ = self.orders.send(order);
    }

    /// Stops all threads and waits for them: within a fifth of a second, a fallback's read included; where the runtime
    /// is just being asked something, for as long as that may take.
    ///
    /// # Errors
    /// Where one of them had panicked.
    pub fn stop(mut self) -> Result<(), ProbeError> {
        self.stop.tell();
        let mut ended = Ok(());
        for (name, thread) in self.threads.drain(..) {
            if thread.join().is_err() {
                ended = ended.and(Err(ProbeError::Panicked { name }));
            }
        }
        ended
    }

    fn spawn(&mut self, name: &'static str, work: impl FnOnce(&Stop) + Send + 'static) -> Result<(), ProbeError> {
        let stop = self.stop.clone();
        let thread = std::thread::Builder::new().name(format!("plimsoll-{name}")).spawn(move || work(&stop));
        self.threads.push((name, thread.map_err(|source| ProbeError::Thread { name, source })?));
        Ok(())
    }

    fn ask(&mut self, fallback: Box<dyn Fallback>, clock: Clock, grid: Grid, out: &Out) -> Result<(), ProbeError> {
        let source = fallback.source();
        let key = |metric| (SeriesKey { subject: Subject::Target, metric }, source);
        self.sources.extend(fallback.metrics().iter().copied().map(key));
        let asker = fallback::Asker::new(fallback, clock, grid, out.clone())?;
        self.spawn("fallback", move |stop| asker.run(stop))
    }
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.stop.tell();
    }
}
