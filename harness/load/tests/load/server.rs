//! A real HTTP server, small enough to be wrong on purpose.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::Clock;
use flate2::Compression;
use flate2::write::GzEncoder;
use timeline::Elapsed;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What the server saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) requests: AtomicU64,
    unfinished: AtomicU64,
    /// How often each path was asked for, and when for the first time.
    paths: Mutex<BTreeMap<String, (u64, Elapsed)>>,
    last: Mutex<String>,
}

impl Seen {
    pub(crate) fn at(&self, path: &str) -> u64 {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).get(path).map_or(0, |(count, _)| *count)
    }

    /// When `path` was asked for first, by the server's clock.
    pub(crate) fn came(&self, path: &str) -> Option<Elapsed> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).get(path).map(|(_, came)| *came)
    }

    /// Connections that ended in the middle of a request.
    pub(crate) fn unfinished(&self) -> u64 {
        self.unfinished.load(Ordering::Relaxed)
    }

    /// The last request, head and body.
    pub(crate) fn last(&self) -> String {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, path: &str, request: &[u8], now: Elapsed) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        paths.entry(path.to_owned()).or_insert((0, now)).0 += 1;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(request).into_owned();
    }
}

/// What connections run over.
#[derive(Clone)]
pub(crate) enum Wire {
    Plain,
    /// TLS, with a certificate of its own for 127.0.0.1, and that certificate.
    Secure(TlsAcceptor, Arc<PathBuf>),
}

impl Wire {
    pub(crate) fn secure() -> Self {
        Self::secure_for(&[])
    }

