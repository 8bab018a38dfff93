//! A container that we start: testcontainers creates it, and everything after that is ours.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use bollard::models::{HostConfig, PortBinding};
use rustix::process::Signal;
use scenario::{ContainerPlan, Image, Resources};
use testcontainers::core::client::ClientError;
use testcontainers::core::error::TestcontainersError;
use testcontainers::core::{AccessMode, ContainerPort, IntoContainerPort, Mount};
use testcontainers::runners::{AsyncBuilder, AsyncRunner};
use testcontainers::{ContainerAsync, ContainerRequest, GenericBuildableImage, GenericImage, ImageExt};

use crate::ending::{Ended, Ending};
use crate::engine::{Engine, EngineError, Inspected, OWNER_LABEL, own_labels};
use crate::launch::{LaunchError, Order};
use crate::network::Network;
use crate::preload::{IN_CONTAINER, Preload};
use crate::proc;
use crate::surroundings::Surroundings;

/// The label that tells the launches of one owner apart.
const LAUNCH_LABEL: &str = "plimsoll.launch";
/// How long the engine may be silent about a kill that has already ended the container.
const OOM_TOLD_WITHIN: Duration = Duration::from_millis(150);
/// How long to wait before an engine that failed is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How often a container that is not ours is looked at: the engine may restart it by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A running container.
pub(crate) struct Container {
    pub(crate) engine: Engine,
    pub(crate) inspected: Inspected,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) ending: Ending,
    /// Is it to be removed at the end?
    owned: bool,
    removed: bool,
}

impl Container {
    /// A container that someone else started.
    pub(crate) fn attached(engine: Engine, inspected: Inspected, port: Option<u16>) -> Result<Self, LaunchError> {
        Self::new(engine, inspected, port, false)
    }

    fn new(engine: Engine, inspected: Inspected, port: Option<u16>, owned: bool) -> Result<Self, LaunchError> {
        // One that has ended already publishes nothing any more: its death is told in due course.
        let port = port.filter(|_| inspected.running);
        let address = port.map(|port| published(&inspected, port)).transpose()?;
        let ending = Ending::watch(end(engine.clone(), inspected.clone(), owned));
        Ok(Self { engine, inspected, address, ending, owned, removed: false })
    }

    /// Where a port inside it is reached, if it is published.
    pub(crate) fn at_port(&self, port: u16) -> Result<SocketAddr, LaunchError> {
        published(&self.inspected, port)
    }

    /// Where it is in a network, if it is in it.
    pub(crate) fn in_network(&self, network: &Network) -> Option<Ipv4Addr> {
        self.inspected.networks.get(&network.id).copied()
    }

    /// The first process, where it runs under the same kernel and in sight.
    pub(crate) fn pid(&self) -> Option<u32> {
        let cgroups = std::fs::read_to_string(format!("/proc/{}/cgroup", self.inspected.pid?)).ok()?;
        self.inspected.pid.filter(|_| cgroups.contains(&self.inspected.id))
    }

    /// The signal that asks it to end, and whether it can hear it.
    pub(crate) fn stop_signal(&self) -> (&str, bool) {
        let name = self.inspected.stop_signal.as_deref().unwrap_or("SIGTERM");
        let signal = match name.trim_start_matches("SIG") {
            "TERM" | "15" => Signal::TERM,
            "INT" | "2" => Signal::INT,
            "QUIT" | "3" => Signal::QUIT,
            _ => return (name, true),
        };
        (name, self.pid().is_none_or(|pid| proc::first_process_hears(pid, signal)))
    }

    pub(crate) async fn signal(&self, signal: &str) -> Result<(), EngineError> {
        self.engine.kill(&self.inspected.id, signal).await
    }

    /// Removes it.
    pub(crate) async fn remove(&mut self) -> Result<(), EngineError> {
        self.engine.remove(&self.inspected.id).await?;
        self.removed = true;
        Ok(())
    }
}

