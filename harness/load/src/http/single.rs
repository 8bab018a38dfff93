//! HTTP/1.1 over at most one connection, opened when it is needed.

use std::sync::Arc;

use scenario::Manner;

use super::client::Exchanged;
use super::connection::{Broken, Connection, Done};
use super::kept::Kept;
use super::manner::Ending;
use super::origin::Origin;
use super::request::Wire;
use crate::failure::Failure;

/// A visitor's own connection. What is dropped in the middle of an exchange takes it along.
#[derive(Debug)]
pub(super) struct Single {
    origin: Arc<Origin>,
    /// Only between exchanges.
    idle: Option<Connection>,
}

impl Single {
    pub(super) fn new(origin: Arc<Origin>) -> Self {
        Self { origin, idle: None }
    }

    /// Sends `request` and reads the answer to its end; its status.
    ///
    /// A kept connection may be closed by the other side at the very moment at which it is used: a request that can
    /// be repeated is then sent anew, once, on a new one, as browsers do.
    ///
    /// `kept` gets the answer, where there is somebody to look at it.
    pub(super) async fn exchange(&mut self, request: Wire<'_>, mut kept: Option<&mut Kept>) -> Result<u16, Failure> {
        if let Some(mut connection) = self.idle.take()
            && !connection.stream.is_stale()
        {
            match self.exchange_on(connection, request, kept.as_deref_mut()).await {
                Err(Broken { unanswered: true, failure: Failure::Closed | Failure::Reset }) if request.repeatable => {}
                other => return other.map_err(|broken| broken.failure),
            }
        }
        // Seldom, and large: a future that is small is cheap to move, and this one is part of every request's.
        let connection = Box::pin(self.connect(false)).await?;
        self.exchange_on(connection, request, kept).await.map_err(|broken| broken.failure)
    }

    /// Sends `request` on a connection of its own, and leaves as `manner` says.
    pub(super) async fn misbehave(&mut self, request: Wire<'_>, manner: Manner) -> Result<Exchanged, Failure> {
        let mut connection = self.connect(true).await?;
        let ended = connection.misbehave(request, manner, self.origin.clock).await;
        Ok(match ended.map_err(|broken| broken.failure)? {
            Ending::Answered(done) => Exchanged::Answered(done.status),
            Ending::Left => Exchanged::Left,
        })
    }

    async fn connect(&self, narrow: bool) -> Result<Connection, Failure> {
        let opened = self.origin.clock.now();
        Ok(Connection::new(self.origin.connect(narrow).await?, opened, narrow))
    }

    async fn exchange_on(
        &mut self,
        mut connection: Connection,
        request: Wire<'_>,
        kept: Option<&mut Kept>,
    ) -> Result<u16, Broken> {
        let Done { status, keeps } = connection.exchange(request, kept).await?;
        if keeps && self.origin.reuses(connection.exchanges, connection.opened) {
            self.idle = Some(connection);
        }
        Ok(status)
    }
}
