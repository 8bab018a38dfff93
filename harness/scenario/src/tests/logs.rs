//! What the target logs.

use timeline::{Metric, Name, Unit};

use super::*;
use crate::Rule;

/// A scenario that reads the log.
const LOGS: &str = r"
name: by-log
target: {process: {command: [serve]}}
load:
  journeys: [{name: browse, steps: [{get: /items}]}]
  phases: [{name: baseline, for: 30s}, {for: 5m, users: 5}]
probes:
  logs:
    - keep:
        external: 'External: (?<value>[0-9.]+)MB'
        waiting: {pattern: 'waiting=(?<value>\d+)'}
        lag: {pattern: 'lag=(?<value>[\d.]+)', unit: ms}
assert:
  logs:
    - {forbid: 'driver: bad connection'}
    - {require: 'cache (warm|ready)'}
    - {rate: 'slow query', below: 10/s}
";

#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(LOGS.contains(from), "no `{from}`");
    assert_eq!(problems(&LOGS.replace(from, to)), expected);
}

#[test]
fn numbers_of_the_log_become_series_in_their_units() {
    let plan = read(LOGS).unwrap();
    let series: Vec<_> = plan.probes.logs.iter().map(|kept| (kept.metric(), kept.scale)).collect();
    let named = |name, unit| Metric::Named(Name::new(name), unit);
    assert_eq!(
        series,
        [
            (named("external", Unit::Bytes), 1e6),
            (named("lag", Unit::Seconds), 1e-3),
            (named("waiting", Unit::Count), 1.0)
        ]
    );
    assert_eq!(plan.probes.logs[0].value_in("2026-03-01 External: 12.5MB, Heap: 80MB"), Some(12.5e6));
    assert_eq!(plan.probes.logs[0].value_in("External: ?MB"), None);
}

#[test]
fn rules_on_lines_have_names_that_say_no_limits() {
    let plan = read(LOGS).unwrap();
    let rules: Vec<_> = plan.assertions.iter().filter(|one| one.rule.lines().is_some()).collect();
    let ids: Vec<String> = rules.iter().map(|one| one.rule.id()).collect();
    assert_eq!(
        ids,
        ["logs.forbid[driver: bad connection]", "logs.require[cache (warm|ready)]", "logs.rate[slow query]"]
    );
    assert!(rules.iter().all(|one| one.asked_for));
    assert!(matches!(rules[2].rule, Rule::LogRate { below, .. } if (below - 10.0).abs() < f64::EPSILON));
}

#[test]
fn a_rule_on_lines_says_one_thing() {
    let says_one = |place| {
        format!(
            "{place}: a rule on lines says one thing of them (`{{forbid: 'panic'}}`, `{{require: 'ready'}}` or \
             `{{rate: 'slow query', below: 10/s}}`)"
        )
    };
    check("{require: 'cache (warm|ready)'}", "{require: 'a', forbid: 'b'}", &[&says_one("17:7")]);
    check("{require: 'cache (warm|ready)'}", "{require: 'a', below: 1/s}", &[&says_one("17:7")]);
    check("{require: 'cache (warm|ready)'}", "{below: 1/s}", &[&says_one("17:7")]);
    check(", below: 10/s", "", &["18:7: the rate has no limit (`{rate: 'slow query', below: 10/s}`)"]);
    check(
        "{require: 'cache (warm|ready)'}",
        "{forbid: 'driver: bad connection'}",
        &["17:7: this stands here twice (leave one of the two out)"],
    );
}

#[test]
fn what_cannot_be_kept_is_told() {
    check("(?<value>[0-9.]+)MB", "[0-9.]+MB", &["x"]);
    check("external:", "live_heap:", &["x"]);
    check("external:", "' ':", &["x"]);
    check("unit: ms", "unit: parsec", &["x"]);
    check("    - keep:", "    - {keep: {lag: '(?<value>.)'}}\n    - keep:", &["x"]);
    check("process: {command: [serve]}", "attach: {pid: 7}", &["x"]);
    check("'driver: bad connection'", "'driver: ('", &["x"]);
}
