//! The open model: arrivals that come when they are due, whether or not anybody has been answered.
//!
//! A thread of its own holds the visitors, each with a connection. An arrival is taken by the visitor who became free
//! last, so that as few connections are in use as the target's answers allow; where nobody is free another visitor
//! comes, up to the most there may be; then arrivals wait, with the moments at which they were due, and are counted
//! as missed when too many wait.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use timeline::{ArrivalInterval, Elapsed};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet, yield_now};

use crate::cost::Threads;
use crate::gate::GRACE;
use crate::journey::Script;
use crate::pacer::Pacer;
use crate::panics::caught;
use crate::random::Random;
use crate::recorder::Due;
use crate::schedule::{Arrival, Schedule};
use crate::seats;
use crate::walk::{Cause, Shared, Visitor};

/// So many may wait, and no more: a minute of 1,600 a second, in 1.6 MB.
const MOST_WAITING: usize = 100_000;
/// Weights are kept exactly over a round of as many arrivals as they add up to, up to this.
const LONGEST_ROUND: u64 = 10_000;

/// What became of arrivals since the last cut.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    due: AtomicU64,
    begun: AtomicU64,
    missed: AtomicU64,
    waiting: AtomicU64,
}

impl Counts {
    /// Closes the interval; delays are not known here.
    pub(crate) fn cut(&self) -> ArrivalInterval {
        let taken = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        ArrivalInterval {
            due: taken(&self.due),
            begun: taken(&self.begun),
            missed: taken(&self.missed),
            waiting: self.waiting.load(Ordering::Relaxed),
            ..ArrivalInterval::default()
        }
    }
}

/// What arrivals come to.
#[derive(Debug)]
pub(crate) struct Venue {
    pub(crate) schedule: Schedule,
    pub(crate) scripts: Vec<Arc<Script>>,
    pub(crate) weights: Vec<u32>,
    pub(crate) most_visitors: usize,
    pub(crate) counts: Arc<Counts>,
    pub(crate) threads: Threads,
}

/// Starts the thread; arrivals come from the moment on that is sent. What is returned resolves when it has ended.
pub(crate) fn launch(
    venue: Venue,
    begin: oneshot::Receiver<Elapsed>,
    shared: Arc<Shared>,
) -> io::Result<oneshot::Receiver<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (ended, done) = oneshot::channel();
    let threads = venue.threads.clone();
    let body = move || {
        threads.enlist();
        let local = LocalSet::new();
        let failed = local.block_on(&runtime, caught(pin!(receive(venue, begin, Arc::clone(&shared)))));
        // What is still under way is given up, and counts as that.
        drop(local);
        if let Err(reason) = failed.and_then(|result| result.map_err(|error| error.to_string())) {
            shared.tell(format!("the load failed: {reason}"));
        }
        threads.dismiss();
        // Nobody may be waiting.
        let _ = ended.send(());
    };
    thread::Builder::new().name("arrivals".to_owned()).spawn(body)?;
    Ok(done)
}

/// Lets arrivals in until the stop; then those who are on their way have the grace to end it.
async fn receive(venue: Venue, start: oneshot::Receiver<Elapsed>, shared: Arc<Shared>) -> io::Result<()> {
    let began = tokio::select! {
        began = start => began,
        () = shared.gate.stopped() => return Ok(()),
    };
    // Whoever was to say so is gone.
    let Ok(began) = began else { return Ok(()) };
    let desk = Rc::new(Desk::new(venue, Arc::clone(&shared), began));
    let paced = tokio::select! {
        paced = desk.pace() => paced,
        () = shared.gate.stopped() => Ok(()),
    };
    if paced.is_ok() {
        shared.gate.stopped().await;
    }
    desk.give_up();
    let visitors = desk.visitors.take();
    let _ = tokio::time::timeout(GRACE, visitors.join_all()).await;
    paced
}

/// Where arrivals are handed out.
struct Desk {
    shared: Arc<Shared>,
    schedule: RefCell<Schedule>,
    counts: Arc<Counts>,
    scripts: Vec<Arc<Script>>,
    /// The script of each arrival, by its number; repeats itself.
    seats: Vec<usize>,
    most_visitors: usize,
    /// Who found nobody free, and when they did.
    waiting: RefCell<VecDeque<(Arrival, Elapsed)>>,
    /// The one who became free last is the last.
    free: RefCell<Vec<Rc<Seat>>>,
    visitors: RefCell<JoinSet<()>>,
    present: Cell<usize>,
    /// No load is asked for at the moment: who is free goes, and takes its connection along.
    closed: Cell<bool>,
    began: Elapsed,
}

/// Where a visitor without a journey waits for one.
#[derive(Default)]
struct Seat {
    called: Cell<Option<Call>>,
    waker: Cell<Option<Waker>>,
}

#[derive(Clone, Copy)]
enum Call {
    /// An arrival, and how long it waited.
    Walk(Arrival, Duration),
    Leave,
}

