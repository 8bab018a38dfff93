//! A journey, made ready to be walked.

use std::time::Duration;

use scenario::{Expect, Journey, Leaving, Manner, SocketAction, SocketStep, Step, Think};

use crate::LoadError;
use crate::http::{Look, Origin, Prepared};
use crate::recorder::StepIndex;
use crate::script::{Cast, Compiler, Reading, Template};
use crate::socket::{self, Matcher};

/// A journey, ready to be walked.
#[derive(Debug)]
pub(crate) struct Script {
    stretches: Vec<Stretch>,
    /// What a walk needs.
    pub(crate) cast: Cast,
    /// The first thing that it does to the target.
    pub(crate) first: StepIndex,
}

/// Some actions, taken so many times.
#[derive(Debug)]
struct Stretch {
    times: u32,
    actions: Vec<Action>,
}

#[derive(Debug)]
pub(crate) enum Action {
    Send(Box<Call>),
    Socket(Box<SocketCall>),
    Think(Think),
}

/// A request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) step: StepIndex,
    pub(crate) request: Prepared,
    pub(crate) manner: Option<Manner>,
    pub(crate) expect: Expect,
    /// What else is expected, and what is taken out of the answer.
    pub(crate) reading: Reading,
    /// How much of the answer that takes.
    pub(crate) look: Look,
}

/// Something over a WebSocket.
#[derive(Debug)]
pub(crate) struct SocketCall {
    pub(crate) step: StepIndex,
    pub(crate) doing: SocketDoing,
    /// A limit of its own.
    pub(crate) within: Option<Duration>,
}

#[derive(Debug)]
pub(crate) enum SocketDoing {
    Connect { path: Template, headers: Vec<(String, Template)> },
    Send(Template),
    Receive(Matcher),
    Ping,
    Stall(Duration),
    Leave(Leaving),
}

impl Script {
    /// Prepares `journey`; what it does to the target is numbered from `first_step`.
    pub(crate) fn new(
        journey: &Journey,
        first_step: usize,
        mut compiler: Compiler<'_>,
        origin: &Origin,
    ) -> Result<Self, LoadError> {
        let mut stretches = Vec::new();
        let mut step = first_step;
        for part in &journey.steps {
            let (times, steps) = match part {
                Step::Repeat { times, steps } => (*times, steps.as_slice()),
                single => (1, std::slice::from_ref(single)),
            };
            let mut actions = Vec::new();
            for plan in steps {
                actions.push(action(plan, &mut step, &mut compiler, origin)?);
            }
            stretches.push(Stretch { times, actions });
        }
        Ok(Self { stretches, cast: compiler.finish(), first: StepIndex(first_step) })
    }

    pub(crate) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.stretches.iter().flat_map(|stretch| (0..stretch.times).flat_map(|_| &stretch.actions))
    }
}

fn action(plan: &Step, next: &mut usize, compiler: &mut Compiler<'_>, origin: &Origin) -> Result<Action, LoadError> {
    let mut number = || {
        let step = StepIndex(*next);
        *next += 1;
        step
    };
    Ok(match plan {
        Step::Think(think) => Action::Think(think.clone()),
        Step::Request(plan) => {
            let request = Prepared::new(plan, compiler, origin)?;
            let reading = Reading::new(plan, compiler)?;
            let (step, manner, expect, look) = (number(), plan.manner, plan.expect.clone(), look(&reading));
            Action::Send(Box::new(Call { step, request, manner, expect, reading, look }))
        }
        Step::Socket(plan) => Action::Socket(Box::new(socket_call(plan, number(), compiler, origin)?)),
        Step::Repeat { .. } => unreachable!("a `repeat` in a `repeat` is refused when the scenario is read"),
    })
}

fn look(reading: &Reading) -> Look {
    match (reading.is_empty(), reading.wants_body()) {
        (true, _) => Look::Away,
        (false, false) => Look::Head,
        (false, true) => Look::Whole,
    }
}

fn socket_call(
    plan: &SocketStep,
    step: StepIndex,
    compiler: &mut Compiler<'_>,
    origin: &Origin,
) -> Result<SocketCall, LoadError> {
    let refused = |source| LoadError::Request { step: plan.name.clone(), source };
    let mut within = None;
    let doing = match &plan.action {
        SocketAction::Connect { path, headers } => {
            socket::request(origin, "/", headers).map_err(refused)?;
            let header = |(name, value): &(String, String)| Ok::<_, LoadError>((name.clone(), compiler.plain(value)?));
            let headers = headers.iter().map(header).collect::<Result<_, _>>()?;
            SocketDoing::Connect { path: compiler.path(path)?, headers }
        }
        SocketAction::Send(text) => SocketDoing::Send(compiler.plain(text)?),
        SocketAction::Receive { pattern, within: limit } => {
            within = *limit;
            SocketDoing::Receive(Matcher::new(pattern).map_err(|error| refused(error.into()))?)
        }
        SocketAction::Ping => SocketDoing::Ping,
        SocketAction::Stall(time) => SocketDoing::Stall(*time),
        SocketAction::Leave(leaving) => SocketDoing::Leave(*leaving),
    };
    Ok(SocketCall { step, doing, within })
}
