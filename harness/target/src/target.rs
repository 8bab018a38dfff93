//! The target: what is known of it, its readiness, its death.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clock::Clock;
use scenario::Ready;
use timeline::{Death, Elapsed};

use crate::Later;
use crate::attach::{AttachedAddress, AttachedProcess};
use crate::container::Container;
use crate::ending::Ending;
use crate::launch::LaunchError;
use crate::log::Log;
use crate::network::Network;
use crate::process::Process;
use crate::ready;
use crate::stats::EngineStats;
use crate::stop::{self, StopError};

/// How long a target may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// A target that was launched, or attached to.
pub struct Target {
    /// How messages call it: the target, or a service of it.
    called: String,
    kind: Kind,
    ready: Ready,
    log: Log,
    clock: Clock,
    other_ports: BTreeMap<u16, SocketAddr>,
    started: Elapsed,
    grace: Duration,
    /// How it was stopped, once it was.
    stopped: Option<String>,
}

/// What a target is made of.
pub(crate) enum Kind {
    Container(Container),
    Process(Process),
    AttachedContainer(Container),
    AttachedProcess(AttachedProcess),
    AttachedAddress(AttachedAddress),
}

impl Kind {
    pub(crate) fn ending(&self) -> &Ending {
        match self {
            Self::Container(it) | Self::AttachedContainer(it) => &it.ending,
            Self::Process(it) => it.ending(),
            Self::AttachedProcess(it) => &it.ending,
            Self::AttachedAddress(it) => &it.ending,
        }
    }

    /// Where another port of it is reached: of a container, one that is published on this machine.
    pub(crate) fn at_port(&self, port: u16) -> Result<SocketAddr, LaunchError> {
        match self {
            Self::Container(it) | Self::AttachedContainer(it) => it.at_port(port),
            Self::Process(_) | Self::AttachedProcess(_) => Ok((Ipv4Addr::LOCALHOST, port).into()),
            Self::AttachedAddress(it) => Ok((it.address.ip(), port).into()),
        }
    }

    fn container(&self) -> Option<&Container> {
        match self {
            Self::Container(it) | Self::AttachedContainer(it) => Some(it),
            Self::Process(_) | Self::AttachedProcess(_) | Self::AttachedAddress(_) => None,
        }
    }
}

impl Target {
    pub(crate) fn new(called: String, kind: Kind, ready: Ready, log: Log, clock: Clock) -> Self {
        let other_ports = BTreeMap::new();
        Self { called, kind, ready, log, clock, other_ports, started: clock.now(), grace: GRACE, stopped: None }
    }

    /// The same target, with where its other ports are reached.
    pub(crate) fn with_other_ports(self, other_ports: BTreeMap<u16, SocketAddr>) -> Self {
        Self { other_ports, ..self }
    }

    /// The same target, with another time to end in after it was asked to; 10 s without this.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Where another port of it is reached that the scenario names.
    pub fn at_port(&self, port: u16) -> Option<SocketAddr> {
        self.other_ports.get(&port).copied()
    }

    /// Where it listens: at 127.0.0.1, where it is more than an address. `None` for a container without a port.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.kind {
            Kind::Container(it) | Kind::AttachedContainer(it) => it.address,
            Kind::Process(it) => Some(it.address),
            Kind::AttachedProcess(it) => it.address,
            Kind::AttachedAddress(it) => Some(it.address),
        }
    }

    /// What it is: `container quiet_otter (a1b2c3d4e5f6)`, `process 4242 (node server.js)`.
    pub fn what(&self) -> String {
        match &self.kind {
            Kind::Container(it) | Kind::AttachedContainer(it) => format!("container {}", it.inspected.shown()),
            Kind::Process(it) => it.shown.clone(),
            Kind::AttachedProcess(it) => it.shown.clone(),
            Kind::AttachedAddress(it) => it.shown.clone(),
        }
    }

    /// Its first process, by the pid that it has on this machine; `None` where it runs on another one, or is only an
    /// address.
    pub fn pid(&self) -> Option<u32> {
        match &self.kind {
            Kind::Container(it) | Kind::AttachedContainer(it) => it.pid(),
            Kind::Process(it) => Some(it.pid()),
            Kind::AttachedProcess(it) => Some(it.pid),
            Kind::AttachedAddress(_) => None,
        }
    }

    /// The full id of its container, if it is one.
    pub fn container(&self) -> Option<&str> {
        Some(&self.kind.container()?.inspected.id)
    }

    /// Where it is in a network, if it is a container in it.
    pub fn in_network(&self, network: &Network) -> Option<Ipv4Addr> {
        self.kind.container()?.in_network(network)
    }

    /// The digest of its container's image, if it is one: `sha256:...`, a hash of its content.
    pub fn image_digest(&self) -> Option<&str> {
        self.kind.container()?.inspected.image.as_deref()
    }

    /// When it was started, or attached to.
    pub fn started(&self) -> Elapsed {
        self.started
    }

    /// A reader of what the engine counts of its container, if it is one.
    pub fn stats(&self) -> Option<EngineStats> {
        let container = self.kind.container()?;
        Some(EngineStats::new(container.engine.clone(), container.inspected.id.clone()))
    }

    /// The last `count` lines that it logged, oldest first; 200 are kept, each cut at 2 KiB.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        self.log.last(count)
    }

    /// Waits until it is ready. May be cancelled, and called again.
    ///
    /// # Errors
    /// Where it ends before it is ready, or is not ready in time.
    pub fn ready(&self) -> Later<'_, Result<(), LaunchError>> {
        Box::pin(self.wait_until_ready())
    }

    async fn wait_until_ready(&self) -> Result<(), LaunchError> {
        let Ready { when, within } = &self.ready;
        let mut seen = "it was not asked once".to_owned();
        let sign = tokio::time::timeout(*within, ready::sign(when, self.address(), &self.log, &mut seen));
        tokio::select! {
            biased;
            death = self.kind.ending().death(&self.log) => Err(self.died_at_start(death)),
            sign = sign => sign.map_err(|_| self.never_ready(*within, seen)),
        }
    }

    fn died_at_start(&self, death: Death) -> LaunchError {
        LaunchError::DiedAtStart { what: self.called.clone(), death }
    }

    fn never_ready(&self, within: Duration, seen: String) -> LaunchError {
        LaunchError::NeverReady { what: self.called.clone(), within, seen, last_lines: self.log.last(20) }
    }

    /// Did it end by itself before it was stopped? Then [`Self::died`] tells at once.
    pub fn has_died(&self) -> bool {
        self.stopped.is_none() && self.kind.ending().ended().is_some()
    }

    /// Waits until it has ended by itself; after [`Self::stop`], forever. May be cancelled, and called again.
    pub fn died(&self) -> Later<'_, Death> {
        if self.stopped.is_some() {
            return Box::pin(std::future::pending());
        }
        Box::pin(async { self.kind.ending().death(&self.log).await })
    }

    /// Stops and removes it: asks it to end, and after the grace kills it, with all its processes.
    /// What was attached to is left alone. Says how it went; a second call says the same.
    ///
    /// # Errors
    /// Where something of it is left behind; another call tries again.
    pub fn stop(&mut self) -> Later<'_, Result<String, StopError>> {
        Box::pin(self.end())
    }

    async fn end(&mut self) -> Result<String, StopError> {
        if let Some(how) = &self.stopped {
            return Ok(how.clone());
        }
        let how = stop::stop(&mut self.kind, self.grace, self.clock).await?;
        self.log.drained().await;
        Ok(self.stopped.insert(how).clone())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("what", &self.what()).field("address", &self.address()).finish_non_exhaustive()
    }
}
