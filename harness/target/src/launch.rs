//! Launching, and why it may fail.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use clock::Clock;
use scenario::{AttachPlan, Launch, ReadyWhen, TargetPlan};
use timeline::{Death, show_duration};

use crate::Later;
use crate::engine::EngineError;
use crate::log::{Listener, Log};
use crate::owner::Owner;
use crate::surroundings::Surroundings;
use crate::target::{Kind, Target};
use crate::{attach, container, process};

/// Why a target could not be launched, or did not become ready. The source says why it failed.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No container engine answers.
    #[error("no container engine answers")]
    NoEngine(#[source] EngineError),
    /// The engine does not have the image, and could not get it.
    #[error("there is no image `{image}`, and it could not be pulled")]
    NoImage {
        /// The image's name.
        image: String,
        /// What the engine said.
        source: EngineError,
    },
    /// The image could not be built.
    #[error("the image could not be built from {}", dockerfile.display())]
    Build {
        /// The Dockerfile.
        dockerfile: PathBuf,
        /// What the engine said.
        source: EngineError,
    },
    /// The engine could not start the container, or tell about it.
    #[error("the container could not be started")]
    Start(#[source] EngineError),
    /// The engine could not make a network.
    #[error("the network of the run could not be made")]
    Network(#[source] EngineError),
    /// The program does not exist, or may not be run.
    #[error("there is no program `{program}`")]
    NoProgram {
        /// The program, as the scenario names it.
        program: String,
    },
    /// The working folder of a process does not exist.
    #[error("there is no folder {}", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The process could not be started.
    #[error("`{program}` could not be started")]
    Spawn {
        /// The program, as the scenario names it.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// What was to be run before the launch did not end well.
    #[error("`{command}`, which prepares the launch, failed: {how}")]
    Prepare {
        /// The program and its arguments.
        command: String,
        /// How it ended: `exited 1`, `not done within 10m`.
        how: String,
        /// The last lines of its output.
        last_lines: Vec<String>,
    },
    /// Something else listens on the port that the target is to have.
    #[error("port {port} on 127.0.0.1 is taken")]
    PortTaken {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// No port can be had.
    #[error("no free port could be found on 127.0.0.1")]
    NoFreePort(#[source] io::Error),
    /// A process cannot be limited.
    #[error("the limits of the process could not be set")]
    NoCgroup(#[source] io::Error),
    /// The file for the target's log cannot be written.
    #[error("cannot write the target's log to {}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The host of an address is not known, or cannot be asked for.
    #[error("the host `{host}` could not be found")]
    NoHost {
        /// Its name.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be attached to does not run.
    #[error("there is nothing to attach to: {what} does not run")]
    AttachGone {
        /// What was looked for.
        what: String,
    },
    /// A container does not publish the port on this machine.
    #[error("{what} does not publish its port {port} on 127.0.0.1")]
    NotPublished {
        /// The container.
        what: String,
        /// The port inside it.
        port: u16,
    },
    /// The sign of readiness cannot be seen.
    #[error("whether {what} is ready cannot be seen: {missing}")]
    NotSeen {
        /// The target.
        what: &'static str,
        /// What is missing.
        missing: &'static str,
    },
    /// The target runs, but the sign of readiness did not come.
    #[error("{what} was not ready within {}: {seen}", show_duration(*within))]
    NeverReady {
        /// The target, or which service.
        what: String,
        /// How long was waited.
        within: Duration,
        /// What came in the place of the sign.
        seen: String,
        /// The last lines that the target logged.
        last_lines: Vec<String>,
    },
    /// The target ended before it was ready.
    #[error("{what} ended before it was ready: {death}")]
    DiedAtStart {
        /// The target, or which service.
        what: String,
        /// How.
        death: Death,
    },
}

impl LaunchError {
    /// What can be done about it, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoEngine(error) => engine_hint(error),
            Self::NoImage { .. } => "build or load the image first, or have it built: `build: {context: ...}`",
            Self::NoProgram { .. } => {
                "a name without a slash is looked for in PATH, one with a slash from the scenario's folder, and it has to be \
                 executable"
            }
            Self::Prepare { .. } => {
                "its output is in the run's folder; it runs in the folder of what it prepares, and never through a shell"
            }
            Self::NoHost { .. } => "write a name that this machine can look up, or an IP address",
            Self::PortTaken { .. } => "leave `port` out, and the process is told a free one in PORT",
            Self::NoCgroup(_) => {
                "limits on a process need root, or a writable /sys/fs/cgroup; a container needs neither"
            }
            Self::NotPublished { .. } => "publish it when the container is started: `docker run -p 127.0.0.1::PORT`",
            Self::NotSeen { .. } => "choose another sign under `ready`, or give the target a `port`",
            Self::NeverReady { .. } => "see its log; where it needs more time, raise `ready.within`",
            Self::DiedAtStart { death, .. } if death.oom_killed => "its memory limit is too low for it to start",
            _ => return None,
        })
    }

    /// The last lines that the target logged, or what prepares it, where there was one.
    pub fn last_lines(&self) -> &[String] {
        match self {
            Self::NeverReady { last_lines, .. } | Self::Prepare { last_lines, .. } => last_lines,
            Self::DiedAtStart { death, .. } => &death.last_lines,
            _ => &[],
        }
    }
}

fn engine_hint(error: &EngineError) -> &'static str {
    match error.cause() {
        Some(io::ErrorKind::PermissionDenied) => {
            "you may not use its socket: join the group `docker`, or launch the target as a `process`"
        }
        _ => "start it (`systemctl start docker`, or `dockerd`), set DOCKER_HOST, or launch the target as a `process`",
    }
}

/// What every way of launching needs to know.
pub(crate) struct Order<'a> {
    pub(crate) owner: &'a Owner,
    /// Tells this launch from the others of the same owner.
    pub(crate) number: u32,
    pub(crate) log: Log,
    pub(crate) surroundings: &'a Surroundings<'a>,
    /// Other ports of a container that are published, for pages of it.
    pub(crate) other_ports: BTreeSet<u16>,
}

/// Launches what `plan` says, or attaches to it; its output goes to a new file at `log`, and each line to `hear`. What is
/// launched finds the `surroundings`.
/// It runs when this returns, and counts as ready after [`Target::ready`].
///
/// # Errors
/// Where it cannot be launched; nothing is left behind then.
pub fn launch<'a>(
    plan: &'a TargetPlan,
    owner: &'a Owner,
    log: &'a Path,
    hear: Option<Listener>,
    surroundings: &'a Surroundings<'a>,
    clock: Clock,
) -> Later<'a, Result<Target, LaunchError>> {
    Box::pin(start(plan, owner, log, hear, surroundings, clock))
}

