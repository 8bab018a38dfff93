//! The sign that a target is ready.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use scenario::ReadyWhen;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::log::Log;

/// How often the target is asked.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long one answer may take; one that takes longer is no good sign, and the next may be quick.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The engine's proxy accepts every connection, and closes it where nothing listens behind it: a
/// connection counts when it has stood this long.
const STANDS_FOR: Duration = Duration::from_millis(100);
/// How long is waited for the rest of an answer: some servers do not close.
const REST_WITHIN: Duration = Duration::from_secs(1);
/// How much of an answer is read.
const ANSWER_LIMIT: u64 = 256 << 10;

/// Waits for the sign; `seen` says at any time what came in its place.
pub(crate) async fn sign(when: &ReadyWhen, address: Option<SocketAddr>, log: &Log, seen: &mut String) {
    match (when, address) {
        (ReadyWhen::Started, _) => {}
        (ReadyWhen::Log(line), _) => {
            *seen = format!("no line with `{line}` came");
            log.wanted_line().await;
        }
        (_, Some(address)) => until_it_answers(when, address, seen).await,
        // A container that had ended before its port was known: its death is all that will be seen.
        (_, None) => std::future::pending().await,
    }
}

/// Asks until there is nothing left to complain of.
async fn until_it_answers(when: &ReadyWhen, address: SocketAddr, seen: &mut String) {
    loop {
        *seen = match tokio::time::timeout(ANSWER_WITHIN, look(when, address)).await {
            Ok(Ok(())) => return,
            Ok(Err(complaint)) => complaint,
            Err(_) => format!("no answer within {} s", ANSWER_WITHIN.as_secs()),
        };
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Looks for the sign once; an error says what came in its place.
async fn look(when: &ReadyWhen, address: SocketAddr) -> Result<(), String> {
    match when {
        ReadyWhen::Http(path) => ask(path, address).await,
        _ => stands(address).await,
    }
}

/// GETs the path; a status below 400 is the sign.
async fn ask(path: &str, address: SocketAddr) -> Result<(), String> {
    let answer = get(path, address).await.map_err(|error| format!("GET {path} at {address}: {error}"))?;
    match status(&answer) {
        Some(status) if status < 400 => Ok(()),
        Some(status) => Err(format!("GET {path} at {address} answered {status}")),
        None if answer.is_empty() => Err(format!("GET {path} at {address}: the connection was closed")),
        None => Err(format!("GET {path} at {address}: the answer is no HTTP")),
    }
}

async fn get(path: &str, address: SocketAddr) -> io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: plimsoll\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await?;
    let (mut answer, mut rest) = (Vec::new(), connection.take(ANSWER_LIMIT));
    while !answer.contains(&b'\n') && rest.read_buf(&mut answer).await? > 0 {}
    // The first line decides; the rest is read so that the target does not see its connection reset.
    let _ = tokio::time::timeout(REST_WITHIN, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    Ok(answer)
}

/// The status in the first line of an answer.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()
}

/// Connects; a connection that is not closed at once is the sign.
async fn stands(address: SocketAddr) -> Result<(), String> {
    let mut connection = TcpStream::connect(address).await.map_err(|error| format!("{address}: {error}"))?;
    match tokio::time::timeout(STANDS_FOR, connection.read(&mut [0])).await {
        Err(_) | Ok(Ok(1..)) => Ok(()),
        Ok(Ok(0)) => Err(format!("{address}: the connection was closed")),
        Ok(Err(error)) => Err(format!("{address}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_an_answer_and_from_nothing_else() {
        assert_eq!(status(b"HTTP/1.1 204 No Content\r\nDate: x\r\n"), Some(204));
        assert_eq!(status(b"HTTP/1.0 503\r\n"), Some(503));
        assert_eq!(status(b"SSH-2.0-OpenSSH\r\n"), None);
        assert_eq!(status(b""), None);
    }
}
