//! A real HTTP server, small enough to be wrong on purpose.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// What the server saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) requests: AtomicU64,
    paths: Mutex<BTreeMap<String, u64>>,
    last: Mutex<String>,
}

impl Seen {
    pub(crate) fn at(&self, path: &str) -> u64 {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied().unwrap_or_default()
    }

    /// The last request, head and body.
    pub(crate) fn last(&self) -> String {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, path: &str, request: &[u8]) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        *paths.entry(path.to_owned()).or_default() += 1;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(request).into_owned();
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&seen)));
        Self { address, seen, accepting }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn open(&self) -> u64 {
        self.seen.open.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            seen.connections.fetch_add(1, Ordering::Relaxed);
            seen.open.fetch_add(1, Ordering::Relaxed);
            // A connection that breaks is what some of the tests are about.
            let _ = serve(stream, &seen).await;
            seen.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn serve(mut stream: TcpStream, seen: &Seen) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(length) = fill(&mut stream, &mut buffer).await? {
        let request: Vec<u8> = buffer.drain(..length).collect();
        let text = String::from_utf8_lossy(&request);
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.note(&path, &request);
        if !answer(&mut stream, &path).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads until a whole request is in `buffer`; its length, or `None` at the end of the stream.
async fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(length) = whole(buffer) {
            return Ok(Some(length));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn whole(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let body = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    (buffer.len() >= head + body).then_some(head + body)
}

/// Answers as the path says; `false` where the connection is to be closed.
async fn answer(stream: &mut TcpStream, path: &str) -> io::Result<bool> {
    let (what, number) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    match what {
        "slow" => sleep(Duration::from_millis(number.parse().unwrap_or(50))).await,
        "hang" => {
            // Until the other side gives up.
            stream.read_u8().await?;
            return Ok(false);
        }
        "close" => return Ok(false),
        "half" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await?;
            return Ok(false);
        }
        "drip" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no").await?;
            sleep(Duration::from_millis(number.parse().unwrap_or(50))).await;
            stream.write_all(b"k").await?;
            return Ok(true);
        }
        _ => {}
    }
    let status: u16 = if what == "status" { number.parse().unwrap_or(200) } else { 200 };
    let head = format!("HTTP/1.1 {status} So\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\nok");
    stream.write_all(head.as_bytes()).await?;
    Ok(true)
}
