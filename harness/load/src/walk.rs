//! A visitor of the target, and how it walks a journey.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::Clock;
use scenario::{Expect, Leaving};
use timeline::Elapsed;
use tokio::sync::mpsc;

use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::gate::{Gate, Pass};
use crate::http::{Client, Exchanged, Kept, Origin, Room};
use crate::journey::{Action, Call, Script, SocketCall, SocketDoing};
use crate::random::Random;
use crate::recorder::{Due, Recorder, StepIndex, Times};
use crate::script::{OutOfData, Scope, Supplies, Template, example};
use crate::socket::{self, Socket};

/// The pause of a user after a request without an answer, and what it grows to while answers fail to come.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// So long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// What all visitors share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Clock,
    pub(crate) timeout: Duration,
    pub(crate) origin: Arc<Origin>,
    pub(crate) supplies: Arc<Supplies>,
    pub(crate) reasons: mpsc::Sender<String>,
    /// The connections of those who vanished: open until the end.
    pub(crate) vanished: Mutex<Vec<Socket>>,
}

impl Shared {
    /// Tells that something is wrong. The first reasons are enough: more than the channel holds are dropped.
    pub(crate) fn tell(&self, reason: String) {
        let _ = self.reasons.try_send(reason);
    }
}

/// What drives a visitor: it decides from when on a request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The user of this rank with so many walks behind it, who does the next thing when the last is done.
    User(u64, u64),
    /// The arrival of this number, which was due then, whether or not anybody was free for it.
    Arrival(u64, Due),
}

/// One who walks journeys, with a connection of its own.
#[derive(Debug)]
pub(crate) struct Visitor {
    shared: Arc<Shared>,
    pass: Pass,
    client: Client,
    /// The WebSocket of the walk, and the step that opened it.
    socket: Option<(Socket, StepIndex)>,
    deadline: Deadline,
    random: Random,
    scope: Scope,
    room: Room,
    kept: Kept,
    pause: Duration,
}

impl Visitor {
    pub(crate) fn new(shared: Arc<Shared>, pass: Pass, random: Random) -> Self {
        let client = Client::new(Arc::clone(&shared.origin));
        let deadline = Deadline::new(shared.clock);
        let (scope, room, kept) = (Scope::new(Arc::clone(&shared.supplies)), Room::default(), Kept::default());
        Self { shared, pass, client, socket: None, deadline, random, scope, room, kept, pause: FIRST_PAUSE }
    }

    /// Walks the journey once; one that is not wanted any more leaves it where it is. To be dropped in the middle is to
    /// give up the request that is under way.
    pub(crate) async fn walk(&mut self, script: &Script, cause: Cause) {
        let (who, walks, mut due) = match cause {
            Cause::User(rank, walks) => (rank, walks, None),
            Cause::Arrival(number, due) => {
                self.client.forget();
                (number, 0, Some(due))
            }
        };
        if let Err(OutOfData) = self.scope.begin(&script.cast, who, walks) {
            let now = self.shared.clock.now();
            return self.failed(script.first, Times { due, sent: now, ended: now }, Failure::OutOfData).await;
        }
        for action in script.actions() {
            let ended = match action {
                Action::Think(think) => {
                    let until = self.shared.clock.now() + self.random.think(think);
                    self.rest(until).await;
                    until
                }
                Action::Send(call) => match self.send(call, due).await {
                    Some(ended) => ended,
                    None => break,
                },
                Action::Socket(call) => Box::pin(self.converse(call, due)).await,
            };
            due = due.map(|_| Due::at(ended));
            if !self.pass.is_open() {
                break;
            }
        }
        self.say_goodbye().await;
    }

    /// Closes the WebSocket, if there is one; a target that does not listen is not waited for.
    async fn say_goodbye(&mut self) {
        if let Some((socket, _)) = self.socket.take() {
            let now = self.shared.clock.now();
            let _ = self.deadline.within(GOODBYE, now, Box::pin(socket.close()).as_mut()).await;
        }
    }

    /// Waits until `due`, or until this visitor is not wanted any more; an open WebSocket is listened to meanwhile.
    pub(crate) async fn rest(&mut self, due: Elapsed) {
        let clock = self.shared.clock;
        let rested = async {
            tokio::select! {
                () = clock.sleep_until(due) => {}
                () = self.pass.closed() => {}
            }
        };
        let Some((socket, step)) = &mut self.socket else { return rested.await };
        let step = *step;
        let mut rested = pin!(rested);
        let lost = tokio::select! {
            () = &mut rested => None,
            failure = Box::pin(socket.listen()) => Some(failure),
        };
        if let Some(failure) = lost {
            self.socket = None;
            let now = clock.now();
            self.shared.recorder.unanswered(step, Times { due: None, sent: now, ended: now }, failure);
            rested.await;
        }
    }

