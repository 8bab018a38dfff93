//! The thread in which the runtime is watched: it is recognised, read on the grid, and asked what the conductor wants.

use std::path::PathBuf;
use std::time::Duration;

use clock::Clock;
use scenario::RuntimeKind;
use timeline::{Elapsed, Happening};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

use super::recognise::{Unknown, Whom, recognise};
use super::{Moment, Runtime, Unreadable};
use crate::ProbeError;
use crate::grid::Grid;
use crate::out::Out;
use crate::proc::Life;
use crate::reader::Trouble;
use crate::stop::Stop;

const NAME: &str = "runtime";
/// Two collections lie at least so far apart.
const REST: Duration = Duration::from_secs(1);
/// What is not recognised is looked at again after this time, then after twice that time, and so on; so many times, for
/// whoever is asked in vain has it in his log.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const SEARCHES: u32 = 6;

/// What the conductor asks for.
#[derive(Debug)]
pub(crate) enum Order {
    /// A collection; what came of it is told as an event.
    Collect,
    /// What fills the memory: kept in this folder, told as events; then the sender is used.
    Evidence(PathBuf, Moment, oneshot::Sender<()>),
}

/// Watches.
pub(crate) struct Watch {
    whom: Whom,
    clock: Clock,
    grid: Grid,
    out: Out,
    orders: mpsc::UnboundedReceiver<Order>,
    waiting: tokio::runtime::Runtime,
    found: Found,
    trouble: Trouble,
    collected: Option<Elapsed>,
}

/// How far the search for the runtime has come.
enum Found {
    /// It is this, in this process.
    Runtime(Box<dyn Runtime>, Option<Life>),
    /// It was looked for so many times in vain; it is looked for again then.
    Not { why: Unknown, searches: u32, again: Elapsed },
}

/// What the thread woke up for.
enum Woken {
    Stop,
    Due,
    Order(Order),
}

impl Watch {
    pub(crate) fn new(
        whom: Whom,
        clock: Clock,
        grid: Grid,
        out: Out,
        orders: mpsc::UnboundedReceiver<Order>,
    ) -> Result<Self, ProbeError> {
        let waiting = Builder::new_current_thread().enable_time().build();
        let waiting = waiting.map_err(|source| ProbeError::Thread { name: NAME, source })?;
        let found = Found::Not { why: Unknown::Nobody(RuntimeKind::Auto), searches: 0, again: grid.start() };
        Ok(Self { whom, clock, grid, out, orders, waiting, found, trouble: Trouble::default(), collected: None })
    }

    /// Watches until it is told to stop.
    pub(crate) fn run(mut self, stop: &Stop) {
        let mut due = self.grid.start();
        loop {
            match self.wait(due, stop) {
                Woken::Stop => break,
                Woken::Order(order) => self.obey(order),
                Woken::Due => {
                    self.look(due);
                    due = self.next(due);
                }
            }
        }
        if let Found::Runtime(runtime, _) = &mut self.found {
            runtime.leave(&self.out);
        }
    }

    fn wait(&mut self, due: Elapsed, stop: &Stop) -> Woken {
        let Self { waiting, clock, orders, .. } = self;
        waiting.block_on(async {
            tokio::select! {
                biased;
                () = stop.heard() => Woken::Stop,
                Some(order) = orders.recv() => Woken::Order(order),
                () = clock.sleep_until(due) => Woken::Due,
            }
        })
    }

    /// The next point of the grid, or an earlier moment where the runtime would forget something by then.
    fn next(&self, due: Elapsed) -> Elapsed {
        let now = self.clock.now();
        let next = self.grid.next(due, now);
        match &self.found {
            Found::Runtime(runtime, _) => next.min(now + runtime.forgets_after()),
            Found::Not { .. } => next,
        }
    }

    /// Reads the runtime, or looks for it.
    fn look(&mut self, due: Elapsed) {
        self.look_for();
        if let Found::Runtime(runtime, life) = &mut self.found {
            let gone = life.as_ref().is_some_and(Life::ended);
            let read = if gone { Err(Unreadable::Gone) } else { runtime.read(due, &self.out) };
            self.tell(read);
        }
    }

    fn look_for(&mut self) {
        if let Found::Not { searches, again, .. } = self.found
            && searches < SEARCHES
            && again <= self.clock.now()
        {
            self.search(searches);
        }
    }

    fn search(&mut self, searches: u32) {
        match recognise(&self.whom, self.clock) {
            Ok((runtime, life)) => {
                self.out.happened(Happening::RuntimeSeen { runtime: runtime.told_as(), lacks: runtime.lacks() });
                self.found = Found::Runtime(runtime, life);
            }
            Err(why) => {
                if searches == 0 {
                    self.out.happened(why.told());
                }
                let again = self.clock.now() + FIRST_PAUSE * (1 << searches);
                self.found = Found::Not { why, searches: searches + 1, again };
            }
        }
    }

    /// Tells of trouble, once; where the process has gone, its successor is looked for.
    fn tell(&mut self, read: Result<(), Unreadable>) {
        let news = match read {
            Ok(()) => self.trouble.worked(NAME),
            Err(Unreadable::Gone) => {
                let why = Unknown::Nobody(self.whom.plan.kind);
                self.found = Found::Not { why, searches: 0, again: self.clock.now() + FIRST_PAUSE };
                None
            }
            Err(error) => self.trouble.failed(self.clock.now(), NAME, &error),
        };
        if let Some(what) = news {
            self.out.happened(what);
        }
    }

    fn obey(&mut self, order: Order) {
        self.look_for();
        match order {
            Order::Collect => {
                let what = self.collect();
                self.out.happened(what);
            }
            Order::Evidence(folder, moment, done) => {
                if let Found::Runtime(runtime, _) = &mut self.found {
                    // Where it cannot be made, each piece says that it could not be kept.
                    let _ = std::fs::create_dir_all(&folder);
                    let pieces = runtime.evidence(&folder, moment);
                    for piece in pieces {
                        self.out.happened(Happening::Evidence(piece));
                    }
                }
                // Whoever asked may have given up.
                let _ = done.send(());
            }
        }
    }

    fn collect(&mut self) -> Happening {
        let from = self.clock.now();
        let runtime = match &mut self.found {
            Found::Runtime(runtime, _) => runtime,
            Found::Not { why, .. } => return Happening::NotCollected { reason: why.to_string() },
        };
        if self.collected.is_some_and(|last| from.since(last) < REST) {
            return Happening::NotCollected { reason: "the last collection was less than a second ago".to_owned() };
        }
        match runtime.collect() {
            Ok(()) => {
                let to = self.clock.now();
                self.collected = Some(to);
                // What it has left is told while the rest lasts; where it cannot be, the next read tells of the trouble.
                let _ = runtime.read(to, &self.out);
                Happening::Collected { from, to }
            }
            Err(error) => Happening::NotCollected { reason: error.to_string() },
        }
    }
}
