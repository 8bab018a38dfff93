//! The interpreter: a visitor of the target, and how it walks a journey.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use scenario::{Expect, Journey, Manner, Step, Think};
use timeline::Elapsed;
use tokio::sync::mpsc;

use crate::LoadError;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::http::{Client, Exchanged, Origin, Prepared};
use crate::random::Random;
use crate::recorder::{Due, Recorder, StepIndex, Times};

/// The pause of a user after a request without an answer, and what it grows to while answers fail to come.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// What all visitors share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Clock,
    pub(crate) timeout: Duration,
    pub(crate) origin: Arc<Origin>,
    pub(crate) reasons: mpsc::Sender<String>,
}

impl Shared {
    /// Tells that something is wrong. The first reasons are enough: more than the channel holds are dropped.
    pub(crate) fn tell(&self, reason: String) {
        let _ = self.reasons.try_send(reason);
    }
}

/// A journey, ready to be walked.
#[derive(Debug)]
pub(crate) struct Script(Vec<Stretch>);

/// Some actions, taken so many times.
#[derive(Debug)]
struct Stretch {
    times: u32,
    actions: Vec<Action>,
}

#[derive(Debug)]
enum Action {
    Send(Box<Call>),
    Think(Think),
}

#[derive(Debug)]
struct Call {
    step: StepIndex,
    request: Prepared,
    manner: Option<Manner>,
    expect: Expect,
}

impl Script {
    /// Prepares `journey`; its requests are numbered from `first_step`.
    pub(crate) fn new(journey: &Journey, first_step: usize, address: SocketAddr) -> Result<Self, LoadError> {
        let mut stretches = Vec::new();
        let mut step = first_step;
        for part in &journey.steps {
            let (times, steps) = match part {
                Step::Repeat { times, steps } => (*times, steps.as_slice()),
                single => (1, std::slice::from_ref(single)),
            };
            let actions =
                steps.iter().map(|step_plan| action(step_plan, &mut step, address)).collect::<Result<_, _>>()?;
            stretches.push(Stretch { times, actions });
        }
        Ok(Self(stretches))
    }

    fn actions(&self) -> impl Iterator<Item = &Action> {
        self.0.iter().flat_map(|stretch| (0..stretch.times).flat_map(|_| &stretch.actions))
    }
}

fn action(plan: &Step, next: &mut usize, address: SocketAddr) -> Result<Action, LoadError> {
    Ok(match plan {
        Step::Think(think) => Action::Think(think.clone()),
        Step::Request(plan) => {
            let step = StepIndex(*next);
            *next += 1;
            let request = Prepared::new(plan, address)?;
            Action::Send(Box::new(Call { step, request, manner: plan.manner, expect: plan.expect.clone() }))
        }
        Step::Repeat { .. } => unreachable!("a `repeat` in a `repeat` is refused when the scenario is read"),
    })
}

/// What drives a visitor: it decides from when on a request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A user, who does the next thing when the last is done.
    User,
    /// An arrival that was due then, whether or not anybody was free for it.
    Arrival(Due),
}

/// One who walks journeys, with a connection of its own.
#[derive(Debug)]
pub(crate) struct Visitor {
    shared: Arc<Shared>,
    pass: Pass,
    client: Client,
    deadline: Deadline,
    random: Random,
    pause: Duration,
}

impl Visitor {
    pub(crate) fn new(shared: Arc<Shared>, pass: Pass, random: Random) -> Self {
        let client = Client::new(Arc::clone(&shared.origin));
        let deadline = Deadline::new(shared.clock);
        Self { shared, pass, client, deadline, random, pause: FIRST_PAUSE }
    }

    /// Walks the journey once; one that is not wanted any more leaves it where it is. To be dropped in the middle is to
    /// give up the request that is under way.
    pub(crate) async fn walk(&mut self, script: &Script, cause: Cause) {
        let mut due = match cause {
            Cause::User => None,
            Cause::Arrival(due) => Some(due),
        };
        for action in script.actions() {
            match action {
                Action::Think(think) => {
                    let until = self.shared.clock.now() + self.random.think(think);
                    self.rest(until).await;
                    due = due.map(|_| Due::at(until));
                }
                Action::Send(call) => {
                    let ended = self.send(call, due).await;
                    due = due.map(|_| Due::at(ended));
                }
            }
            if !self.pass.is_open() {
                return;
            }
        }
    }

    /// Waits until `due`, or until this visitor is not wanted any more.
    pub(crate) async fn rest(&mut self, due: Elapsed) {
        tokio::select! {
            () = self.shared.clock.sleep_until(due) => {}
            () = self.pass.closed() => {}
        }
    }

    /// Sends one request; when that had ended.
    async fn send(&mut self, call: &Call, due: Option<Due>) -> Elapsed {
        let shared = Arc::clone(&self.shared);
        let sent = shared.clock.now();
        let under_way = UnderWay { recorder: &shared.recorder, step: call.step };
        let client = &mut self.client;
        let exchange = async {
            match call.manner {
                None => client.exchange(&call.request).await,
                Some(manner) => client.misbehave(&call.request, manner).await,
            }
        };
        let answer = self.deadline.within(shared.timeout, sent, exchange).await;
        let ended = shared.clock.now();
        let times = Times { due, sent, ended };
        std::mem::forget(under_way);
        match answer.unwrap_or(Err(Failure::TimedOut)) {
            Ok(Exchanged::Answered(status)) => {
                self.pause = FIRST_PAUSE;
                shared.recorder.answered(call.step, times, judge(&call.expect, status, times.service()));
            }
            Ok(Exchanged::Left) => shared.recorder.abandoned(call.step, times),
            Err(failure) => {
                shared.recorder.unanswered(call.step, times, failure);
                if due.is_none() {
                    let pause = self.next_pause();
                    self.rest(ended + pause).await;
                }
            }
        }
        ended
    }

    /// Grows while the target does not answer, so that users do not storm a dead one.
    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

/// A request that has been sent: dropped, it was given up, or its visitor panicked.
struct UnderWay<'a> {
    recorder: &'a Recorder,
    step: StepIndex,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.recorder.panicked(self.step);
        } else {
            self.recorder.cut_off(self.step);
        }
    }
}

/// A wrong status counts before a late answer: it says more.
fn judge(expect: &Expect, status: u16, took: Duration) -> Option<Failure> {
    if !expect.statuses.iter().any(|range| range.contains(&status)) {
        return Some(Failure::Status(status));
    }
    expect.within.filter(|within| took > *within).map(Failure::Slower)
}
