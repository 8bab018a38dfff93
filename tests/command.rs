//! Another program as the load: run with its phases, counted, and ended with all that it has started.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;
use timeline::Happening;

use crate::stage::{Stage, process, wait_for};

/// Requests one after the other, by the shell alone; what it tells of them it tells as k6 does.
const ASK: &str = r#"#!/bin/bash
n=0
while :; do
  exec 3<>"/dev/tcp/$TARGET_HOST/$TARGET_PORT" || exit 1
  printf 'GET /items HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n' >&3
  while read -r -u 3 _; do :; done
  exec 3>&-
  n=$((n + 1))
  ((n % 20)) || echo "running, $n complete and 0 interrupted iterations"
done
"#;

const SHORT: &str = "[{name: baseline, for: 2s}, {name: work, for: 4s, loaded: true}, {name: settle, for: 2s}]";

/// A scenario whose load is `./load.sh`, which says `script`.
fn stage(target: &str, more: &str, phases: &str, script: &str) -> Stage {
    let stage =
        Stage::new(&format!("name: test\ntarget: {target}\nload: {{command: [./load.sh]{more}, phases: {phases}}}\n"));
    let file = stage.folder.join("load.sh");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    stage
}

fn events(stage: &Stage) -> Vec<Happening> {
    record::open(&stage.record()).unwrap().timeline.events.into_iter().map(|event| event.what).collect()
}

/// How each run of the command ended.
fn ends(stage: &Stage) -> Vec<(String, bool)> {
    let end = |what| match what {
        Happening::CommandEnded { how, asked, .. } => Some((how, asked)),
        _ => None,
    };
    events(stage).into_iter().filter_map(end).collect()
}

/// The pids of the processes with this word in their environment; they inherit it.
fn with_variable(word: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has = |pid: &u32| {
        let variables = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        variables.split(|byte| *byte == 0).any(|variable| variable == word.as_bytes())
    };
    pids.filter(has).collect()
}

#[test]
fn a_leak_is_measured_by_the_requests_that_a_command_tells_of() {
    let phases = "[{name: baseline, for: 3s}, {name: work, for: 16s, loaded: true}, {name: settle, for: 3s}]";
    let target = process(", --base, 16MiB, --leak, 2KiB");
    let stage = stage(&target, r", requests: {log: '(?<value>\d+) complete'}", phases, ASK);
    let run = stage.run();
    run.expect_code(1);
    crate::process::expect_the_leak_to_be_measured(&stage);
    let health = stage.finding("generator.health");
    assert_eq!(health["verdict"], "pass", "{health:#}");
    let (told, truth) = (stage.summary()["load"]["requests"].as_f64().unwrap(), stage.truth());
    let served = truth["requests"].as_f64().unwrap();
    assert!(told <= served && told > served - 50.0, "told {told}, served {served}");
    assert!(run.stdout.contains("requests, as its command tells"), "{}", run.stdout);
    let counts = events(&stage).iter().filter(|what| matches!(what, Happening::Requests { .. })).count();
    assert!(counts > 10, "they are spread over the time of the load: {counts}");
}

#[test]
fn a_command_is_told_of_its_target_and_its_phase_in_each_cycle() {
    let script = "#!/bin/sh\necho \"$TARGET_URL $TARGET_HOST:$TARGET_PORT $PLIMSOLL_PHASE $PLIMSOLL_CYCLE $PLIMSOLL_SECONDS $(pwd)\"\n\
                  exec sleep 60\n";
    let phases = "[{repeat: 2, phases: [{name: work, for: 1500ms, loaded: true}, {name: rest, for: 1s}]}, \
                  {name: last, for: 1s, loaded: true}]";
    let stage = stage(&process(""), "", phases, script);
    stage.run();
    let log = stage.kept("load.log");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "[plimsoll: work (cycle 1): ./load.sh]", "{log}");
    let target = record::open(&stage.record()).unwrap().about.target.unwrap();
    assert!(target.contains("specimen"), "{target}");
    let folder = stage.folder.canonicalize().unwrap();
    let told = |line: &str, phase: &str| {
        let (url, rest) = line.split_once(' ').unwrap();
        let address = url.strip_prefix("http://").unwrap();
        assert_eq!(rest, format!("{address} {phase} {}", folder.display()), "{log}");
    };
    told(lines[1], "work 1 1.5");
    told(lines[3], "work 2 1.5");
    told(lines[5], "last  1");
    let ends = ends(&stage);
    assert_eq!(ends.len(), 3, "{ends:?}");
    assert!(ends.iter().all(|(how, asked)| *asked && how.starts_with("exited 143 after SIGTERM in")), "{ends:?}");
}

