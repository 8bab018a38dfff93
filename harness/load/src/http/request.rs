//! A request on its way: put together once where it is the same each time, else for each walk.

use bytes::Bytes;
use memchr::memmem;
use scenario::{Http, Method};

use super::decode;
use super::origin::Origin;
use super::two;
use crate::LoadError;
use crate::script::{Compiler, Message, Scope};

/// What every request says of itself, unless the journey says it.
const OWN: [(&str, &str); 2] = [("user-agent", concat!("plimsoll/", env!("CARGO_PKG_VERSION"))), ("accept", "*/*")];

/// A request of a step.
#[derive(Debug)]
pub(crate) struct Prepared {
    message: Message,
    method: Method,
    /// The lines of the head that are the same each time, behind the first.
    lines: String,
    /// All of it, where nothing is filled in.
    fixed: Option<Fixed>,
}

/// A request that is the same each time.
#[derive(Debug)]
struct Fixed {
    bytes: Bytes,
    /// So many of them are the head.
    head: usize,
    /// The head, where it goes by HTTP/2.
    two: Option<http::Request<()>>,
}

/// A request as it goes over the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire<'a> {
    pub(crate) bytes: &'a [u8],
    /// So many of them are the head.
    head: usize,
    /// Its answer has no body, whatever the answer says.
    pub(crate) bodyless: bool,
    /// It may be sent twice without harm (RFC 9110, 9.2.2).
    pub(crate) repeatable: bool,
    /// Where it comes from, if it is the same each time.
    fixed: Option<&'a Fixed>,
}

impl<'a> Wire<'a> {
    /// One that is sent once, of these bytes, so many of which are the head.
    pub(super) fn new(bytes: &'a [u8], head: usize, bodyless: bool, repeatable: bool) -> Self {
        Self { bytes, head, bodyless, repeatable, fixed: None }
    }

    /// The head, and at most so many bytes of the body.
    pub(crate) fn up_to(self, body: usize) -> &'a [u8] {
        &self.bytes[..self.bytes.len().min(self.head.saturating_add(body))]
    }

    pub(super) fn body(self) -> &'a [u8] {
        &self.bytes[self.head..]
    }

    /// The words of its first line: method and path.
    fn words(self) -> impl Iterator<Item = &'a [u8]> {
        self.lines().next().unwrap_or_default().split(|byte| *byte == b' ')
    }

    pub(super) fn method(self) -> &'a [u8] {
        self.words().next().unwrap_or_default()
    }

    /// Path and query.
    pub(super) fn path(self) -> &'a [u8] {
        self.words().nth(1).unwrap_or_default()
    }

    /// The lines of its head, without their ends.
    pub(super) fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = &self.bytes[..self.head];
        std::iter::from_fn(move || {
            let end = memmem::find(rest, b"\r\n").filter(|end| *end > 0)?;
            let line = &rest[..end];
            rest = &rest[end + 2..];
            Some(line)
        })
    }

    /// Names and values of its headers, in order.
    pub(super) fn headers(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.lines().skip(1).filter_map(|line| {
            let end = memchr::memchr(b':', line)?;
            Some((&line[..end], line[end + 1..].trim_ascii()))
        })
    }

    /// The value of its first header of this name.
    pub(super) fn header(self, name: &str) -> Option<&'a [u8]> {
        self.headers().find(|(is, _)| is.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Its head and its body for HTTP/2, where they were put together once.
    pub(super) fn fixed_for_http_2(self) -> Option<(&'a http::Request<()>, Bytes)> {
        let fixed = self.fixed?;
        Some((fixed.two.as_ref()?, fixed.bytes.slice(fixed.head..)))
    }
}

/// Room to put requests together in, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Room {
    whole: Vec<u8>,
    body: Vec<u8>,
}

