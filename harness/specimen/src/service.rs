//! The paths, and what is answered at each.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, StatusCode};
use tokio::task::spawn_local;

use crate::reply::{Reply, echo, headers_to_json, json, metrics, text};
use crate::site::Site;
use crate::socket;
use crate::world::Answer;

/// Answers a request that came over a connection to `address`.
pub(crate) async fn answer(site: &Rc<Site>, request: Request<Incoming>, address: SocketAddr) -> Reply {
    match request.uri().path() {
        "/healthz" => health(site),
        "/truth" => json(site.world.borrow().truth(site.watch.now())),
        "/metrics" => metrics(site.world.borrow().metrics()),
        _ => misbehave(site, request, address).await,
    }
}

fn health(site: &Site) -> Reply {
    if site.options.never_ready {
        text(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(b"not ready\n"))
    } else {
        text(StatusCode::OK, Bytes::from_static(b"ok\n"))
    }
}

/// Counts a request, and answers it as it is to be treated.
async fn misbehave(site: &Rc<Site>, request: Request<Incoming>, address: SocketAddr) -> Reply {
    let treatment = site.world.borrow_mut().on_request(site.watch.now());
    if treatment.logs {
        site.log();
    }
    if treatment.connects {
        spawn_local(Rc::clone(site).leak_connection(address));
    }
    let reply = match treatment.answer {
        Answer::Crash => site.crash(),
        Answer::Fail => work(site, request, &Path::Fail).await,
        Answer::Serve => {
            let path = Path::of(request.uri().path());
            work(site, request, &path).await
        }
    };
    site.world.borrow_mut().on_answer(site.watch.now(), reply.status().as_u16());
    reply
}

/// What is done at a path.
#[derive(Debug, PartialEq, Eq)]
enum Path {
    Work,
    Fail,
    Echo,
    Headers,
    Socket,
    Sleep(Duration),
    Status(StatusCode),
}

impl Path {
    /// What is done at `path`; the plain work where it is no other.
    fn of(path: &str) -> Self {
        match path {
            "/echo" => Self::Echo,
            "/headers" => Self::Headers,
            "/ws" => Self::Socket,
            _ => Self::with_number(path).unwrap_or(Self::Work),
        }
    }

    fn with_number(path: &str) -> Option<Self> {
        let (name, number) = path.strip_prefix('/')?.split_once('/')?;
        match name {
            "sleep" => number.parse().ok().map(|milliseconds| Self::Sleep(Duration::from_millis(milliseconds))),
            "status" => number.parse().ok().and_then(final_status).map(Self::Status),
            _ => None,
        }
    }
}

/// The status of that number. One below 200 announces another, and cannot be the answer.
fn final_status(number: u16) -> Option<StatusCode> {
    StatusCode::from_u16(number).ok().filter(|status| (200..600).contains(&status.as_u16()))
}

/// Reads the request, takes the time that it takes, and answers it.
async fn work(site: &Rc<Site>, request: Request<Incoming>, path: &Path) -> Reply {
    let (head, body) = request.into_parts();
    let Ok(sent) = read(body, *path == Path::Echo).await else {
        return text(StatusCode::BAD_REQUEST, Bytes::from_static(b"the body could not be read\n"));
    };
    take_time(site, path).await;
    match path {
        Path::Work | Path::Sleep(_) => text(StatusCode::OK, site.body.clone()),
        Path::Fail => text(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(b"failed, as told\n")),
        Path::Status(status) => text(*status, Bytes::from(format!("{status}\n"))),
        Path::Echo => echo(&head.headers, sent),
        Path::Headers => json(headers_to_json(&head.headers)),
        Path::Socket => socket::upgrade(site, Request::from_parts(head, ())),
    }
}

/// Reads a body to its end, and keeps it only where it will be needed.
async fn read(mut body: Incoming, keep: bool) -> hyper::Result<Bytes> {
    if keep {
        return Ok(body.collect().await?.to_bytes());
    }
    while !body.is_end_stream() {
        match body.frame().await {
            Some(frame) => drop(frame?),
            None => break,
        }
    }
    Ok(Bytes::new())
}

async fn take_time(site: &Site, path: &Path) {
    let asked = if let Path::Sleep(asked) = path { *asked } else { Duration::ZERO };
    let duration = site.options.work.0.saturating_add(asked);
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_no_other_is_work() {
        for path in
            ["/", "/items/1", "/status/", "/status/101", "/status/600", "/status/x", "/sleep/-1", "/echo/1", "*"]
        {
            assert_eq!(Path::of(path), Path::Work, "{path}");
        }
        assert_eq!(Path::of("/status/404"), Path::Status(StatusCode::NOT_FOUND));
        assert_eq!(Path::of("/sleep/20"), Path::Sleep(Duration::from_millis(20)));
    }
}
