//! The container engine: the few questions and orders that we give it ourselves.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, EndpointSettings, NetworkCreateRequest, PortBinding};
use bollard::query_parameters::{
    EventsOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder, ListNetworksOptionsBuilder,
    LogsOptionsBuilder, RemoveContainerOptionsBuilder, StatsOptionsBuilder,
};
use futures_util::{Stream, StreamExt};
use testcontainers::core::client::{ClientError, docker_client_instance};

use crate::log::{Lines, Log};
use crate::owner::Owner;

/// What everything of ours in the engine is labelled with.
const MANAGED_LABEL: &str = "plimsoll.managed";
/// The label that names the owner.
pub(crate) const OWNER_LABEL: &str = "plimsoll.owner";

/// How long the engine may take to say that it is there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A stream of frames from the engine.
pub(crate) type Frames<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

/// What the engine said, or why it could not be asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    message: String,
    status: Option<u16>,
    cause: Option<io::ErrorKind>,
}

impl EngineError {
    /// Why there is no talking to the engine, as the system calls it.
    pub(crate) fn cause(&self) -> Option<io::ErrorKind> {
        self.cause
    }

    /// The engine knows no such thing.
    pub(crate) fn not_found(&self) -> bool {
        self.status == Some(404)
    }

    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: None, cause: None }
    }
}

impl From<&Error> for EngineError {
    fn from(error: &Error) -> Self {
        match error {
            Error::DockerResponseServerError { status_code, message } => {
                Self { message: one_line(message), status: Some(*status_code), cause: None }
            }
            Error::DockerStreamError { error } => Self::new(one_line(error)),
            Error::SocketNotFoundError(path) => {
                Self { cause: Some(io::ErrorKind::NotFound), ..Self::new(format!("there is no socket {path}")) }
            }
            other => Self::from_chain(other),
        }
    }
}

