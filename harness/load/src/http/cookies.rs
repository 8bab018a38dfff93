//! The cookies of a visitor (RFC 6265). There is one origin, so the domain of a cookie is only checked.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

/// More cookies than this are none that a browser would keep (RFC 6265, 6.1).
const MOST_COOKIES: usize = 50;
/// Nor are longer ones.
const LONGEST_COOKIE: usize = 4096;

/// What a visitor keeps, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
    path: Vec<u8>,
    secure: bool,
    /// `None`: as long as the jar is kept.
    expires: Option<SystemTime>,
}

/// What a request is sent to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Its host, as the request names it; a port behind it does not count.
    pub(super) host: &'a [u8],
    /// Its path; a query behind it does not count.
    pub(super) path: &'a [u8],
    /// Does it go over TLS?
    pub(super) secure: bool,
}

impl Jar {
    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes what the value of a `Set-Cookie` says, if it is a cookie that `place` may set.
    pub(super) fn take(&mut self, line: &[u8], place: Place<'_>, now: SystemTime) {
        let Some(cookie) = Cookie::read(line, place, now) else { return };
        let is_the_same = |other: &Cookie| other.name == cookie.name && other.path == cookie.path;
        match (self.0.iter().position(is_the_same), cookie.is_over(now)) {
            (Some(at), true) => drop(self.0.remove(at)),
            (Some(at), false) => self.0[at] = cookie,
            (None, true) => {}
            (None, false) => {
                if self.0.len() == MOST_COOKIES {
                    self.0.remove(0);
                }
                self.0.push(cookie);
            }
        }
    }

    /// What a request to `place` sends of them: `a=1; b=2`, or nothing.
    pub(super) fn line(&mut self, place: Place<'_>, now: SystemTime) -> Vec<u8> {
        self.0.retain(|cookie| !cookie.is_over(now));
        let mut sent: Vec<&Cookie> = self.0.iter().filter(|cookie| cookie.goes_to(place)).collect();
        // The order of RFC 6265, 5.4; of equal paths the oldest stays first.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<Vec<u8>> = sent.iter().map(|cookie| [&cookie.name[..], b"=", &cookie.value].concat()).collect();
        pairs.join(b"; ".as_slice())
    }
}

impl Cookie {
    /// The algorithm of RFC 6265, 5.2 and 5.3.
    fn read(line: &[u8], place: Place<'_>, now: SystemTime) -> Option<Self> {
        let mut parts = line.split(|byte| *byte == b';');
        let (name, value) = pair(parts.next()?);
        let value = value.filter(|_| !name.is_empty() && line.len() <= LONGEST_COOKIE)?;
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return None;
        }
        let path = default_path(path_of(place.path));
        let (name, value) = (name.to_vec(), value.to_vec());
        let mut cookie = Self { name, value, path: path.to_vec(), secure: false, expires: None };
        let mut max_age = None;
        for part in parts {
            let (name, value) = pair(part);
            let value = value.unwrap_or_default();
            match name.to_ascii_lowercase().as_slice() {
                b"expires" => cookie.expires = date(value).or(cookie.expires),
                b"max-age" => max_age = age(value, now).or(max_age),
                b"path" => cookie.path = if value.starts_with(b"/") { value } else { path }.to_vec(),
                b"secure" => cookie.secure = true,
                b"domain" if !is_of(host_of(place.host), value) => return None,
                _ => {}
            }
        }
        cookie.expires = max_age.or(cookie.expires);
        Some(cookie)
    }

    fn is_over(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// RFC 6265, 5.1.4.
    fn goes_to(&self, place: Place<'_>) -> bool {
        let rest = path_of(place.path).strip_prefix(self.path.as_slice());
        let within = rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/' || self.path.ends_with(b"/"));
        within && (place.secure || !self.secure)
    }
}

/// What stands before and behind the first `=`.
fn pair(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (part[..at].trim_ascii(), Some(part[at + 1..].trim_ascii())),
        None => (part.trim_ascii(), None),
    }
}

/// A path without the query.
fn path_of(path: &[u8]) -> &[u8] {
    path.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// Where a cookie goes that does not say it: to what lies beside `path`.
fn default_path(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) | None => b"/",
        Some(end) => &path[..end],
    }
}

/// A host without the port.
fn host_of(host: &[u8]) -> &[u8] {
    let end = if host.starts_with(b"[") {
        host.iter().position(|byte| *byte == b']').map(|end| end + 1)
    } else {
        host.iter().position(|byte| *byte == b':')
    };
    &host[..end.unwrap_or(host.len())]
}

