mod language;
mod logs;
mod profiles;
mod records;
mod runtime;
mod series;
mod services;

use std::path::Path;
use std::time::Duration;

use super::*;

mod foreign;

const GOOD: &str = r"
name: chat-soak
about: memory stays bounded
target:
  process:
    command: [plimsoll, specimen]
    ready: {http: /healthz}
load:
  journeys:
    - name: browse
      weight: 3
      steps:
        - get: /items?page=1
          expect: {status: 200, within: 500ms}
        - think: 200ms..1s
        - post: /items
          json: {by: me, n: 3}
  phases:
    - {name: baseline, for: 30s}
    - {name: warm-up, for: 60s, users: 0..50}
    - repeat: 2
      phases:
        - {name: work, for: 25s, users: 50}
        - {name: rest, for: 12s}
    - {name: settle, for: 60s}
probes: {every: 1s, heartbeat: {get: /healthz, rate: 200/s}}
assert:
  memory:
    returns_to_baseline: {within: 10%}
    growth: {below: 1MiB/h}
    peak: {below: 1GiB}
  pauses: {max: 10ms}
  latency: {p99: 100ms, p99.9: 1s}
  errors: {below: 0.1%}
  throughput: {above: 450/s}
";

fn read(source: &str) -> Result<Plan, Vec<Problem>> {
    load(source, Path::new("/scenarios/chat"), &|_| None)
}

