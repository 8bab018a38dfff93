//! A connection of our own to the target, for one question at a time.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("cannot connect to {address}: {source}")]
    Connect { address: SocketAddr, source: std::io::Error },
    #[error("no answer: {0}")]
    Broken(#[from] hyper::Error),
    #[error("`{path}` cannot be requested: {source}")]
    Path { path: String, source: hyper::http::Error },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// The beginning of its body, as long as was asked for.
    pub(crate) body: Vec<u8>,
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Line {
    address: SocketAddr,
    /// Whom it names.
    host: String,
    /// Who asks.
    agent: &'static str,
    /// More headers of each request.
    headers: Vec<(String, String)>,
    /// The connection, where there is one that is free.
    sender: Option<SendRequest<Empty<Bytes>>>,
}

impl Line {
    pub(crate) fn new(address: SocketAddr, host: Option<String>, agent: &'static str) -> Self {
        Self { address, host: host.unwrap_or_else(|| address.to_string()), agent, headers: Vec::new(), sender: None }
    }

    /// The same connection, with more headers in each request.
    pub(crate) fn with_headers(self, headers: Vec<(String, String)>) -> Self {
        Self { headers, ..self }
    }

    /// Gets a path with the first `kept` bytes of the answer's body; where the peer has closed the connection since the
    /// last time, once more on a new one.
    pub(crate) async fn get(&mut self, path: &str, kept: usize) -> Result<Page, LineError> {
        let used = self.sender.is_some();
        match self.attempt(path, kept).await {
            Err(LineError::Broken(_)) if used => self.attempt(path, kept).await,
            outcome => outcome,
        }
    }

    async fn attempt(&mut self, path: &str, kept: usize) -> Result<Page, LineError> {
        let request = self.request(path).map_err(|source| LineError::Path { path: path.to_owned(), source })?;
        // Taken: whatever goes wrong, or is dropped at an await, leaves no half-used connection behind.
        let mut sender = match self.sender.take() {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        sender.ready().await?;
        let mut response = sender.send_request(request).await?;
        let mut body = Vec::new();
        while let Some(frame) = response.body_mut().frame().await {
            if let Ok(data) = frame?.into_data() {
                let left = kept - body.len();
                body.extend_from_slice(&data[..data.len().min(left)]);
            }
        }
        self.sender = Some(sender);
        Ok(Page { status: response.status(), body })
    }

    async fn connect(&self) -> Result<SendRequest<Empty<Bytes>>, LineError> {
        let failed = |source| LineError::Connect { address: self.address, source };
        let stream = TcpStream::connect(self.address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; its error reaches the request that it breaks.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// The request for a path, or why there can be none.
    pub(crate) fn request(&self, path: &str) -> Result<Request<Empty<Bytes>>, hyper::http::Error> {
        let request = Request::get(path).header(HOST, &self.host).header(USER_AGENT, self.agent);
        let headers = self.headers.iter();
        headers.fold(request, |request, (name, value)| request.header(name, value)).body(Empty::new())
    }
}
