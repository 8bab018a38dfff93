//! The interpreter: one user, walking one journey, round after round.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use reqwest::Client;
use scenario::{Expect, Journey, Step, Think};
use tokio::sync::mpsc;

use crate::LoadError;
use crate::exchange::{client, exchange, request};
use crate::failure::Failure;
use crate::gate::{AtWork, Gate, Pass};
use crate::panics::caught;
use crate::random::Random;
use crate::recorder::{Recorder, StepIndex};

/// How long a request may still take when its user is taken away.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// The pause after a request without an answer, and what it grows to while answers fail to come.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// What all users share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Clock,
    pub(crate) timeout: Duration,
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
pub(crate) struct Script(Vec<Action>);

#[derive(Debug)]
enum Action {
    Send(Box<Call>),
    Think(RangeInclusive<Duration>),
}

#[derive(Debug)]
struct Call {
    step: StepIndex,
    request: reqwest::Request,
    expect: Expect,
}

impl Script {
    /// Prepares `journey`; its requests are numbered from `first_step`.
    pub(crate) fn new(journey: &Journey, first_step: usize, address: SocketAddr) -> Result<Self, LoadError> {
        let mut numbers = (first_step..).map(StepIndex);
        let action = |step: &Step| match step {
            Step::Think(Think::Even(range)) => Ok(Action::Think(range.clone())),
            Step::Think(Think::Normal { mean, .. } | Think::Exponential { mean }) => Ok(Action::Think(*mean..=*mean)),
            Step::Repeat { .. } => Err(LoadError::EmptyJourney { journey: "repeat".to_owned() }),
            Step::Request(plan) => {
                // The numbers never run out.
                let step = numbers.next().unwrap_or(StepIndex(first_step));
                let call = Call { step, request: request(plan, address)?, expect: plan.expect.clone() };
                Ok(Action::Send(Box::new(call)))
            }
        };
        journey.steps.iter().map(action).collect::<Result<_, _>>().map(Self)
    }
}

/// One user.
#[derive(Debug)]
pub(crate) struct User {
    script: Arc<Script>,
    shared: Arc<Shared>,
    pass: Pass,
    random: Random,
    /// None while parked: a user who is not there holds no connection either.
    stint: Option<Stint>,
    /// The request that is under way, for the case of a panic.
    current: Option<StepIndex>,
}

/// What a user has while at work.
#[derive(Debug)]
struct Stint {
    client: Client,
    pause: Duration,
    _at_work: AtWork,
}

impl User {
    pub(crate) fn new(script: Arc<Script>, shared: Arc<Shared>, rank: u64) -> Self {
        let pass = shared.gate.pass(rank);
        Self { script, shared, pass, random: Random::of_user(rank), stint: None, current: None }
    }

    /// Waits to be wanted, then walks the journey once; a user who is taken away leaves it where it is.
    pub(crate) async fn turn(&mut self) {
        if let Err(reason) = caught(self.walk()).await {
            if let Some(step) = self.current.take() {
                self.shared.recorder.unanswered(step, Failure::Panicked);
            }
            self.shared.tell(format!("a user of the load panicked: {reason}"));
            self.rest(LONGEST_PAUSE).await;
        }
    }

    async fn walk(&mut self) {
        if !self.begin().await {
            return;
        }
        let script = Arc::clone(&self.script);
        for action in &script.0 {
            match action {
                Action::Think(range) => {
                    let time = self.random.within(range);
                    self.rest(time).await;
                }
                Action::Send(call) => self.send(call).await,
            }
            if !self.pass.is_open() {
                return;
            }
        }
    }

    /// Sees to it that this user is wanted and has a client; else there is nothing to walk for.
    async fn begin(&mut self) -> bool {
        if !self.pass.is_open() {
            self.stint = None;
        }
        if !self.pass.opened().await {
            // Goose asks again until it hears of the stop itself.
            tokio::time::sleep(FIRST_PAUSE).await;
            return false;
        }
        if self.stint.is_none() {
            match client() {
                Ok(client) => self.stint = Some(Stint::new(client, &self.pass)),
                Err(error) => {
                    self.shared.tell(format!("no HTTP client could be made: {error}"));
                    self.rest(LONGEST_PAUSE).await;
                }
            }
        }
        self.stint.is_some()
    }

    /// Waits for `time`, or until the user is taken away.
    async fn rest(&mut self, time: Duration) {
        let clock = self.shared.clock;
        let due = clock.now() + time;
        tokio::select! {
            () = clock.sleep_until(due) => {}
            () = self.pass.closed() => {}
        }
    }

    async fn send(&mut self, call: &Call) {
        // The body is a string, which can always be copied.
        let (Some(request), Some(stint)) = (call.request.try_clone(), &mut self.stint) else { return };
        self.current = Some(call.step);
        let (clock, recorder) = (self.shared.clock, &self.shared.recorder);
        let sent = clock.now();
        let answer = tokio::select! {
            biased;
            answer = exchange(&stint.client, request) => Some(answer),
            () = clock.sleep_until(sent + self.shared.timeout) => Some(Err(Failure::TimedOut)),
            () = self.pass.closed_for(GRACE) => None,
        };
        let took = clock.now().since(sent);
        let mut pause = None;
        match answer {
            Some(Ok(status)) => {
                stint.pause = FIRST_PAUSE;
                recorder.answered(call.step, micros(took), judge(&call.expect, status, took));
            }
            Some(Err(failure)) => {
                pause = Some(stint.next_pause());
                recorder.unanswered(call.step, failure);
            }
            None => recorder.cut_off(call.step),
        }
        self.current = None;
        if let Some(pause) = pause {
            self.rest(pause).await;
        }
    }
}

impl Stint {
    fn new(client: Client, pass: &Pass) -> Self {
        Self { client, pause: FIRST_PAUSE, _at_work: pass.clock_in() }
    }

    /// Grows while the target does not answer, so that a dead one is not stormed.
    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// A wrong status counts before a late answer: it says more.
fn judge(expect: &Expect, status: u16, took: Duration) -> Option<Failure> {
    if !expect.statuses.iter().any(|range| range.contains(&status)) {
        return Some(Failure::Status(status));
    }
    expect.within.filter(|within| took > *within).map(Failure::Slower)
}
