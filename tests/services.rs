//! What the target needs: found by it, watched, and gone when the run is over, however that ends.

use std::process::Command;
use std::time::Duration;

use timeline::{Happening, Metric, Name, Subject, Unit};

use crate::ending::{containers, mark, processes};
use crate::stage::{Stage, container, process, scenario, wait_for};

const SHORT: &str = "[{name: idle, for: 2s}]";
const LONG: &str = "[{name: idle, for: 5m}]";
const UNDER_WAY: &str = "idle for 5m";
/// A page of the service `search-index`.
const PAGE: &str =
    "probes: {scrape: [{service: search-index, prometheus: /metrics, keep: [specimen_connections_total]}]}\n";

/// `target` with these `services`, each a part of a mapping.
fn with_services(target: &str, services: &str) -> String {
    format!("{}, services: {{{services}}}}}", target.strip_suffix('}').unwrap())
}

/// A specimen that says first what it finds in its environment.
fn telling(variables: &str) -> String {
    let program = env!("CARGO_BIN_EXE_plimsoll");
    let says = format!("echo \"found {variables}\"; exec {program} specimen");
    format!("{{process: {{command: [sh, -c, '{says}'], ready: {{http: /healthz, within: 10s}}}}}}")
}

/// What came after `found ` in a log.
fn found(stage: &Stage, log: &str) -> String {
    let log = stage.kept(log);
    log.lines().find_map(|line| line.strip_prefix("found ")).unwrap_or_else(|| panic!("{log}")).to_owned()
}

/// How many numbers the page of the service told.
fn told_by_page(stage: &Stage) -> usize {
    let record = record::open(&stage.record()).unwrap();
    let metric = Metric::Named(Name::new("specimen_connections_total"), Unit::Count);
    record.timeline.series(metric, &Subject::Target).map_or(0, |series| series.samples.len())
}

#[test]
fn services_are_launched_in_order_found_in_the_environment_and_stopped_in_reverse() {
    let services = format!("search-index: {}, db: {}", process(""), telling("$SEARCH_INDEX_ADDRESS"));
    let target = with_services(&telling("$SEARCH_INDEX_HOST:$SEARCH_INDEX_PORT $DB_ADDRESS"), &services);
    let stage = Stage::new(&(scenario(&target, SHORT, "{}") + PAGE));
    let run = stage.run();
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    let finding = stage.finding("services.alive");
    assert_eq!(finding["verdict"], "pass", "{finding:#}");
    let (of_target, of_db) = (found(&stage, "target.log"), found(&stage, "service-db.log"));
    assert!(of_db.starts_with("127.0.0.1:") && of_target.starts_with(&format!("{of_db} 127.0.0.1:")), "{of_target}");
    assert!(stage.kept("service-search-index.log").contains(&of_db), "it listens where it is said to");
    assert!(told_by_page(&stage) > 1);
    let record = record::open(&stage.record()).unwrap();
    let order: Vec<String> = record.timeline.events.iter().filter_map(|event| in_order(&event.what)).collect();
    assert_eq!(
        order,
        [
            "search-index launched",
            "search-index ready",
            "db launched",
            "db ready",
            "target launched",
            "target stopped",
            "db stopped",
            "search-index stopped",
        ]
    );
}

fn in_order(what: &Happening) -> Option<String> {
    Some(match what {
        Happening::ServiceLaunched { service, .. } => format!("{service} launched"),
        Happening::ServiceReady { service } => format!("{service} ready"),
        Happening::ServiceStopped { service, .. } => format!("{service} stopped"),
        Happening::Launched { .. } => "target launched".to_owned(),
        Happening::Stopped { .. } => "target stopped".to_owned(),
        _ => return None,
    })
}

#[test]
fn a_service_that_dies_fails_the_run_with_its_last_words() {
    let dying = "{process: {command: [sh, -c, 'echo the disk is full; sleep 1; exit 3'], ready: {log: disk}}}";
    let stage = Stage::new(&scenario(&with_services(&process(""), &format!("db: {dying}")), SHORT, "{}"));
    let run = stage.run();
    run.expect_code(1);
    assert!(run.stderr.contains("the service db died: exited (exit 3)"), "{}", run.stderr);
    let finding = stage.finding("services.alive");
    assert_eq!((&finding["verdict"], &finding["code"]), (&"fail".into(), &"services.alive.died".into()));
    assert!(finding["summary"].as_str().unwrap().contains("into `idle`: exited (exit 3)"), "{finding:#}");
    assert!(finding["evidence"]["notes"].to_string().contains("the log of db: the disk is full"), "{finding:#}");
    assert_eq!(stage.finding("target.alive")["verdict"], "pass", "the target is not to blame");
}

