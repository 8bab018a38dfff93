//! The heartbeat: a cheap request on a connection of its own, on an absolute grid, one at a time.

use std::net::SocketAddr;
use std::time::Duration;

use clock::Clock;
use scenario::HeartbeatPlan;
use timeline::{Beat, Elapsed};

use crate::grid::Grid;
use crate::hold::Holds;
use crate::out::Out;
use crate::pulse::{Answer, Pulse, PulseError};
use crate::reader::Trouble;
use crate::stall::{Freeze, Sleeper};
use crate::stop::Stop;

/// After this time an answer is no longer waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// For how long a beat under way may still be answered when it is time to stop. What is not answered
/// then counts as unanswered: it may be the end of a long pause.
const GRACE: Duration = Duration::from_millis(100);
/// While an answer is awaited: how soon a freeze of the whole machine is seen, which would look like a pause.
const TICK: Duration = Duration::from_millis(5);
const NAME: &str = "heartbeat";

/// Beats.
pub(crate) struct Heart {
    clock: Clock,
    grid: Grid,
    pulse: Pulse,
    holds: Holds,
    out: Out,
    trouble: Trouble,
    /// The next point of the grid at which a beat is due.
    due: Elapsed,
    waiting: Option<Waiting>,
}

/// A beat under way.
#[derive(Debug)]
struct Waiting {
    due: Elapsed,
    sent: Elapsed,
    /// When the question had left: between that and `sent` the harness may have been held up.
    left: Elapsed,
    freezes: Vec<Freeze>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
enum BeatError {
    #[error(transparent)]
    Pulse(#[from] PulseError),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
}

impl Heart {
    pub(crate) fn new(plan: &HeartbeatPlan, address: SocketAddr, clock: Clock, holds: Holds, out: Out) -> Self {
        let pulse = Pulse::new(clock, address, plan.host.as_deref(), &plan.path);
        let grid = Grid::new(clock.now(), plan.period);
        Self { clock, due: grid.start(), grid, pulse, holds, out, trouble: Trouble::default(), waiting: None }
    }

    /// Beats until it is told to stop.
    pub(crate) fn run(mut self, stop: &Stop) {
        let mut sleeper = Sleeper::new(self.clock);
        while sleeper.sleep(self.next(), stop) {
            self.turn(sleeper.frozen);
        }
        self.end();
    }

    /// When there is something to do: a beat is due, or it is time to look for the answer to the last one, which is at
    /// the next point of the grid at the latest.
    fn next(&self) -> Elapsed {
        match &self.waiting {
            Some(waiting) => {
                let now = self.clock.now();
                self.grid.next(waiting.due, now).min(now + TICK)
            }
            None => self.due,
        }
    }

    fn turn(&mut self, freeze: Option<Freeze>) {
        if let Some(mut waiting) = self.waiting.take() {
            waiting.freezes.extend(freeze);
            self.waiting = self.look(waiting);
        }
        if self.waiting.is_none() && self.due <= self.clock.now() {
            self.waiting = self.ask(self.due);
        }
    }

    /// Sends the beat that is due; where that fails, it is over.
    fn ask(&mut self, due: Elapsed) -> Option<Waiting> {
        let sent = self.clock.now();
        let asked = self.pulse.ask();
        let waiting = Waiting { due, sent, left: self.clock.now(), freezes: Vec::new() };
        match asked {
            Ok(()) if self.pulse.wait_for_a_piece() => self.look(waiting),
            Ok(()) => Some(waiting),
            Err(error) => {
                self.fail(&waiting, &error.into());
                None
            }
        }
    }

    /// Looks for the answer; the beat again where it is still under way.
    fn look(&mut self, waiting: Waiting) -> Option<Waiting> {
        match self.pulse.look() {
            Ok(Answer::Came { status, at }) => {
                if let Some(news) = self.trouble.worked(NAME) {
                    self.out.happened(news);
                }
                self.over(&waiting, at, status < 500);
                None
            }
            Ok(Answer::AskedAgain) => {
                let now = self.clock.now();
                Some(Waiting { sent: now, left: now, ..waiting })
            }
            Ok(Answer::Awaited) if self.clock.now().since(waiting.sent) < PATIENCE => Some(waiting),
            Ok(Answer::Awaited) => {
                self.fail(&waiting, &BeatError::Late);
                None
            }
            Err(error) => {
                self.fail(&waiting, &error.into());
                None
            }
        }
    }

    fn fail(&mut self, waiting: &Waiting, error: &BeatError) {
        let now = self.clock.now();
        self.pulse.give_up();
        if let Some(news) = self.trouble.failed(now, NAME, error) {
            self.out.happened(news);
        }
        self.over(waiting, now, false);
    }

    /// Hands on the beat that is over, and what held the target up meanwhile.
    fn over(&mut self, waiting: &Waiting, done: Elapsed, answered: bool) {
        let beat = waiting.beat(done, answered);
        if let Some(hold) = self.holds.behind(&beat) {
            self.out.hold(hold);
        }
        self.out.beat(beat);
        self.due = self.grid.next(beat.due, beat.done);
    }

    /// Waits a little for the answer to a beat under way, so that the last one is not lost.
    fn end(mut self) {
        let until = self.clock.now() + GRACE;
        while let Some(waiting) = self.waiting.take() {
            let now = self.clock.now();
            match self.look(waiting) {
                Some(unanswered) if now >= until => self.over(&unanswered, now, false),
                awaited => self.waiting = awaited,
            }
            self.clock.block_until(now + TICK);
        }
    }
}

impl Waiting {
    fn beat(&self, done: Elapsed, answered: bool) -> Beat {
        // The wall clock, by which the kernel tells when an answer came, may have been moved a little.
        let done = done.max(self.left);
        let frozen = self.freezes.iter().map(|(from, to)| (*to).min(done).since((*from).max(self.left)));
        let stalled = self.left.since(self.sent) + frozen.sum();
        let harness_stalled = u64::try_from(stalled.as_micros()).unwrap_or(u64::MAX);
        Beat { due: self.due, sent: self.sent, done, harness_stalled, answered }
    }
}
