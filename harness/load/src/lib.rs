//! The load: users that walk journeys against a target, and what they saw.
//!
//! A closed model by goose. All users are there from the start; how many of them are at work is
//! decided by [`Load::set_users`], and the others are parked without a connection. Goose calls the
//! users, the interpreter here walks the journeys, with a client and histograms of its own.

mod attack;
mod exchange;
mod failure;
mod gate;
mod journey;
mod panics;
mod random;
mod recorder;
pub mod script;
mod seats;

use std::error::Error;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use scenario::Journey;
use thiserror::Error;
use timeline::{LatencyInterval, LoadInterval};
use tokio::sync::{mpsc, oneshot};

use crate::attack::{Crew, Permit};
use crate::gate::Gate;
use crate::journey::{Script, Shared};
use crate::recorder::Recorder;
pub use crate::recorder::Totals;

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
}

/// A load that runs. Dropped without [`Load::stop`], it stops by itself within two seconds.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    reasons: mpsc::Receiver<String>,
    /// Resolves when the attack has ended; `None` where no users are ever wanted.
    done: Option<oneshot::Receiver<()>>,
}

/// Starts a load of at most `most_users` users, all of them parked; returns at once.
///
/// Users take the journeys in turn, by weight, so that the first n of them are in proportion for
/// every n. A request without a whole answer after `timeout` has failed.
///
/// Memory: 150 kB for each step, twice that for the cuts, 10 kB for each user, and 40 kB more for each at work.
///
/// Goose installs two things of the whole process unless they are there already: a logger for the
/// `log` crate, which writes warnings to stdout, and a handler for SIGINT, which ends the process at
/// the second one. The front installs its own before the first call: `tracing_subscriber` (with
/// `tracing-log`, and a filter that has `goose=error`) and `ctrlc::set_handler`. Without them nothing
/// is printed either, and a SIGINT ends the load with a reason told by [`Load::failed`].
///
/// # Errors
/// See [`LoadError`]; a target that is not there is none of them, but shows in the failures.
pub fn start(
    journeys: &[Journey],
    most_users: u64,
    timeout: Duration,
    address: SocketAddr,
    clock: Clock,
) -> Result<Load, LoadError> {
    let (tell, reasons) = mpsc::channel(REASONS);
    let recorder = Recorder::new(step_names(journeys), clock.now());
    let shared = Arc::new(Shared { gate: Gate::default(), recorder, clock, timeout, reasons: tell });
    let crews = crews(journeys, most_users, address)?;
    let done = if most_users == 0 {
        None
    } else {
        let permit = Permit::take().ok_or(LoadError::Busy)?;
        Some(attack::launch(crews, Arc::clone(&shared), permit)?)
    };
    Ok(Load { shared, reasons, done })
}

fn step_names(journeys: &[Journey]) -> impl Iterator<Item = String> {
    journeys.iter().flat_map(Journey::requests).map(|request| request.name.clone())
}

/// Deals the users out to the journeys. Those that get none are checked too, but goose is not told of them.
fn crews(journeys: &[Journey], users: u64, address: SocketAddr) -> Result<Vec<Crew>, LoadError> {
    let weights: Vec<u32> = journeys.iter().map(|journey| journey.weight).collect();
    if users > 0 && weights.iter().all(|weight| *weight == 0) {
        return Err(LoadError::NoJourney);
    }
    let seats = seats::lay_out(&weights, users);
    let mut crews = Vec::new();
    let mut first_step = 0;
    for (index, journey) in journeys.iter().enumerate() {
        if journey.steps.is_empty() {
            return Err(LoadError::EmptyJourney { journey: journey.name.clone() });
        }
        let script = Arc::new(Script::new(journey, first_step, address)?);
        crews.push(Crew { name: journey.name.clone(), script, ranks: seats::ranks(&seats, index) });
        first_step += step_names(std::slice::from_ref(journey)).count();
    }
    crews.retain(|crew| !crew.ranks.is_empty());
    Ok(crews)
}

impl Load {
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
        let load = LoadInterval {
            start: slice.start,
            end: slice.end,
            users_planned: self.shared.gate.users(),
            users_active: self.shared.gate.users_at_work(),
            cut_off: slice.totals.cut_off,
        };
        Cut { latency: slice.latency, load, totals: slice.totals }
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
        if let Some(done) = self.done.take() {
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
