//! Load that the harness does not make, and targets that are only an address.

use super::*;

/// A scenario whose load is a command.
const COMMAND: &str = r"
name: by-command
target: {process: {command: [serve]}}
load:
  command: [k6, run, script.js]
  requests: {log: 'http_reqs\S*\s+(?<value>\d+)'}
  phases:
    - {name: baseline, for: 30s}
    - {for: 5m, loaded: true}
    - {name: settle, for: 30s}
assert:
  memory: {growth_per_request: {below: 64B}}
  throughput: {above: 10/s}
";

/// A scenario of a target that works by itself.
const WORKER: &str = r"
name: worker
target: {process: {command: [work]}}
load:
  cycles: {log: 'cycle \d+ done'}
  phases: [{name: start, for: 30s}, {name: work, for: 10m, loaded: true}]
assert: {memory: {growth_per_cycle: {below: 64KiB}}}
";

/// A plain load test of an address.
const ADDRESS: &str = r"
name: at-an-address
target: {attach: {url: http://api.example.com:8080/v2/}}
load:
  journeys: [{name: browse, steps: [{get: /items}, {get: /own, headers: {Host: other}}]}]
  phases: [{for: 1m, users: 10}]
probes: {heartbeat: {get: /healthz}}
";

fn ids(plan: &Plan) -> Vec<String> {
    plan.assertions.iter().map(|assertion| assertion.rule.id()).collect()
}

#[track_caller]
fn check(source: &str, from: &str, to: &str, expected: &[&str]) {
    assert!(source.contains(from), "no `{from}`");
    assert_eq!(problems(&source.replace(from, to)), expected);
}

#[test]
fn a_command_is_the_load_of_the_phases_that_are_loaded() {
    let plan = read(COMMAND).unwrap();
    let command = plan.command.as_ref().unwrap();
    assert_eq!(
        (command.command.join(" ").as_str(), command.folder.as_path()),
        ("k6 run script.js", "/scenarios/chat".as_ref())
    );
    let loaded: Vec<(&str, bool)> = plan.phases.iter().map(|phase| (phase.name.as_str(), phase.loaded())).collect();
    assert_eq!(loaded, [("baseline", false), ("load", true), ("settle", false)]);
    assert!(plan.counts_requests() && !plan.makes_load() && plan.most_users() == 0);
    assert!(ids(&plan).contains(&"generator.health".to_owned()), "{:?}", ids(&plan));
    assert_eq!(plan.load_length(), std::time::Duration::from_mins(5));
}

#[test]
fn a_plan_of_a_command_is_kept_and_read_again() {
    let plan = read(COMMAND).unwrap();
    let kept = serde_json::to_value(&plan).unwrap();
    assert_eq!(serde_json::from_value::<Plan>(kept).unwrap(), plan);
    // A plan that was kept before there were commands has none.
    let mut old = serde_json::to_value(read(GOOD).unwrap()).unwrap();
    for key in ["command", "cycles"] {
        assert!(old.as_object_mut().unwrap().remove(key).is_some());
    }
    for phase in old["phases"].as_array_mut().unwrap() {
        phase.as_object_mut().unwrap().remove("foreign").unwrap();
    }
    old["probes"].as_object_mut().unwrap().remove("logs").unwrap();
    old["probes"]["heartbeat"].as_object_mut().unwrap().remove("host").unwrap();
    assert_eq!(serde_json::from_value::<Plan>(old).unwrap(), read(GOOD).unwrap());
}

#[test]
fn mixtures_of_loads_are_refused() {
    check(
        COMMAND,
        "{for: 5m, loaded: true}",
        "{for: 5m, users: 10}",
        &["9:24: there are no users here: the load is a command (write `loaded: true` in their place, and tell the \
             command how many it shall be)"],
    );
    check(COMMAND, "5m, loaded: true", "5m", &["5:12: no phase runs the command (give a phase `loaded: true`)"]);
    check(
        COMMAND,
        "  phases:",
        "  journeys: [{name: a, steps: [{get: /}]}]\n  phases:",
        &[
            "5:12: there are journeys too, and one of the two is the load (keep the one you mean)",
            "10:25: the load is made by users who walk the journeys (say how many: `users: 10`)",
        ],
    );
    check(
        GOOD,
        "for: 25s, users: 50",
        "for: 25s, users: 50, loaded: true",
        &["23:53: the phase has its load from users (`loaded: true` is for load from elsewhere: leave it out)"],
    );
    check(
        COMMAND,
        "  command: [k6, run, script.js]\n",
        "",
        &["5:13: requests are counted in a command's output, and there is none (users count their own; leave it out)"],
    );
}

#[test]
fn what_a_command_does_not_tell_cannot_be_asserted() {
    check(
        COMMAND,
        "  requests: {log: 'http_reqs\\S*\\s+(?<value>\\d+)'}\n",
        "",
        &[
            r"11:32: the command's requests are not counted (say what its output tells of them: `requests: {log: 'http_reqs\S*\s+(?<value>\d+)'}`)",
            r"12:15: the command's requests are not counted (say what its output tells of them: `requests: {log: 'http_reqs\S*\s+(?<value>\d+)'}`)",
        ],
    );
    check(
        COMMAND,
        "throughput: {above: 10/s}",
        "errors: {below: 1%}",
        &[
            "13:11: the answers to a command's requests are not seen from here (let the command judge them, and end with \
           another exit code than 0)",
        ],
    );
    check(
        COMMAND,
        "growth_per_request: {below: 64B}",
        "growth_per_user: {below: 64KiB}",
        &["12:29: there are no users (give a phase `users: 0..50`)"],
    );
    check(
        COMMAND,
        "(?<value>\\d+)'",
        "(\\d+)'",
        &[r"6:19: the pattern does not say which number it is (name its group: `'http_reqs\S*\s+(?<value>\d+)'`)"],
    );
    check(
        COMMAND,
        "(?<value>\\d+)'",
        "(?<value>\\d+'",
        &[
            r"6:19: `http_reqs\S*\s+(?<value>\d+` is not a pattern: unclosed group (write a regular expression, in single quotes)",
        ],
    );
    check(
        COMMAND,
        "[k6, run, script.js]",
        "[]",
        &["5:12: the command is empty (write `command: [program, argument]`)"],
    );
}

#[test]
fn a_target_that_works_by_itself_needs_no_load() {
    let plan = read(WORKER).unwrap();
    assert!(plan.phases[1].loaded() && !plan.makes_load() && plan.command.is_none());
    assert_eq!(plan.cycles.as_ref().map(LinePattern::as_str), Some(r"cycle \d+ done"));
    assert!(!ids(&plan).contains(&"generator.health".to_owned()), "nobody generates: {:?}", ids(&plan));
    check(
        WORKER,
        "growth_per_cycle: {below: 64KiB}",
        "growth_per_request: {below: 64B}",
        &["7:39: the load is the target's own, and its requests are not seen (judge `growth`, or `growth_per_cycle`)"],
    );
    check(
        WORKER,
        "{process: {command: [work]}}",
        "{attach: {pid: 7}}",
        &[
            "5:11: the log of what runs elsewhere is out of reach (launch the target as a `process` or a `container`, or \
           attach to its container)",
        ],
    );
    check(
        WORKER,
        "{name: start, for: 30s}",
        "{repeat: 9, phases: [{for: 2s}, {for: 20s, loaded: true}]}",
        &["5:11: there are cycles of phases too (keep the `repeat`, or the cycles that the target makes itself)"],
    );
}

#[test]
fn an_address_is_put_before_each_path_and_has_no_memory() {
    let plan = read(ADDRESS).unwrap();
    let address = plan.only_address().unwrap();
    assert_eq!(address.to_string(), "http://api.example.com:8080/v2");
    let request = |step: &Step| match step {
        Step::Request(request) => format!("{}: {} {:?}", request.name, request.path, request.headers),
        _ => String::new(),
    };
    let requests: Vec<String> = plan.journeys[0].steps.iter().map(request).collect();
    assert_eq!(
        requests,
        [
            r#"browse/GET /items: /v2/items [("host", "api.example.com:8080")]"#,
            r#"browse/GET /own: /v2/own [("Host", "other")]"#,
        ]
    );
    let heartbeat = plan.probes.heartbeat.as_ref().unwrap();
    assert_eq!((heartbeat.path.as_str(), heartbeat.host.as_deref()), ("/v2/healthz", Some("api.example.com:8080")));
    assert_eq!(ids(&plan), ["target.alive", "generator.health"]);
    let local = read(&ADDRESS.replace("api.example.com:8080/v2/", "127.0.0.1")).unwrap();
    let local = local.only_address().unwrap();
    assert_eq!((local.port, local.base.as_str(), local.to_string().as_str()), (80, "", "http://127.0.0.1"));
}

#[test]
fn what_cannot_be_done_at_an_address_is_refused() {
    let at = |to| ADDRESS.replace("http://api.example.com:8080/v2/", to);
    for (url, expected) in [
        ("https://example.com", "https is not spoken yet"),
        ("ftp://example.com", "it begins with `ftp`"),
        ("http://me:secret@example.com", "it names a user"),
        ("http://example.com/?a=1", "it goes on behind its path"),
        ("127.0.0.1:8080", "is no address of a target"),
    ] {
        let found = problems(&at(url));
        assert!(found.len() == 1 && found[0].contains(expected), "{url}: {found:?}");
    }
    check(
        ADDRESS,
        "/v2/}",
        "/v2/, port: 80}",
        &["3:63: the url has a port of its own (write it there: `http://127.0.0.1:8080`)"],
    );
    check(
        ADDRESS,
        "users: 10",
        "loaded: false",
        &[
            "3:24: an address alone can be loaded, and there is no load (give it journeys and a phase with `users: 10`, or \
           a command; or attach by `pid` or `container`)",
        ],
    );
    let asked = format!("{ADDRESS}assert: {{memory: {{peak: {{below: 1GiB}}}}, errors: {{below: 1%}}}}");
    assert_eq!(
        problems(&asked),
        [
            "8:18: of a target that is only an address no memory can be seen (attach by `pid` or `container`, or leave the \
          rule out: then it is a plain load test)"
        ]
    );
}
