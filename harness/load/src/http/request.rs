//! A request, put together once and sent many times.

use std::net::SocketAddr;

use scenario::{Body, Method};

use crate::LoadError;

/// What every request says of itself, besides what the journey says.
const AGENT: &str = concat!("user-agent: plimsoll/", env!("CARGO_PKG_VERSION"), "\r\naccept: */*\r\n");

/// A request as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Prepared {
    bytes: Vec<u8>,
    /// So many of them are the head.
    head: usize,
    /// Its answer has no body, whatever the answer says.
    pub(crate) bodyless: bool,
    /// It may be sent twice without harm (RFC 9110, 9.2.2).
    pub(crate) repeatable: bool,
}

impl Prepared {
    /// Puts `plan` together for the target at `address`.
    pub(crate) fn new(plan: &scenario::Request, address: SocketAddr) -> Result<Self, LoadError> {
        let refused = |what: &str| LoadError::Request { step: plan.name.clone(), source: what.into() };
        if plan.path.chars().any(char::is_control) {
            return Err(refused("its path has a control character"));
        }
        let mut head = format!("{} {} HTTP/1.1\r\n", plan.method.name(), escaped(&plan.path));
        if !has(plan, "host") {
            head += &format!("host: {address}\r\n");
        }
        for line in AGENT.split_inclusive("\r\n") {
            if line.split_once(':').is_some_and(|(name, _)| !has(plan, name)) {
                head += line;
            }
        }
        for (name, value) in &plan.headers {
            check(name, value).map_err(refused)?;
            head += &format!("{name}: {value}\r\n");
        }
        let body = match &plan.body {
            None => None,
            Some(Body::Text(text)) => Some(text.clone()),
            Some(Body::Json { json }) => Some(json.to_string()),
            Some(_) => return Err(refused("its body is of a kind that cannot be sent yet")),
        };
        let length = body.as_ref().map(String::len).or_else(|| expects_a_body(plan.method).then_some(0));
        if let Some(length) = length.filter(|_| !has(plan, "content-length")) {
            head += &format!("content-length: {length}\r\n");
        }
        let mut bytes = (head + "\r\n").into_bytes();
        let head = bytes.len();
        bytes.extend_from_slice(body.as_deref().unwrap_or_default().as_bytes());
        let repeatable = !matches!(plan.method, Method::Post | Method::Patch);
        Ok(Self { bytes, head, bodyless: plan.method == Method::Head, repeatable })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The head, and at most so many bytes of the body.
    pub(crate) fn up_to(&self, body: usize) -> &[u8] {
        &self.bytes[..self.bytes.len().min(self.head.saturating_add(body))]
    }
}

/// Servers refuse a POST that does not say how long it is.
fn expects_a_body(method: Method) -> bool {
    matches!(method, Method::Post | Method::Put | Method::Patch)
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

/// The path with what may not stand in one percent-encoded; what is encoded already stays as it is.
fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.split('#').next().unwrap_or_default().bytes() {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'`' | 0x7f.. => escaped += &format!("%{byte:02X}"),
            _ => escaped.push(char::from(byte)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_path_is_escaped_where_it_must_be_and_nowhere_else() {
        assert_eq!(escaped("/a b?q=ä&r=%20#part"), "/a%20b?q=%C3%A4&r=%20");
        assert_eq!(escaped("/{id}/[1]|*"), "/{id}/[1]|*");
    }
}
