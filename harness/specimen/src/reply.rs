//! Answers, and how they are put together.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};

/// What is answered: a status, headers and a body that is known whole.
pub(crate) type Reply = Response<Full<Bytes>>;

pub(crate) fn text(status: StatusCode, body: Bytes) -> Reply {
    reply(status, HeaderValue::from_static("text/plain"), body)
}

pub(crate) fn json(body: String) -> Reply {
    reply(StatusCode::OK, HeaderValue::from_static("application/json"), Bytes::from(body))
}

pub(crate) fn metrics(body: String) -> Reply {
    reply(StatusCode::OK, HeaderValue::from_static("text/plain; version=0.0.4"), Bytes::from(body))
}

pub(crate) fn echo(sent: &HeaderMap, body: Bytes) -> Reply {
    let kind = sent.get(CONTENT_TYPE).cloned();
    reply(StatusCode::OK, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")), body)
}

fn reply(status: StatusCode, kind: HeaderValue, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, kind);
    reply
}

/// The headers as a JSON object in the order in which they came; values of the same name are joined by `, `.
pub(crate) fn headers_to_json(headers: &HeaderMap) -> String {
    let members: Vec<String> = headers
        .keys()
        .map(|name| {
            let values: Vec<_> =
                headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            format!("{}:{}", quoted(name.as_str()), quoted(&values.join(", ")))
        })
        .collect();
    format!("{{{}}}\n", members.join(","))
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => out.extend(format!("\\u{:04x}", u32::from(control)).chars()),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_in_json() {
        let mut headers = HeaderMap::new();
        headers.append("accept", HeaderValue::from_static("a"));
        headers.append("cookie", HeaderValue::from_static("k=\"v\\\"\tw"));
        headers.append("accept", HeaderValue::from_static("b"));
        assert_eq!(headers_to_json(&headers), "{\"accept\":\"a, b\",\"cookie\":\"k=\\\"v\\\\\\\"\\u0009w\"}\n");
    }
}
