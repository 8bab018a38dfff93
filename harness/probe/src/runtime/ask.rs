//! Questions over HTTP, for runtimes that show pages of themselves.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::Unreadable;
use crate::line::Line;

/// A page is read up to this length; one that is longer is no answer.
const LONGEST: usize = 64 << 20;

/// Asks a service on a connection of its own, which is kept.
#[derive(Debug)]
pub(crate) struct Asker {
    address: SocketAddr,
    line: Line,
    executor: Runtime,
}

impl Asker {
    pub(crate) fn new(address: SocketAddr) -> Result<Self, Unreadable> {
        let executor = Builder::new_current_thread().enable_all().build();
        let executor = executor.map_err(|source| Unreadable::Silent { what: "a connection".to_owned(), source })?;
        Ok(Self { address, line: Line::new(address, None, "plimsoll-runtime"), executor })
    }

    /// The page at `path`, where it answers with status 200 within this time.
    pub(crate) fn get(&mut self, path: &str, within: Duration) -> Result<Vec<u8>, Unreadable> {
        let strange = |how| Unreadable::Strange { what: format!("http://{}{path}", self.address), how };
        // One byte more than the longest, so that what is cut off is told.
        let asked = async { tokio::time::timeout(within, self.line.get(path, LONGEST + 1)).await };
        match self.executor.block_on(asked) {
            Err(_) => Err(strange(format!("gives no answer within {} s", within.as_secs()))),
            Ok(Err(error)) => Err(strange(format!("cannot be asked: {error}"))),
            Ok(Ok(page)) if page.status != 200 => Err(strange(format!("answers with status {}", page.status.as_u16()))),
            Ok(Ok(page)) if page.body.len() > LONGEST => Err(strange("is longer than 64 MiB".to_owned())),
            Ok(Ok(page)) => Ok(page.body),
        }
    }

    /// The same as text, whatever bytes are in it.
    pub(crate) fn text(&mut self, path: &str, within: Duration) -> Result<String, Unreadable> {
        self.get(path, within).map(|body| String::from_utf8_lossy(&body).into_owned())
    }
}
