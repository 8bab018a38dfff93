//! The load: visitors that walk journeys against a target, and what they saw.
//!
//! Two models. **Users** (closed, by goose) do the next thing when the last is done, so a target that stands still is
//! asked less. **Arrivals** (open) come when they are due, whatever became of those before. All users are there from
//! the start; how many of them are at work is decided by [`Load::set_users`], and the others are parked without a
//! connection. Goose calls the users; the interpreter of journeys, the client and the histograms are the same for both.

mod arrivals;
mod attack;
mod cost;
mod deadline;
mod failure;
mod gate;
mod http;
mod journey;
mod pacer;
mod panics;
mod random;
mod recorder;
mod schedule;
pub mod script;
mod seats;
mod socket;
mod user;
mod walk;

use std::collections::BTreeMap;
use std::error::Error;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::Clock;
use scenario::{ClientPlan, DataPlan, Http, Journey, Plan};
use thiserror::Error;
use timeline::{ArrivalInterval, Elapsed, LatencyInterval, LoadInterval};
use tokio::sync::{mpsc, oneshot};

use crate::arrivals::{Counts, Venue};
use crate::attack::{Crew, Permit};
use crate::cost::Threads;
use crate::gate::Gate;
use crate::http::Origin;
use crate::journey::Script;
use crate::recorder::Recorder;
pub use crate::recorder::{Example, Totals};
pub use crate::schedule::{Arrival, Schedule, Shard};
use crate::script::{Compiler, Files, ScriptError, Supplies};
use crate::walk::Shared;

/// How long [`Load::stop`] waits for the attack: longer than that takes to be thrown away.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// How many reasons for a failure are kept until someone asks.
const REASONS: usize = 16;

/// Why a load could not be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Goose stops by a flag of the whole process, so there can be one load at a time.
    #[error("another load is running in this process")]
    Busy,
    /// There are users, but nothing that they could do.
    #[error("there is no journey with a weight above 0")]
    NoJourney,
    /// A journey in which a user would go round without ever waiting.
    #[error("the journey `{journey}` has no steps")]
    EmptyJourney {
        /// Its name.
        journey: String,
    },
    /// A request that HTTP does not know.
    #[error("the request `{step}` cannot be sent")]
    Request {
        /// The step's name.
        step: String,
        /// What is wrong with its path or a header.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The scenario's TLS is not to be had.
    #[error("TLS cannot be spoken as the scenario wants it")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// A file or a text of the journeys is not what it should be.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Goose refused.
    #[error("goose refuses the load")]
    Goose(#[source] Box<dyn Error + Send + Sync>),
    /// The system refused.
    #[error("the thread of the load could not be started")]
    Thread(#[source] io::Error),
}

/// What an interval saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Per step, in the order of the scenario; steps without requests are left out.
    pub latency: Vec<LatencyInterval>,
    /// How many users were at work.
    pub load: LoadInterval,
    /// All steps together.
    pub totals: Totals,
    /// Answers that were not as expected, the first of each kind.
    pub examples: Vec<Example>,
}

/// What is asked of a load.
#[derive(Clone, Debug)]
pub struct Demand<'a> {
    /// What visitors do.
    pub journeys: &'a [Journey],
    /// A request without a whole answer after this time has failed.
    pub timeout: Duration,
    /// How requests are sent.
    pub client: &'a ClientPlan,
    /// The rows that templates name.
    pub data: &'a BTreeMap<String, DataPlan>,
    /// What everything random is drawn from.
    pub seed: u64,
    /// The most users that will ever be wanted at once.
    pub most_users: u64,
    /// The arrivals.
    pub schedule: Schedule,
    /// The most connections for arrivals at once.
    pub most_connections: u64,
}

impl<'a> Demand<'a> {
    /// That of a plan.
    pub fn of(plan: &'a Plan) -> Self {
        Self {
            journeys: &plan.journeys,
            timeout: plan.timeout,
            client: &plan.client,
            data: &plan.data,
            seed: plan.arrivals.seed,
            most_users: plan.most_users(),
            schedule: Schedule::new(&plan.phases, plan.arrivals.process, plan.arrivals.seed),
            most_connections: plan.arrivals.connections,
        }
    }