impl Drop for Container {
    /// A net only: [`crate::Target::stop`] is the way. Where the runtime ends too, the reaper removes it.
    fn drop(&mut self) {
        if !self.owned || self.removed {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (engine, id) = (self.engine.clone(), self.inspected.id.clone());
            runtime.spawn(async move { engine.remove(&id).await });
        }
    }
}

fn published(inspected: &Inspected, port: u16) -> Result<SocketAddr, LaunchError> {
    match inspected.published.get(&port) {
        Some(outside) => Ok((Ipv4Addr::LOCALHOST, *outside).into()),
        None => Err(LaunchError::NotPublished { what: format!("container {}", inspected.shown()), port }),
    }
}

/// Waits until the container ends, or, where it is not ours, is restarted.
async fn end(engine: Engine, inspected: Inspected, owned: bool) -> Ended {
    let id = inspected.id.as_str();
    let mut oom_kill = Box::pin(oom_kill(&engine, id));
    let mut oom_killed = false;
    let exit_code = tokio::select! {
        code = stopped(&engine, id) => code,
        () = restarted(&engine, &inspected), if !owned => None,
        () = async { oom_kill.as_mut().await; oom_killed = true; std::future::pending().await } => None,
    };
    let last = engine.inspect(id).await.unwrap_or_default();
    oom_killed |= last.oom_killed;
    if exit_code == Some(137) && !oom_killed {
        // The engine may tell of the death before it tells of the kill that caused it.
        oom_killed = tokio::time::timeout(OOM_TOLD_WITHIN, oom_kill).await.is_ok();
    }
    Ended::new(exit_code, oom_killed)
}

/// Waits until the container does not run; its exit code, where it can still be told.
async fn stopped(engine: &Engine, id: &str) -> Option<i64> {
    loop {
        let waited = engine.wait(id).await.ok().flatten();
        match engine.inspect(id).await {
            Ok(now) if !now.running => return waited.or(now.exit_code),
            Err(error) if error.not_found() => return waited,
            // An engine that is restarted keeps its containers, or ends them: it will tell.
            _ => tokio::time::sleep(ASK_AGAIN).await,
        }
    }
}

/// Waits until the engine has started the container anew.
async fn restarted(engine: &Engine, first: &Inspected) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match engine.inspect(&first.id).await {
            Ok(now) if now.running && now.started_at != first.started_at => return,
            _ => {}
        }
    }
}