#[test]
fn a_service_that_is_never_ready_is_named_and_nothing_is_left_of_those_before_it() {
    let mark = mark("never");
    let never = "{process: {command: [plimsoll, specimen, --never-ready], ready: {http: /healthz, within: 1s}}}";
    let services = format!("site: {}, db: {never}", process(&format!(", --log-line, {mark}")));
    let stage = Stage::new(&scenario(&with_services(&process(""), &services), SHORT, "{}"));
    let run = stage.run();
    run.expect_code(4);
    assert!(run.stderr.contains("the service `db` was not ready within 1 s"), "{}", run.stderr);
    assert!(!stage.record().join("target.log").exists(), "the target was not launched");
    assert_eq!(processes(&mark), [0_u32; 0]);
}

#[test]
fn no_service_outlives_its_run_or_a_killed_harness() {
    let mark = mark("service");
    let service = process(&format!(", --log-line, {mark}"));
    let stage = || Stage::new(&scenario(&with_services(&process(""), &format!("db: {service}")), LONG, "{}"));
    let (interrupted, killed) = (stage(), stage());
    let run = interrupted.start_until(UNDER_WAY);
    assert_eq!(processes(&mark).len(), 1);
    run.signal("INT");
    run.finish().expect_code(130);
    assert_eq!(processes(&mark), [0_u32; 0]);
    let run = killed.start_until(UNDER_WAY);
    assert_eq!(processes(&mark).len(), 1);
    run.signal("KILL");
    run.finish();
    assert!(wait_for(Duration::from_secs(10), || processes(&mark).is_empty()), "{:?}", processes(&mark));
}

/// What `docker inspect` says of a container.
fn inspected(container: &str, format: &str) -> String {
    let output = Command::new("docker").args(["inspect", "--format", format, container]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn is_network(id: &str) -> bool {
    let inspected = Command::new("docker").args(["network", "inspect", id]).output().unwrap();
    inspected.status.success()
}

#[test]
fn containers_share_a_network_of_their_own_which_goes_with_them() {
    let mark = mark("network");
    let service = container("", &format!("labels: {{mark: {mark}}}, "));
    let target = with_services(&service, &format!("search-index: {service}"));
    let stage = |phases| Stage::new(&(scenario(&target, phases, "{}") + PAGE));
    let (whole, killed) = (stage(SHORT), stage(LONG));
    let run = whole.run();
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert_eq!(whole.finding("services.alive")["verdict"], "pass");
    assert!(told_by_page(&whole) > 1);
    assert_eq!(containers(&mark), [""; 0]);
    let run = killed.start_until(UNDER_WAY);
    let all = containers(&mark);
    assert_eq!(all.len(), 2);
    let networks: Vec<String> = all.iter().map(|one| inspected(one, "{{.HostConfig.NetworkMode}}")).collect();
    assert!(networks[0] == networks[1] && is_network(&networks[0]), "{networks:?}");
    let told = all.iter().map(|one| inspected(one, "{{.Config.Env}} {{.HostConfig.ExtraHosts}}")).collect::<String>();
    assert!(told.contains("SEARCH_INDEX_ADDRESS=search-index:8080"), "{told}");
    run.signal("KILL");
    run.finish();
    let gone = wait_for(Duration::from_secs(15), || containers(&mark).is_empty() && !is_network(&networks[0]));
    assert!(gone, "the reaper left {:?} or the network", containers(&mark));
}

#[test]
fn a_process_finds_a_container_at_its_published_port() {
    let service = container("", "");
    let target = with_services(&telling("$SEARCH_INDEX_ADDRESS"), &format!("search-index: {service}"));
    let stage = Stage::new(&(scenario(&target, SHORT, "{}") + PAGE));
    let run = stage.run();
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert!(found(&stage, "target.log").starts_with("127.0.0.1:"));
    assert!(told_by_page(&stage) > 1);
}
