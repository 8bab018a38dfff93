//! A real server of HTTP/2, small enough to be wrong on purpose.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::server::Wire;

/// What the server saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) bytes: AtomicU64,
    /// Streams that the client reset.
    pub(crate) resets: AtomicU64,
    /// The most requests at once on one connection.
    pub(crate) most_at_once: AtomicU64,
}

/// How its connections are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// It takes so many streams at once.
    pub(crate) streams: u32,
    /// It says goodbye after so many requests on a connection.
    pub(crate) goodbye_after: u64,
}

impl Default for Manners {
    fn default() -> Self {
        Self { streams: 1000, goodbye_after: u64::MAX }
    }
}

/// A server that runs until it is dropped.
pub(crate) struct ServerTwo {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl ServerTwo {
    pub(crate) async fn start() -> Self {
        Self::start_on(Wire::Plain, Manners::default()).await
    }

    pub(crate) async fn start_on(wire: Wire, manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let accepting = tokio::spawn(accept(listener, wire, manners, Arc::clone(&seen)));
        Self { address, seen, accepting }
    }

    pub(crate) fn counted(&self, of: impl Fn(&Seen) -> &AtomicU64) -> u64 {
        of(&self.seen).load(Ordering::Relaxed)
    }
}

impl Drop for ServerTwo {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, wire: Wire, manners: Manners, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (seen, wire) = (Arc::clone(&seen), wire.clone());
        tokio::spawn(async move {
            seen.connections.fetch_add(1, Ordering::Relaxed);
            seen.open.fetch_add(1, Ordering::Relaxed);
            // A connection that breaks is what some of the tests are about.
            let _ = match wire {
                Wire::Plain => serve(stream, manners, &seen).await,
                Wire::Secure(acceptor, _) => match acceptor.accept(stream).await {
                    Ok(stream) => serve(stream, manners, &seen).await,
                    Err(_) => Ok(()),
                },
            };
            seen.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    manners: Manners,
    seen: &Arc<Seen>,
) -> Result<(), h2::Error> {
    let mut connection: Connection<_, Bytes> =
        h2::server::Builder::new().max_concurrent_streams(manners.streams).handshake(stream).await?;
    let (mut requests, at_once) = (0, Arc::new(AtomicU64::new(0)));
    while let Some(request) = connection.accept().await {
        let (request, answer) = request?;
        if request.uri().path() == "/die" {
            return Ok(());
        }
        requests += 1;
        if requests == manners.goodbye_after {
            connection.graceful_shutdown();
        }
        let (seen, at_once) = (Arc::clone(seen), Arc::clone(&at_once));
        tokio::spawn(async move {
            let now = at_once.fetch_add(1, Ordering::Relaxed) + 1;
            seen.most_at_once.fetch_max(now, Ordering::Relaxed);
            seen.requests.fetch_add(1, Ordering::Relaxed);
            if respond(request, answer, &seen).await.is_err() {
                seen.resets.fetch_add(1, Ordering::Relaxed);
            }
            at_once.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(())
}

async fn respond(request: Request<RecvStream>, mut answer: SendResponse<Bytes>, seen: &Seen) -> Result<(), h2::Error> {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let mut parts = path.trim_start_matches('/').split('/');
    let (what, number) = (parts.next().unwrap_or_default(), parts.next().and_then(|text| text.parse().ok()));
    let number: u64 = number.unwrap_or(50);
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let cookie = request.headers().get("cookie").cloned().unwrap_or(http::HeaderValue::from_static(""));
    drain(request.into_body(), seen).await?;
    match what {
        "slow" => sleep(Duration::from_millis(number)).await,
        "refuse" => {
            answer.send_reset(Reason::REFUSED_STREAM);
            return Ok(());
        }
        "hang" => return std::future::poll_fn(|context| answer.poll_reset(context)).await.and(gone()),
        "interim" => answer.send_informational(Response::builder().status(103).body(()).expect("an answer"))?,
        _ => {}
    }
    let length = if what == "big" || what == "half" { number as usize } else { 2 };
    let status = if what == "status" { number as u16 } else { 200 };
    let mut head =
        Response::builder().status(status).header("x-authority", authority).header("x-method", method.as_str());
    if status == 302 {
        head = head.header("location", "/ok").header("set-cookie", "a=1; Path=/");
    }
    head = head.header("x-cookie", cookie);
    let bodyless = method == http::Method::HEAD;
    let mut body = answer.send_response(head.body(()).expect("an answer"), bodyless)?;
    if bodyless {
        return Ok(());
    }
    match what {
        "half" => {
            body.send_data(Bytes::from_static(b"ha"), false)?;
            sleep(Duration::from_millis(10)).await;
            body.send_reset(Reason::INTERNAL_ERROR);
            Ok(())
        }
        "endless" => loop {
            pass(&mut body, vec![b'x'; 4096].into()).await?;
        },
        "big" => {
            let mut left = length;
            while left > 0 {
                let some = left.min(10_000);
                pass(&mut body, vec![b'x'; some].into()).await?;
                left -= some;
            }
            body.send_data(Bytes::new(), true)
        }
        "trailers" => {
            body.send_data(Bytes::from_static(b"ok"), false)?;
            let trailers = [(http::HeaderName::from_static("x-sum"), http::HeaderValue::from_static("1"))];
            body.send_trailers(trailers.into_iter().collect())
        }
        _ => body.send_data(Bytes::from_static(b"ok"), true),
    }
}

fn gone() -> Result<(), h2::Error> {
    Err(h2::Error::from(Reason::CANCEL))
}

/// Reads a request's body to its end.
async fn drain(mut body: RecvStream, seen: &Seen) -> Result<(), h2::Error> {
    while let Some(data) = body.data().await {
        let length = data?.len();
        seen.bytes.fetch_add(length as u64, Ordering::Relaxed);
        body.flow_control().release_capacity(length)?;
    }
    Ok(())
}

/// Sends when the other side takes it, and not before.
async fn pass(body: &mut h2::SendStream<Bytes>, mut data: Bytes) -> Result<(), h2::Error> {
    while !data.is_empty() {
        body.reserve_capacity(data.len());
        let room =
            std::future::poll_fn(|context| body.poll_capacity(context)).await.unwrap_or_else(|| gone().map(|()| 0))?;
        let some = data.split_to(room.min(data.len()));
        body.send_data(some, false)?;
    }
    Ok(())
}

/// The address of a server that takes no request: it says goodbye for this reason as soon as it sees one.
pub(crate) async fn turning_away(reason: u8) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(turn_away(stream, reason));
        }
    });
    address
}

/// Frames, byte by byte (RFC 9113, 4.1): a length of three bytes, a kind, flags and a stream of four bytes.
async fn turn_away(mut stream: TcpStream, reason: u8) -> std::io::Result<()> {
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const HEADERS: u8 = 1;
    stream.read_exact(&mut [0; 24]).await?;
    stream.write_all(&[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).await?;
        match (head[3], head[4]) {
            (SETTINGS, 0) => stream.write_all(&[0, 0, 0, SETTINGS, 1, 0, 0, 0, 0]).await?,
            (PING, 0) => stream.write_all(&[&[0, 0, 8, PING, 1, 0, 0, 0, 0][..], &payload].concat()).await?,
            // A goodbye: the last stream that was looked at is 0, which is none.
            (HEADERS, _) => stream.write_all(&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, reason]).await?,
            _ => {}
        }
    }
}
