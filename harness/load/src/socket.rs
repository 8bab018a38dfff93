//! A WebSocket, as a visitor uses it.

use futures_util::{SinkExt, StreamExt};
use regex::Regex;
use scenario::Pattern;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::failure::Failure;
use crate::http::{Origin, Stream};

/// What a connection reads at a time: the library's 128 KiB would be a gigabyte for ten thousand idle ones.
const READ_BUFFER: usize = 512;

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<Stream>);

/// What a message has to be like.
#[derive(Debug)]
pub(crate) enum Matcher {
    Contains(String),
    Regex(Regex),
}

impl Matcher {
    /// `Err`: no regular expression.
    pub(crate) fn new(pattern: &Pattern) -> Result<Self, regex::Error> {
        Ok(match pattern {
            Pattern::Contains(text) => Self::Contains(text.clone()),
            Pattern::Regex(regex) => Self::Regex(Regex::new(regex)?),
        })
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// The request that opens a WebSocket; its key is made anew each time.
pub(crate) fn request(
    origin: &Origin,
    path: &str,
    headers: &[(String, String)],
) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = format!("ws://{}{path}", origin.authority()).into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    Ok(request)
}

impl Socket {
    /// Connects and upgrades.
    pub(crate) async fn open(origin: &Origin, request: Request) -> Result<Self, Failure> {
        let stream = origin.connect(false).await?;
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
        let (socket, _) =
            client_async_with_config(request, stream, Some(config)).await.map_err(|error| failure(&error))?;
        Ok(Self(socket))
    }

    /// Sends a text message; done when the system has it.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Failure> {
        self.0.send(Message::from(text)).await.map_err(|error| failure(&error))
    }

    /// Waits for a message that `matcher` takes.
    pub(crate) async fn receive(&mut self, matcher: &Matcher) -> Result<(), Failure> {
        loop {
            let taken = match self.next().await? {
                Message::Text(text) => matcher.takes(&text),
                Message::Binary(bytes) => matcher.takes(&String::from_utf8_lossy(&bytes)),
                _ => false,
            };
            if taken {
                return Ok(());
            }
        }
    }

    /// Sends a ping and waits for its pong.
    pub(crate) async fn ping(&mut self) -> Result<(), Failure> {
        let payload = Bytes::from_static(b"plimsoll");
        self.0.send(Message::Ping(payload.clone())).await.map_err(|error| failure(&error))?;
        loop {
            if matches!(self.next().await?, Message::Pong(pong) if pong == payload) {
                return Ok(());
            }
        }
    }

    /// Reads and answers pings until the WebSocket is lost; why it is.
    pub(crate) async fn listen(&mut self) -> Failure {
        loop {
            if let Err(failure) = self.next().await {
                return failure;
            }
        }
    }

    /// Says goodbye; does not wait for the other side to say it too.
    pub(crate) async fn close(mut self) {
        // One that is lost needs no goodbye.
        let _ = self.0.close(None).await;
    }

    async fn next(&mut self) -> Result<Message, Failure> {
        match self.0.next().await {
            Some(Ok(Message::Close(_))) | None => Err(Failure::Closed),
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => Err(failure(&error)),
        }
    }
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::Http(answer) => Failure::Status(answer.status().as_u16()),
        Error::Io(error) => Failure::of_io(error),
        Error::ConnectionClosed | Error::AlreadyClosed => Failure::Closed,
        Error::Protocol(_) | Error::Utf8(_) | Error::HttpFormat(_) | Error::Capacity(_) => Failure::Malformed,
        _ => Failure::Other,
    }
}
