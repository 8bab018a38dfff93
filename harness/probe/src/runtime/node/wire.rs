//! The inspector's protocol: JSON over a WebSocket, every wait bounded.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use clock::Clock;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use timeline::Elapsed;
use tungstenite::error::Error;
use tungstenite::{Message, WebSocket};

use crate::runtime::PATIENCE;

/// The largest page about its own inspector that is read.
const LARGEST_PAGE: u64 = 64 * 1024;
/// A read that waits for nothing.
const AT_ONCE: Duration = Duration::from_millis(1);

/// A conversation with an inspector.
pub(crate) struct Wire {
    clock: Clock,
    socket: WebSocket<TcpStream>,
    asked: u64,
}

/// Why the inspector gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The system, or the other end, broke the connection off.
    #[error("the inspector's connection broke: {0}")]
    Broken(Box<Error>),
    /// The inspector did not speak the protocol.
    #[error("the inspector said what nobody understands: {0}")]
    Garbled(String),
    /// It answered, and refused.
    #[error("the inspector refused `{method}`: {reason}")]
    Refused {
        /// What it was asked for.
        method: String,
        /// Why.
        reason: String,
    },
    /// No answer came.
    #[error("the inspector did not answer `{method}` within {} s", within.as_secs_f64())]
    Late {
        /// What it was asked for.
        method: String,
        /// How long was waited.
        within: Duration,
    },
}

impl From<Error> for WireError {
    fn from(error: Error) -> Self {
        Self::Broken(Box::new(error))
    }
}

impl From<std::io::Error> for WireError {
    fn from(error: std::io::Error) -> Self {
        Error::from(error).into()
    }
}

/// A message, as it came.
#[derive(Debug)]
pub(crate) struct Text(String);

impl Text {
    /// The `result` of an answer.
    pub(crate) fn result<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        #[derive(Deserialize)]
        struct Answer<T> {
            result: T,
        }
        self.read().map(|answer: Answer<T>| answer.result)
    }

    /// The `params` of what was told unasked.
    pub(crate) fn params<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        #[derive(Deserialize)]
        struct Event<T> {
            params: T,
        }
        self.read().map(|event: Event<T>| event.params)
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        serde_json::from_str(&self.0).map_err(|error| WireError::Garbled(error.to_string()))
    }

    /// All of it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the inspector tells unasked.
#[derive(Debug)]
pub(crate) struct Told {
    /// What it is about: `HeapProfiler.addHeapSnapshotChunk`.
    pub(crate) method: String,
    /// The whole of it.
    pub(crate) text: Text,
}

/// Who hears what is told unasked.
pub(crate) type Hear<'a> = &'a mut dyn FnMut(Told);

/// What a message is, whatever it holds: a profile is deeper than the library reads into values.
#[derive(Deserialize)]
struct Said {
    id: Option<u64>,
    method: Option<String>,
    error: Option<Complaint>,
    #[serde(default, rename = "params")]
    _params: IgnoredAny,
    #[serde(default, rename = "result")]
    _result: IgnoredAny,
    #[serde(skip)]
    text: String,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
}

impl Wire {
    /// Opens a conversation over `stream` with the first thing that can be inspected there.
    pub(crate) fn open(page: TcpStream, stream: TcpStream, clock: Clock) -> Result<Self, WireError> {
        let path = inspected(page)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let address = stream.peer_addr()?;
        let (socket, _) = tungstenite::client(format!("ws://{address}{path}"), stream)
            .map_err(|error| WireError::Garbled(error.to_string()))?;
        Ok(Self { clock, socket, asked: 0 })
    }

    /// Asks, and waits for the answer; what is told meanwhile goes to `hear`.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        params: &Value,
        within: Duration,
        hear: Hear,
    ) -> Result<Text, WireError> {
        let id = self.send(method, params)?;
        let end = self.clock.now() + within;
        while let Some(said) = self.next(end)? {
            if said.id != Some(id) {
                tell(said, hear);
                continue;
            }
            return match said.error {
                None => Ok(Text(said.text)),
                Some(complaint) => Err(WireError::Refused { method: method.to_owned(), reason: complaint.message }),
            };
        }
        Err(WireError::Late { method: method.to_owned(), within })
    }

    /// Asks, and does not wait for the answer.
    pub(crate) fn send(&mut self, method: &str, params: &Value) -> Result<u64, WireError> {
        self.asked += 1;
        let question = json!({ "id": self.asked, "method": method, "params": params });
        self.socket.send(Message::from(question.to_string()))?;
        Ok(self.asked)
    }

    /// Hears what is told until `hear` has had enough, or the time is over.
    pub(crate) fn hear_until(&mut self, within: Duration, mut hear: impl FnMut(Told) -> bool) -> Result<(), WireError> {
        let end = self.clock.now() + within;
        let mut enough = false;
        while let Some(said) = self.next(end)? {
            tell(said, &mut |told| enough = hear(told));
            if enough {
                break;
            }
        }
        Ok(())
    }

    /// Hears what has been told up to now.
    pub(crate) fn hear(&mut self, hear: Hear) -> Result<(), WireError> {
        self.hear_until(AT_ONCE, |told| {
            hear(told);
            false
        })
    }

    /// The next that is said; `None` at `end`.
    fn next(&mut self, end: Elapsed) -> Result<Option<Said>, WireError> {
        loop {
            // The system takes a timeout of zero for none.
            let left = end.since(self.clock.now()).max(AT_ONCE);
            self.socket.get_ref().set_read_timeout(Some(left))?;
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let said: Said =
                        serde_json::from_str(&text).map_err(|error| WireError::Garbled(error.to_string()))?;
                    return Ok(Some(Said { text: text.to_string(), ..said }));
                }
                Ok(_) => {}
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error.into()),
            }
            if end.since(self.clock.now()).is_zero() {
                return Ok(None);
            }
        }
    }
}

fn tell(said: Said, hear: Hear) {
    if let Some(method) = said.method {
        hear(Told { method, text: Text(said.text) });
    }
}

/// The path of the first thing that can be inspected at the other end, as its page lists them.
fn inspected(page: TcpStream) -> Result<String, WireError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed {
        web_socket_debugger_url: String,
    }
    let garbled = |what: &str| WireError::Garbled(what.to_owned());
    let body = page_at(page, "/json/list")?;
    let listed: Vec<Listed> = serde_json::from_slice(&body).map_err(|error| garbled(&error.to_string()))?;
    let url = &listed.first().ok_or_else(|| garbled("there is nothing to inspect"))?.web_socket_debugger_url;
    let path = url.strip_prefix("ws://").and_then(|rest| rest.find('/').map(|slash| &rest[slash..]));
    path.map(str::to_owned).ok_or_else(|| garbled(url))
}

/// The body of a page; whoever serves it may leave the connection open.
fn page_at(mut stream: TcpStream, path: &str) -> Result<Vec<u8>, WireError> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let host = stream.peer_addr()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = BufReader::new(stream.take(LARGEST_PAGE));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && answer.read_line(&mut head)? > 0 {}
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    match length {
        Some(length) if head.contains(" 200 ") && length <= LARGEST_PAGE as usize => {
            let mut body = vec![0; length];
            answer.read_exact(&mut body)?;
            Ok(body)
        }
        _ => Err(WireError::Garbled(format!("`{}` to GET {path}", head.lines().next().unwrap_or_default()))),
    }
}