    /// Is any load asked for at all?
    pub fn is_empty(&self) -> bool {
        self.most_users == 0 && self.schedule.is_empty()
    }
}

/// A load that runs. Dropped without [`Load::stop`], it stops by itself within two seconds.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    reasons: mpsc::Receiver<String>,
    threads: Threads,
    /// What became of arrivals; `None` where none are asked for.
    counts: Option<Arc<Counts>>,
    /// Taken when the arrivals begin.
    begin: Option<oneshot::Sender<Elapsed>>,
    /// Each resolves when an engine has ended.
    done: Vec<oneshot::Receiver<()>>,
}

/// Looks whether a load can be started: whether files are there, and what they should be. Nothing is sent.
///
/// # Errors
/// Those of [`start`] but for what only shows then.
pub fn check(demand: &Demand<'_>, clock: Clock) -> Result<(), LoadError> {
    let origin = Origin::new(SocketAddr::from(([127, 0, 0, 1], 0)), demand.client, clock)?;
    let supplies = Supplies::gather(demand.data, demand.seed, clock)?;
    scripts(demand.journeys, &supplies, &origin).map(drop)
}

/// Starts a load with all users parked, and all arrivals still to come; returns at once.
///
/// Users take the journeys in turn, by weight, so that the first n of them are in proportion for every n; so do
/// arrivals.
///
/// Memory: 150 kB for each step (300 kB with arrivals), twice that for the cuts, 10 kB for each user, and 20 kB more
/// for each visitor at work.
///
/// Goose installs two things of the whole process unless they are there already: a logger for the
/// `log` crate, which writes warnings to stdout, and a handler for SIGINT, which ends the process at
/// the second one. The front installs its own before the first call: `tracing_subscriber` (with
/// `tracing-log`, and a filter that has `goose=error`) and `ctrlc::set_handler`. Without them nothing
/// is printed either, and a SIGINT ends the load with a reason told by [`Load::failed`].
///
/// # Errors
/// See [`LoadError`]; a target that is not there is none of them, but shows in the failures.
pub fn start(demand: Demand<'_>, address: SocketAddr, clock: Clock) -> Result<Load, LoadError> {
    let (tell, reasons) = mpsc::channel(REASONS);
    let Demand { journeys, timeout, client, data, seed, most_users, schedule, most_connections } = demand;
    let recorder = Recorder::new(step_names(journeys), clock.now());
    let origin = Arc::new(Origin::new(address, client, clock)?);
    let supplies = Arc::new(Supplies::gather(data, seed, clock)?);
    let scripts = scripts(journeys, &supplies, &origin)?;
    let shared = Arc::new(Shared {
        gate: Gate::default(),
        recorder,
        clock,
        timeout,
        origin,
        supplies,
        reasons: tell,
        vanished: Mutex::default(),
    });
    let weights: Vec<u32> = journeys.iter().map(|journey| journey.weight).collect();
    if (most_users > 0 || !schedule.is_empty()) && weights.iter().all(|weight| *weight == 0) {
        return Err(LoadError::NoJourney);
    }
    let mut load = Load { shared, reasons, threads: Threads::default(), counts: None, begin: None, done: Vec::new() };
    if most_users > 0 {
        let permit = Permit::take().ok_or(LoadError::Busy)?;
        let crews = crews(journeys, &scripts, &seats::lay_out(&weights, most_users));
        load.done.push(attack::launch(crews, Arc::clone(&load.shared), permit, load.threads.clone())?);
    }
    if !schedule.is_empty() {
        let counts = Arc::new(Counts::default());
        load.counts = Some(Arc::clone(&counts));
        let threads = load.threads.clone();
        let venue = Venue {
            schedule,
            scripts,
            weights,
            most_visitors: most_visitors(most_connections, client.http),
            counts,
            threads,
        };
        let (begin, start) = oneshot::channel();
        load.begin = Some(begin);
        load.done.push(arrivals::launch(venue, start, Arc::clone(&load.shared)).map_err(LoadError::Thread)?);
    }
    Ok(load)
}

