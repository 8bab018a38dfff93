//! What CI reads. Needs xmllint (libxml2-utils), and says so.

use std::io::Write;
use std::process::{Command, Stdio};

use timeline::{Amount, Death, Timeline, Unit};
use verdict::Evidence;

use super::*;
use crate::example::{self, HOSTILE, finding, in_a_container, leak};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/junit.xsd");

/// What xmllint says of `document` with `arguments`: its output, or its complaint.
fn xmllint(document: &str, arguments: &[&str]) -> Result<String, String> {
    let mut child = Command::new("xmllint")
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs xmllint on the PATH: apt-get install libxml2-utils");
    child.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    if output.status.success() { Ok(out) } else { Err(err) }
}

/// The report, which is valid.
#[track_caller]
fn valid(record: &Record, attachments: &[&str], inconclusive: Verdict) -> String {
    let report = junit(record, attachments, inconclusive);
    if let Err(complaint) = xmllint(&report, &["--noout", "--nonet", "--schema", SCHEMA]) {
        panic!("{complaint}\n{report}");
    }
    report
}

/// What the expression `path` finds in `report`.
fn find(report: &str, path: &str) -> String {
    xmllint(report, &["--nonet", "--xpath", &format!("string({path})")]).unwrap().trim_end_matches('\n').to_owned()
}

#[test]
fn an_analysis_is_a_suite_with_a_case_for_each_series() {
    let analysis = crate::analysis::tests::analysis();
    let report = super::analysis::analysis_junit(&[analysis], UNIX_EPOCH, Verdict::Inconclusive);
    xmllint(&report, &["--noout", "--nonet", "--schema", SCHEMA]).unwrap_or_else(|error| panic!("{error}\n{report}"));
    let suite = |name| find(&report, &format!("//testsuite/@{name}"));
    let said = ["name", "tests", "failures", "timestamp", "time"].map(suite);
    assert_eq!(said, ["plimsoll.analyze", "2", "1", "1970-01-01T00:00:00", "64.000"]);
    assert!(find(&report, "//failure").contains('█'), "{report}");
    assert_eq!(find(&report, "//testcase[1]/@classname"), "plimsoll.analyze.mem.csv");
}

fn mixed() -> Vec<Finding> {
    vec![
        finding("target.alive", Verdict::Pass, "the target lived"),
        leak(),
        finding("memory.peak", Verdict::Inconclusive, "too few samples"),
    ]
}

#[test]
fn a_suite_says_what_the_run_was() {
    let report = valid(&in_a_container(example::record(mixed())), &[], Verdict::Inconclusive);
    let suite = |name| find(&report, &format!("//testsuite/@{name}"));
    let said = ["name", "tests", "failures", "errors", "hostname", "timestamp", "time"].map(suite);
    assert_eq!(said, ["plimsoll.leaky", "6", "1", "1", "box", "2026-03-01T12:00:00", "90.000"]);
    let property = |name| find(&report, &format!("//property[@name='{name}']/@value"));
    assert_eq!(property("commit"), "0123456789abcdef-dirty");
    assert_eq!(property("branch"), "a<b & \"c\"");
    assert_eq!(property("image"), "leaky:dev");
    assert_eq!(property("image_digest"), "sha256:12");
    assert_eq!(property("seed"), u64::MAX.to_string());
    let limited = valid(&example::record(mixed()), &[], Verdict::Pass);
    assert_eq!(find(&limited, "//property[@name='memory_limit']/@value"), "512 MiB");
    assert_eq!(find(&limited, "//property[@name='cpu_limit']/@value"), "1.5");
}

#[test]
fn a_failure_has_a_code_a_message_and_a_body_with_the_evidence() {
    let report = valid(&example::record(mixed()), &[], Verdict::Inconclusive);
    let case = "//testcase[@name='memory.growth_per_request']";
    assert_eq!(find(&report, &format!("{case}/@time")), "60");
    assert_eq!(find(&report, &format!("{case}/failure/@type")), "memory.growth_per_request.code");
    let message = find(&report, &format!("{case}/failure/@message"));
    assert_eq!(message, "memory grows by 2.5 KiB/request (limit 64 B/request)");
    let body = find(&report, &format!("{case}/failure"));
    assert!(
        body.starts_with(&message) && body.contains("the floor rose in each cycle") && body.contains('█'),
        "{body}"
    );
    let output = find(&report, &format!("{case}/system-out"));
    assert_eq!(
        output,
        "[[PROPERTY|verdict=fail]]\n[[PROPERTY|value=2.5 KiB/request]]\n[[PROPERTY|limit=64 B/request]]"
    );
}

#[test]
fn what_is_inconclusive_counts_as_it_is_told_to() {
    for (inconclusive, errors, failures) in
        [(Verdict::Inconclusive, "1", "1"), (Verdict::Fail, "0", "2"), (Verdict::Pass, "0", "1")]
    {
        let report = valid(&example::record(mixed()), &[], inconclusive);
        let counts = ["errors", "failures"].map(|name| find(&report, &format!("//testsuite/@{name}")));
        assert_eq!(counts, [errors, failures], "{inconclusive}");
    }
    let report = valid(&example::record(mixed()), &[], Verdict::Pass);
    let output = find(&report, "//testcase[@name='memory.peak']/system-out");
    assert!(output.starts_with("inconclusive, which counts as pass here: too few samples\n"), "{output}");
}

