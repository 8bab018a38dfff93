//! Clients that misbehave by HTTP/2: they reset their streams.

use std::time::Duration;

use bytes::Bytes;
use clock::Clock;
use h2::RecvStream;
use h2::client::{ResponseFuture, SendRequest};
use http::Request;
use scenario::{Manner, Point};

use super::super::client::Exchanged;
use super::super::request::Wire;
use super::line::Line;
use super::{Passenger, parts, read, send};
use crate::failure::Failure;

/// A slow reader reads so often; and one who stops in the middle of its body waits so long for what is on its way.
const SIP: Duration = Duration::from_millis(50);

impl Passenger {
    /// Sends `request` and leaves as `manner` says: its stream is reset, and the connection stays to the others. Only
    /// those who do not read have one of their own, for they would take the room of others.
    pub(in crate::http) async fn misbehave(&mut self, request: Wire<'_>, manner: Manner) -> Result<Exchanged, Failure> {
        let request = parts(&self.origin, request)?;
        let clock = self.origin.clock;
        let mut own;
        let sender = match manner {
            Manner::ReadsAt(_) | Manner::ReadsNothingFor(_) => {
                own = Line::open(&self.origin, true).await?.sender();
                &mut own
            }
            Manner::LeavesAfter(_) | Manner::SendsOnly(_) => self.board().await?,
        };
        misbehave(sender, request, manner, clock).await.map_err(|error| Failure::of_http_2(&error))
    }
}

async fn misbehave(
    sender: &mut SendRequest<Bytes>,
    request: (Request<()>, Bytes),
    manner: Manner,
    clock: Clock,
) -> Result<Exchanged, h2::Error> {
    if let Manner::SendsOnly(bytes) = manner {
        return send_some(sender, request, bytes, clock).await;
    }
    let (answer, _upload) = send(sender, request)?;
    match manner {
        Manner::LeavesAfter(Point::Headers) => answer.await.map(|_| Exchanged::Left),
        Manner::LeavesAfter(Point::Bytes(bytes)) => read_some(answer, bytes, None).await,
        Manner::ReadsAt(per_second) => read_some(answer, u64::MAX, Some((per_second, clock))).await,
        Manner::LeavesAfter(Point::Time(time)) => {
            let whole = async {
                let answer = answer.await?;
                let status = answer.status().as_u16();
                read(answer.into_body(), None).await.map(|()| Exchanged::Answered(status))
            };
            tokio::select! {
                answered = whole => answered,
                () = clock.sleep_until(clock.now() + time) => Ok(Exchanged::Left),
            }
        }
        Manner::ReadsNothingFor(time) => {
            clock.sleep_until(clock.now() + time).await;
            Ok(Exchanged::Left)
        }
        Manner::SendsOnly(_) => Ok(Exchanged::Left),
    }
}

/// Sends the head and so many bytes of the body, as fast as the target takes them.
async fn send_some(
    sender: &mut SendRequest<Bytes>,
    (head, mut body): (Request<()>, Bytes),
    most: u64,
    clock: Clock,
) -> Result<Exchanged, h2::Error> {
    body.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let (_answer, mut upload) = sender.send_request(head, false)?;
    upload.send_data(body, false)?;
    // A reset overtakes what has not been written yet.
    clock.sleep_until(clock.now() + SIP).await;
    Ok(Exchanged::Left)
}

/// Reads at most so many bytes of the body, no faster than `pace` says.
async fn read_some(answer: ResponseFuture, most: u64, pace: Option<(f64, Clock)>) -> Result<Exchanged, h2::Error> {
    let answer = answer.await?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let mut bytes = 0;
    while let Some(data) = body.data().await {
        let length = data?.len();
        bytes += length as u64;
        if bytes >= most {
            return Ok(Exchanged::Left);
        }
        match pace {
            None => body.flow_control().release_capacity(length)?,
            Some(pace) => sip(&mut body, length, pace).await?,
        }
    }
    Ok(Exchanged::Answered(status))
}

/// Takes so many bytes that have come, at its pace: the target may send as many anew.
async fn sip(body: &mut RecvStream, length: usize, (per_second, clock): (f64, Clock)) -> Result<(), h2::Error> {
    let most = ((per_second * SIP.as_secs_f64()) as usize).max(1);
    let mut left = length;
    while left > 0 {
        let some = left.min(most);
        clock.sleep_until(clock.now() + SIP).await;
        body.flow_control().release_capacity(some)?;
        left -= some;
    }
    Ok(())
}
