//! Pages that tell numbers, and rules on series.

use timeline::{Metric, Name, Unit};

use super::*;
use crate::{During, Quantity, Rule, SeriesRule, Spot};

/// A scenario that scrapes; the first page stands in line 9, the first rule in line 16.
const SERIES: &str = r#"
name: by-pages
target: {process: {command: [serve]}}
load:
  journeys: [{name: browse, steps: [{get: /items}]}]
  phases: [{name: baseline, for: 30s}, {for: 5m, users: 5}, {name: settle, for: 30s}]
probes:
  scrape:
    - {prometheus: /metrics, keep: [go_goroutines, 'hits_total{code="500"}', process_resident_memory_bytes]}
    - {prometheus: /more, port: 9100, every: 5s, headers: {x-token: t}, keep: {lag: {metric: lag, unit: ms}}}
    - {json: /debug/vars, keep: {heap: {path: memstats.HeapAlloc, unit: B}, first: 'pools[0].size_bytes'}}
    - {text: /stats, keep: {alloc: 'Alloc = (?<value>[0-9.]+) MB'}}
  logs: [{keep: {external: 'External: (?<value>[0-9.]+)MB'}}]
assert:
  series:
    - {metric: go_goroutines, max: 100, growth: none}
    - {metric: heap, growth: {below: 1MiB/h}, max: 200MiB, min: 1MiB, during: load, returns_to_baseline: {within: 10%}}
    - {ratio: [external, rss], max: 200%}
    - {metric: 'hits_total{code="500"}', rate: {below: 5/s}}
    - {metric: 'connections to :5432', max: 20}
"#;

#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(SERIES.contains(from), "no `{from}`");
    assert_eq!(problems(&SERIES.replace(from, to)), expected);
}

fn named(name: &str, unit: Unit) -> Metric {
    Metric::Named(Name::new(name), unit)
}

#[test]
fn pages_become_series_in_their_units() {
    let plan = read(SERIES).unwrap();
    let kept: Vec<_> = plan.probes.scraped().map(|kept| (kept.metric(), kept.scale)).collect();
    assert_eq!(
        kept,
        [
            (named("go_goroutines", Unit::Count), 1.0),
            (named("hits_total{code=\"500\"}", Unit::Count), 1.0),
            (named("process_resident_memory_bytes", Unit::Bytes), 1.0),
            (named("lag", Unit::Seconds), 1e-3),
            (named("heap", Unit::Bytes), 1.0),
            (named("first", Unit::Count), 1.0),
            (named("alloc", Unit::Bytes), 1e6),
        ]
    );
    let pages: Vec<_> = plan.probes.scrapes.iter().map(|page| (page.name(), page.every)).collect();
    assert_eq!(pages[0], ("scrape of /metrics".to_owned(), plan.probes.every));
    assert_eq!(pages[1], ("scrape of :9100/more".to_owned(), Duration::from_secs(5)));
    assert_eq!(plan.target.other_ports, [9100]);
    let spots: Vec<String> = plan.probes.scraped().map(|kept| kept.spot.to_string()).collect();
    assert_eq!(spots[4..6], ["$.memstats.HeapAlloc", "$.pools[0].size_bytes"]);
    assert!(matches!(plan.probes.scrapes[3].kept[0].spot, Spot::Line(_)));
    let stored = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&stored).unwrap(), plan);
}

#[test]
fn rules_on_series_have_names_that_say_no_limits() {
    let plan = read(SERIES).unwrap();
    let rules: Vec<&Rule> = plan.assertions.iter().filter(|one| one.asked_for).map(|one| &one.rule).collect();
    let ids: Vec<String> = rules.iter().map(|rule| rule.id()).collect();
    assert_eq!(
        ids,
        [
            "series.go_goroutines.max",
            "series.go_goroutines.growth",
            "series.heap.max.load",
            "series.heap.min.load",
            "series.heap.growth",
            "series.heap.returns_to_baseline",
            "series.external/resident_memory.max",
            "series.hits_total{code=\"500\"}.rate",
            "series.connections to :5432.max",
        ]
    );
    let of = Quantity::Ratio(named("external", Unit::Bytes), Metric::ResidentMemory);
    assert_eq!(*rules[6], Rule::Series { of, rule: SeriesRule::Max { limit: 2.0, during: During::Run } });
}

#[test]
fn names_that_nothing_provides_are_told_with_what_was_meant() {
    check(
        "metric: go_goroutines",
        "metric: go_goroutine",
        &["16:16: there is no series `go_goroutine` (did you mean `go_goroutines`?)"],
    );
    check(
        "ratio: [external, rss]",
        "ratio: [external, open_file]",
        &["18:26: there is no series `open_file` (did you mean `open_files`?)"],
    );
    let hint = "keep it: `probes: {scrape: [...]}` or `probes: {logs: [...]}`, or name what is always read, such as `open_files`";
    check("metric: heap", "metric: xyz", &[&format!("17:16: there is no series `xyz` ({hint})")]);
}

#[test]
fn limits_are_in_the_unit_of_what_they_limit() {
    check(
        "max: 200MiB",
        "max: 200",
        &[
            "17:52: `heap` is in bytes, and the limit is in plain numbers (write a size: `200MiB`, or say the unit where `heap` is kept: `unit: B`)",
        ],
    );
    check(
        "ratio: [external, rss]",
        "ratio: [external, open_files]",
        &["18:15: `external` is in bytes, and `open_files` in plain numbers (a ratio is of two series in one unit)"],
    );
    check(
        "growth: none",
        "growth: {below: 1MiB/h}",
        &[
            "16:49: `go_goroutines` is in plain numbers, and the limit is not (`growth: none`; in bytes `{below: 1MiB/h}`, of counts `{below: 10/h}`)",
        ],
    );
    check(
        "rate: {below: 5/s}",
        "growth: none",
        &[
            "19:50: `hits_total{code=\"500\"}` counts up by its nature, and that is no growth (limit how fast it counts: `rate: {below: 5/s}`)",
        ],
    );
}

