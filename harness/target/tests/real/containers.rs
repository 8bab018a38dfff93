//! Containers: built, started, watched, limited, stopped, swept.

use std::error::Error;
use std::process::Command;

use clock::Clock;
use scenario::{AttachPlan, ContainerPlan, Image, Launch, ReadyWhen};
use target::{LaunchError, Network, Owner, Surroundings, Target, sweep_owned_by};

use crate::{SERVICE, container, launch, launch_with, preload, ready, runs, scratch, target_plan, variable};

async fn launch_container(plan: ContainerPlan, when: ReadyWhen, run: &str) -> Target {
    match launch(Launch::Container(plan), ready(when, 30), run).await {
        Ok(target) => target,
        Err(error @ LaunchError::NoEngine(_)) => {
            panic!("these tests need a container engine: {error}: {:?}", error.source())
        }
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

/// Is there nothing left of the run?
async fn nothing_left(run: &str) -> bool {
    sweep_owned_by(&Owner::this_process(run)).await.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_built_serves_on_loopback_and_ends_when_it_is_asked_to() {
    let run = "container-serves";
    let mut target = launch_container(container(&["serve"]), ReadyWhen::Http("/".to_owned()), run).await;
    target.ready().await.unwrap();
    assert!(target.address().unwrap().ip().is_loopback());
    assert!(target.image_digest().unwrap().starts_with("sha256:"));
    let (pid, id) = (target.pid().unwrap(), target.container().unwrap().to_owned());
    assert!(runs(pid) && target.what().ends_with(&format!("({})", &id[..12])), "{}", target.what());
    let reading = target.stats().unwrap().read().await.unwrap();
    assert!(reading.anon.is_some() && reading.inactive_file.is_some() && reading.usage.unwrap() > 0, "{reading:?}");
    assert_eq!((reading.limit, reading.pids), (Some(64 << 20), Some(1)));
    let how = target.stop().await.unwrap();
    assert!(how.starts_with("exited 0 after SIGTERM in "), "{how}");
    assert!(!runs(pid));
    let mut lines = target.last_lines(20);
    lines.sort();
    assert_eq!(lines, ["a word on stderr", "listening"]);
    assert!(nothing_left(run).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_sees_what_it_is_to_load_and_keeps_what_its_image_sets() {
    let (plan, when) = (Launch::Container(container(&["serve"])), ready(ReadyWhen::Tcp, 30));
    let mut target = launch_with(plan, when, Some(&preload()), "container-loads").await.unwrap();
    target.ready().await.unwrap();
    let pid = target.pid().unwrap();
    let loaded = variable(pid, "LOADED").unwrap();
    let (file, rest) = loaded.split_once(':').unwrap();
    assert_eq!(rest, "of-the-image");
    let seen = format!("/proc/{pid}/root{file}");
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), "loaded");
    let written = std::fs::write(&seen, "changed").unwrap_err();
    assert_eq!(written.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    target.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_outgrows_its_limit_is_oom_killed() {
    let mut target =
        launch_container(container(&["grow"]), ReadyWhen::Log("growing".to_owned()), "container-grows").await;
    target.ready().await.unwrap();
    let death = target.died().await;
    assert_eq!((death.exit_code, death.oom_killed), (Some(137), true));
    assert_eq!(death.last_lines, ["growing"]);
    assert_eq!(target.stop().await.unwrap(), "had ended by itself (exit 137)");
    assert!(nothing_left("container-grows").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_cannot_hear_is_killed_without_a_grace() {
    let mut target = launch_container(container(&["deaf"]), ReadyWhen::Log("deaf".to_owned()), "container-deaf").await;
    target.ready().await.unwrap();
    let clock = Clock::start();
    assert_eq!(target.stop().await.unwrap(), "killed at once, for it does not listen to SIGTERM");
    assert!(clock.now().seconds() < 5.0);
    assert!(nothing_left("container-deaf").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_ends_at_its_start_is_told_with_its_last_lines() {
    let target = launch_container(container(&["fail"]), ReadyWhen::Tcp, "container-fails").await;
    let error = target.ready().await.unwrap_err();
    assert_eq!(error.to_string(), "the target ended before it was ready: exited (exit 3)");
    assert_eq!(error.last_lines(), ["no such database"]);
    // As after a harness that was killed: nobody stops it.
    std::mem::forget(target);
    assert_eq!(sweep_owned_by(&Owner::this_process("container-fails")).await.to_string(), "1 container");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_the_engines_proxy_is_no_sign_of_readiness() {
    let mut target = launch_container(container(&["late"]), ReadyWhen::Tcp, "container-late").await;
    target.ready().await.unwrap();
    assert!(target.last_lines(20).iter().any(|line| line == "listening"));
    target.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_of_one_network_reach_each_other_by_name() {
    let run = "container-network";
    let owner = Owner::this_process(run);
    let network = Network::create(&owner).await.unwrap();
    let around = Surroundings { network: Some(&network), ..Surroundings::default() };
    let mut service = launch_around(Launch::Container(container(&["serve"])), &around, run).await;
    service.ready().await.unwrap();
    let hosts = vec![("db".to_owned(), service.in_network(&network).unwrap())];
    let around = Surroundings { hosts, ..around };
    let mut target = launch_around(Launch::Container(container(&["reach", "db", "8080"])), &around, run).await;
    target.ready().await.unwrap();
    target.stop().await.unwrap();
    let lines = target.last_lines(20);
    assert!(lines.iter().any(|line| line == "reached"), "{lines:?}");
    service.stop().await.unwrap();
    // As after a harness that was killed: nobody removes it.
    std::mem::forget(network);
    assert_eq!(sweep_owned_by(&owner).await.to_string(), "1 network");
}

/// Launches it with these surroundings; it counts as ready when its port answers.
async fn launch_around(plan: Launch, around: &Surroundings<'_>, run: &str) -> Target {
    let log = scratch("logs").join(run);
    let plan = target_plan(plan, ready(ReadyWhen::Http("/".to_owned()), 30));
    target::launch(&plan, &Owner::this_process(run), &log, None, around, Clock::start()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_nowhere_is_told_in_one_line() {
    let plan = ContainerPlan { image: Image::Named("plimsoll-test/no-such-image:1".to_owned()), ..container(&[]) };
    let error = launch(Launch::Container(plan), ready(ReadyWhen::Tcp, 1), "no-image").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no image `plimsoll-test/no-such-image:1`, and it could not be pulled");
    let why = error.source().unwrap().to_string();
    assert!(!why.is_empty() && !why.contains('\n'), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_build_and_a_failed_start_leave_nothing_behind() {
    let dockerfile = scratch("dockerfiles").join("Dockerfile");
    let plan = || {
        let image = Image::Build { context: SERVICE.clone(), dockerfile: dockerfile.clone() };
        Launch::Container(ContainerPlan { image, ..container(&["serve"]) })
    };
    std::fs::write(&dockerfile, "FROM scratch\nCOPY nothing /nothing\n").unwrap();
    let error = launch(plan(), ready(ReadyWhen::Tcp, 1), "no-start").await.unwrap_err();
    assert!(matches!(error, LaunchError::Build { .. }), "{error:?}");
    assert!(error.source().unwrap().to_string().contains("nothing"), "{:?}", error.source());
    std::fs::write(&dockerfile, "FROM scratch\nCOPY service /service\nENTRYPOINT [\"/nowhere\"]\n").unwrap();
    let error = launch(plan(), ready(ReadyWhen::Tcp, 1), "no-start").await.unwrap_err();
    assert!(matches!(error, LaunchError::Start(_)), "{error:?}");
    assert!(error.source().unwrap().to_string().contains("/nowhere"), "{:?}", error.source());
    assert!(nothing_left("no-start").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_container_is_watched_and_left_alone() {
    let mut owned = launch_container(container(&["serve"]), ReadyWhen::Tcp, "container-attached").await;
    owned.ready().await.unwrap();
    let plan = |port| {
        let name = owned.container().unwrap().to_owned();
        Launch::Attach(AttachPlan::Container { name, port: Some(port) })
    };
    let mut attached = launch(plan(8080), ready(ReadyWhen::Http("/".to_owned()), 5), "attaches").await.unwrap();
    attached.ready().await.unwrap();
    assert_eq!((attached.address(), attached.pid()), (owned.address(), owned.pid()));
    let watched = launch(plan(8080), ready(ReadyWhen::Log("listening".to_owned()), 5), "watches").await.unwrap();
    watched.ready().await.unwrap();
    let unpublished = launch(plan(9), ready(ReadyWhen::Started, 5), "attaches").await.unwrap_err();
    assert!(matches!(unpublished, LaunchError::NotPublished { port: 9, .. }), "{unpublished:?}");
    assert_eq!(attached.stop().await.unwrap(), "left running, as attached");
    drop(attached);
    assert!(runs(owned.pid().unwrap()));
    owned.stop().await.unwrap();
    assert_eq!(watched.died().await.exit_code, Some(0));
}

/// The engine is looked for where `DOCKER_HOST` says: this test starts itself with two of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_engine_is_told_with_a_hint() {
    let Ok(why) = std::env::var("PLIMSOLL_TEST_NO_ENGINE") else {
        let dead = scratch("sockets").join(format!("{}.sock", std::process::id()));
        // The file of a socket stays when nobody listens any more.
        drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
        expect_no_engine("/nonexistent/docker.sock", "there is no socket /nonexistent/docker.sock");
        expect_no_engine(dead.to_str().unwrap(), "Connection refused (os error 111)");
        return std::fs::remove_file(dead).unwrap();
    };
    let error = launch(Launch::Container(container(&[])), ready(ReadyWhen::Tcp, 1), "no-engine").await.unwrap_err();
    assert!(matches!(error, LaunchError::NoEngine(_)), "{error:?}");
    assert!(error.hint().unwrap().starts_with("start it"));
    assert_eq!(error.source().unwrap().to_string(), why);
    assert!(nothing_left("no-engine").await);
}

fn expect_no_engine(socket: &str, why: &str) {
    let mut this = Command::new(std::env::current_exe().unwrap());
    this.args(["--exact", "containers::a_missing_engine_is_told_with_a_hint"]);
    this.env("DOCKER_HOST", format!("unix://{socket}")).env("PLIMSOLL_TEST_NO_ENGINE", why);
    assert!(this.status().unwrap().success());
}

/// Everything may be awaited in a task of its own.
#[test]
fn all_futures_can_be_sent() {
    fn sent<T: Send>(_: impl FnOnce(&'static mut Target) -> T) {}
    sent(|target| target.ready());
    sent(|target| target.died());
    sent(Target::stop);
}
