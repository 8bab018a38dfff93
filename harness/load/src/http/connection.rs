//! One connection, and one exchange after the other on it.

use framing::{Body, Fed, Head, LONGEST_HEAD};
use timeline::Elapsed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::kept::Kept;
use super::request::Wire;
use super::stream::Stream;
use crate::failure::Failure;

/// What is read at once: the answers of most services in one piece.
const ROOM: usize = 16 * 1024;
/// The same for those who read slowly.
const NARROW: usize = 512;

/// A connection, between two exchanges or in one.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    /// What was read and not yet used lies in `from..to`.
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// So many exchanges are behind it.
    pub(super) exchanges: u64,
    /// When it was opened.
    pub(super) opened: Elapsed,
}

/// How an exchange failed, and whether any of the answer had come by then.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) failure: Failure,
    pub(super) unanswered: bool,
}

/// The end of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) status: u16,
    /// May the connection be used again?
    pub(super) keeps: bool,
}

impl Broken {
    pub(super) fn before_the_answer(failure: Failure) -> Self {
        Self { failure, unanswered: true }
    }

    pub(super) fn in_the_answer(failure: Failure) -> Self {
        Self { failure, unanswered: false }
    }
}

impl Connection {
    /// `narrow`: reads little at once.
    pub(super) fn new(stream: Stream, opened: Elapsed, narrow: bool) -> Self {
        let room = if narrow { NARROW } else { ROOM };
        Self { stream, buffer: vec![0; room], from: 0, to: 0, exchanges: 0, opened }
    }

    /// Sends `request` and reads the answer to its end.
    ///
    /// `kept` gets the answer, where there is somebody to look at it.
    pub(super) async fn exchange(&mut self, request: Wire<'_>, kept: Option<&mut Kept>) -> Result<Done, Broken> {
        let sent = self.stream.write_all(request.bytes).await;
        // Who refuses a request half-way may have said why before closing.
        match (self.answer(request.bodyless, kept).await, sent) {
            (Ok(done), sent) => Ok(Done { keeps: done.keeps && sent.is_ok(), ..done }),
            (Err(broken), Ok(())) => Err(broken),
            (Err(broken), Err(error)) => Err(Broken { failure: Failure::of_io(&error), ..broken }),
        }
    }

    /// Reads the answer to its end.
    pub(super) async fn answer(&mut self, bodyless: bool, mut kept: Option<&mut Kept>) -> Result<Done, Broken> {
        let head = match self.head(bodyless).await {
            Ok(head) => head,
            Err(failure) => return Err(Broken { failure, unanswered: self.to == 0 }),
        };
        self.exchanges += 1;
        if let Some(kept) = &mut kept {
            kept.begin(&self.buffer[self.from - head.length..self.from]);
        }
        let clean = self.body(&head, kept).await.map_err(Broken::in_the_answer)?;
        Ok(Done { status: head.status, keeps: clean && head.keeps })
    }

    /// Reads until the head of the final answer is there.
    pub(super) async fn head(&mut self, bodyless: bool) -> Result<Head, Failure> {
        (self.from, self.to) = (0, 0);
        loop {
            if self.to > self.from
                && let Some(head) = Head::parse(&self.buffer[self.from..self.to], bodyless)?
            {
                self.from += head.length;
                if !head.is_interim() {
                    return Ok(head);
                }
                continue;
            }
            if self.read().await? == 0 {
                return Err(Failure::Closed);
            }
        }
    }

    /// Reads the body; whether the connection is left clean behind it.
    async fn body(&mut self, head: &Head, mut kept: Option<&mut Kept>) -> Result<bool, Failure> {
        let mut body = Body::new(head.framing);
        loop {
            let fed = self.feed(&mut body)?;
            if let Some(kept) = &mut kept {
                kept.add(&self.buffer[self.from - fed.data..self.from]);
            }
            if body.is_over() {
                return Ok(self.from == self.to);
            }
            if fed.used > 0 && self.from < self.to {
                continue;
            }
            if self.read().await? == 0 {
                return if matches!(body, Body::UntilClosed) { Ok(false) } else { Err(Failure::Closed) };
            }
        }
    }

    /// Gives `body` what it takes of what was read.
    pub(super) fn feed(&mut self, body: &mut Body) -> Result<Fed, Failure> {
        let fed = body.feed(&self.buffer[self.from..self.to])?;
        self.from += fed.used;
        Ok(fed)
    }

    /// Reads some more; 0 at the end of the stream.
    async fn read(&mut self) -> Result<usize, Failure> {
        self.read_up_to(usize::MAX).await
    }

    /// Reads at most so much more; 0 at the end of the stream.
    pub(super) async fn read_up_to(&mut self, most: usize) -> Result<usize, Failure> {
        self.make_room()?;
        let room = self.to..self.buffer.len().min(self.to.saturating_add(most));
        let read = self.stream.read(&mut self.buffer[room]).await.map_err(|error| Failure::of_io(&error))?;
        self.to += read;
        Ok(read)
    }

    fn make_room(&mut self) -> Result<(), Failure> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        } else if self.to == self.buffer.len() {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        if self.to == self.buffer.len() {
            if self.to >= 2 * LONGEST_HEAD {
                return Err(Failure::Malformed);
            }
            self.buffer.resize(2 * self.to, 0);
        }
        Ok(())
    }
}
