//! The head of a request, as HTTP/2 has it.

use http::uri::{Authority, PathAndQuery};
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::super::origin::Origin;
use super::super::request::Wire;

/// That of `request`, whose host becomes the authority; `None` where HTTP/2 has no such head.
pub(in crate::http) fn head(origin: &Origin, request: Wire<'_>) -> Option<Request<()>> {
    let path = PathAndQuery::try_from(request.path()).ok()?;
    let authority = Authority::try_from(request.header("host")?).ok()?;
    let uri = Uri::builder().scheme(origin.scheme()).authority(authority).path_and_query(path).build().ok()?;
    let mut head = Request::new(());
    *head.method_mut() = Method::from_bytes(request.method()).ok()?;
    *head.uri_mut() = uri;
    *head.version_mut() = Version::HTTP_2;
    for (name, value) in request.headers().filter(|(name, _)| !name.eq_ignore_ascii_case(b"host")) {
        head.headers_mut().append(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some(head)
}
