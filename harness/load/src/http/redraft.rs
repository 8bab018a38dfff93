//! Requests put together anew from others: with cookies, or for another place.

use super::request::Wire;

/// A request that was put together anew.
#[derive(Debug)]
pub(super) struct Redraft {
    bytes: Vec<u8>,
    /// So many of them are the head.
    head: usize,
    bodyless: bool,
    repeatable: bool,
}

impl Redraft {
    pub(super) fn wire(&self) -> Wire<'_> {
        Wire::new(&self.bytes, self.head, self.bodyless, self.repeatable)
    }

    /// `request` with `cookies` behind those that it has itself.
    pub(super) fn with_cookies(request: Wire<'_>, cookies: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(request.bytes.len() + cookies.len() + b"cookie: \r\n".len());
        let mut has_some = false;
        for line in request.lines() {
            bytes.extend_from_slice(line);
            if !has_some && is_called(line, "cookie") {
                has_some = true;
                bytes.extend_from_slice(b"; ");
                bytes.extend_from_slice(cookies);
            }
            bytes.extend_from_slice(b"\r\n");
        }
        if !has_some {
            bytes.extend_from_slice(&[b"cookie: ", cookies, b"\r\n"].concat());
        }
        Self::finish(bytes, request.body(), request)
    }

    /// `request` for another path.
    pub(super) fn at(path: &str, request: Wire<'_>) -> Self {
        let bytes = Self::begin(request.method(), path, request, |_| true);
        Self::finish(bytes, request.body(), request)
    }

    /// A GET of another path, with what `request` says but of its body.
    pub(super) fn get(path: &str, request: Wire<'_>) -> Self {
        let of_body = |line: &[u8]| line.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        let bytes = Self::begin(b"GET", path, request, |line| !of_body(line));
        Self { repeatable: true, ..Self::finish(bytes, &[], request) }
    }

    /// The first line, and those of `request` that are to stay.
    fn begin(method: &[u8], path: &str, request: Wire<'_>, stays: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut bytes = [method, b" ", path.as_bytes(), b" HTTP/1.1\r\n"].concat();
        for line in request.lines().skip(1).filter(|line| stays(line)) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }

    fn finish(mut bytes: Vec<u8>, body: &[u8], request: Wire<'_>) -> Self {
        bytes.extend_from_slice(b"\r\n");
        let head = bytes.len();
        bytes.extend_from_slice(body);
        Self { bytes, head, bodyless: request.bodyless, repeatable: request.repeatable }
    }
}

/// Is `line` a header of this name?
fn is_called(line: &[u8], name: &str) -> bool {
    line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "POST /a HTTP/1.1\r\nhost: h\r\nContent-Type: text/plain\r\ncontent-length: 4\r\n\r\nbody";

    fn wire(text: &str) -> Wire<'_> {
        let head = text.find("\r\n\r\n").expect("an end of the head") + 4;
        Wire::new(text.as_bytes(), head, false, false)
    }

    fn text(redraft: &Redraft) -> String {
        String::from_utf8_lossy(redraft.wire().bytes).into_owned()
    }

    #[test]
    fn a_redraft_says_what_the_request_said_but_what_it_must_not() {
        let elsewhere = Redraft::at("/b?c", wire(POST));
        assert_eq!(text(&elsewhere), POST.replace("/a", "/b?c"));
        assert_eq!(elsewhere.wire().body(), b"body");
        let got = Redraft::get("/b", wire(POST));
        assert_eq!(text(&got), "GET /b HTTP/1.1\r\nhost: h\r\n\r\n");
        assert!(got.wire().repeatable && got.wire().body().is_empty());
    }

    #[test]
    fn cookies_stand_behind_those_of_the_request() {
        let none = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
        assert_eq!(text(&Redraft::with_cookies(wire(none), b"a=1")), none.replace("h\r\n\r", "h\r\ncookie: a=1\r\n\r"));
        let own = "GET / HTTP/1.1\r\nCookie: b=2\r\nhost: h\r\n\r\n";
        assert_eq!(text(&Redraft::with_cookies(wire(own), b"a=1")), own.replace("b=2", "b=2; a=1"));
    }
}
