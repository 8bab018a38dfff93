//! Where requests go, and over what.

use clock::Clock;
use http::uri::Scheme;
use scenario::{ClientPlan, Http, Reuse};
use std::io;
use std::net::SocketAddr;
use std::time::SystemTime;
use timeline::Elapsed;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::stream::Stream;
use super::tls;
use super::two::Lines;
use crate::LoadError;
use crate::failure::Failure;

/// Bytes that the system takes for one who does not read.
const NARROW: u32 = 4096;

/// What all clients of a load have in common.
pub(crate) struct Origin {
    pub(super) address: SocketAddr,
    pub(super) clock: Clock,
    pub(super) http: Http,
    pub(super) reuse: Reuse,
    pub(super) follows: bool,
    pub(super) cookies: bool,
    pub(super) compression: bool,
    /// The connections by HTTP/2.
    pub(super) lines: Lines,
    tls: Option<Tls>,
}

/// What makes connections secure.
struct Tls {
    connector: TlsConnector,
    /// The same, for HTTP/2.
    agreeing: TlsConnector,
    name: ServerName<'static>,
}

impl Origin {
    pub(crate) fn new(address: SocketAddr, plan: &ClientPlan, clock: Clock) -> Result<Self, LoadError> {
        let tls = plan.tls.as_ref().map(tls::connector).transpose()?;
        let tls = tls.map(|connector| Tls {
            agreeing: tls::agreeing_on_http_2(&connector),
            connector,
            name: ServerName::IpAddress(address.ip().into()),
        });
        let streams = match plan.http {
            Http::One => 1,
            Http::Two { streams } => streams,
        };
        Ok(Self {
            address,
            clock,
            http: plan.http,
            reuse: plan.reuse,
            follows: plan.follows,
            cookies: plan.cookies,
            compression: plan.compression,
            lines: Lines::new(streams),
            tls,
        })
    }

    /// What the wall clock says.
    pub(super) fn wall_clock(&self) -> SystemTime {
        self.clock.started_at() + self.clock.now().since(Elapsed::ZERO)
    }

    pub(super) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) fn scheme(&self) -> Scheme {
        if self.is_secure() { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// Host and port, as requests say them.
    pub(crate) fn authority(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection; through a narrow one the target can send no more than a few kilobytes unread.
    pub(crate) async fn connect(&self, narrow: bool) -> Result<Stream, Failure> {
        let stream = self.reach(narrow).await.map_err(|error| Failure::of_io(&error))?;
        match &self.tls {
            None => Ok(Stream::Plain(stream)),
            Some(tls) => tls.secure(&tls.connector, stream).await,
        }
    }

    /// The same for HTTP/2, upon which the other side has to agree.
    pub(super) async fn connect_for_http_2(&self, narrow: bool) -> Result<Stream, Failure> {
        let stream = self.reach(narrow).await.map_err(|error| Failure::of_io(&error))?;
        let Some(tls) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let stream = tls.secure(&tls.agreeing, stream).await?;
        if stream.agreed_upon() == Some(tls::HTTP_2) { Ok(stream) } else { Err(Failure::NotHttp2) }
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

impl Tls {
    async fn secure(&self, connector: &TlsConnector, stream: TcpStream) -> Result<Stream, Failure> {
        let secured = connector.connect(self.name.clone(), stream).await;
        Ok(Stream::Secure(Box::new(secured.map_err(|error| Failure::of_handshake(&error))?)))
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