    /// One that agrees upon these protocols.
    pub(crate) fn secure_for(protocols: &[&[u8]]) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let path = std::env::temp_dir().join(format!("plimsoll-load-{}.pem", std::process::id()));
        std::fs::write(&path, made.cert.pem()).expect("a file");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a configuration");
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Self::Secure(TlsAcceptor::from(Arc::new(config)), Arc::new(path))
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    pub(crate) clock: Clock,
    wire: Wire,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_on(Wire::Plain).await
    }

    pub(crate) async fn start_on(wire: Wire) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let clock = Clock::start();
        let accepting = tokio::spawn(accept(listener, wire.clone(), Arc::clone(&seen), clock));
        Self { address, seen, clock, wire, accepting }
    }

    /// Where its certificate is.
    pub(crate) fn certificate(&self) -> PathBuf {
        match &self.wire {
            Wire::Plain => PathBuf::new(),
            Wire::Secure(_, path) => path.to_path_buf(),
        }
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

async fn accept(listener: TcpListener, wire: Wire, seen: Arc<Seen>, clock: Clock) {
    while let Ok((stream, _)) = listener.accept().await {
        let (seen, wire) = (Arc::clone(&seen), wire.clone());
        tokio::spawn(async move {
            seen.connections.fetch_add(1, Ordering::Relaxed);
            seen.open.fetch_add(1, Ordering::Relaxed);
            // A connection that breaks is what some of the tests are about.
            let _ = match wire {
                Wire::Plain => serve(stream, &seen, clock).await,
                Wire::Secure(acceptor, _) => match acceptor.accept(stream).await {
                    Ok(stream) => serve(stream, &seen, clock).await,
                    Err(error) => Err(error),
                },
            };
            seen.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Seen, clock: Clock) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(length) = fill(&mut stream, &mut buffer).await? {
        let request: Vec<u8> = buffer.drain(..length).collect();
        let text = String::from_utf8_lossy(&request);
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.note(&path, &request, clock.now());
        if !answer(&mut stream, &path, &text).await? {
            return stream.shutdown().await;
        }
    }
    if !buffer.is_empty() {
        seen.unfinished.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Reads until a whole request is in `buffer`; its length, or `None` at the end of the stream.
async fn fill(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
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

/// An answer that is always the same, and whether the connection outlives it.
fn canned(what: &str) -> Option<(&'static [u8], bool)> {
    Some(match what {
        "half" => (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", false),
        "head" => (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", true),
        "none" => (b"HTTP/1.1 204 None\r\n\r\n", true),
        "interim" => (b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", true),
        "until-closed" => (b"HTTP/1.1 200 OK\r\n\r\nsome text", false),
        "then-close" => (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", false),
        "liar" => (b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", false),
        "garbage" => (b"220 mail.example ready\r\n", false),
        "bad-chunk" => (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", false),
        _ => return None,
    })
}

/// Answers as the path says; `false` where the connection is to be closed.
async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), path: &str, request: &str) -> io::Result<bool> {
    let (what, number) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if let Some((bytes, keeps)) = canned(what) {
        stream.write_all(bytes).await?;
        return Ok(keeps);
    }
    match what {
        "slow" => {
            let millis = number.split('?').next().and_then(|millis| millis.parse().ok());
            sleep(Duration::from_millis(millis.unwrap_or(50))).await;
        }
        "hang" => {
            // Until the other side gives up.
            stream.read_u8().await?;
            return Ok(false);
        }
        "close" => return Ok(false),
        "drip" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no").await?;
            sleep(Duration::from_millis(number.parse().unwrap_or(50))).await;
            stream.write_all(b"k").await?;
            return Ok(true);
        }
        "echo" => {
            let id = 1000 + number.parse().unwrap_or(0);
            let body = format!(r#"{{"ok":true,"id":{id}}}"#);
            let head = format!("x-path: echo\r\nx-token: secret-{id}\r\ncontent-length: {}", body.len());
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").as_bytes()).await?;
            return Ok(true);
        }
        "chunked" => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel";
            stream.write_all(head).await?;
            stream.flush().await?;
            stream.write_all(b"lo\r\n0\r\n\r\n").await?;
            return Ok(true);
        }
        "endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            // Until the other side has left.
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
        "big" => {
            let body = "x".repeat(number.parse().unwrap_or(1000));
            let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(whole.as_bytes()).await?;
            return Ok(true);
        }
        _ => {}
    }
    if let Some(whole) = session(path, request) {
        stream.write_all(&whole).await?;
        return Ok(true);
    }
    let status: u16 = if what == "status" { number.parse().unwrap_or(200) } else { 200 };
    let head = format!("HTTP/1.1 {status} So\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\nok");
    stream.write_all(head.as_bytes()).await?;
    Ok(true)
}

/// An answer that sends on, sets cookies, tells those that it was sent, or is compressed: what it does stands in front of
/// the `?`, and what with behind it.
fn session(path: &str, request: &str) -> Option<Vec<u8>> {
    let (what, with) = path.split_once('?').unwrap_or((path, ""));
    let header = |name: &str| request.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let (status, headers, body) = match what.split('/').collect::<Vec<_>>()[..] {
        ["", "redirect", status] => (status, format!("location: {with}\r\n"), Vec::new()),
        ["", "set"] | ["", _, "set"] => {
            let set = with.split('&').map(|cookie| format!("set-cookie: {cookie}\r\n"));
            ("200", set.collect(), Vec::new())
        }
        ["", "cookies"] | ["", _, "cookies"] => {
            ("200", String::new(), format!("[{}]", header("cookie: ")).into_bytes())
        }
        ["", "compressed"] if header("accept-encoding: ").contains("gzip") => {
            let mut body = GzEncoder::new(Vec::new(), Compression::fast());
            body.write_all(br#"{"ok":true,"id":7}"#).ok()?;
            ("200", "content-encoding: gzip\r\n".to_owned(), body.finish().ok()?)
        }
        ["", "broken"] => ("200", "content-encoding: gzip\r\n".to_owned(), b"no gzip".to_vec()),
        _ => return None,
    };
    let head = format!("HTTP/1.1 {status} So\r\n{headers}content-length: {}\r\n\r\n", body.len());
    Some([head.into_bytes(), body].concat())
}