#[test]
fn a_command_that_is_not_there_is_told_before_anything_is_launched() {
    let stage = Stage::new(&format!(
        "name: test\ntarget: {}\nload: {{command: [no-such-tool, run], phases: {SHORT}}}\n",
        process("")
    ));
    let run = stage.run();
    run.expect_code(4);
    assert!(
        run.stderr.contains("the load's command cannot be run: there is no program `no-such-tool`"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("hint: a name without a slash is looked for in PATH"), "{}", run.stderr);
    assert!(!run.stderr.contains("launched"), "{}", run.stderr);
    assert!(!stage.record().join("target.log").exists());
    assert!(stage.kept("junit.xml").contains("<error"));
}

#[test]
fn a_command_that_fails_ends_the_run_with_its_last_words() {
    let stage = stage(&process(""), "", SHORT, "#!/bin/sh\nsleep 1; echo 'no such script: a<b' >&2\nexit 3\n");
    let run = stage.run();
    run.expect_code(3);
    assert!(run.stdout.contains("Outcome  load failed: the command exited 3"), "{}", run.stdout);
    assert!(run.stdout.contains("its output: no such script: a<b"), "{}", run.stdout);
    let summary = stage.summary();
    assert_eq!(summary["run"]["outcome"]["kind"], "load_failed");
    assert_eq!(stage.finding("generator.health")["code"], "generator.health.failed");
    assert!(summary["run"]["seconds"].as_f64().unwrap() < 6.0, "{summary:#}");
    assert!(stage.kept("junit.xml").contains("load.log"), "{}", stage.kept("junit.xml"));
    crate::junit::expect_valid_file(&stage.record().join("junit.xml"));
}

#[test]
fn a_command_that_fails_since_its_target_died_is_not_to_blame() {
    let target = process(", --crash-after, 50, --crash-code, 7");
    let stage = stage(&target, "", SHORT, ASK);
    stage.run().expect_code(1);
    assert_eq!(stage.summary()["run"]["outcome"]["kind"], "target_died");
    assert!(stage.finding("target.alive")["summary"].as_str().unwrap().contains("(exit 7)"));
}

#[test]
fn a_command_that_does_not_listen_is_killed_and_the_run_goes_on() {
    let phases = "[{name: work, for: 2s, loaded: true}, {name: settle, for: 7s}]";
    let stage = stage(&process(""), "", phases, "#!/bin/bash\ntrap '' TERM\nsleep 300 &\nwhile :; do sleep 1; done\n");
    stage.run();
    assert_eq!(stage.summary()["run"]["outcome"]["kind"], "completed");
    assert_eq!(ends(&stage), [("killed 5 s after SIGTERM".to_owned(), true)]);
}

#[test]
fn a_command_that_ends_early_leaves_the_rest_of_its_phase_idle() {
    let stage = stage(&process(""), "", SHORT, "#!/bin/sh\nsleep 1\n");
    let run = stage.run();
    run.expect_code(3);
    assert!(run.stderr.contains("load: exited 0\n"), "{}", run.stderr);
    let summary = stage.summary();
    let phases: Vec<(&str, bool)> = summary["phases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phase| (phase["name"].as_str().unwrap(), phase["loaded"].as_bool().unwrap()))
        .collect();
    assert_eq!(phases, [("baseline", false), ("work", true), ("work", false), ("settle", false)]);
    assert_eq!(stage.finding("generator.health")["code"], "generator.health.ended_early");
}

#[test]
fn a_command_that_floods_its_output_fills_neither_disk_nor_memory() {
    let stage = stage(
        &process(""),
        r", requests: {log: '(?<value>\d+) complete'}",
        SHORT,
        "#!/bin/sh\nexec yes 'still running, 7 complete'\n",
    );
    stage.run();
    let summary = stage.summary();
    assert_eq!(summary["run"]["outcome"]["kind"], "completed", "{summary:#}");
    assert_eq!(summary["load"]["requests"], 7);
    let log = std::fs::metadata(stage.record().join("load.log")).unwrap().len();
    assert!((1 << 20..=(64 << 20) + 200).contains(&log), "{log} bytes of log");
    let peak = summary["harness"]["memory_peak_bytes"].as_f64().unwrap();
    assert!(peak < 96.0 * 1_048_576.0, "the harness took {peak} bytes");
    let coverage: Value = stage.finding("evidence.coverage");
    assert_eq!(coverage["verdict"], "pass", "{coverage:#}");
}

/// A command that would go on for ever, with a child that has left its group, and a variable by which they are found.
fn endless(word: &str) -> Stage {
    let script = format!("#!/bin/bash\nexport {word}\nsetsid sleep 300 &\nsleep 300\n");
    stage(&process(""), "", "[{name: work, for: 5m, loaded: true}]", &script)
}

#[test]
fn ctrl_c_ends_the_command_with_the_run() {
    let word = format!("E2E_COMMAND=int-{}", std::process::id());
    let stage = endless(&word);
    let run = stage.start_until("load: process");
    assert!(wait_for(Duration::from_secs(5), || with_variable(&word).len() == 2));
    run.signal("INT");
    run.finish().expect_code(130);
    assert_eq!(with_variable(&word), [0_u32; 0]);
    assert_eq!(ends(&stage).len(), 1);
}

#[test]
fn a_killed_harness_leaves_nothing_of_its_command() {
    let word = format!("E2E_COMMAND=kill-{}", std::process::id());
    let stage = endless(&word);
    let run = stage.start_until("load: process");
    assert!(wait_for(Duration::from_secs(5), || with_variable(&word).len() == 2));
    std::thread::sleep(Duration::from_millis(1500));
    run.signal("KILL");
    run.finish();
    assert!(wait_for(Duration::from_secs(10), || with_variable(&word).is_empty()), "{:?}", with_variable(&word));
    let record = record::open(&stage.record()).unwrap();
    assert_eq!(record.timeline.outcome, timeline::Outcome::HarnessLost);
    assert!(record.timeline.phases.last().unwrap().loaded, "the phase that was under way is there");
}
