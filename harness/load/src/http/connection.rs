//! One connection, and one exchange after the other on it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::body::Body;
use super::head::{Head, LONGEST_HEAD};
use super::request::Prepared;
use crate::failure::Failure;

/// What is read at once: the answers of most services in one piece.
const ROOM: usize = 16 * 1024;

/// A connection, between two exchanges or in one.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// What was read and not yet used lies in `from..to`.
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// So many exchanges are behind it.
    pub(super) exchanges: u64,
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

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // A request is one write, so there is nothing to wait for.
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; ROOM], from: 0, to: 0, exchanges: 0 })
    }

    /// Has the other side closed it, or said something that nobody asked for? Costs no system call while all is quiet.
    pub(super) fn is_stale(&self) -> bool {
        let mut byte = [0];
        !matches!(self.stream.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends `request` and reads the answer to its end.
    pub(super) async fn exchange(&mut self, request: &Prepared) -> Result<Done, Broken> {
        let sent = self.stream.write_all(request.bytes()).await;
        // Who refuses a request half-way may have said why before closing.
        let head = match self.head(request.bodyless).await {
            Ok(head) => head,
            Err(failure) => {
                let failure = sent.err().map_or(failure, |error| Failure::of_io(&error));
                return Err(Broken { failure, unanswered: self.to == 0 });
            }
        };
        self.exchanges += 1;
        let kept = self.body(&head).await.map_err(|failure| Broken { failure, unanswered: false })?;
        Ok(Done { status: head.status, keeps: kept && head.keeps && sent.is_ok() })
    }

    /// Reads until the head of the final answer is there.
    async fn head(&mut self, bodyless: bool) -> Result<Head, Failure> {
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
    async fn body(&mut self, head: &Head) -> Result<bool, Failure> {
        let mut body = Body::new(head.framing);
        loop {
            let fed = body.feed(&self.buffer[self.from..self.to])?;
            self.from += fed.used;
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

    /// Reads some more; 0 at the end of the stream.
    async fn read(&mut self) -> Result<usize, Failure> {
        self.make_room()?;
        let read = self.stream.read(&mut self.buffer[self.to..]).await.map_err(|error| Failure::of_io(&error))?;
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