/// The problems, a line each.
#[track_caller]
fn problems(source: &str) -> Vec<String> {
    match read(source) {
        Ok(_) => panic!("the scenario was taken as it is"),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_scenario_becomes_a_timeline_without_gaps() {
    let plan = read(GOOD).unwrap();
    let laid_out: Vec<String> = plan
        .phases
        .iter()
        .map(|phase| {
            format!("{} {} {:?} {}..{}", phase.start, phase.name, phase.cycle, phase.users.from, phase.users.to)
        })
        .collect();
    assert_eq!(
        laid_out,
        [
            "0 s baseline None 0..0",
            "30 s warm-up None 0..50",
            "1m 30s work Some(1) 50..50",
            "1m 55s rest Some(1) 0..0",
            "2m 7s work Some(2) 50..50",
            "2m 32s rest Some(2) 0..0",
            "2m 44s settle None 0..0",
        ]
    );
}

#[test]
fn what_is_not_said_is_completed() {
    let plan = read(GOOD).unwrap();
    let ids: Vec<String> = plan.assertions.iter().map(|assertion| assertion.rule.id()).collect();
    assert_eq!(
        ids,
        [
            "target.alive",
            "evidence.coverage",
            "generator.health",
            "open_files.growth",
            "sockets.growth",
            "threads.growth",
            "child_processes.growth",
            "connections.growth",
            "memory.growth",
            "memory.returns_to_baseline",
            "memory.peak",
            "pauses.max",
            "latency.p99",
            "latency.p999",
            "errors",
            "throughput",
        ]
    );
}

#[test]
fn pauses_have_four_budgets_and_stalls_the_same_by_the_heartbeat_alone() {
    let asked = |rules: &str| read(&GOOD.replace("pauses: {max: 10ms}", rules));
    let plan = asked("pauses: {p99: 10ms, share: 1%, per_minute: 60}\n  stalls: {max: 50ms}").unwrap();
    let ids: Vec<String> = plan.assertions.iter().map(|assertion| assertion.rule.id()).collect();
    for id in ["pauses.p99", "pauses.share", "pauses.per_minute", "stalls.max"] {
        assert!(ids.iter().any(|one| one == id), "{ids:?}");
    }
    let without = GOOD.replace(", heartbeat: {get: /healthz, rate: 200/s}", "");
    let period = |rules: &str| {
        let plan = read(&without.replace("pauses: {max: 10ms}", rules)).unwrap();
        plan.probes.heartbeat.map(|heartbeat| heartbeat.period)
    };
    assert_eq!(period("pauses: {p99: 8ms}\n  stalls: {max: 50ms}"), Some(Duration::from_millis(4)));
    // The runtime may tell of these; from outside they cannot be seen, so they do not hurry the heartbeat.
    assert_eq!(period("pauses: {max: 500us}"), Some(Duration::from_millis(10)));
    assert_eq!(period("pauses: {share: 1%}"), Some(Duration::from_millis(10)));
    assert_eq!(period(""), None);
    let short = asked("stalls: {max: 1ms}").unwrap_err();
    assert!(short[0].to_string().contains("1ms is too short to be seen"), "{short:?}");
}

#[test]
fn a_journey_keeps_its_steps_and_names_them() {
    let plan = read(GOOD).unwrap();
    let Step::Request(post) = &plan.journeys[0].steps[2] else { panic!("the third step is a request") };
    assert_eq!(post.name, "browse/POST /items");
    assert_eq!(post.body, Some(Body::Json { json: serde_json::json!({"by": "me", "n": 3}) }));
    assert_eq!(post.headers, [("content-type".to_owned(), "application/json".to_owned())]);
}

#[test]
fn five_mistakes_are_five_messages_with_their_places() {
    let broken = GOOD
        .replace("weight: 3", "wieght: 3")
        .replace("for: 25s", "for: 25")
        .replace("below: 1MiB/h", "below: 1MiB")
        .replace("rate: 200/s", "rate: 20/s")
        .replace("command: [plimsoll, specimen]", "command: [plimsoll, \"${SERVICE}\"]");
    assert_eq!(
        problems(&broken),
        [
            "6:25: the variable `SERVICE` is not set (set it, or give it a default: `${SERVICE:-value}`)",
            "11:7: unknown key `wieght` (did you mean `weight`?)",
            "23:29: `25` is not a duration (write a duration with its unit: `500ms`, `30s`, `1h30m`, `2d`)",
            "26:54: the heartbeat is too slow to see the pauses that `assert` limits (at least `200/s`, or leave the rate out)",
            "30:21: `1MiB` is not a growth (write bytes per time: `1MiB/h`, `20KiB/min`, `4KiB/s`)",
        ]
    );
}

#[test]
fn variables_are_filled_in_before_anything_is_read() {
    let source = GOOD.replace("users: 50}", "users: \"${USERS:-7}\"}");
    assert_eq!(read(&source).unwrap().phases[2].users, Users { from: 7, to: 7 });
    let with = load(&source, Path::new("/"), &|name| (name == "USERS").then(|| "9".to_owned())).unwrap();
    assert_eq!(with.phases[2].users, Users { from: 9, to: 9 });
}

#[test]
fn impossible_plans_are_refused() {
    let no_target =
        GOOD.replace("  process:\n    command: [plimsoll, specimen]\n    ready: {http: /healthz}\n", "  {}\n");
    assert_eq!(problems(&no_target), ["5:3: the target is missing (write one of `container`, `process` and `attach`)"]);
    let no_settle =
        GOOD.replace("    - {name: settle, for: 60s}\n", "").replace("        - {name: rest, for: 12s}\n", "");
    assert_eq!(
        problems(&no_settle),
        ["27:26: there is no idle phase after the load (end `load.phases` with `{name: settle, for: 30s}`)"]
    );
    let nobody = GOOD.replace("steps:", "stages:");
    assert_eq!(
        problems(&nobody),
        ["10:7: `steps` is missing (add `steps: ...`)", "12:7: unknown key `stages` (did you mean `steps`?)",]
    );
}

#[test]
fn a_run_stops_early_where_it_is_asked_to() {
    let (patient, hasty) = (read(GOOD).unwrap(), read(&format!("{GOOD}stop_early: true\n")).unwrap());
    assert_eq!((patient.stop_early, hasty.stop_early), (false, true));
    assert_eq!(hasty.load_length(), std::time::Duration::from_secs(60 + 2 * 25), "rests are no load");
    let known = read(&GOOD.replace("  phases:\n    - {name: b", "  warm_up: 60s\n  phases:\n    - {name: b")).unwrap();
    assert_eq!((patient.warm_up, known.warm_up), (None, Some(std::time::Duration::from_mins(1))));
    let long = problems(&GOOD.replace("  phases:\n    - {name: b", "  warm_up: 110s\n  phases:\n    - {name: b"));
    assert!(long.len() == 1 && long[0].contains("the warm-up has to end before the load does"), "{long:?}");
}

#[test]
fn growth_per_cycle_and_per_user_need_what_they_are_read_off() {
    let cycles = GOOD.replace("repeat: 2", "repeat: 12");
    let with = |source: &str, rule: &str| source.replace("    peak: {below: 1GiB}", &format!("    {rule}"));
    let rules = |source: &str| -> Vec<Rule> {
        read(source).unwrap().assertions.into_iter().map(|assertion| assertion.rule).collect()
    };
    let per_cycle = "growth_per_cycle: {below: 64KiB}";
    assert!(rules(&with(&cycles, per_cycle)).contains(&Rule::GrowthPerCycle { below: 65_536.0 }));
    assert_eq!(
        problems(&with(GOOD, per_cycle)),
        ["31:23: 2 cycles end in rest, and growth per cycle needs 8 (`{repeat: 12, phases: [{for: 25s, users: 10}, \
         {for: 12s}]}`)"]
    );
    let per_user = "growth_per_user: {below: 1MiB}";
    assert!(rules(&with(&cycles, per_user)).contains(&Rule::GrowthPerUser { below: 1_048_576.0 }));
    let level = "    - {name: baseline, for: 30s}\n    - {name: warm-up, for: 60s, users: 0..50}\n";
    let level = with(&cycles, per_user).replace(level, "").replace("    returns_to_baseline: {within: 10%}\n", "");
    assert_eq!(problems(&level).len(), 1);
    assert!(problems(&level)[0].contains("the number of users never changes"), "{:?}", problems(&level));
    let arrivals =
        with(&cycles, per_user).replace("users: 50}", "rate: 50/s}").replace("users: 0..50", "rate: 0/s..50/s");
    assert!(problems(&arrivals)[0].contains("the number of users never changes"), "{:?}", problems(&arrivals));
    assert!(problems(&with(&cycles, "growth_per_usr: {below: 1MiB}"))[0].contains("did you mean `growth_per_user`?"));
}

#[test]
fn words_in_the_place_of_a_list_are_shown_as_one() {
    let words = problems(&GOOD.replace("[plimsoll, specimen]", "plimsoll specimen"));
    assert!(words[0].contains("found `plimsoll specimen`") && words[0].contains("`[plimsoll, specimen]`"), "{words:?}");
}

#[test]
fn what_is_not_yaml_says_where() {
    let lines = problems("name: [a\nload: }");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("2:"), "{lines:?}");
    assert!(problems("")[0].contains("expected a mapping"), "{:?}", problems(""));
    assert!(problems("name: a\nname: b")[0].contains("duplicate"), "{:?}", problems("name: a\nname: b"));
}

#[test]
fn the_schema_knows_every_key_and_no_other() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["assert"].is_object());
}

