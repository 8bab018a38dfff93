//! One visitor's side of HTTP: what is sent goes by HTTP/1.1 or HTTP/2, with cookies and to wherever it is redirected.

use std::sync::Arc;

use scenario::{Http, Manner};

use super::kept::{Kept, Look};
use super::origin::Origin;
use super::request::Wire;
use super::single::Single;
use super::two::Passenger;
use crate::failure::Failure;

/// What a visitor sends by.
#[derive(Debug)]
pub(crate) struct Client {
    origin: Arc<Origin>,
    carrier: Carrier,
}

/// What carries requests. What is dropped in the middle of an exchange gives it up.
#[derive(Debug)]
enum Carrier {
    Single(Single),
    Two(Passenger),
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// A whole answer, with this status.
    Answered(u16),
    /// The client left, as it was told to.
    Left,
}

impl Client {
    pub(crate) fn new(origin: Arc<Origin>) -> Self {
        let carrier = match origin.http {
            Http::One => Carrier::Single(Single::new(Arc::clone(&origin))),
            Http::Two { .. } => Carrier::Two(Passenger::new(Arc::clone(&origin))),
        };
        Self { origin, carrier }
    }

    /// Sends `request` and reads the answer to its end; `kept` gets as much of it as `look` wants.
    pub(crate) async fn exchange(
        &mut self,
        request: Wire<'_>,
        kept: &mut Kept,
        look: Look,
    ) -> Result<Exchanged, Failure> {
        let status = self.carry(request, kept.open(look)).await?;
        if look == Look::Whole && self.origin.compression {
            kept.decode()?;
        }
        Ok(Exchanged::Answered(status))
    }

    /// Sends `request` and leaves as `manner` says.
    pub(crate) async fn misbehave(&mut self, request: Wire<'_>, manner: Manner) -> Result<Exchanged, Failure> {
        match &mut self.carrier {
            Carrier::Single(single) => single.misbehave(request, manner).await,
            Carrier::Two(passenger) => passenger.misbehave(request, manner).await,
        }
    }

    async fn carry(&mut self, request: Wire<'_>, kept: Option<&mut Kept>) -> Result<u16, Failure> {
        match &mut self.carrier {
            Carrier::Single(single) => single.exchange(request, kept).await,
            // By itself, so that it does not make every request's future as large as its own.
            Carrier::Two(passenger) => Box::pin(passenger.exchange(request, kept)).await,
        }
    }
}
