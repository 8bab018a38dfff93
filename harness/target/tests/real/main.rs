//! Real processes and real containers. They need gcc, and a container engine that answers.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the answer")]

mod containers;
mod processes;
mod programs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use clock::Clock;
use scenario::{ContainerPlan, Image, Launch, ProcessPlan, Ready, ReadyWhen, Resources, RuntimePlan, TargetPlan};
use target::{Addition, LaunchError, Owner, Preload, Surroundings, Target};

/// A folder with the service, built without shared libraries, and a Dockerfile around it.
static SERVICE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = scratch("service");
    let dockerfile = "FROM scratch\nENV LOADED=of-the-image\nCOPY service /service\nENTRYPOINT [\"/service\"]\n";
    std::fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    let mut gcc = Command::new("gcc");
    gcc.args(["-static", "-O1", "-o"]).arg(folder.join("service"));
    gcc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/service.c"));
    assert!(gcc.status().expect("these tests need gcc").success());
    folder
});

/// A folder for the files of these tests.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn ready(when: ReadyWhen, seconds: u64) -> Ready {
    Ready { when, within: Duration::from_secs(seconds) }
}

/// A process with this command, which counts as ready at once.
fn process(command: &[&str]) -> ProcessPlan {
    ProcessPlan {
        command: command.iter().map(ToString::to_string).collect(),
        env: BTreeMap::new(),
        folder: SERVICE.clone(),
        port: None,
        resources: Resources::default(),
    }
}

/// A container of the service, with these arguments.
fn container(arguments: &[&str]) -> ContainerPlan {
    ContainerPlan {
        image: Image::Build { context: SERVICE.clone(), dockerfile: SERVICE.join("Dockerfile") },
        command: Some(arguments.iter().map(ToString::to_string).collect()),
        env: BTreeMap::new(),
        labels: BTreeMap::new(),
        port: Some(8080),
        resources: Resources { memory: Some(64 << 20), cpus: Some(0.5) },
    }
}

/// Launches it on behalf of a run of this name; its log is the file of that name.
async fn launch(launch: Launch, ready: Ready, run: &str) -> Result<Target, LaunchError> {
    launch_with(launch, ready, None, run).await
}

fn target_plan(launch: Launch, ready: Ready) -> TargetPlan {
    TargetPlan { launch, ready, prepare: None, runtime: RuntimePlan::default(), other_ports: Vec::new() }
}

async fn launch_with(
    launch: Launch,
    ready: Ready,
    preload: Option<&Preload>,
    run: &str,
) -> Result<Target, LaunchError> {
    let log = scratch("logs").join(run);
    let plan = target_plan(launch, ready);
    let surroundings = Surroundings { preload, ..Surroundings::default() };
    target::launch(&plan, &Owner::this_process(run), &log, None, &surroundings, Clock::start()).await
}

/// A folder with a file in it, and a variable that names it.
fn preload() -> Preload {
    let folder = scratch("preload");
    std::fs::write(folder.join("file"), "loaded").unwrap();
    let variables = |seen: &str| vec![Addition { name: "LOADED", value: format!("{seen}/file"), separator: ":" }];
    Preload { folder, variables }
}

/// A variable in the environment with which a process was started.
fn variable(pid: u32, name: &str) -> Option<String> {
    let variables = String::from_utf8(std::fs::read(format!("/proc/{pid}/environ")).unwrap()).unwrap();
    variables.split('\0').find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

async fn launch_process(plan: ProcessPlan, when: ReadyWhen, run: &str) -> Target {
    launch(Launch::Process(plan), ready(when, 20), run).await.unwrap()
}

/// Waits until something holds, for ten seconds at most.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let clock = Clock::start();
    while !holds() {
        assert!(clock.now().seconds() < 10.0, "{what}: not within 10 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Does a process with this pid run, other than as a zombie?
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// The line of an owner that cannot live: this process's pid with another start.
fn dead_owner(run: &str) -> Owner {
    Owner::this_process(run).to_string().replace(",started=", ",started=9").parse().unwrap()
}
