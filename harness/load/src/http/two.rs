//! HTTP/2: visitors share connections. The protocol is h2's; who sits where, and what becomes of it, is ours.

mod head;
mod line;
mod manner;

use std::sync::Arc;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::Request;

pub(super) use head::head;
pub(super) use line::Lines;
use line::Seat;

use super::kept::Kept;
use super::origin::Origin;
use super::request::Wire;
use crate::failure::Failure;

/// A visitor, and its seat on a connection.
#[derive(Debug)]
pub(super) struct Passenger {
    origin: Arc<Origin>,
    seat: Option<Seat>,
}

impl Passenger {
    pub(super) fn new(origin: Arc<Origin>) -> Self {
        Self { origin, seat: None }
    }

    /// Sends `request` and reads the answer to its end; its status. To be dropped in the middle resets the stream, and
    /// leaves the connection to the others.
    ///
    /// A connection that the target is closing in good order says what it has not looked at: that is sent anew, once, on
    /// another one, as every client does.
    pub(super) async fn exchange(&mut self, request: Wire<'_>, mut kept: Option<&mut Kept>) -> Result<u16, Failure> {
        let whole = parts(&self.origin, request)?;
        match exchange_on(self.board().await?, whole, kept.as_deref_mut()).await {
            Err(error) if was_not_looked_at(&error) => {}
            other => return other.map_err(|error| Failure::of_http_2(&error)),
        }
        self.seat = None;
        let whole = parts(&self.origin, request)?;
        exchange_on(self.board().await?, whole, kept).await.map_err(|error| Failure::of_http_2(&error))
    }

    /// A seat from which one more request can be sent.
    async fn board(&mut self) -> Result<&mut SendRequest<Bytes>, Failure> {
        let kept = match self.seat.take() {
            Some(mut seat) => seat.takes_one_more(&self.origin).await.then_some(seat),
            None => None,
        };
        let seat = match kept {
            Some(seat) => seat,
            None => Lines::seat(&self.origin).await?,
        };
        Ok(&mut self.seat.insert(seat).sender)
    }
}

/// The head and the body of `request`.
fn parts(origin: &Origin, request: Wire<'_>) -> Result<(Request<()>, Bytes), Failure> {
    if let Some((head, body)) = request.fixed_for_http_2() {
        return Ok((head.clone(), body));
    }
    let head = head(origin, request).ok_or(Failure::Other)?;
    Ok((head, Bytes::copy_from_slice(request.body())))
}

/// Was it refused unseen, by a connection that ends in good order (RFC 9113, 6.8)?
fn was_not_looked_at(error: &h2::Error) -> bool {
    error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
}

async fn exchange_on(
    sender: &mut SendRequest<Bytes>,
    request: (Request<()>, Bytes),
    mut kept: Option<&mut Kept>,
) -> Result<u16, h2::Error> {
    let (answer, _upload) = send(sender, request)?;
    let answer = answer.await?;
    if let Some(kept) = &mut kept {
        kept.begin_with(answer.headers());
    }
    let status = answer.status().as_u16();
    read(answer.into_body(), kept).await?;
    Ok(status)
}

/// Hands all of `request` over; what of the body the target does not take yet waits in the connection.
fn send(
    sender: &mut SendRequest<Bytes>,
    (head, body): (Request<()>, Bytes),
) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
    let (answer, mut upload) = sender.send_request(head, body.is_empty())?;
    if !body.is_empty() {
        upload.send_data(body, true)?;
    }
    Ok((answer, upload))
}

/// Reads a body to its end, and lets the target send as much anew as was read.
async fn read(mut body: RecvStream, mut kept: Option<&mut Kept>) -> Result<(), h2::Error> {
    while !body.is_end_stream() {
        let Some(data) = body.data().await else { return body.trailers().await.map(drop) };
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        if let Some(kept) = &mut kept {
            kept.add(&data);
        }
    }
    Ok(())
}