#[test]
fn assertions_alone_are_read_for_a_plan_that_has_been() {
    let plan = read(GOOD).unwrap();
    let anew = |source: &str| match load_assertions(source, &plan, &|name| (name == "PEAK").then(|| "1GiB".to_owned()))
    {
        Ok(assertions) => assertions.iter().filter(|one| one.asked_for).map(|one| one.rule.id()).collect::<Vec<_>>(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(anew("assert: {memory: {peak: {below: \"${PEAK}\"}}}"), ["memory.peak"]);
    // The rest of a scenario is not looked at.
    assert_eq!(anew("name: ${NOT_SET}\ntarget: 5\nassert: {errors: {below: 1%}}"), ["errors"]);
    assert_eq!(anew("assert:\n"), Vec::<String>::new());
    assert_eq!(anew("assert:\n  memory: {peek: {below: 5}}"), ["2:12: unknown key `peek` (did you mean `peak`?)"]);
    assert!(anew("memory: {}")[0].contains("there is no `assert` section"), "{:?}", anew("memory: {}"));
    let all = load_assertions("assert: {}", &plan, &|_| None).unwrap();
    assert!(all.iter().any(|one| !one.asked_for && one.rule == Rule::TargetAlive));
}

#[test]
fn assertions_that_a_plan_cannot_show_are_refused() {
    let mut plan = read(GOOD).unwrap();
    plan.phases.retain(Phase::loaded);
    let source = "assert: {memory: {returns_to_baseline: {within: 5%}}}";
    let problems = load_assertions(source, &plan, &|_| None).unwrap_err();
    assert!(problems[0].message.contains("there is no idle phase"), "{problems:?}");
}

#[test]
fn a_peak_may_be_a_share_of_the_memory_limit() {
    let source = |limit: &str| {
        format!(
            "name: test\ntarget: {{process: {{command: [a]{limit}}}}}\nload:\n  journeys: [{{name: a, steps: [{{get: /}}]}}]\n  \
             phases: [{{for: 100s, users: 1}}]\nassert: {{memory: {{peak: {{below: 80%}}}}}}"
        )
    };
    let plan = read(&source(", memory: 100MiB")).unwrap();
    assert!(plan.assertions.iter().any(|one| one.rule == Rule::Peak { below: 0.8 * 104_857_600.0 }));
    let hint = "give it one: `memory: 512MiB`; or write a size";
    let wrong = format!("6:25: the target has no memory limit of which that is a share ({hint})");
    assert_eq!(problems(&source("")), [wrong]);
}