/// How many can be on their way at once over so many connections.
fn most_visitors(connections: u64, http: Http) -> usize {
    let each = match http {
        Http::One => 1,
        Http::Two { streams } => streams,
    };
    usize::try_from(connections.saturating_mul(each).max(1)).unwrap_or(usize::MAX)
}

fn step_names(journeys: &[Journey]) -> impl Iterator<Item = String> {
    journeys.iter().flat_map(Journey::names).map(str::to_owned)
}

/// The journeys, ready to be walked; their requests are numbered through.
fn scripts(journeys: &[Journey], supplies: &Supplies, origin: &Origin) -> Result<Vec<Arc<Script>>, LoadError> {
    let mut scripts = Vec::new();
    let mut files = Files::default();
    let mut first_step = 0;
    for journey in journeys {
        if journey.steps.is_empty() {
            return Err(LoadError::EmptyJourney { journey: journey.name.clone() });
        }
        let compiler = Compiler::new(journey, supplies, &mut files);
        scripts.push(Arc::new(Script::new(journey, first_step, compiler, origin)?));
        first_step += journey.names().count();
    }
    Ok(scripts)
}

/// Deals the users out to the journeys; goose is not told of those that get none.
fn crews(journeys: &[Journey], scripts: &[Arc<Script>], seats: &[usize]) -> Vec<Crew> {
    let crew = |(index, (journey, script)): (usize, (&Journey, &Arc<Script>))| Crew {
        name: journey.name.clone(),
        script: Arc::clone(script),
        ranks: seats::ranks(seats, index),
    };
    journeys.iter().zip(scripts).enumerate().map(crew).filter(|crew| !crew.ranks.is_empty()).collect()
}

impl Load {
    /// Lets the arrivals of the schedule begin: its first phase starts at `start`. Only the first call counts.
    pub fn begin(&mut self, start: Elapsed) {
        if let Some(begin) = self.begin.take() {
            // An engine that has ended has said why.
            let _ = begin.send(start);
        }
    }

    /// Wants `users` users at work from now on. More than `most_users` is as many as there are.
    ///
    /// Those who are taken away stop thinking at once, and have a second to finish a request that is
    /// under way; they begin their journey anew when they are wanted again.
    pub fn set_users(&self, users: u64) {
        self.shared.gate.set_users(users);
    }

    /// Closes the interval since the last cut, or since the start. Costs some tens of microseconds a step.
    pub fn cut(&self) -> Cut {
        let slice = self.shared.recorder.cut(|| self.shared.clock.now());
        let (lag, wait) = self.shared.recorder.cut_delays();
        let load = LoadInterval {
            start: slice.start,
            end: slice.end,
            users_planned: self.shared.gate.users(),
            users_active: self.shared.gate.users_at_work(),
            cut_off: slice.totals.cut_off,
            arrivals: self.counts.as_ref().map(|counts| ArrivalInterval { lag, wait, ..counts.cut() }),
            cost: self.threads.cut(),
        };
        let examples = self.shared.recorder.cut_examples();
        Cut { latency: slice.latency, load, totals: slice.totals, examples }
    }

    /// Waits, for ever while all is well, until the load ends by itself or a user of it panics; the reason.
    ///
    /// Safe to use in a `select!`: a reason is told once, and never lost.
    pub async fn failed(&mut self) -> String {
        match self.reasons.recv().await {
            Some(reason) => reason,
            // `shared` holds a sender.
            None => pending().await,
        }
    }

    /// Stops within some three seconds, whatever the target does, and closes the last interval.
    ///
    /// Requests that are under way have a second to finish; after that they count as cut off.
    pub async fn stop(mut self) -> Cut {
        self.shared.gate.stop();
        for done in std::mem::take(&mut self.done) {
            // Either way there is nothing left to wait for.
            let _ = tokio::time::timeout(STOP_WITHIN, done).await;
        }
        self.cut()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.gate.stop();
    }
}
