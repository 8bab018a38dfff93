//! The target: as little of an HTTP server as does, which counts, notes when requests came, and freezes when told.

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpStream as Control};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::Clock;
use timeline::Elapsed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::child::{Child, Place};
use crate::told_to_end;

/// The headers of nginx's smallest answer.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nserver: bench\r\ndate: Sat, 01 Aug 2026 12:00:00 GMT\r\n\
    content-type: text/plain\r\ncontent-length: 13\r\nconnection: keep-alive\r\n\r\nHello, world!";
/// The answer to what has a path of its own.
const ITEM: &[u8] = b"HTTP/1.1 200 OK\r\nserver: bench\r\ndate: Sat, 01 Aug 2026 12:00:00 GMT\r\n\
    content-type: application/json\r\ncontent-length: 40\r\nconnection: keep-alive\r\n\r\n\
    {\"id\":4711,\"ok\":true,\"name\":\"something\"}";
/// What is not load starts like this.
const CONTROL: &[u8] = b"GET /-/";
/// What becomes a WebSocket.
const SOCKET: &[u8] = b"GET /-/socket";

struct Seen {
    clock: Clock,
    requests: AtomicU64,
    /// When requests came; nothing until it is asked for.
    notes: Mutex<Option<Vec<Elapsed>>>,
    /// So many `WebSocket`s are to end.
    ends: Semaphore,
}

/// The part: serves until its input ends, and says first where.
pub(crate) fn serve() -> io::Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(io::stdout(), "{}", listener.local_addr()?)?;
        let (requests, notes, ends) = (AtomicU64::new(0), Mutex::new(None), Semaphore::new(0));
        let seen = Arc::new(Seen { clock: Clock::start(), requests, notes, ends });
        tokio::select! {
            result = accept(listener, seen) => result,
            () = told_to_end() => Ok(()),
        }
    })
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let seen = Arc::clone(&seen);
        // Whoever breaks a connection has no more to ask.
        tokio::spawn(async move { seen.attend(stream).await });
    }
}

impl Seen {
    /// By HTTP/2, if that is what is spoken.
    async fn attend(&self, stream: TcpStream) -> io::Result<()> {
        let mut start = [0; 3];
        match stream.peek(&mut start).await? {
            3 if &start == b"PRI" => self.attend_two(stream).await.map_err(io::Error::other),
            _ => self.attend_one(stream).await,
        }
    }

    async fn attend_two(&self, stream: TcpStream) -> Result<(), h2::Error> {
        let head = http::Response::builder()
            .header("server", "bench")
            .header("date", "Sat, 01 Aug 2026 12:00:00 GMT")
            .header("content-type", "text/plain")
            .header("content-length", "13")
            .body(())
            .map_err(|_| h2::Error::from(h2::Reason::INTERNAL_ERROR))?;
        let mut connection = h2::server::handshake(stream).await?;
        while let Some(request) = connection.accept().await {
            self.note();
            let mut body = request?.1.send_response(head.clone(), false)?;
            body.send_data(bytes::Bytes::from_static(b"Hello, world!"), true)?;
        }
        Ok(())
    }

    /// Requests come one at a time and without a body, so that one ends where what was read ends with an empty line.
    async fn attend_one(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut buffer = [0; 1024];
        let mut length = 0;
        loop {
            length += match stream.read(&mut buffer[length..]).await? {
                0 => return Ok(()),
                read => read,
            };
            let request = &buffer[..length];
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            if request.starts_with(SOCKET) {
                return self.keep(stream, request).await;
            }
            if request.starts_with(CONTROL) {
                return stream.write_all(self.control(request).as_bytes()).await;
            }
            self.note();
            stream.write_all(if request.starts_with(b"GET /items") { ITEM } else { ANSWER }).await?;
            length = 0;
        }
    }

    /// A WebSocket that says nothing, until it is told to end.
    async fn keep(&self, mut stream: TcpStream, request: &[u8]) -> io::Result<()> {
        let request = String::from_utf8_lossy(request);
        let mut lines = request.lines().filter_map(|line| line.split_once(": "));
        let key = lines.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key")).map(|(_, key)| key);
        let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await?;
        self.note();
        let ended = self.ends.acquire().await.map_err(io::Error::other)?;
        ended.forget();
        Ok(())
    }

    fn note(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(notes) = &mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner) {
            notes.push(self.clock.now());
        }
    }

    fn control(&self, request: &[u8]) -> String {
        let words = String::from_utf8_lossy(&request[CONTROL.len()..]).into_owned();
        match words.split(' ').next().unwrap_or_default() {
            "count" => self.requests.load(Ordering::Relaxed).to_string(),
            "notes" => self.take_notes(),
            told => {
                let (what, much) = told.split_once('/').unwrap_or_default();
                let much = much.parse().unwrap_or(0);
                match what {
                    "end" => self.ends.add_permits(much),
                    // All that is served is served by this thread.
                    _ => self.clock.block_until(self.clock.now() + Duration::from_millis(much as u64)),
                }
                String::new()
            }
        }
    }

    fn take_notes(&self) -> String {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner).replace(Vec::with_capacity(1 << 20));
        notes.unwrap_or_default().iter().fold(String::new(), |mut text, at| {
            // A string takes every line.
            let _ = writeln!(text, "{}", at.micros());
            text
        })
    }
}

/// The other side: a server that runs until it is dropped.
pub(crate) struct Server {
    _child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(place: Place) -> io::Result<Self> {
        let mut child = Child::part(place, "server", &[])?;
        let line = child.line()?;
        let address = line.parse().map_err(|_| io::Error::other(format!("the server says `{line}`")))?;
        Ok(Self { _child: child, address })
    }

    /// How many requests it has had.
    pub(crate) fn count(&self) -> io::Result<u64> {
        self.ask("count")?.parse().map_err(io::Error::other)
    }

    /// When requests came since the last call, in microseconds; notes are taken from the first call on.
    pub(crate) fn notes(&self) -> io::Result<Vec<f64>> {
        self.ask("notes")?.lines().map(|line| line.parse().map_err(io::Error::other)).collect()
    }

    /// Makes so many `WebSocket`s end without a word.
    pub(crate) fn end_sockets(&self, count: usize) -> io::Result<()> {
        self.ask(&format!("end/{count}")).map(drop)
    }

    /// Makes it stand still; returns when it goes on.
    pub(crate) fn freeze(&self, millis: u64) -> io::Result<()> {
        self.ask(&format!("freeze/{millis}")).map(drop)
    }

    fn ask(&self, what: &str) -> io::Result<String> {
        let mut stream = Control::connect(self.address)?;
        write!(stream, "GET /-/{what} \r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}