/// Waits until the kernel kills a process of the container for want of memory.
async fn oom_kill(engine: &Engine, id: &str) {
    while engine.oom_kill(id).await.is_err() {
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Starts the container. Nothing of it is left behind where that fails.
pub(crate) async fn start(plan: &ContainerPlan, order: &Order<'_>) -> Result<Container, LaunchError> {
    let engine = Engine::connect().await.map_err(LaunchError::NoEngine)?;
    let request = request(image(&plan.image).await?, plan, order);
    let image = request.descriptor();
    let request = match order.surroundings.preload {
        Some(preload) => preloaded(request, plan, preload, &engine).await?,
        None => request,
    };
    // testcontainers leaks what it has created when its start is cancelled: a task of its own cannot be.
    let started = tokio::spawn(request.start()).await;
    let container = match started {
        Ok(Ok(container)) => container,
        Ok(Err(error)) => return Err(failed(&engine, order, start_error(error, &image)).await),
        Err(panic) => {
            return Err(failed(&engine, order, LaunchError::Start(EngineError::new(panic.to_string()))).await);
        }
    };
    let inspected = engine.inspect(&disown(container)).await;
    let running = match inspected {
        Ok(inspected) => Container::new(engine.clone(), inspected, plan.port, true),
        Err(error) => Err(LaunchError::Start(error)),
    };
    match running {
        Ok(container) => {
            engine.follow(&container.inspected.id, &order.log, "all");
            Ok(container)
        }
        Err(error) => Err(failed(&engine, order, error).await),
    }
}

/// Takes the container from testcontainers, whose own removal blocks a thread, gives no grace, and
/// panics outside of a runtime.
fn disown(container: ContainerAsync<GenericImage>) -> String {
    let id = container.id().to_owned();
    std::mem::forget(container);
    id
}

/// Removes what a failed start has left in the engine.
async fn failed(engine: &Engine, order: &Order<'_>, error: LaunchError) -> LaunchError {
    let (owner, number) = (order.owner.to_string(), order.number.to_string());
    for (id, labels) in engine.managed_containers().await.unwrap_or_default() {
        if labels.get(OWNER_LABEL) == Some(&owner)
            && labels.get(LAUNCH_LABEL) == Some(&number)
            && let Err(error) = engine.remove(&id).await
        {
            tracing::warn!("a container that did not start could not be removed: {error}");
        }
    }
    error
}

fn start_error(error: TestcontainersError, image: &str) -> LaunchError {
    match error {
        TestcontainersError::Client(ClientError::PullImage { err, .. }) => {
            LaunchError::NoImage { image: image.to_owned(), source: err.into() }
        }
        TestcontainersError::Client(ClientError::CreateContainer(err) | ClientError::StartContainer(err)) => {
            LaunchError::Start(err.into())
        }
        other => LaunchError::Start(EngineError::new(other.to_string())),
    }
}

/// The image, built where the plan says so.
async fn image(image: &Image) -> Result<GenericImage, LaunchError> {
    match image {
        Image::Named(name) => {
            let (name, tag) = name_and_tag(name);
            Ok(GenericImage::new(name, tag))
        }
        Image::Build { context, dockerfile } => build(context, dockerfile).await,
    }
}

/// Splits an image's name; a colon before the last slash belongs to a registry's port.
fn name_and_tag(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

/// The name is made from where the image is built: a second build replaces the first, and the
/// engine's cache sees to it that nothing is built twice.
async fn build(context: &Path, dockerfile: &Path) -> Result<GenericImage, LaunchError> {
    let name = format!("plimsoll-build/{:016x}", hash(&[context, dockerfile]));
    let image = GenericBuildableImage::new(name, "latest").with_file(context, ".").with_dockerfile(dockerfile);
    // For the same reason as the start, this is not cancelled.
    let built = tokio::spawn(image.build_image()).await;
    let source = match built {
        Ok(Ok(image)) => return Ok(image),
        Ok(Err(TestcontainersError::Client(ClientError::BuildImage { err, .. }))) => EngineError::from(err),
        Ok(Err(error)) => EngineError::new(error.to_string()),
        Err(panic) => EngineError::new(panic.to_string()),
    };
    Err(LaunchError::Build { dockerfile: dockerfile.to_owned(), source })
}

/// FNV-1a: the same name for the same paths, in every version of this program.
fn hash(paths: &[&Path]) -> u64 {
    let bytes = paths.iter().flat_map(|path| path.as_os_str().as_encoded_bytes().iter().chain(&[0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn request(image: GenericImage, plan: &ContainerPlan, order: &Order<'_>) -> ContainerRequest<GenericImage> {
    let ports: BTreeSet<u16> = plan.port.into_iter().chain(order.other_ports.iter().copied()).collect();
    let ports: Vec<ContainerPort> = ports.into_iter().map(IntoContainerPort::tcp).collect();
    let image = ports.iter().copied().fold(image, GenericImage::with_exposed_port);
    let own = own_labels(order.owner).into_iter().chain([(LAUNCH_LABEL, order.number.to_string())]);
    let (resources, neighbours) = (plan.resources, Neighbours::new(order.surroundings));
    let request = image
        .with_labels(plan.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .with_labels(own)
        .with_host_config_modifier(move |host| configure(host, &ports, resources, &neighbours));
    // What is said last of a variable holds: what the plan says.
    let request = order
        .surroundings
        .variables
        .iter()
        .chain(&plan.env)
        .fold(request, |request, (name, value)| request.with_env_var(name, value));
    match &plan.command {
        Some(command) => request.with_cmd(command),
        None => request,
    }
}

/// Shows the container the folder, and adds to the variables that the plan, or else the image, gives it: an image that
/// is not here has to be fetched for them.
async fn preloaded(
    request: ContainerRequest<GenericImage>,
    plan: &ContainerPlan,
    preload: &Preload,
    engine: &Engine,
) -> Result<ContainerRequest<GenericImage>, LaunchError> {
    let image = request.descriptor();
    let (request, given) = match engine.image_environment(&image).await {
        Err(error) if error.not_found() => {
            let request = request.pull_image().await.map_err(|error| start_error(error, &image))?;
            (request, engine.image_environment(&image).await)
        }
        given => (request, given),
    };
    let given = given.map_err(LaunchError::Start)?;
    let held = |name: &str| plan.env.get(name).or_else(|| given.get(name)).cloned();
    let folder =
        Mount::bind_mount(preload.folder.to_string_lossy(), IN_CONTAINER).with_access_mode(AccessMode::ReadOnly);
    let variables = preload.environment(IN_CONTAINER, held).into_iter();
    Ok(variables.fold(request.with_mount(folder), |request, (name, value)| request.with_env_var(name, value)))
}

/// Whom a container can reach by name.
#[derive(Clone, Default)]
struct Neighbours {
    /// The network that it is in, by its id.
    network: Option<String>,
    hosts: Vec<String>,
}

impl Neighbours {
    fn new(surroundings: &Surroundings<'_>) -> Self {
        let hosts = surroundings.hosts.iter().map(|(name, address)| format!("{name}:{address}"));
        Self { network: surroundings.network.map(|network| network.id.clone()), hosts: hosts.collect() }
    }
}

/// What testcontainers has no words for. There is no `init`: the service is to run as it does in
/// production, as the first process, for an init would reap zombies that it leaks, and would be
/// counted as a process and as memory of it. Stopping is no slower for that: a first process that
/// cannot hear its signal is killed at once (see `Container::stop_signal`).
fn configure(host: &mut HostConfig, ports: &[ContainerPort], resources: Resources, neighbours: &Neighbours) {
    if let Some(network) = &neighbours.network {
        host.network_mode = Some(network.clone());
        host.extra_hosts.get_or_insert_default().extend(neighbours.hosts.iter().cloned());
    }
    host.publish_all_ports = Some(false);
    let binding = PortBinding { host_ip: Some(Ipv4Addr::LOCALHOST.to_string()), host_port: None };
    let bound = |port: &ContainerPort| (port.to_string(), Some(vec![binding.clone()]));
    host.port_bindings = (!ports.is_empty()).then(|| ports.iter().map(bound).collect());
    let memory = resources.memory.and_then(|bytes| i64::try_from(bytes).ok());
    // The same limit for memory and for memory with swap: a leak must not hide in swap.
    (host.memory, host.memory_swap) = (memory, memory);
    host.nano_cpus = resources.cpus.map(|cpus| (cpus * 1e9).round() as i64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_tag_is_the_latest() {
        assert_eq!(name_and_tag("redis"), ("redis", "latest"));
        assert_eq!(name_and_tag("redis:7"), ("redis", "7"));
        assert_eq!(name_and_tag("localhost:5000/a/b"), ("localhost:5000/a/b", "latest"));
        assert_eq!(name_and_tag("localhost:5000/a/b:1"), ("localhost:5000/a/b", "1"));
        // testcontainers puts the two together with a colon again.
        assert_eq!(name_and_tag("redis@sha256:ab"), ("redis@sha256", "ab"));
    }

    #[test]
    fn a_container_is_published_on_loopback_alone_and_cannot_swap() {
        let mut host = HostConfig { publish_all_ports: Some(true), ..HostConfig::default() };
        configure(
            &mut host,
            &[8080.tcp()],
            Resources { memory: Some(1 << 20), cpus: Some(1.5) },
            &Neighbours::default(),
        );
        let bindings = host.port_bindings.unwrap();
        assert_eq!(bindings["8080/tcp"].as_ref().unwrap()[0].host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(
            (host.memory, host.memory_swap, host.nano_cpus),
            (Some(1 << 20), Some(1 << 20), Some(1_500_000_000))
        );
        assert_eq!(host.publish_all_ports, Some(false));
    }
}