/// May `host` set cookies of `domain` (RFC 6265, 5.1.3)?
fn is_of(host: &[u8], domain: &[u8]) -> bool {
    let domain = domain.strip_prefix(b".").unwrap_or(domain).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let is_address = str::from_utf8(&host).is_ok_and(|host| host.parse::<IpAddr>().is_ok());
    let within = host.strip_suffix(domain.as_slice()).is_some_and(|rest| rest.is_empty() || rest.ends_with(b"."));
    domain.is_empty() || host == domain || (within && !is_address)
}

/// When a cookie of this age is over; none that is not a number of seconds.
fn age(value: &[u8], now: SystemTime) -> Option<SystemTime> {
    let seconds: i64 = str::from_utf8(value).ok()?.parse().ok()?;
    match u64::try_from(seconds) {
        Ok(0) | Err(_) => Some(SystemTime::UNIX_EPOCH),
        Ok(seconds) => now.checked_add(Duration::from_secs(seconds)),
    }
}

/// A date in one of the forms of HTTP, or with dashes in it, as many still send it.
fn date(value: &[u8]) -> Option<SystemTime> {
    let text = str::from_utf8(value).ok()?;
    httpdate::parse_http_date(text).or_else(|_| httpdate::parse_http_date(&text.replace('-', " "))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many seconds after the beginning.
    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    fn place(path: &str) -> Place<'_> {
        Place { host: b"shop.example:8080", path: path.as_bytes(), secure: false }
    }

    /// A jar with what was set at `/a/b?c`, at the beginning.
    fn jar(lines: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for line in lines {
            jar.take(line.as_bytes(), place("/a/b?c"), at(0));
        }
        jar
    }

    fn sent(jar: &mut Jar, path: &str, seconds: u64) -> String {
        String::from_utf8_lossy(&jar.line(place(path), at(seconds))).into_owned()
    }

    #[test]
    fn cookies_go_where_their_path_says() {
        let mut jar = jar(&["here=1", "all=2; Path=/", "deep=3; path=/a/b/c", "odd=4; Path=x", "slash=5; Path=/a/"]);
        assert_eq!(sent(&mut jar, "/a/b/c?d", 0), "deep=3; slash=5; here=1; odd=4; all=2");
        assert_eq!(sent(&mut jar, "/a", 0), "here=1; odd=4; all=2");
        assert_eq!(sent(&mut jar, "/ab", 0), "all=2");
        assert_eq!(sent(&mut jar, "/a/b/cd", 0), "slash=5; here=1; odd=4; all=2");
    }

    #[test]
    fn cookies_last_as_long_as_they_say() {
        let mut jar = jar(&[
            "session=1",
            "young=2; Max-Age=10; Expires=Fri, 15 Jan 2100 08:00:00 GMT",
            "old=3; Expires=Sun, 06 Nov 1994 08:49:37 GMT",
            "dashes=4; expires=Fri, 15-Jan-2100 08:00:00 GMT",
            "odd=5; Expires=soon; Max-Age=x",
        ]);
        assert_eq!(sent(&mut jar, "/a/", 9), "session=1; young=2; dashes=4; odd=5");
        assert_eq!(sent(&mut jar, "/a/", 10), "session=1; dashes=4; odd=5");
        jar.take(b"session=; Max-Age=0", place("/a/b"), at(11));
        jar.take(b"dashes=new", place("/a/b"), at(11));
        assert_eq!(sent(&mut jar, "/a/", 11), "dashes=new; odd=5");
    }

    #[test]
    fn cookies_of_others_and_what_is_no_cookie_are_left_alone() {
        let lines =
            ["a=1; Domain=other.example", "b=2; Domain=.example", "c=3; domain=SHOP.example", "none", "=4", "d=5\x01"];
        assert_eq!(sent(&mut jar(&lines), "/a/", 0), "b=2; c=3");
        assert!(is_of(b"127.0.0.1", b"127.0.0.1") && !is_of(b"127.0.0.1", b"0.0.1"));
        assert_eq!((host_of(b"[::1]:80"), host_of(b"a")), (b"[::1]".as_slice(), b"a".as_slice()));
        let mut secure = jar(&["a=1; Secure", "b=2"]);
        assert_eq!(sent(&mut secure, "/a/", 0), "b=2");
        assert_eq!(secure.line(Place { secure: true, ..place("/a/") }, at(0)), b"a=1; b=2");
    }

    #[test]
    fn a_jar_has_bounded_room() {
        let mut jar = Jar::default();
        (0..200).for_each(|number| jar.take(format!("c{number}=1").as_bytes(), place("/"), at(0)));
        assert_eq!((jar.0.len(), jar.0[0].name.as_slice()), (MOST_COOKIES, b"c150".as_slice()));
        jar.take(&[b"long=".as_slice(), &[b'x'; LONGEST_COOKIE]].concat(), place("/"), at(0));
        assert!(!sent(&mut jar, "/", 0).contains("long"));
    }
}
