//! Clients that misbehave: many leaks live only where one leaves in the middle.

use std::time::Duration;

use clock::Clock;
use framing::Body;
use scenario::{Manner, Point};
use tokio::io::AsyncWriteExt;

use super::connection::{Broken, Connection, Done};
use super::request::Wire;
use crate::failure::Failure;

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a whole answer.
    Answered(Done),
    /// As its manner says: the connection is to be closed.
    Left,
}

/// A slow reader reads so often.
const SIP: Duration = Duration::from_millis(50);

impl Connection {
    /// Sends `request` and treats the answer as `manner` says.
    pub(super) async fn misbehave(
        &mut self,
        request: Wire<'_>,
        manner: Manner,
        clock: Clock,
    ) -> Result<Ending, Broken> {
        let most = match manner {
            Manner::SendsOnly(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let sent = self.stream.write_all(request.up_to(most)).await;
        sent.map_err(|error| Broken::before_the_answer(Failure::of_io(&error)))?;
        match manner {
            Manner::SendsOnly(_) => Ok(Ending::Left),
            Manner::ReadsNothingFor(time) => {
                clock.sleep_until(clock.now() + time).await;
                Ok(Ending::Left)
            }
            Manner::LeavesAfter(Point::Time(time)) => {
                let leave = clock.sleep_until(clock.now() + time);
                tokio::select! {
                    answer = self.answer(request.bodyless, None) => answer.map(Ending::Answered),
                    () = leave => Ok(Ending::Left),
                }
            }
            Manner::LeavesAfter(Point::Headers) => self.read_some(request, 0, None).await,
            Manner::LeavesAfter(Point::Bytes(bytes)) => self.read_some(request, bytes, None).await,
            Manner::ReadsAt(per_second) => self.read_some(request, u64::MAX, Some((per_second, clock))).await,
        }
    }

    /// Reads the head and at most so many bytes of the body, no faster than `pace` says.
    async fn read_some(&mut self, request: Wire<'_>, most: u64, pace: Option<(f64, Clock)>) -> Result<Ending, Broken> {
        let head = self.head(request.bodyless).await.map_err(Broken::before_the_answer)?;
        let mut body = Body::new(head.framing);
        let mut read = 0;
        loop {
            let fed = self.feed(&mut body).map_err(Broken::in_the_answer)?;
            read += fed.data as u64;
            if body.is_over() {
                return Ok(Ending::Answered(Done { status: head.status, keeps: false }));
            }
            if read >= most {
                return Ok(Ending::Left);
            }
            if fed.used > 0 {
                continue;
            }
            let mut sip = usize::MAX;
            if let Some((per_second, clock)) = pace {
                clock.sleep_until(clock.now() + SIP).await;
                sip = ((per_second * SIP.as_secs_f64()) as usize).max(1);
            }
            if self.read_up_to(sip).await.map_err(Broken::in_the_answer)? == 0 {
                let whole = matches!(body, Body::UntilClosed);
                let done = Done { status: head.status, keeps: false };
                return if whole { Ok(Ending::Answered(done)) } else { Err(Broken::in_the_answer(Failure::Closed)) };
            }
        }
    }
}
