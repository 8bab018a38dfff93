//! A client with at most one connection, opened when it is needed.

use std::net::SocketAddr;

use super::connection::{Broken, Connection, Done};
use super::request::Prepared;
use crate::failure::Failure;

/// One visitor's side of HTTP. What is dropped in the middle of an exchange takes its connection along.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    /// Only between exchanges.
    idle: Option<Connection>,
}

/// A whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exchanged {
    pub(crate) status: u16,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, idle: None }
    }

    /// Sends `request` and reads the answer to its end.
    ///
    /// A kept connection may be closed by the other side at the very moment at which it is used: a request that can
    /// be repeated is then sent anew, once, on a new one, as browsers do.
    pub(crate) async fn exchange(&mut self, request: &Prepared) -> Result<Exchanged, Failure> {
        if let Some(connection) = self.idle.take().filter(|idle| !idle.is_stale()) {
            match self.exchange_on(connection, request).await {
                Err(Broken { unanswered: true, failure: Failure::Closed | Failure::Reset }) if request.repeatable => {}
                other => return other.map_err(|broken| broken.failure),
            }
        }
        let connection = Connection::open(self.address).await.map_err(|error| Failure::of_io(&error))?;
        self.exchange_on(connection, request).await.map_err(|broken| broken.failure)
    }

    async fn exchange_on(&mut self, mut connection: Connection, request: &Prepared) -> Result<Exchanged, Broken> {
        let Done { status, keeps } = connection.exchange(request).await?;
        if keeps {
            self.idle = Some(connection);
        }
        Ok(Exchanged { status })
    }
}
