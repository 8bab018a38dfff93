//! A target that is only an address: a plain load test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::stage::{Stage, wait_for};

/// A specimen that someone else has started; ended with the test.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["specimen", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut addresses =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        let address = addresses.next().unwrap();
        Self { process, address }
    }

    /// A load test of it under `base`.
    fn load_test(&self, base: &str, seconds: u32) -> Stage {
        Stage::new(&format!(
            "name: test\ntarget: {{attach: {{url: \"http://{}{base}\"}}}}\nload:\n  journeys:\n    - name: browse\n      \
             steps: [{{get: /}}, {{get: /404}}, {{think: 5ms..15ms}}]\n  phases: [{{name: work, for: {seconds}s, users: 4}}]\n",
            self.address
        ))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_address_without_rules_ends_in_a_summary_of_its_load() {
    let mut service = Service::start(&[]);
    let stage = service.load_test("", 4);
    let checked = stage.plimsoll(&["check", "scenario.yaml"]);
    assert!(checked.stdout.contains("of which no memory can be seen"), "{}", checked.stdout);
    let run = stage.run();
    assert!(service.process.try_wait().unwrap().is_none(), "it was not ours to stop");
    run.expect_code(0);
    assert!(run.stdout.starts_with("PASS  test: all 2 assertions hold\n"), "{}", run.stdout);
    let heading = ["Steps", "requests", "failed", "p50", "p90", "p99", "p99.9", "max"];
    let table: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let at = table.iter().position(|line| *line == heading).unwrap_or_else(|| panic!("no table in {}", run.stdout));
    assert_eq!((table[at + 1][..2].join(" ").as_str(), table[at + 2][1]), ("browse/GET /", "/404"), "{}", run.stdout);
    assert!(run.stdout.contains("none failed") && !run.stdout.contains("Memory"), "{}", run.stdout);
    let summary = stage.summary();
    let steps = summary["load"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    for step in steps {
        let times = ["p50", "p90", "p99", "p999", "max"].map(|name| step[format!("{name}_seconds")].as_f64().unwrap());
        assert!(times.is_sorted() && times[0] > 0.0, "{step:#}");
    }
}

#[test]
fn the_base_of_an_address_stands_before_each_path_and_failures_are_told_by_kind() {
    let service = Service::start(&["--fail", "10%"]);
    // Below this base the second step asks for the status that it names.
    let stage = service.load_test("/status", 3);
    let run = stage.run();
    run.expect_code(0);
    let failures = &stage.summary()["load"]["failures"];
    let count = |kind: &str| failures[kind].as_u64().unwrap_or(0);
    assert!(count("status 404") > count("status 503") && count("status 503") > 0, "{failures:#}");
    assert!(run.stdout.contains(&format!(
        "Failed   {} status 404, {} status 503",
        count("status 404"),
        count("status 503")
    )));
}

#[test]
fn an_address_that_ceases_to_answer_fails() {
    let mut service = Service::start(&[]);
    let stage = service.load_test("", 6);
    let run = stage.start_until("work for 6 s");
    std::thread::sleep(Duration::from_secs(2));
    service.process.kill().unwrap();
    assert!(wait_for(Duration::from_secs(20), || run.said().contains("target stopped: left running, as attached")));
    run.finish().expect_code(1);
    let finding = stage.finding("target.alive");
    assert_eq!(finding["code"], "target.alive.fell_silent", "{finding:#}");
}

#[test]
fn a_command_can_load_an_address() {
    let service = Service::start(&[]);
    let stage = Stage::new(&format!(
        "name: test\ntarget: {{attach: {{url: \"http://{}/a/b/\"}}}}\nload:\n  \
         command: [sh, -c, 'echo url $TARGET_URL; exec sleep 60']\n  phases: [{{name: work, for: 2s, loaded: true}}]\n",
        service.address
    ));
    let run = stage.run();
    run.expect_code(0);
    assert!(
        stage.kept("load.log").contains(&format!("url http://{}/a/b\n", service.address)),
        "{}",
        stage.kept("load.log")
    );
    assert!(run.stdout.contains("whose requests are not counted"), "{}", run.stdout);
}

#[test]
fn memory_that_cannot_be_seen_cannot_be_asserted() {
    let service = Service::start(&[]);
    let stage = service.load_test("", 3);
    let text = std::fs::read_to_string(stage.folder.join("scenario.yaml")).unwrap();
    std::fs::write(stage.folder.join("scenario.yaml"), text + "assert: {memory: {peak: {below: 1GiB}}}\n").unwrap();
    let refused = stage.run();
    refused.expect_code(2);
    assert!(refused.stderr.contains("of a target that is only an address no memory can be seen"), "{}", refused.stderr);
}
