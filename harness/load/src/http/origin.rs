//! Where requests go, and over what.

use clock::Clock;
use scenario::{ClientPlan, Reuse};
use std::io;
use std::net::SocketAddr;
use timeline::Elapsed;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::stream::Stream;
use super::tls;
use crate::LoadError;
use crate::failure::Failure;

/// Bytes that the system takes for one who does not read.
const NARROW: u32 = 4096;

/// What all clients of a load have in common.
pub(crate) struct Origin {
    pub(super) address: SocketAddr,
    pub(super) clock: Clock,
    reuse: Reuse,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Origin {
    pub(crate) fn new(address: SocketAddr, plan: &ClientPlan, clock: Clock) -> Result<Self, LoadError> {
        let tls = plan.tls.as_ref().map(tls::connector).transpose()?;
        let tls = tls.map(|connector| (connector, ServerName::IpAddress(address.ip().into())));
        Ok(Self { address, clock, reuse: plan.reuse, tls })
    }

    /// Host and port, as requests say them.
    pub(crate) fn authority(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection; through a narrow one the target can send no more than a few kilobytes unread.
    pub(crate) async fn connect(&self, narrow: bool) -> Result<Stream, Failure> {
        let stream = self.reach(narrow).await.map_err(|error| Failure::of_io(&error))?;
        Ok(match &self.tls {
            None => Stream::Plain(stream),
            Some((connector, name)) => {
                let secured = connector.connect(name.clone(), stream).await;
                Stream::Secure(Box::new(secured.map_err(|error| Failure::of_handshake(&error))?))
            }
        })
    }

    async fn reach(&self, narrow: bool) -> io::Result<TcpStream> {
        let stream = if narrow {
            let socket = if self.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            // What the system would take for a slow reader, up to megabytes, the target would not notice.
            socket.set_recv_buffer_size(NARROW)?;
            socket.connect(self.address).await?
        } else {
            TcpStream::connect(self.address).await?
        };
        // A request is one write, so there is nothing to wait for.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// May a connection of this age, with so many exchanges behind it, be used once more?
    pub(super) fn reuses(&self, exchanges: u64, opened: Elapsed) -> bool {
        match self.reuse {
            Reuse::Always => true,
            Reuse::Never => false,
            Reuse::Requests(most) => exchanges < most,
            Reuse::For(most) => self.clock.now().since(opened) < most,
        }
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secure = self.tls.is_some();
        formatter
            .debug_struct("Origin")
            .field("address", &self.address)
            .field("secure", &secure)
            .finish_non_exhaustive()
    }
}
