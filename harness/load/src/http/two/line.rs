//! Connections that visitors share.
//!
//! A visitor keeps its seat, so that nothing is shared between two requests but the connection itself; a connection
//! without anybody on it is closed. The next one is opened when all have as many visitors as they take.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use framing::LONGEST_HEAD;
use h2::Ping;
use h2::client::{Builder, SendRequest};
use scenario::Reuse;
use timeline::Elapsed;
use tokio::sync::Mutex;

use super::super::origin::Origin;
use crate::failure::Failure;

/// Bytes that the target may send unread, of one answer and of all on a connection: about what browsers take.
const WINDOW: u32 = 4 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// The same for those who read slowly.
const NARROW: u32 = 4096;
/// So many streams that were given up are remembered, for so long: what still comes of them is no mistake.
const MOST_GIVEN_UP: usize = 1000;
const REMEMBERED: Duration = Duration::from_secs(5);

/// All connections of a load on which somebody sits.
#[derive(Debug)]
pub(in crate::http) struct Lines {
    /// Held while one is opened, so that those who wait for it get on it.
    open: Mutex<Vec<Weak<Line>>>,
    /// The most visitors on each.
    streams: usize,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<Bytes>,
    /// So many requests have been promised a place on it.
    exchanges: AtomicU64,
    opened: Elapsed,
}

/// A visitor's place on a connection.
#[derive(Debug)]
pub(super) struct Seat {
    line: Arc<Line>,
    pub(super) sender: SendRequest<Bytes>,
}

impl Lines {
    pub(in crate::http) fn new(streams: u64) -> Self {
        Self { open: Mutex::default(), streams: usize::try_from(streams).unwrap_or(usize::MAX) }
    }

    /// A seat from which one request can be sent.
    pub(super) async fn seat(origin: &Origin) -> Result<Seat, Failure> {
        if origin.reuse == Reuse::Never {
            return Seat::on_a_new_line(origin).await;
        }
        let mut open = origin.lines.open.lock().await;
        open.retain(|line| line.strong_count() > 0);
        for line in open.iter().filter_map(Weak::upgrade) {
            let mut seat = Seat::on(line);
            if seat.takes_one_more(origin).await {
                return Ok(seat);
            }
        }
        let seat = Seat::on_a_new_line(origin).await?;
        open.push(Arc::downgrade(&seat.line));
        Ok(seat)
    }
}

impl Seat {
    fn on(line: Arc<Line>) -> Self {
        let sender = line.sender.clone();
        Self { line, sender }
    }

    /// One on a new connection, for the request for which that is opened.
    async fn on_a_new_line(origin: &Origin) -> Result<Self, Failure> {
        let line = Line::open(origin, false).await?;
        line.exchanges.store(1, Ordering::Relaxed);
        Ok(Self::on(Arc::new(line)))
    }

    /// May one more request be sent from here? It is promised its place then.
    pub(super) async fn takes_one_more(&mut self, origin: &Origin) -> bool {
        let seated = Arc::strong_count(&self.line);
        seated <= origin.lines.streams.min(self.sender.current_max_send_streams())
            // It is not lost, and takes no leave.
            && poll_fn(|context| self.sender.poll_ready(context)).await.is_ok()
            && self.line.promises_one_more(origin)
    }
}

impl Line {
    /// Opens a connection and waits until the target has said what it takes. A narrow one has room for a few kilobytes
    /// unread.
    pub(super) async fn open(origin: &Origin, narrow: bool) -> Result<Self, Failure> {
        let opened = origin.clock.now();
        let stream = origin.connect_for_http_2(narrow).await?;
        let shaken = builder(narrow).handshake(stream).await;
        let (sender, mut connection) = shaken.map_err(|error| Failure::of_http_2(&error))?;
        let mut pings = connection.ping_pong().ok_or(Failure::Other)?;
        {
            // Settings come before all else, and so before the pong.
            let mut pong = pin!(pings.ping(Ping::opaque()));
            let answered = tokio::select! {
                ended = &mut connection => ended.and(Ok(false)),
                pong = &mut pong => pong.map(|_| true),
            };
            match answered {
                Ok(true) => {}
                Ok(false) => return Err(Failure::Closed),
                Err(error) if error.is_library() => return Err(Failure::NotHttp2),
                Err(error) => return Err(Failure::of_http_2(&error)),
            }
        }
        tokio::spawn(async move {
            // Those on it are told by their own requests.
            let _ = connection.await;
        });
        Ok(Self { sender, exchanges: AtomicU64::new(0), opened })
    }

    pub(super) fn sender(&self) -> SendRequest<Bytes> {
        self.sender.clone()
    }

    fn promises_one_more(&self, origin: &Origin) -> bool {
        origin.reuses(self.exchanges.fetch_add(1, Ordering::Relaxed), self.opened)
    }
}

fn builder(narrow: bool) -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(if narrow { NARROW } else { WINDOW })
        .max_header_list_size(LONGEST_HEAD as u32)
        .max_concurrent_reset_streams(MOST_GIVEN_UP)
        .reset_stream_duration(REMEMBERED)
        // Answers to what was given up long ago are the scenario's doing, and no attack.
        .max_local_error_reset_streams(None);
    if !narrow {
        builder.initial_connection_window_size(CONNECTION_WINDOW);
    }
    builder
}
