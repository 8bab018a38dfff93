//! An answer, as it is looked at.

use httparse::Header;

/// A whole answer: nothing of it is copied.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its headers, in the order in which they came.
    pub headers: &'a [Header<'a>],
    /// Its body, without the marks of its chunks; empty where [`Reading::wants_body`](super::Reading::wants_body) says
    /// that nobody looks at it.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The values of all headers of this name, in order.
    pub(crate) fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let is_called = move |header: &&Header<'a>| header.name.eq_ignore_ascii_case(name);
        self.headers.iter().filter(is_called).map(|header| header.value)
    }

    /// Where it sends the request on to.
    pub(crate) fn location(self) -> Option<&'a [u8]> {
        self.values("location").next()
    }

    /// The value of the cookie of this name, where the answer sets it (RFC 6265, 5.2).
    pub(super) fn cookie(self, name: &str) -> Option<&'a [u8]> {
        self.values("set-cookie").find_map(|line| {
            let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let (is, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
            (is.trim_ascii() == name.as_bytes()).then(|| value[1..].trim_ascii())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_cookies_are_found_by_name() {
        let header = |name, value: &'static str| Header { name, value: value.as_bytes() };
        let headers = [
            header("X-Token", "one"),
            header("Set-Cookie", "sessionid=wrong"),
            header("set-cookie", " session = a=b ; Path=/; Secure"),
            header("x-token", "two"),
        ];
        let answer = Answer { headers: &headers, body: b"" };
        assert_eq!(answer.values("x-token").collect::<Vec<_>>(), [b"one", b"two"]);
        assert_eq!(answer.cookie("session"), Some(b"a=b".as_slice()));
        assert_eq!(answer.cookie("other"), None);
        let broken = Answer { headers: &[header("set-cookie", "no value"), header("set-cookie", "")], body: b"" };
        assert_eq!(broken.cookie("no value"), None);
    }
}