impl EngineError {
    /// The libraries wrap the one telling line three times: the innermost is taken.
    fn from_chain(error: &Error) -> Self {
        let mut innermost: &dyn std::error::Error = error;
        let mut cause = None;
        while let Some(source) = innermost.source() {
            innermost = source;
            cause = innermost.downcast_ref::<io::Error>().map(io::Error::kind).or(cause);
        }
        Self { message: one_line(&innermost.to_string()), status: None, cause }
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What we want to know of a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inspected {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: Option<String>,
    pub(crate) pid: Option<u32>,
    pub(crate) running: bool,
    pub(crate) started_at: String,
    pub(crate) exit_code: Option<i64>,
    pub(crate) oom_killed: bool,
    pub(crate) stop_signal: Option<String>,
    /// By port inside the container: the port on this machine.
    pub(crate) published: BTreeMap<u16, u16>,
    /// By the id of a network: its address in it.
    pub(crate) networks: BTreeMap<String, Ipv4Addr>,
}

impl Inspected {
    /// `quiet-otter (a1b2c3d4)`.
    pub(crate) fn shown(&self) -> String {
        format!("{} ({})", self.name, self.id.get(..12).unwrap_or(&self.id))
    }
}

/// A connection to the engine. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine(Docker);

impl Engine {
    /// Connects, and asks it whether it is there.
    pub(crate) async fn connect() -> Result<Self, EngineError> {
        let docker = docker_client_instance().await.map_err(|error| match error {
            ClientError::Init(error) => EngineError::from(error),
            other => EngineError::new(one_line(&other.to_string())),
        })?;
        match tokio::time::timeout(ANSWERS_WITHIN, docker.ping()).await {
            Ok(answer) => answer.map(|_| Self(docker)).map_err(EngineError::from),
            Err(_) => Err(EngineError::new(format!("it did not answer within {} s", ANSWERS_WITHIN.as_secs()))),
        }
    }

    pub(crate) async fn inspect(&self, container: &str) -> Result<Inspected, EngineError> {
        Ok(read_inspected(self.0.inspect_container(container, None).await?))
    }

    /// The environment that an image gives to its containers.
    pub(crate) async fn image_environment(&self, image: &str) -> Result<BTreeMap<String, String>, EngineError> {
        let given = self.0.inspect_image(image).await?.config.and_then(|config| config.env).unwrap_or_default();
        let variable = |line: &String| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(given.iter().filter_map(variable).collect())
    }

    /// Waits until the container does not run; its exit code, where the engine told it.
    pub(crate) async fn wait(&self, container: &str) -> Result<Option<i64>, EngineError> {
        let mut answers = Box::pin(self.0.wait_container(container, None));
        match answers.next().await {
            Some(Ok(answer)) => Ok(Some(answer.status_code)),
            // The library takes every exit code but 0 for an error of its own.
            Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(Some(code)),
            Some(Err(error)) => Err(error.into()),
            None => Ok(None),
        }
    }

    /// Waits until the engine tells that the kernel killed a process of the container for want of memory.
    pub(crate) async fn oom_kill(&self, container: &str) -> Result<(), EngineError> {
        let filters = [("container", vec![container]), ("event", vec!["oom"])];
        let options = EventsOptionsBuilder::default().filters(&filters.into()).build();
        let mut events = Box::pin(self.0.events(Some(options)));
        match events.next().await {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(error.into()),
            None => Err(EngineError::new("the stream of events ended")),
        }
    }

    /// Follows the container's output into `log`, from `past` lines ago on, or from its start (`all`).
    pub(crate) fn follow(&self, container: &str, log: &Log, past: &str) {
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).tail(past).build();
        let mut frames: Frames<_> = Box::pin(self.0.logs(container, Some(options)));
        let (mut stdout, mut stderr) = (Lines::new(log.reader()), Lines::new(log.reader()));
        let log = log.clone();
        tokio::spawn(async move {
            while let Some(frame) = frames.next().await {
                match frame {
                    Ok(frame @ bollard::container::LogOutput::StdErr { .. }) => stderr.take(&frame.into_bytes()),
                    Ok(frame) => stdout.take(&frame.into_bytes()),
                    Err(error) => {
                        let note = format!("[plimsoll: lost the log: {}]", EngineError::from(&error));
                        log.add(note.as_bytes());
                    }
                }
            }
        });
    }

    /// One frame a second of what the engine counts.
    pub(crate) fn stats(&self, container: &str) -> Frames<bollard::models::ContainerStatsResponse> {
        let options = StatsOptionsBuilder::default().stream(true).one_shot(false).build();
        Box::pin(self.0.stats(container, Some(options)))
    }

    pub(crate) async fn kill(&self, container: &str, signal: &str) -> Result<(), EngineError> {
        let options = KillContainerOptionsBuilder::default().signal(signal).build();
        unless_gone(self.0.kill_container(container, Some(options)).await)
    }

    /// Removes the container with its anonymous volumes, running or not.
    pub(crate) async fn remove(&self, container: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        unless_gone(self.0.remove_container(container, Some(options)).await)
    }

    /// Makes a network of this name; its id.
    pub(crate) async fn create_network(&self, name: &str, owner: &Owner) -> Result<String, EngineError> {
        let labels = Some(own_labels(owner).map(|(label, value)| (label.to_owned(), value)).into());
        let request = NetworkCreateRequest { name: name.to_owned(), labels, ..NetworkCreateRequest::default() };
        Ok(self.0.create_network(request).await?.id)
    }

    pub(crate) async fn remove_network(&self, network: &str) -> Result<(), EngineError> {
        unless_gone(self.0.remove_network(network).await)
    }

    /// Our containers: id and labels.
    pub(crate) async fn managed_containers(&self) -> Result<Vec<(String, Labels)>, EngineError> {
        let options = ListContainersOptionsBuilder::default().all(true).filters(&managed().into()).build();
        let containers = self.0.list_containers(Some(options)).await?;
        Ok(containers.into_iter().filter_map(|it| Some((it.id?, it.labels?.into_iter().collect()))).collect())
    }

    /// Our networks: id and labels.
    pub(crate) async fn managed_networks(&self) -> Result<Vec<(String, Labels)>, EngineError> {
        let options = ListNetworksOptionsBuilder::default().filters(&managed().into()).build();
        let networks = self.0.list_networks(Some(options)).await?;
        Ok(networks.into_iter().filter_map(|it| Some((it.id?, it.labels?.into_iter().collect()))).collect())
    }
}

/// What tells whose something is.
pub(crate) fn own_labels(owner: &Owner) -> [(&'static str, String); 3] {
    [(MANAGED_LABEL, "1".to_owned()), (OWNER_LABEL, owner.to_string()), ("plimsoll.run", owner.run().to_owned())]
}

/// Labels by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// The filter that lets through what is ours.
fn managed() -> [(&'static str, Vec<String>); 1] {
    [("label", vec![format!("{MANAGED_LABEL}=1")])]
}

/// What is gone (404), ended (409), or being removed (409) needs neither signal nor removal.
fn unless_gone(done: Result<(), Error>) -> Result<(), EngineError> {
    match done {
        Err(Error::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
        other => Ok(other?),
    }
}

fn read_inspected(answer: ContainerInspectResponse) -> Inspected {
    let state = answer.state.unwrap_or_default();
    let settings = answer.network_settings.unwrap_or_default();
    let (ports, networks) = (settings.ports.unwrap_or_default(), settings.networks.unwrap_or_default());
    Inspected {
        id: answer.id.unwrap_or_default(),
        name: answer.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        image: answer.image,
        pid: state.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0),
        running: state.running.unwrap_or_default() && !state.restarting.unwrap_or_default(),
        started_at: state.started_at.unwrap_or_default(),
        exit_code: state.exit_code,
        oom_killed: state.oom_killed.unwrap_or_default(),
        stop_signal: answer.config.and_then(|config| config.stop_signal).filter(|signal| !signal.is_empty()),
        networks: networks.into_values().filter_map(read_endpoint).collect(),
        published: ports.iter().filter_map(|(inside, bound)| read_published(inside, bound.as_deref()?)).collect(),
    }
}

/// The network's id, and the address in it.
fn read_endpoint(endpoint: EndpointSettings) -> Option<(String, Ipv4Addr)> {
    Some((endpoint.network_id?, endpoint.ip_address?.parse().ok()?))
}

/// `8080/tcp` and where it is bound: the ports inside and on 127.0.0.1.
fn read_published(inside: &str, bound: &[PortBinding]) -> Option<(u16, u16)> {
    let inside = inside.strip_suffix("/tcp")?.parse().ok()?;
    let reachable =
        |binding: &&PortBinding| matches!(binding.host_ip.as_deref(), None | Some("" | "0.0.0.0" | "127.0.0.1"));
    Some((inside, bound.iter().find(reachable)?.host_port.as_ref()?.parse().ok()?))
}
