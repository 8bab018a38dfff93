//! One visitor's side of HTTP: what is sent goes by HTTP/1.1 or HTTP/2, with cookies and to wherever it is redirected.

use std::sync::Arc;

use scenario::{Http, Manner};

use super::cookies::{Jar, Place};
use super::kept::{Kept, Look};
use super::origin::Origin;
use super::redirect::{self, redirect};
use super::redraft::Redraft;
use super::request::Wire;
use super::single::Single;
use super::two::Passenger;
use crate::failure::Failure;

/// What a visitor sends by.
#[derive(Debug)]
pub(crate) struct Client {
    origin: Arc<Origin>,
    carrier: Carrier,
    /// Where cookies are kept.
    jar: Option<Jar>,
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
        let jar = origin.cookies.then(Jar::default);
        Self { origin, carrier, jar }
    }

    /// Sends `request` and reads the answer to its end; `kept` gets as much of it as `look` wants.
    pub(crate) async fn exchange(
        &mut self,
        request: Wire<'_>,
        kept: &mut Kept,
        look: Look,
    ) -> Result<Exchanged, Failure> {
        let status = if self.origin.follows || self.jar.is_some() {
            Box::pin(self.follow(request, kept, look.at_the_head_at_least())).await?
        } else {
            self.carry(request, kept.open(look)).await?
        };
        if look == Look::Whole && self.origin.compression {
            kept.decode()?;
        }
        Ok(Exchanged::Answered(status))
    }

    /// Sends `request` and leaves as `manner` says.
    pub(crate) async fn misbehave(&mut self, request: Wire<'_>, manner: Manner) -> Result<Exchanged, Failure> {
        let redraft = self.with_cookies(request);
        let request = redraft.as_ref().map_or(request, Redraft::wire);
        match &mut self.carrier {
            Carrier::Single(single) => single.misbehave(request, manner).await,
            Carrier::Two(passenger) => passenger.misbehave(request, manner).await,
        }
    }

    /// What the jar holds for a request to `path` at `host`: `a=1; b=2`, or nothing.
    pub(crate) fn cookies(&mut self, host: &[u8], path: &[u8]) -> Vec<u8> {
        let (now, place) = (self.origin.wall_clock(), self.place(host, path));
        self.jar.as_mut().map(|jar| jar.line(place, now)).unwrap_or_default()
    }

    /// Empties the jar: somebody else comes.
    pub(crate) fn forget(&mut self) {
        self.jar.iter_mut().for_each(Jar::clear);
    }

    /// Sends `request`, and on to where the answer says; the status of the last one.
    async fn follow(&mut self, request: Wire<'_>, kept: &mut Kept, look: Look) -> Result<u16, Failure> {
        let mut sent_on: Option<Redraft> = None;
        for _ in 0..=redirect::MOST {
            let wire = sent_on.as_ref().map_or(request, Redraft::wire);
            let status = self.carry_with_cookies(wire, kept, look).await?;
            if !self.origin.follows {
                return Ok(status);
            }
            match kept.show(|answer| redirect(&self.origin, wire, status, answer)) {
                None => return Ok(status),
                Some(next) => sent_on = Some(next?),
            }
        }
        Err(Failure::TooManyRedirects)
    }

    async fn carry_with_cookies(&mut self, request: Wire<'_>, kept: &mut Kept, look: Look) -> Result<u16, Failure> {
        let redraft = self.with_cookies(request);
        let status = self.carry(redraft.as_ref().map_or(request, Redraft::wire), kept.open(look)).await?;
        let now = self.origin.wall_clock();
        let place = self.place(request.header("host").unwrap_or_default(), request.path());
        if let Some(jar) = &mut self.jar {
            kept.show(|answer| answer.values("set-cookie").for_each(|line| jar.take(line, place, now)));
        }
        Ok(status)
    }

    /// `request` with what the jar holds for it, where that is anything.
    fn with_cookies(&mut self, request: Wire<'_>) -> Option<Redraft> {
        self.jar.as_ref()?;
        let cookies = self.cookies(request.header("host").unwrap_or_default(), request.path());
        (!cookies.is_empty()).then(|| Redraft::with_cookies(request, &cookies))
    }

    fn place<'a>(&self, host: &'a [u8], path: &'a [u8]) -> Place<'a> {
        Place { host, path, secure: self.origin.is_secure() }
    }

    async fn carry(&mut self, request: Wire<'_>, kept: Option<&mut Kept>) -> Result<u16, Failure> {
        match &mut self.carrier {
            Carrier::Single(single) => single.exchange(request, kept).await,
            // By itself, so that it does not make every request's future as large as its own.
            Carrier::Two(passenger) => Box::pin(passenger.exchange(request, kept)).await,
        }
    }
}
