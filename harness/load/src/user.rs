//! A user of the closed model: walks its journey again and again while it is wanted.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::gate::{AtWork, GRACE, Pass};
use crate::journey::Script;
use crate::panics::caught;
use crate::random::Random;
use crate::walk::{Cause, Shared, Visitor};

/// The wait of goose's users for the stop, and after a panic.
const MOMENT: Duration = Duration::from_millis(10);
const LONG_MOMENT: Duration = Duration::from_millis(200);

/// One user.
#[derive(Debug)]
pub(crate) struct User {
    script: Arc<Script>,
    shared: Arc<Shared>,
    pass: Pass,
    rank: u64,
    /// The walks that are behind it, in all phases: what it draws is not drawn again in the next.
    walks: u64,
    /// None while parked: a user who is not there holds no connection either.
    stint: Option<Stint>,
}

/// A user's time at work.
#[derive(Debug)]
struct Stint {
    visitor: Visitor,
    _at_work: AtWork,
}

impl User {
    pub(crate) fn new(script: Arc<Script>, shared: Arc<Shared>, rank: u64) -> Self {
        let pass = shared.gate.pass(Some(rank));
        Self { script, shared, pass, rank, walks: 0, stint: None }
    }

    /// Waits to be wanted, then walks the journey once; a user who is taken away leaves it where it is.
    pub(crate) async fn turn(&mut self) {
        if !self.pass.is_open() {
            self.stint = None;
        }
        if !self.pass.opened().await {
            // Goose asks again until it hears of the stop itself.
            tokio::time::sleep(MOMENT).await;
            return;
        }
        let Self { script, shared, pass, rank, walks, stint } = self;
        let stint = stint.get_or_insert_with(|| Stint {
            visitor: Visitor::new(Arc::clone(shared), pass.clone(), Random::of_user(*rank)),
            _at_work: pass.clock_in(),
        });
        let walked = {
            let walk = pin!(stint.visitor.walk(script, Cause::User(*rank, *walks)));
            tokio::select! {
                biased;
                walked = caught(walk) => walked,
                () = pass.closed_for(GRACE) => Ok(()),
            }
        };
        self.walks += 1;
        if let Err(reason) = walked {
            self.stint = None;
            self.shared.tell(format!("a user of the load panicked: {reason}"));
            tokio::time::sleep(LONG_MOMENT).await;
        }
    }
}
