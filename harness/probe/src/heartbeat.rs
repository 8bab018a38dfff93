//! The heartbeat: a cheap request on a connection of its own, on an absolute grid, one at a time.

use std::net::SocketAddr;
use std::time::Duration;

use clock::Clock;
use hyper::StatusCode;
use scenario::HeartbeatPlan;
use timeline::{Beat, Elapsed};
use tokio::runtime::{Builder, Runtime};

use crate::ProbeError;
use crate::grid::Grid;
use crate::hold::Holds;
use crate::line::{Line, LineError};
use crate::out::Out;
use crate::reader::Trouble;
use crate::stall::{RunQueue, Stalls, TICK};
use crate::stop::Stop;

/// After this time an answer is no longer waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// For how long a beat under way may still be answered when it is time to stop. What is not answered
/// then counts as unanswered: it may be the end of a long pause.
const GRACE: Duration = Duration::from_millis(100);
/// After this time the sleeper has told what happened before it.
const SETTLED: Duration = Duration::from_millis(2 * TICK.as_millis() as u64);
const NAME: &str = "heartbeat";

/// Beats.
pub(crate) struct Heart {
    clock: Clock,
    period: Duration,
    path: String,
    stalls: Stalls,
    holds: Holds,
    out: Out,
    runtime: Runtime,
    line: Line,
    trouble: Trouble,
    /// The latest beat, until it is known for how long the harness stood still meanwhile.
    latest: Option<Beat>,
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Heart {
    pub(crate) fn new(
        plan: &HeartbeatPlan,
        address: SocketAddr,
        clock: Clock,
        stalls: Stalls,
        holds: Holds,
        out: Out,
    ) -> Result<Self, ProbeError> {
        let line = Line::new(address, plan.host.clone(), "plimsoll-heartbeat");
        line.request(&plan.path).map_err(|source| ProbeError::Path { path: plan.path.clone(), source })?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ProbeError::Thread { name: NAME, source })?;
        let (period, path, trouble) = (plan.period, plan.path.clone(), Trouble::default());
        Ok(Self { clock, period, path, stalls, holds, out, runtime, line, trouble, latest: None })
    }

    /// Beats until it is told to stop. Between beats the thread sleeps outside of the runtime, whose
    /// timers are only good to a millisecond; nothing else runs there.
    pub(crate) fn run(mut self, stop: &Stop) {
        let grid = Grid::new(self.clock.now(), self.period);
        let queue = RunQueue::of_this_thread();
        let mut due = grid.start();
        loop {
            self.settle(due, stop);
            let waited = queue.waited();
            if !stop.wait_until(&self.clock, due) {
                break;
            }
            let mut beat = self.beat(due, stop);
            beat.harness_stalled = micros(queue.waited().saturating_sub(waited));
            if let Some(hold) = self.holds.behind(&beat) {
                self.out.hold(hold);
            }
            self.hand_on();
            self.latest = Some(beat);
            due = grid.next(due, beat.done);
        }
        self.hand_on();
    }

    /// Hands on the latest beat before the next one is due, where there is time for it.
    fn settle(&mut self, due: Elapsed, stop: &Stop) {
        let settled = self.clock.now() + SETTLED;
        if self.latest.is_some() && settled + SETTLED < due {
            stop.wait_until(&self.clock, settled);
            self.hand_on();
        }
    }

    /// Hands on the latest beat. By now the sleeper knows whether the harness was frozen meanwhile.
    fn hand_on(&mut self) {
        if let Some(mut beat) = self.latest.take() {
            let stalled = beat.harness_stalled + micros(self.stalls.within(beat.due, beat.done));
            beat.harness_stalled = stalled.min(micros(beat.done.since(beat.due)));
            self.out.beat(beat);
        }
    }

    fn beat(&mut self, due: Elapsed, stop: &Stop) -> Beat {
        let sent = self.clock.now();
        let outcome = self.runtime.block_on(ask(&mut self.line, &self.path, stop));
        let done = self.clock.now();
        let answered = outcome.as_ref().is_ok_and(|status| !status.is_server_error());
        self.tell(done, outcome);
        Beat { due, sent, done, harness_stalled: 0, answered }
    }

    fn tell(&mut self, now: Elapsed, outcome: Result<StatusCode, BeatError>) {
        let news = match outcome {
            Ok(_) => self.trouble.worked(NAME),
            Err(BeatError::Stopped) => None,
            Err(error) => self.trouble.failed(now, NAME, &error),
        };
        if let Some(what) = news {
            self.out.happened(what);
        }
    }
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
enum BeatError {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("stopped before the answer came")]
    Stopped,
}

/// One question and its whole answer, or the reason why it was given up.
async fn ask(line: &mut Line, path: &str, stop: &Stop) -> Result<StatusCode, BeatError> {
    let stopped = async {
        stop.heard().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        biased;
        answer = tokio::time::timeout(PATIENCE, line.get(path, 0)) => match answer {
            Ok(page) => Ok(page?.status),
            Err(_) => Err(BeatError::Late),
        },
        () = stopped => Err(BeatError::Stopped),
    }
}