impl Prepared {
    /// Prepares `plan` for the target at `origin`.
    pub(crate) fn new(
        plan: &scenario::Request,
        compiler: &mut Compiler<'_>,
        origin: &Origin,
    ) -> Result<Self, LoadError> {
        let refused = |what: &str| LoadError::Request { step: plan.name.clone(), source: what.into() };
        if plan.path.chars().any(char::is_control) {
            return Err(refused("its path has a control character"));
        }
        plan.headers.iter().try_for_each(|(name, value)| check(name, value)).map_err(refused)?;
        let message = Message::new(plan, compiler)?;
        let mut lines = String::new();
        let mut line = |name: &str, value: &str| lines.extend([name, ": ", value, "\r\n"]);
        if !has(plan, "host") {
            line("host", &origin.authority().to_string());
        }
        OWN.iter().filter(|(name, _)| !has(plan, name)).for_each(|(name, value)| line(name, value));
        if origin.compression && !has(plan, "accept-encoding") {
            line("accept-encoding", decode::TAKEN);
        }
        if let Some(content_type) = message.body.as_ref().and_then(|body| body.content_type()) {
            line("content-type", content_type);
        }
        let mut prepared = Self { message, method: plan.method, lines, fixed: None };
        let (bytes, head) = prepared.constant();
        let wire = prepared.wire_of(&bytes, head);
        let two = (origin.http != Http::One).then(|| two::head(origin, wire));
        if two.as_ref().is_some_and(Option::is_none) {
            return Err(refused("HTTP/2 cannot carry its path or a header"));
        }
        if prepared.message.is_constant() {
            prepared.fixed = Some(Fixed { bytes: bytes.into(), head, two: two.flatten() });
        }
        Ok(prepared)
    }

    /// All of it, with what is filled in left out, and the length of its head.
    fn constant(&self) -> (Vec<u8>, usize) {
        let Message { path, headers, body } = &self.message;
        let mut bytes = Vec::new();
        self.begin(&mut bytes, |bytes| bytes.extend_from_slice(path.constant().unwrap_or_default()));
        for (name, value) in headers {
            header(name, &mut bytes, |bytes| bytes.extend_from_slice(value.constant().unwrap_or_default()));
        }
        let body = body.as_ref().map(|body| body.constant().unwrap_or_default());
        let head = self.end(&mut bytes, body);
        (bytes, head)
    }

    /// The request of this walk; `room` is emptied first.
    pub(crate) fn wire<'a>(&'a self, scope: &mut Scope, room: &'a mut Room) -> Wire<'a> {
        if let Some(fixed) = &self.fixed {
            return Wire { fixed: Some(fixed), ..self.wire_of(&fixed.bytes, fixed.head) };
        }
        let Room { whole, body } = room;
        whole.clear();
        let head = self.render(scope, whole, body);
        self.wire_of(whole, head)
    }

    fn wire_of<'a>(&self, bytes: &'a [u8], head: usize) -> Wire<'a> {
        let repeatable = !matches!(self.method, Method::Post | Method::Patch);
        Wire::new(bytes, head, self.method == Method::Head, repeatable)
    }

    /// Puts it together; the length of the head.
    fn render(&self, scope: &mut Scope, bytes: &mut Vec<u8>, room: &mut Vec<u8>) -> usize {
        let Message { path, headers, body } = &self.message;
        self.begin(bytes, |bytes| path.render(scope, bytes));
        for (name, value) in headers {
            header(name, bytes, |bytes| value.render(scope, bytes));
        }
        let body = body.as_ref().map(|body| body.bytes(scope, room));
        self.end(bytes, body)
    }

    fn begin(&self, bytes: &mut Vec<u8>, path: impl FnOnce(&mut Vec<u8>)) {
        bytes.extend_from_slice(self.method.name().as_bytes());
        bytes.push(b' ');
        path(bytes);
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        bytes.extend_from_slice(self.lines.as_bytes());
    }

    fn end(&self, bytes: &mut Vec<u8>, body: Option<&[u8]>) -> usize {
        // Servers refuse a POST that does not say how long it is.
        let expected = matches!(self.method, Method::Post | Method::Put | Method::Patch);
        let says = self.message.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if (body.is_some() || expected) && !says {
            let length = body.map_or(0, <[u8]>::len).to_string();
            header("content-length", bytes, |bytes| bytes.extend_from_slice(length.as_bytes()));
        }
        bytes.extend_from_slice(b"\r\n");
        let head = bytes.len();
        bytes.extend_from_slice(body.unwrap_or_default());
        head
    }
}

fn header(name: &str, bytes: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    value(bytes);
    bytes.extend_from_slice(b"\r\n");
}

fn has(plan: &scenario::Request, name: &str) -> bool {
    plan.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
}

fn check(name: &str, value: &str) -> Result<(), &'static str> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Err("the name of a header is not a token");
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err("the value of a header has a control character");
    }
    Ok(())
}