#[test]
fn names_are_those_of_the_assertions_in_the_order_of_judgement() {
    let report = valid(&example::record(mixed()), &[], Verdict::Inconclusive);
    let names: Vec<&str> =
        report.split("<testcase name=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let expected =
        ["config", "target.start", "target.alive", "memory.growth_per_request", "memory.peak", "run.completed"];
    assert_eq!(names, expected);
    assert!(names.iter().all(|name| !name.contains(|letter: char| letter.is_ascii_digit())), "{names:?}");
    assert_eq!(report.matches("classname=\"plimsoll.leaky\"").count(), names.len());
}

#[test]
fn a_hostile_log_breaks_nothing_and_looks_like_nothing() {
    let evidence =
        Evidence { notes: vec![HOSTILE.to_owned()], source: Some(HOSTILE.to_owned()), ..Evidence::default() };
    let hostile = Finding { evidence, ..finding(HOSTILE, Verdict::Fail, HOSTILE) };
    let mut record = example::record(vec![Finding { code: HOSTILE.to_owned(), ..hostile }]);
    record.about.scenario = HOSTILE.to_owned();
    record.about.target = Some(HOSTILE.to_owned());
    record.about.host.insert("hostname".to_owned(), "\u{1}".to_owned());
    record.timeline.outcome = Outcome::LoadFailed { reason: HOSTILE.to_owned() };
    HOSTILE.clone_into(&mut record.timeline.phases[1].name);
    let report = valid(&record, &[HOSTILE], Verdict::Inconclusive);
    assert_eq!(report.matches("<failure").count(), 1, "{report}");
    assert_eq!(find(&report, "//failure/@message"), "]]><failure>&amp;2J");
    assert!(find(&report, "//failure").starts_with("]]><failure>&amp;2J\n"), "{report}");
}

#[test]
fn attachments_end_the_output_of_what_did_not_pass() {
    let report = valid(&example::record(mixed()), &["report.html", "target.log"], Verdict::Pass);
    let end = "[[ATTACHMENT|report.html]]\n[[ATTACHMENT|target.log]]";
    let output = |name| find(&report, &format!("//testcase[@name='{name}']/system-out"));
    assert!(output("memory.growth_per_request").ends_with(end));
    assert!(!output("memory.peak").contains("ATTACHMENT") && !output("config").contains("ATTACHMENT"));
    let report = valid(&example::record(Vec::new()), &["report.html"], Verdict::Pass);
    assert!(find(&report, "//testcase[@name='config']/system-out").ends_with("[[ATTACHMENT|report.html]]"));
}

#[test]
fn the_output_of_a_pass_survives_what_jenkins_keeps() {
    let limit = Some(Amount { value: 1e15, unit: Unit::BytesPerHour });
    let evidence = Evidence { value: limit, limit, ..Evidence::default() };
    let long = Finding { evidence, ..finding("errors", Verdict::Pass, &"word ".repeat(500)) };
    let report = valid(&example::record(vec![long]), &[], Verdict::Pass);
    assert!(find(&report, "//testcase[@name='errors']/system-out").chars().count() < 500);
}

#[test]
fn a_run_that_was_cut_short_is_never_green() {
    let died = |exit_code| Outcome::TargetDied(Death { exit_code, ..Death::default() });
    let reason = "connection refused".to_owned();
    let failed = Outcome::LoadFailed { reason: reason.clone() };
    let stopped = Outcome::StoppedEarly { look: 1, seen: Elapsed::ZERO, reason: reason.clone() };
    let not_started = Outcome::NotStarted { reason };
    for outcome in [Outcome::HarnessLost, Outcome::Interrupted, failed, not_started, died(Some(1)), stopped] {
        let mut record = example::record(vec![finding("errors", Verdict::Pass, "none")]);
        record.timeline.outcome = outcome.clone();
        let report = valid(&record, &[], Verdict::Pass);
        assert_eq!(report.matches("<failure").count() + report.matches("<error").count(), 1, "{outcome}: {report}");
    }
}

#[test]
fn a_death_that_a_finding_tells_is_counted_once() {
    let mut record = example::record(vec![finding("target.alive", Verdict::Fail, "the target died")]);
    record.timeline.outcome = Outcome::TargetDied(Death::default());
    let report = valid(&record, &[], Verdict::Inconclusive);
    assert_eq!(find(&report, "//testsuite/@failures"), "1");
    assert_eq!(
        find(&report, "//testcase[@name='run.completed']/skipped/@message"),
        "the target died: see target.alive"
    );
}

#[test]
fn a_leak_that_stopped_the_run_is_counted_once() {
    let mut record = example::record(vec![finding("memory.growth", Verdict::Fail, "memory leaks")]);
    let reason = "memory leaks".to_owned();
    record.timeline.outcome = Outcome::StoppedEarly { look: 1, seen: Elapsed::ZERO, reason };
    let report = valid(&record, &[], Verdict::Inconclusive);
    assert_eq!(
        (find(&report, "//testsuite/@failures"), find(&report, "//testsuite/@errors")),
        ("1".into(), "0".into())
    );
    assert_eq!(
        find(&report, "//testcase[@name='run.completed']/skipped/@message"),
        "stopped early by a leak: see memory.growth"
    );
}

#[test]
fn a_run_that_saw_nothing_is_valid_and_not_green() {
    let mut record = example::record(Vec::new());
    record.timeline = Timeline::default();
    let report = valid(&record, &[], Verdict::Inconclusive);
    assert_eq!(find(&report, "//testsuite/@errors"), "2");
    assert_eq!(find(&report, "//testcase[@name='target.start']/error/@type"), "target.start.never_ready");
}
