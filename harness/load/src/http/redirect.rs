//! Where answers send their requests on to.

use url::{Position, Url};

use super::origin::Origin;
use super::redraft::Redraft;
use super::request::Wire;
use crate::failure::Failure;
use crate::script::Answer;

/// A chain that is longer than this has no end.
pub(super) const MOST: usize = 10;

/// What `request` becomes by an answer with this status; `None` where that sends it nowhere.
///
/// # Errors
/// Where it is sent to another origin, or to what is no place.
pub(super) fn redirect(
    origin: &Origin,
    request: Wire<'_>,
    status: u16,
    answer: Answer<'_>,
) -> Option<Result<Redraft, Failure>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = answer.location()?;
    let base = format!("{}://{}", origin.scheme(), String::from_utf8_lossy(request.header("host").unwrap_or_default()));
    let addresses = [base, format!("{}://{}", origin.scheme(), origin.authority())];
    Some(place(&addresses, request.path(), location).map(|path| {
        // As browsers have it (the Fetch standard, 4.4), and RFC 9110, 15.4, allows.
        let becomes_get = match status {
            301 | 302 => request.method() == b"POST",
            303 => !matches!(request.method(), b"GET" | b"HEAD"),
            _ => false,
        };
        if becomes_get { Redraft::get(&path, request) } else { Redraft::at(&path, request) }
    }))
}

/// Path and query of `location`, seen from `path` at the first of `addresses`, all of which are of the same target.
fn place(addresses: &[String], path: &[u8], location: &[u8]) -> Result<String, Failure> {
    let malformed = |_| Failure::Malformed;
    let [path, location] = [path, location].map(|text| str::from_utf8(text).map_err(|_| Failure::Malformed));
    let first = addresses.first().map(String::as_str).unwrap_or_default();
    let base = Url::parse(&format!("{first}{}", path?)).map_err(malformed)?;
    let place = base.join(location?.trim()).map_err(malformed)?;
    let is_here = |address: &String| Url::parse(address).is_ok_and(|address| address.origin() == place.origin());
    if !addresses.iter().any(is_here) {
        return Err(Failure::Elsewhere);
    }
    Ok(place[Position::BeforePath..Position::AfterQuery].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_from_where_one_is() {
        let addresses = ["http://named.example".to_owned(), "http://127.0.0.1:8080".to_owned()];
        let place = |location: &str| place(&addresses, b"/a/b?c", location.as_bytes());
        for (location, path) in [
            ("/x?y#z", "/x?y"),
            ("x", "/a/x"),
            ("../x", "/x"),
            ("?y", "/a/b?y"),
            ("http://named.example/x", "/x"),
            ("http://named.example:80", "/"),
            ("//127.0.0.1:8080/x", "/x"),
            ("/a b", "/a%20b"),
        ] {
            assert_eq!(place(location), Ok(path.to_owned()), "{location}");
        }
        for elsewhere in ["https://named.example/", "http://named.example:81/", "//other.example/x", "mailto:a@b"] {
            assert_eq!(place(elsewhere), Err(Failure::Elsewhere), "{elsewhere}");
        }
        assert_eq!(place("http://[/"), Err(Failure::Malformed));
    }
}
