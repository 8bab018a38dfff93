//! The JUnit report, as CI reads it.

use std::path::Path;
use std::process::Command;

use crate::stage::{Stage, process, scenario};

#[track_caller]
fn expect_valid(stage: &Stage) {
    expect_valid_file(&stage.record().join("junit.xml"));
}

/// Validates a report against the common schema, with libxml2's xmllint (ci/setup installs it).
#[track_caller]
pub(crate) fn expect_valid_file(report: &Path) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/junit.xsd");
    let output = Command::new("xmllint")
        .args(["--noout", "--schema", schema])
        .arg(report)
        .output()
        .expect("xmllint runs: ci/setup installs it");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        std::fs::read_to_string(report).unwrap()
    );
}

#[test]
fn the_report_is_valid_whatever_a_target_logs() {
    // Controls, an escape sequence, the end of a CDATA section, and bytes that are no UTF-8.
    let hostile = r#""\\x00\\x08\\x1b[31m]]><failure>&amp;\\xff\\xfe""#;
    let target = process(&format!(", --crash-after, 100, --log-line, {hostile}"));
    let stage = Stage::new(&scenario(&target, crate::process::VERY_SHORT, "{}"));
    stage.run().expect_code(1);
    assert!(stage.kept_bytes("target.log").contains(&0x1b), "the log holds what was logged");
    expect_valid(&stage);
    let report = stage.kept("junit.xml");
    assert!(report.contains("target.alive.died"), "{report}");
    assert_eq!(report.matches("<failure").count(), 1, "{report}");
}

#[test]
fn names_are_stable_and_say_no_numbers() {
    let rules = "{memory: {peak: {below: 77MiB}}, errors: {below: 1%}}";
    let stage = Stage::new(&scenario(&process(""), crate::process::VERY_SHORT, rules));
    stage.plimsoll(&["run", "scenario.yaml", "--junit", "junit.xml", "--inconclusive", "pass"]).expect_code(0);
    expect_valid(&stage);
    let report = std::fs::read_to_string(stage.folder.join("junit.xml")).unwrap();
    assert_eq!(report, stage.kept("junit.xml"));
    for name in ["memory.peak", "errors", "target.alive", "evidence.coverage", "generator.health"] {
        assert!(report.contains(&format!("name=\"{name}\"")), "no {name} in {report}");
    }
    assert!(!report.contains("name=\"memory.peak 77"), "{report}");
    assert!(report.contains("77 MiB"), "the text says the limit: {report}");
}
