//! Goose, wrapped: it holds the users and calls them round after round.
//!
//! Everything that goose does by means of globals is dealt with here. Its killswitch stops every
//! attack of the process, so there is one at a time; its stop waits for users, so ours leave by
//! themselves; dropping its future leaves them running, so they have a runtime of their own that is
//! thrown away. Its metrics are not used.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use goose::{GooseAttack, GooseError, GooseScheduler};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, oneshot};
use tokio::task::yield_now;

use crate::LoadError;
use crate::cost::Threads;
use crate::journey::Script;
use crate::panics::words;
use crate::user::User;
use crate::walk::Shared;

/// Two send as much as one target on a small machine can take, and leave the probes a core.
const WORKERS: usize = 2;

/// How long goose may take to stop, counted from our own stop; the last requests take up to
/// [`crate::gate::GRACE`] of it.
const WIND_DOWN: Duration = Duration::from_secs(2);

/// How often goose's killswitch is looked at, and pulled again in a wind-down: one that is pulled
/// while an attack starts is lost.
const LOOK: Duration = Duration::from_millis(100);

/// Faster than goose can start users: it would start one a second by default.
const AT_ONCE: &str = "1000000";

static BUSY: AtomicBool = AtomicBool::new(false);

/// The right to run the one attack of the process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(());

impl Permit {
    pub(crate) fn take() -> Option<Self> {
        // A permit that is made and thrown away would end someone else's.
        if BUSY.swap(true, Ordering::AcqRel) { None } else { Some(Self(())) }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::Release);
    }
}

/// The users of one journey.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) name: String,
    pub(crate) script: Arc<Script>,
    /// Their ranks among all users.
    pub(crate) ranks: Vec<u64>,
}

/// Starts the attack in a thread of its own; what is returned resolves when it has ended.
pub(crate) fn launch(
    crews: Vec<Crew>,
    shared: Arc<Shared>,
    permit: Permit,
    threads: Threads,
) -> Result<oneshot::Receiver<()>, LoadError> {
    // The flag stays up after an attack that was stopped by it.
    goose::reset_killswitch();
    let attack = assemble(crews, &shared).map_err(|error| LoadError::Goose(error.into()))?;
    let (ended, done) = oneshot::channel();
    let body = move || {
        match catch_unwind(AssertUnwindSafe(|| run(attack, &shared, threads))) {
            Ok(None) => {}
            Ok(Some(reason)) => shared.tell(reason),
            Err(payload) => shared.tell(format!("the load panicked: {}", words(payload.as_ref()))),
        }
        shared.gate.stop();
        drop(permit);
        // Nobody may be waiting.
        let _ = ended.send(());
    };
    thread::Builder::new().name("load".to_owned()).spawn(body).map_err(LoadError::Thread)?;
    Ok(done)
}

/// Runs the attack to its end; the reason for an end that nobody asked for.
fn run(attack: GooseAttack, shared: &Shared, threads: Threads) -> Option<String> {
    let gone = threads.clone();
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(WORKERS).thread_name("load");
    let builder = builder.on_thread_start(move || threads.enlist()).on_thread_stop(move || gone.dismiss());
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Some(format!("the load could not start its threads: {error}")),
    };
    let reason = runtime.block_on(async {
        tokio::select! {
            result = attack.execute() => unasked(shared, result.err().as_ref()),
            () = wound_down(shared) => None,
            () = interrupted(shared) => unasked(shared, None),
        }
    });
    runtime.shutdown_background();
    reason
}

/// The reason for the end of the attack, unless it was stopped.
fn unasked(shared: &Shared, error: Option<&GooseError>) -> Option<String> {
    let words =
        || error.map_or_else(|| "the load ended by itself".to_owned(), |error| format!("the load ended: {error}"));
    (!shared.gate.is_stopped()).then(words)
}

/// Waits for the stop, then for as long as goose may take to follow it.
async fn wound_down(shared: &Shared) {
    shared.gate.stopped().await;
    let end = shared.clock.now() + WIND_DOWN;
    while shared.clock.now() < end {
        goose::trigger_killswitch("the load is stopped");
        shared.clock.sleep_until(shared.clock.now() + LOOK).await;
    }
}

/// Waits until someone else pulls the killswitch: goose's own SIGINT handler, where the front has
/// not installed one. Goose's users would leave, and the parked ones wait for ever.
async fn interrupted(shared: &Shared) {
    while shared.gate.is_stopped() || !goose::is_killswitch_triggered() {
        tokio::time::sleep(LOOK).await;
    }
}

fn assemble(crews: Vec<Crew>, shared: &Arc<Shared>) -> Result<GooseAttack, GooseError> {
    let users = crews.iter().map(|crew| crew.ranks.len()).sum();
    // One client for all, never used, and without the certificates of the system, which need not be there.
    let client = GooseClientBuilder::new().without_cookies().accept_invalid_certs(true);
    let mut attack = GooseAttack::initialize_with_config(configuration(users))?
        .set_scheduler(GooseScheduler::RoundRobin)
        .set_client_builder_without_cookies(client)?;
    for crew in crews {
        let scenario = Scenario::new(&crew.name).set_weight(crew.ranks.len())?;
        attack = attack.register_scenario(scenario.register_transaction(transaction(crew, Arc::clone(shared))));
    }
    Ok(attack)
}

/// Users at once and without an end; everything that prints, listens or measures is off. An
/// iteration limit, a test plan or `no_reset_metrics` would print.
fn configuration(users: usize) -> GooseConfiguration {
    // Two of its fields are private, so it cannot be written as a literal.
    let mut configuration = GooseConfiguration::default();
    // Goose wants one, and nothing is sent to it.
    configuration.host = Some("http://127.0.0.1".to_owned());
    configuration.users = Some(users);
    configuration.increase_rate = Some(AT_ONCE.to_owned());
    configuration.no_telnet = true;
    configuration.no_metrics = true;
    configuration.no_print_metrics = true;
    configuration.quiet = 1;
    configuration
}

/// A user, as goose keeps it with its own. Goose wants to be able to copy it.
#[derive(Clone)]
struct Seat(Arc<Mutex<User>>);

/// The one transaction of a journey: its users take their ranks as they come, and walk it.
fn transaction(crew: Crew, shared: Arc<Shared>) -> Transaction {
    let next = AtomicUsize::new(0);
    let sit = move || {
        let rank = crew.ranks.get(next.fetch_add(1, Ordering::Relaxed))?;
        Some(Seat(Arc::new(Mutex::new(User::new(Arc::clone(&crew.script), Arc::clone(&shared), *rank)))))
    };
    let function: TransactionFunction = Arc::new(move |user: &mut GooseUser| {
        let seat = user.get_session_data::<Seat>().cloned().or_else(&sit);
        Box::pin(async move {
            if let Some(seat) = seat {
                seat.0.lock().await.turn().await;
                user.set_session_data(seat);
            }
            // A journey that never waits would otherwise keep a worker to itself.
            yield_now().await;
            Ok(())
        })
    });
    Transaction::new(function)
}
