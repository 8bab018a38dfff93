//! Stored runs: listed, shown, compared, removed.

use serde_json::Value;

use crate::stage::{Finished, Stage, process, scenario};

fn run(stage: &Stage, leak: &str) {
    let mut command = stage.program(&["run", "scenario.yaml", "--quiet", "--inconclusive", "pass"]);
    let status = command.env("LEAK", leak).output().unwrap().status;
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

fn change<'a>(comparison: &'a Value, quantity: &str) -> &'a Value {
    let all = comparison["quantities"].as_array().unwrap();
    all.iter().find(|one| one["quantity"] == quantity).unwrap_or_else(|| panic!("no {quantity} in {comparison:#}"))
}

#[test]
fn a_leak_that_a_commit_brings_is_found_by_comparing_it_with_the_one_before() {
    let phases = "[{name: baseline, for: 3s}, {name: work, for: 10s, users: 4}, {name: settle, for: 2s}]";
    let stage = Stage::new(&scenario(&process(", --base, 16MiB, --leak, \"${LEAK:-0B}\""), phases, "{}"));
    run(&stage, "0B");
    run(&stage, "16KiB");
    let listed = json(&stage.plimsoll(&["list", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed:#}");
    let [new, old] = [0, 1].map(|at| listed[at]["id"].as_str().unwrap().to_owned());
    assert_eq!(listed[0]["verdict"], "fail", "{listed:#}");

    let compared = stage.plimsoll(&["compare", &old, "latest", "--format", "json"]);
    compared.expect_code(1);
    let comparison = json(&compared);
    assert_eq!(comparison["assumes_spread"], true);
    let growth = change(&comparison, "memory.growth_per_request");
    assert_eq!(growth["change"], "regression", "{growth:#}");
    let by = growth["difference"]["value"].as_f64().unwrap();
    assert!((14_000.0..19_000.0).contains(&by), "it leaks 16 KiB a request: {growth:#}");
    assert_ne!(change(&comparison, "throughput")["change"], "regression", "{comparison:#}");

    let table = stage.plimsoll(&["compare", &old, &new]);
    table.expect_code(1);
    assert!(table.stdout.contains("✘ regression") && table.stdout.contains("one run of a side"), "{}", table.stdout);
    let itself = stage.plimsoll(&["compare", &old, &old, "--inconclusive", "pass", "--format", "markdown"]);
    itself.expect_code(0);
    assert!(itself.stdout.contains("| memory.peak |"), "{}", itself.stdout);
    let junit = stage.plimsoll(&["compare", &old, &new, "--format", "junit"]);
    std::fs::write(stage.folder.join("compare.xml"), &junit.stdout).unwrap();
    crate::junit::expect_valid_file(&stage.folder.join("compare.xml"));

    pages(&stage, &old, &new);
    complete(&stage, &old, &new);
    let shown = stage.plimsoll(&["show", &new]);
    shown.expect_code(0);
    assert!(shown.stdout.starts_with("FAIL  test:"), "{}", shown.stdout);
    export(&stage, &new);
    refuse_what_differs(&stage, &old);
    prune(&stage, &old, &new);
}

/// A shell that asks what fits is told the ids of runs.
fn complete(stage: &Stage, old: &str, new: &str) {
    let script = stage.plimsoll(&["completions", "bash"]);
    script.expect_code(0);
    assert!(script.stdout.contains("COMPLETE=\"bash\""), "{}", script.stdout);
    let fits = |begin: &str| {
        let mut shell = stage.program(&["--", "plimsoll", "show", begin]);
        let shell = shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2");
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    };
    let all = fits("");
    assert!(all.contains(old) && all.contains(new), "{all}");
    assert_eq!(fits(&old[..5]).trim(), old);
}

/// The page of a comparison and that of a history, in a browser.
fn pages(stage: &Stage, old: &str, new: &str) {
    stage.plimsoll(&["compare", old, new, "--format", "html", "--output", "compare.html"]).expect_code(1);
    let said = ["✘ FAIL", "memory.growth_per_request", "✘ regression", "Memory over time", "Latency over time: p99"];
    crate::page::expect_fits(stage, "compare.html", &said, "candidate: ");
    stage.plimsoll(&["history", "test", "--format", "html", "--output", "history.html"]).expect_code(0);
    crate::page::expect_fits(stage, "history.html", &["0 change points in 2 runs", "memory.peak"], "run ");
}

/// What a run saw is written for others, and the history of its scenario is told.
fn export(stage: &Stage, id: &str) {
    let csv = stage.plimsoll(&["export", id, "--metric", "anonymous_memory"]);
    csv.expect_code(0);
    assert!(csv.stdout.starts_with("subject,metric,unit,source,due_seconds,taken_seconds,value\n"), "{}", csv.stdout);
    assert!(csv.stdout.lines().count() > 50 && csv.stdout.contains("\ntarget,anonymous_memory,bytes,/proc,"));
    let log = stage.plimsoll(&["export", id, "--format", "hlog"]);
    assert!(log.stdout.contains("[StartTime: ") && log.stdout.contains("\nTag=browse/GET_/items,"), "{}", log.stdout);
    stage.plimsoll(&["export", id, "--format", "jsonl", "--output", "run.jsonl"]).expect_code(0);
    let lines = std::fs::read_to_string(stage.folder.join("run.jsonl")).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(first["value"].is_number(), "{first}");
    let unknown = stage.plimsoll(&["export", id, "--metric", "heap"]);
    unknown.expect_code(2);
    assert!(unknown.stderr.contains("no series of `heap`") && unknown.stderr.contains("anonymous_memory"));
    let history = json(&stage.plimsoll(&["history", "test", "--json"]));
    let growth = &history["quantities"][0];
    assert_eq!(
        (&growth["quantity"], growth["values"].as_array().unwrap().len()),
        (&"memory.growth_per_request".into(), 2)
    );
    assert!(growth["values"][1][1].as_f64().unwrap() > 14_000.0, "{history:#}");
    let short = stage.plimsoll(&["history", "test"]);
    assert!(short.stdout.contains("change points take 10 runs"), "{}", short.stdout);
    stage.plimsoll(&["history", "test", "--quantity", "memory.peek"]).expect_code(2);
}

/// Another scenario is no comparison, but where it is forced.
fn refuse_what_differs(stage: &Stage, old: &str) {
    let text = std::fs::read_to_string(stage.folder.join("scenario.yaml")).unwrap();
    let shorter = text.replace("for: 10s", "for: 4s").replace("for: 3s", "for: 1s").replace("for: 2s", "for: 1s");
    std::fs::write(stage.folder.join("scenario.yaml"), shorter).unwrap();
    run(stage, "0B");
    let refused = stage.plimsoll(&["compare", old, "latest"]);
    refused.expect_code(2);
    assert!(refused.stderr.contains("cannot be compared by their scenario's text"), "{}", refused.stderr);
    let forced = stage.plimsoll(&["compare", old, "latest", "--force"]);
    assert!(forced.stdout.contains("not comparable by their scenario's text"), "{}", forced.stdout);
    assert_ne!(forced.code, 0, "what should not be compared is no pass");
    let unknown = stage.plimsoll(&["compare", old, "no-such-branch"]);
    unknown.expect_code(2);
    assert!(unknown.stderr.contains("there is no run `no-such-branch`"), "{}", unknown.stderr);
}

/// The last that passed stays, and a dry run removes nothing.
fn prune(stage: &Stage, old: &str, new: &str) {
    let listed = || json(&stage.plimsoll(&["list", "--json"]));
    stage.plimsoll(&["prune"]).expect_code(2);
    let dry = stage.plimsoll(&["prune", "--count", "1", "--dry-run"]);
    dry.expect_code(0);
    assert!(dry.stdout.contains(new) && dry.stdout.contains("would go"), "{}", dry.stdout);
    assert_eq!(listed().as_array().unwrap().len(), 3);
    stage.plimsoll(&["prune", "--count", "1"]).expect_code(0);
    let left: Vec<String> =
        listed().as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    assert!(!left.contains(&new.to_owned()) && !left.is_empty() && left.len() < 3, "{left:?}, and {old} may stay");
}
