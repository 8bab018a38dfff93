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
    check("{require: 'cache (warm|ready)'}", "{require: 'a', forbid: 'b'}", &[&says_one("16:7")]);
    check("{require: 'cache (warm|ready)'}", "{require: 'a', below: 1/s}", &[&says_one("16:7")]);
    check("{require: 'cache (warm|ready)'}", "{below: 1/s}", &[&says_one("16:7")]);
    check(", below: 10/s", "", &["17:7: the rate has no limit (`{rate: 'slow query', below: 10/s}`)"]);
    check(
        "{require: 'cache (warm|ready)'}",
        "{forbid: 'driver: bad connection'}",
        &["16:7: this stands here twice (leave one of the two out)"],
    );
}

#[test]
fn what_cannot_be_kept_is_told() {
    check(
        "(?<value>[0-9.]+)MB",
        "[0-9.]+MB",
        &["10:19: the pattern does not say which number it is (name its group: `'External: (?<value>[0-9.]+)MB'`)"],
    );
    check("external:", "live_heap:", &["10:20: `live_heap` is what is read from the system (give it another name)"]);
    let no_name = "10:14: that is no name for a series (a short one, such as `external` or `jobs_waiting`)";
    check("external:", "' ':", &[no_name]);
    let units = "`B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `ns`, `us`, `ms`, `s`, `%` or `none`";
    check("unit: ms", "unit: parsec", &[&format!("12:54: `parsec` is no unit ({units})")]);
    check(
        "    - keep:",
        "    - {keep: {lag: '(?<value>.)'}}\n    - keep:",
        &["13:14: there are two series `lag` (give each a name of its own)"],
    );
    check(
        "'driver: bad connection'",
        "'driver: ('",
        &["15:16: `driver: (` is not a pattern: unclosed group (write a regular expression, in single quotes)"],
    );
    let elsewhere = problems(&LOGS.replace("process: {command: [serve]}", "attach: {pid: 7, port: 80}"));
    let unseen = elsewhere.iter().filter(|problem| problem.contains("the log of what runs elsewhere is out of reach"));
    assert_eq!(unseen.count(), 2, "{elsewhere:?}");
}
