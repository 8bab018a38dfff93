//! Numbers that the target tells on pages of its own: kept as series, and judged.

use crate::process::{SHORT, VERY_SHORT};
use crate::stage::{Stage, process, scenario};

/// The specimen with pages of it that are scraped.
fn scraping(arguments: &str, phases: &str, keep: &str, rules: &str) -> Stage {
    Stage::new(&(scenario(&process(arguments), phases, rules) + &format!("probes: {{every: 100ms, scrape: {keep}}}\n")))
}

const PAGES: &str = r"[{prometheus: /metrics, keep: [specimen_leaked_bytes, specimen_requests_total]},
    {json: /truth, keep: {leaked: {path: leaked.bytes, unit: B}, held: {path: base_bytes, unit: B}}},
    {text: /truth, keep: {uptime: {pattern: 'uptime_ms.:(?<value>\d+)', unit: ms}}}]";

#[test]
fn a_leak_that_the_target_tells_of_is_found_in_each_of_its_pages() {
    let rules = "{series: [{metric: specimen_leaked_bytes, growth: {below: 1MiB/h}}, {metric: leaked, max: 100KiB}, \
                 {ratio: [leaked, held], max: 1%}, {metric: held, max: 17MiB, growth: none}, \
                 {metric: uptime, max: 1h}, {metric: specimen_requests_total, rate: {below: 1/s}}]}";
    let stage = scraping(", --base, 16MiB, --leak, 2KiB", SHORT, PAGES, rules);
    let run = stage.run();
    run.expect_code(1);
    for failing in ["specimen_leaked_bytes.growth", "leaked.max", "leaked/held.max", "specimen_requests_total.rate"] {
        let finding = stage.finding(&format!("series.{failing}"));
        assert_eq!(finding["verdict"], "fail", "{finding:#}");
    }
    for passing in ["held.max", "held.growth", "uptime.max"] {
        let finding = stage.finding(&format!("series.{passing}"));
        assert_eq!(finding["verdict"], "pass", "{finding:#}");
    }
    let rate = stage.finding("series.specimen_requests_total.rate");
    assert!(rate.to_string().contains("is the sum of 2 sets of labels"), "{rate:#}");
    let truth = stage.truth();
    let per_second = truth["requests"].as_f64().unwrap() / 18.0;
    let told = rate["evidence"]["value"]["value"].as_f64().unwrap();
    assert!((told / per_second - 1.0).abs() < 0.2, "{told} requests per second, and there were {per_second}");
    assert_eq!(stage.finding("evidence.coverage")["verdict"], "pass");
}

#[test]
fn a_page_that_is_not_there_and_a_name_that_never_comes_are_no_pass() {
    let pages = "[{prometheus: /status/503, keep: {lost: specimen_leaked_bytes}}, \
                 {prometheus: /metrics, keep: [specimen_leaked_byte]}]";
    let rules = "{series: [{metric: lost, max: 1GiB}, {metric: specimen_leaked_byte, max: 100}]}";
    let stage = scraping("", VERY_SHORT, pages, rules);
    stage.run().expect_code(3);
    let lost = stage.finding("series.lost.max");
    assert_eq!((&lost["verdict"], &lost["code"]), (&"inconclusive".into(), &"series.lost.max.no_data".into()));
    assert!(lost.to_string().contains("it answers with status 503"), "{lost:#}");
    let misspelt = stage.finding("series.specimen_leaked_byte.max");
    assert_eq!(misspelt["verdict"], "inconclusive", "{misspelt:#}");
    assert!(misspelt.to_string().contains("it has specimen_leaked_bytes"), "{misspelt:#}");
    assert_eq!(stage.finding("evidence.coverage")["code"], "evidence.coverage.gaps");
    assert_eq!(lost.to_string().matches("it answers with status 503").count(), 1, "told once: {lost:#}");
}

#[test]
fn what_will_be_scraped_is_told_before_it_is() {
    let pages = "[{prometheus: /metrics, keep: ['nodejs_gc_duration_seconds_sum{kind=\"major\"}'], port: 9100}]";
    let stage = scraping("", VERY_SHORT, pages, "{series: [{metric: rss, max: 1GiB, during: load}]}");
    let check = stage.plimsoll(&["check", "scenario.yaml"]);
    check.expect_code(0);
    for told in [
        "scrapes   /metrics (prometheus) on port 9100 every 100 ms",
        "nodejs_gc_duration_seconds_sum{kind=\"major\"} in seconds, the sum over all other labels",
        "warning: nodejs_gc_duration_seconds_sum{kind=\"major\"}: prom-client counts only the first",
        "series.resident_memory.max.load",
    ] {
        assert!(check.stdout.contains(told), "no `{told}` in\n{}", check.stdout);
    }
}

#[test]
fn leaked_connections_are_named_by_the_port_that_they_are_to() {
    let phases = "[{name: baseline, for: 2s}, {name: work, for: 40s, users: 8}, {name: settle, for: 2s}]";
    // The kernel goes through all of its table for each count, so they are few, and growth needs 48 of them.
    let target = process(", --leak-connection, 100");
    let stage = Stage::new(&(scenario(&target, phases, "{}") + "probes: {every: 100ms}\n"));
    stage.run().expect_code(1);
    let finding = stage.finding("connections.growth");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    let summary = finding["summary"].as_str().unwrap();
    assert!(summary.starts_with("connections to :") && summary.contains("keep growing under load"), "{summary}");
    let sockets = stage.finding("sockets.growth");
    assert!(sockets.to_string().contains("of these grew connections to :"), "{sockets:#}");
}

#[test]
fn a_child_that_leaks_is_told_from_its_parent_that_does_not() {
    let stage = Stage::new(&scenario(&process(", --base, 16MiB, --leak, 4KiB, --leak-into, child"), SHORT, "{}"));
    let run = stage.run();
    run.expect_code(1);
    let finding = stage.finding("memory.growth");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    let notes = finding["evidence"]["notes"].as_array().unwrap();
    let note = notes.iter().filter_map(|note| note.as_str()).find(|note| note.starts_with("of that growth"));
    let note = note.unwrap_or_else(|| panic!("{finding:#}"));
    let share: f64 = note.split(' ').nth(3).unwrap().parse().unwrap();
    assert!(share >= 95.0 && note.contains("is in the process plimsoll specimen ("), "{note}");
}