#[test]
fn a_rule_on_series_is_on_one_quantity_and_says_something() {
    let rule = "`{metric: open_files, max: 500}` or `{ratio: [external, rss], max: 200%}`";
    let one = format!("18:7: a rule on series is on one `metric`, or on the `ratio` of two ({rule})");
    check("ratio: [external, rss], ", "ratio: [external], ", &[&one]);
    check("ratio: [external, rss], ", "ratio: [external, rss], metric: heap, ", &[&one]);
    check(", max: 20}", "}", &["20:7: nothing is said of `connections to :5432` (`max: 100`, or `growth: none`)"]);
    check(
        "{metric: 'connections to :5432', max: 20}",
        "{metric: go_goroutines, max: 20}",
        &["20:7: this stands here twice (leave one of the two out)"],
    );
    check(
        ", {name: settle, for: 30s}",
        "",
        &["17:7: there is no idle phase after the load (end `load.phases` with `{name: settle, for: 30s}`)"],
    );
}

#[test]
fn pages_that_cannot_be_read_are_told() {
    let kinds = "`{prometheus: /metrics, keep: [go_goroutines]}`, `{json: /debug/vars, keep: {...}}` or `{text: /metrics, keep: {...}}`";
    check(
        "{text: /stats,",
        "{text: /stats, json: /stats,",
        &[&format!("12:7: a scrape is of one page, of one kind ({kinds})")],
    );
    check(
        "{text: /stats,",
        "{text: stats,",
        &["12:14: `stats` is not a path (a path on the target, such as `/items?page=1`)"],
    );
    check(
        "'hits_total{code=\"500\"}', process",
        "'5xx', process",
        &[
            "9:52: `5xx` is no name of a metric (a name, with labels or without: `http_requests_total{code=\"500\"}`)",
            "19:16: there is no series `hits_total{code=\"500\"}` (keep it: `probes: {scrape: [...]}` or `probes: {logs: [...]}`, or name what is always read, such as `open_files`)",
        ],
    );
    check(
        "'pools[0].size_bytes'",
        "'pools[*]'",
        &["11:84: `pools[*]` is not a path into JSON (keys and indices: `memstats.HeapAlloc`, `$.pools[0]['in use']`)"],
    );
    check(
        "(?<value>[0-9.]+) MB",
        "MB",
        &["12:36: the pattern does not say which number it is (name its group: `'External: (?<value>[0-9.]+)MB'`)"],
    );
    check(
        "lag: {metric: lag, unit: ms}",
        "lag: {path: lag}",
        &["10:85: of a page of `prometheus`, `metric` says what is kept (write `{metric: ..., unit: ...}`)"],
    );
    check("alloc: 'Alloc", "heap: 'Alloc", &["12:35: there are two series `heap` (give each a name of its own)"]);
    check("every: 5s", "every: 5ms", &["10:46: the cadence is out of reach (from `20ms` to `60s`)"]);
    check(
        "process: {command: [serve]}",
        "container: {image: a}",
        &[
            "3:9: the load needs a port of the target, and there is none (add `port: 8080`)",
            "9:7: the target has no port (say the page's: `port: 9100`)",
            "11:7: the target has no port (say the page's: `port: 9100`)",
            "12:7: the target has no port (say the page's: `port: 9100`)",
        ],
    );
}

#[test]
fn grades_are_in_the_unit_of_the_limit_that_they_stand_beside() {
    let plan = |rules: &str| {
        let source = format!(
            "name: test\ntarget: {{process: {{command: [a]}}}}\nload:\n  journeys: [{{name: a, steps: [{{get: /}}]}}]\n  \
             phases: [{{for: 100s, users: 1}}]\nassert: {rules}"
        );
        read(&source)
    };
    let graded = plan(
        "{memory: {growth: {below: 1MiB/min, grades: {slow: 1MiB/min, critical: 2GiB/h, active: 10MiB/min}}}, \
         series: [{metric: open_files, max: 500, growth: {below: 10/h, grades: {quick: 100/h}}, grades: {many: 100}}]}",
    );
    let graded: Vec<String> = graded
        .unwrap()
        .assertions
        .iter()
        .filter(|one| !one.grades.is_empty())
        .map(|one| {
            let names: Vec<&str> = one.grades.iter().map(|grade| grade.name.as_str()).collect();
            format!("{}: {}", one.rule.id(), names.join(" "))
        })
        .collect();
    assert_eq!(
        graded,
        ["memory.growth: slow active critical", "series.open_files.max: many", "series.open_files.growth: quick"]
    );
    for (rules, wrong) in [
        ("{series: [{metric: open_files, min: 5, grades: {many: 100}}]}", "they grade `max`, and it is not said"),
        (
            "{series: [{metric: open_files, max: 5, grades: {many: 100MiB}}]}",
            "`open_files` is in plain numbers, and the limit is in bytes",
        ),
        (
            "{series: [{metric: open_files, growth: {below: 10/h, grades: {quick: 1MiB/h}}}]}",
            "it is not in the unit of the limit",
        ),
    ] {
        let problems = plan(rules).unwrap_err();
        assert!(problems.len() == 1 && problems[0].to_string().contains(wrong), "{problems:?}");
    }
}