impl Seat {
    fn call(&self, call: Call) {
        self.called.set(Some(call));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn called(&self) -> Call {
        poll_fn(|context| {
            if let Some(call) = self.called.take() {
                return Poll::Ready(call);
            }
            self.waker.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await
    }
}

impl Desk {
    fn new(venue: Venue, shared: Arc<Shared>, began: Elapsed) -> Self {
        let round = venue.weights.iter().map(|weight| u64::from(*weight)).sum::<u64>().clamp(1, LONGEST_ROUND);
        Self {
            shared,
            schedule: RefCell::new(venue.schedule),
            counts: venue.counts,
            scripts: venue.scripts,
            seats: seats::lay_out(&venue.weights, round),
            most_visitors: venue.most_visitors,
            waiting: RefCell::default(),
            free: RefCell::default(),
            visitors: RefCell::default(),
            present: Cell::new(0),
            closed: Cell::new(false),
            began,
        }
    }

    /// Lets every arrival in when it is due, and lets the visitors go when the load rests.
    async fn pace(self: &Rc<Self>) -> io::Result<()> {
        let clock = self.shared.clock;
        let mut pacer = Pacer::new(clock)?;
        let mut rests: VecDeque<Duration> = self.schedule.borrow().rests().into();
        let mut next = self.schedule.borrow_mut().next();
        loop {
            let due = match (next, rests.front()) {
                (Some(arrival), Some(rest)) => arrival.due.min(*rest),
                (Some(arrival), None) => arrival.due,
                (None, Some(rest)) => *rest,
                (None, None) => return Ok(()),
            };
            let most = self.schedule.borrow().most_per_second();
            pacer.until(self.began + due, most).await?;
            let now = clock.now().since(self.began);
            while let Some(arrival) = next.filter(|arrival| arrival.due <= now) {
                self.admit(arrival);
                next = self.schedule.borrow_mut().next();
            }
            if rests.pop_front_if(|rest| *rest <= now).is_some() && self.waiting.borrow().is_empty() {
                self.close();
            }
            if next.is_some_and(|arrival| self.began + arrival.due <= clock.now()) {
                yield_now().await;
            }
        }
    }

    /// Finds someone for an arrival that is due.
    fn admit(self: &Rc<Self>, arrival: Arrival) {
        self.counts.due.fetch_add(1, Ordering::Relaxed);
        self.closed.set(false);
        let free = self.free.borrow_mut().pop();
        if let Some(seat) = free {
            seat.call(Call::Walk(arrival, Duration::ZERO));
        } else if self.present.get() < self.most_visitors {
            self.welcome(arrival);
        } else if self.waiting.borrow().len() < MOST_WAITING {
            self.waiting.borrow_mut().push_back((arrival, self.shared.clock.now()));
            self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        } else {
            self.counts.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One more visitor.
    fn welcome(self: &Rc<Self>, arrival: Arrival) {
        let rank = self.present.get();
        self.present.set(rank + 1);
        let desk = Rc::clone(self);
        let mut visitors = self.visitors.borrow_mut();
        // Those who have left would be kept until someone asks.
        while visitors.try_join_next().is_some() {}
        visitors.spawn_local(async move { desk.attend(rank as u64, arrival).await });
    }

    /// A visitor's stay.
    async fn attend(&self, rank: u64, first: Arrival) {
        let pass = self.shared.gate.pass(None);
        let mut visitor = Visitor::new(Arc::clone(&self.shared), pass, Random::of_user(rank));
        let seat = Rc::new(Seat::default());
        let mut call = Call::Walk(first, Duration::ZERO);
        while let Call::Walk(arrival, waited) = call {
            self.counts.begun.fetch_add(1, Ordering::Relaxed);
            let cause = Cause::Arrival(arrival.number, Due { at: self.began + arrival.due, waited });
            if let Err(reason) = caught(pin!(visitor.walk(self.script(arrival), cause))).await {
                self.shared.tell(format!("a visitor of the load panicked: {reason}"));
                break;
            }
            call = self.next(&seat).await;
        }
        self.present.set(self.present.get() - 1);
    }

    fn script(&self, arrival: Arrival) -> &Script {
        let seat = arrival.number % self.seats.len() as u64;
        &self.scripts[self.seats[seat as usize]]
    }

    async fn next(&self, seat: &Rc<Seat>) -> Call {
        let waiting = self.waiting.borrow_mut().pop_front();
        if let Some((arrival, since)) = waiting {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            return Call::Walk(arrival, self.shared.clock.now().since(since));
        }
        if self.closed.get() {
            return Call::Leave;
        }
        self.free.borrow_mut().push(Rc::clone(seat));
        seat.called().await
    }

    /// Lets go who is free, and who becomes free.
    fn close(&self) {
        self.closed.set(true);
        self.free.take().iter().for_each(|seat| seat.call(Call::Leave));
    }

    /// The end: who waits has come for nothing.
    fn give_up(&self) {
        let waiting = self.waiting.take().len() as u64;
        self.counts.waiting.fetch_sub(waiting, Ordering::Relaxed);
        self.counts.missed.fetch_add(waiting, Ordering::Relaxed);
        self.close();
    }
}