/// The number of the next launch.
pub(crate) fn next_number() -> u32 {
    static LAUNCHES: AtomicU32 = AtomicU32::new(1);
    LAUNCHES.fetch_add(1, Ordering::Relaxed)
}

async fn start(
    plan: &TargetPlan,
    owner: &Owner,
    log: &Path,
    hear: Option<Listener>,
    surroundings: &Surroundings<'_>,
    clock: Clock,
) -> Result<Target, LaunchError> {
    check_sign(plan)?;
    let wanted = match &plan.ready.when {
        ReadyWhen::Log(line) => Some(line.as_str()),
        _ => None,
    };
    let log = Log::create(log, wanted, hear).map_err(|source| LaunchError::Log { path: log.to_owned(), source })?;
    let other_ports: BTreeSet<u16> = plan.runtime.pprof.into_iter().chain(plan.other_ports.iter().copied()).collect();
    let order = Order { owner, number: next_number(), log: log.clone(), surroundings, other_ports };
    let kind = match &plan.launch {
        Launch::Container(plan) => Kind::Container(container::start(plan, &order).await?),
        Launch::Process(plan) => Kind::Process(process::start(plan, &order)?),
        Launch::Attach(plan) => attach::to(plan, &log).await?,
    };
    let reached = order.other_ports.iter().map(|port| Ok((*port, kind.at_port(*port)?)));
    let other_ports = reached.collect::<Result<_, LaunchError>>()?;
    let target = Target::new(surroundings.called(), kind, plan.ready.clone(), log, clock);
    Ok(target.with_other_ports(other_ports))
}

/// Nothing is started of which it could never be seen that it is ready.
fn check_sign(plan: &TargetPlan) -> Result<(), LaunchError> {
    let (what, port, log) = match &plan.launch {
        Launch::Container(container) => ("the container", container.port.is_some(), true),
        Launch::Process(_) => ("the process", true, true),
        Launch::Attach(AttachPlan::Container { port, .. }) => ("the container", port.is_some(), true),
        Launch::Attach(AttachPlan::Process { port, .. }) => ("the process", port.is_some(), false),
        Launch::Attach(AttachPlan::Url(_)) => ("the target", true, false),
    };
    let missing = match plan.ready.when {
        ReadyWhen::Http(_) | ReadyWhen::Tcp if !port => "it has no port",
        ReadyWhen::Log(_) if !log => "the log of what was started elsewhere is out of reach",
        _ => return Ok(()),
    };
    Err(LaunchError::NotSeen { what, missing })
}