    /// Does something over the WebSocket; when that had ended.
    async fn converse(&mut self, call: &SocketCall, due: Option<Due>) -> Elapsed {
        let shared = Arc::clone(&self.shared);
        let sent = shared.clock.now();
        match &call.doing {
            SocketDoing::Stall(time) => {
                // Nothing is read.
                let (socket, until) = (self.socket.take(), sent + *time);
                self.rest(until).await;
                self.socket = socket;
                return until;
            }
            SocketDoing::Leave(leaving) => {
                match leaving {
                    Leaving::Close => self.say_goodbye().await,
                    Leaving::Vanish => {
                        let socket = self.socket.take().map(|(socket, _)| socket);
                        shared.vanished.lock().unwrap_or_else(PoisonError::into_inner).extend(socket);
                    }
                }
                return shared.clock.now();
            }
            _ => {}
        }
        let under_way = UnderWay { recorder: &shared.recorder, step: call.step };
        let Self { socket, scope, deadline, client, .. } = self;
        let doing = exchange(&shared.origin, socket, call, scope, client);
        let done = deadline.within(call.within.unwrap_or(shared.timeout), sent, pin!(doing)).await;
        let ended = shared.clock.now();
        let times = Times { due, sent, ended };
        std::mem::forget(under_way);
        match done.unwrap_or(Err(Failure::TimedOut)) {
            Ok(()) if matches!(call.doing, SocketDoing::Send(_)) => shared.recorder.unawaited(call.step, times),
            Ok(()) => shared.recorder.answered(call.step, times, None),
            Err(failure) => {
                self.socket = None;
                self.failed(call.step, times, failure).await;
            }
        }
        ended
    }

    /// No answer came: users who go on at once would storm a target that is gone.
    async fn failed(&mut self, step: StepIndex, times: Times, failure: Failure) {
        self.shared.recorder.unanswered(step, times, failure);
        if times.due.is_none() {
            let pause = self.next_pause();
            self.rest(times.ended + pause).await;
        }
    }

    /// Sends one request; when that had ended, or `None` where the walk cannot go on without what it should have given.
    async fn send(&mut self, call: &Call, due: Option<Due>) -> Option<Elapsed> {
        let shared = Arc::clone(&self.shared);
        let sent = shared.clock.now();
        let under_way = UnderWay { recorder: &shared.recorder, step: call.step };
        let Self { client, scope, room, kept, deadline, .. } = self;
        let request = call.request.wire(scope, room);
        let exchange = async {
            match call.manner {
                None => client.exchange(request, kept, call.look).await,
                Some(manner) => Box::pin(client.misbehave(request, manner)).await,
            }
        };
        let answer = deadline.within(shared.timeout, sent, pin!(exchange)).await;
        let ended = shared.clock.now();
        let times = Times { due, sent, ended };
        std::mem::forget(under_way);
        let complete = match answer.unwrap_or(Err(Failure::TimedOut)) {
            Ok(Exchanged::Answered(status)) => {
                self.pause = FIRST_PAUSE;
                let (unmet, complete) = self.read(call);
                let failure = judge(&call.expect, status, times.service()).or(unmet);
                shared.recorder.answered(call.step, times, failure);
                complete
            }
            Ok(Exchanged::Left) => {
                shared.recorder.unawaited(call.step, times);
                true
            }
            Err(failure) => {
                if failure == Failure::Elsewhere {
                    let place = || self.kept.show(|answer| example(answer.location().unwrap_or_default()));
                    shared.recorder.example(call.step, &failure, place);
                }
                self.failed(call.step, times, failure).await;
                !call.reading.captures()
            }
        };
        complete.then_some(ended)
    }

    /// Looks at the answer; what it was not, and whether it gave all that later steps need.
    fn read(&mut self, call: &Call) -> (Option<Failure>, bool) {
        if call.reading.is_empty() || call.manner.is_some() {
            return (None, true);
        }
        let Self { kept, scope, shared, .. } = self;
        kept.show(|answer| match call.reading.read(answer, scope) {
            Ok(()) => (None, true),
            Err(unmet) => {
                let failure = Failure::Unmet(Arc::clone(unmet.kind));
                shared.recorder.example(call.step, &failure, || unmet.example());
                (Some(failure), !unmet.ends_the_walk)
            }
        })
    }

    /// Grows while the target does not answer, so that users do not storm a dead one.
    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

/// What has an answer over a WebSocket, or needs none.
async fn exchange(
    origin: &Origin,
    socket: &mut Option<(Socket, StepIndex)>,
    call: &SocketCall,
    scope: &mut Scope,
    client: &mut Client,
) -> Result<(), Failure> {
    let mut filled = |template: &Template| {
        let mut text = Vec::new();
        template.render(scope, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    match (&call.doing, socket) {
        (SocketDoing::Connect { path, headers }, socket) => {
            let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
            let path = filled(path);
            let cookies = client.cookies(origin.authority().to_string().as_bytes(), path.as_bytes());
            add_cookies(&mut headers, &String::from_utf8_lossy(&cookies));
            let request = socket::request(origin, &path, &headers).map_err(|_| Failure::Other)?;
            *socket = Some((Socket::open(origin, request).await?, call.step));
            Ok(())
        }
        // It was lost on the way.
        (_, None) => Err(Failure::Closed),
        (SocketDoing::Send(text), Some((socket, _))) => socket.send(filled(text)).await,
        (SocketDoing::Receive(matcher), Some((socket, _))) => socket.receive(matcher).await,
        (SocketDoing::Ping, Some((socket, _))) => socket.ping().await,
        (SocketDoing::Stall(_) | SocketDoing::Leave(_), _) => Ok(()),
    }
}

/// Puts cookies behind those that the journey sends itself.
fn add_cookies(headers: &mut Vec<(String, String)>, cookies: &str) {
    match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
        _ if cookies.is_empty() => {}
        Some((_, own)) => own.extend(["; ", cookies]),
        None => headers.push(("cookie".to_owned(), cookies.to_owned())),
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
