//! Memory that someone already has: each format, each damage, each way out, through the program.

use std::fs::File;

use serde_json::{Value, json};

use crate::stage::{Finished, Stage};

/// A stage with a file on it.
fn with(name: &str, text: &str) -> Stage {
    let stage = Stage::new("");
    std::fs::write(stage.folder.join(name), text).unwrap();
    stage
}

/// Ten minutes, a row a second.
fn rows(row: impl Fn(u32) -> String) -> String {
    (0..600).map(row).collect::<Vec<_>>().join("\n") + "\n"
}

fn csv(header: &str, row: impl Fn(u32) -> String) -> String {
    format!("{header}\n{}", rows(row))
}

/// What wavers by a MiB: the same each time.
fn noise(second: u32) -> f64 {
    f64::from(second * 7919 % 101) / 101.0
}

fn leaky() -> String {
    csv("time_s,rss_mib,fds", |second| format!("{second},{:.2},{}", leak(second), 20 + second % 3))
}

fn healthy() -> String {
    csv("time_s,rss_mib", |second| {
        format!("{second},{:.2}", 100.0 - 30.0 * (-f64::from(second) / 40.0).exp() + noise(second))
    })
}

/// It said these, wherever its lines broke.
#[track_caller]
fn expect_said(finished: &Finished, expected: &[&str]) {
    let said = format!("{} {}", finished.stdout, finished.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in expected {
        assert!(said.contains(expected), "no `{expected}` in\n{}\n{}", finished.stdout, finished.stderr);
    }
}

#[test]
fn a_leak_in_a_csv_is_found_measured_and_drawn() {
    let stage = with("mem.csv", &leaky());
    let analyzed = stage.plimsoll(&["analyze", "mem.csv", "--limit", "512MiB", "--warm-up", "60s"]);
    analyzed.expect_code(1);
    expect_said(
        &analyzed,
        &[
            "FAIL mem.csv: 1 of 2 series keeps growing",
            "✘ FAIL rss_mib keeps growing by",
            "at this pace it reaches the memory limit of 512 MiB after",
            "└0 s",
            "✔ PASS fds does not keep growing",
        ],
    );
    let machine = stage.plimsoll(&["analyze", "mem.csv", "--json"]);
    machine.expect_code(1);
    let told: Value = serde_json::from_str(&machine.stdout).unwrap();
    assert_eq!(told["verdict"], "fail");
    let rss = &told["files"][0]["series"][0];
    assert_eq!((&rss["name"], &rss["unit"], &rss["samples"]), (&json!("rss_mib"), &json!("bytes"), &json!(600)));
    let per_hour = rss["finding"]["evidence"]["value"]["value"].as_f64().unwrap() / 1_048_576.0;
    assert!((per_hour / 360.0 - 1.0).abs() < 0.05, "{per_hour} MiB/h");
}

#[test]
fn a_warm_up_in_a_csv_passes() {
    let stage = with("mem.csv", &healthy());
    let analyzed = stage.plimsoll(&["analyze", "mem.csv"]);
    analyzed.expect_code(0);
    expect_said(&analyzed, &["PASS mem.csv: the one series does not keep growing"]);
}

/// A leak of 6 MiB a minute, in MiB.
fn leak(second: u32) -> f64 {
    100.0 + f64::from(second) * 0.1 + noise(second)
}

/// The leak in all the formats, each by the name of its file.
fn formats() -> Vec<(&'static str, String)> {
    let bytes = |second| leak(second) * 1_048_576.0;
    let clock = |second: u32| format!("2026-03-01T12:{:02}:{:02}", second / 60, second % 60);
    let docker = |second| format!("{{\"MemUsage\":\"{:.1}MiB / 1GiB\",\"Name\":\"api\"}}", leak(second));
    let german = |second| format!("{}+01:00;{}", clock(second), format!("{:.1}", leak(second)).replace('.', ","));
    let tabs = |second| format!("{}\t{:.1}MiB", 1_772_366_400 + second, leak(second));
    let line =
        |second| json!({"time": 1_772_366_400_000_u64 + u64::from(second) * 1000, "mem": {"rss": bytes(second)}});
    let values: Vec<Value> =
        (0..600).map(|second| json!([1_772_366_400 + second, bytes(second).to_string()])).collect();
    let result = json!([{"metric": {"__name__": "process_resident_memory_bytes"}, "values": values}]);
    let answer = json!({"status": "success", "data": {"resultType": "matrix", "result": result}});
    vec![
        ("german.csv", csv("Zeit;Speicher (MiB)", german)),
        ("tabs.tsv", csv("epoch\tmemory", tabs)),
        ("lines.jsonl", rows(|second| line(second).to_string())),
        ("docker.jsonl", rows(docker)),
        ("dated.txt", rows(|second| format!("{}Z {}", clock(second), docker(second)))),
        ("prometheus.json", answer.to_string()),
    ]
}

#[test]
fn every_format_is_read_for_what_it_is() {
    let stage = Stage::new("");
    let formats = formats();
    for (name, text) in &formats {
        std::fs::write(stage.folder.join(name), text).unwrap();
        let analyzed = stage.plimsoll(&["analyze", name, "--json"]);
        analyzed.expect_code(1);
        let told: Value = serde_json::from_str(&analyzed.stdout).unwrap();
        let series = &told["files"][0]["series"];
        assert_eq!(series.as_array().unwrap().len(), 1, "{name}: {told:#}");
        let per_hour = series[0]["finding"]["evidence"]["value"]["value"].as_f64().unwrap() / 1_048_576.0;
        assert!((per_hour / 360.0 - 1.0).abs() < 0.05, "{name}: {per_hour} MiB/h");
    }
    let names: Vec<&str> = std::iter::once("analyze").chain(formats.iter().map(|(name, _)| *name)).collect();
    let all = stage.plimsoll(&names);
    all.expect_code(1);
    assert_eq!(all.stdout.matches("the one series keeps growing").count(), formats.len(), "{}", all.stdout);
    expect_said(&all, &["a row every second is assumed", "limit of 1 GiB"]);
}

#[test]
fn damage_is_told_by_line_and_bounded() {
    let damaged = |(number, line): (usize, &str)| {
        if number > 1 && number % 40 == 16 {
            line.replace(|letter: char| letter.is_ascii_digit(), "x")
        } else {
            line.to_owned()
        }
    };
    let broken = leaky().lines().enumerate().map(damaged).collect::<Vec<_>>().join("\n") + "\n";
    let stage = with("mem.csv", &broken);
    let refused = stage.plimsoll(&["analyze", "mem.csv"]);
    refused.expect_code(2);
    assert_eq!(refused.stdout, "");
    expect_said(
        &refused,
        &[
            "error: mem.csv has 45 mistakes; nothing was judged",
            "line 17: `xx` is no time",
            "line 17: `xxx.xx` is no number, in the column `rss_mib`",
            "and 35 more",
            "hint: a value is a number with or without a unit",
        ],
    );
    assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("  line ")).count(), 10, "{}", refused.stderr);
}

#[test]
fn what_cannot_be_judged_says_what_to_do() {
    let stage = with("mem.csv", &leaky());
    for (name, text) in [
        ("empty.csv", ""),
        ("names.csv", "time,host\n0,a\n"),
        ("unknown.csv", "a,b\n1,2\n"),
        ("small.csv", "time,rss\n0,50\n"),
    ] {
        std::fs::write(stage.folder.join(name), text).unwrap();
    }
    for (arguments, message, hint) in [
        (vec!["empty.csv"], "empty.csv: there is nothing in it", "it needs a header"),
        (vec!["names.csv"], "there is no column that can be judged", "not judged: `host` (no numbers)"),
        (vec!["unknown.csv"], "no column looks like a time: there are `a`, `b`", "`--time COLUMN`"),
        (vec!["small.csv"], "the column `rss` has no unit", "`--unit MiB`"),
        (vec!["nowhere.csv"], "cannot read nowhere.csv", ""),
        (vec!["mem.csv", "--column", "rss"], "there is no column `rss`", "there are `time_s`, `rss_mib`, `fds`"),
        (vec!["mem.csv", "--from", "2h"], "there is nothing from 2h to 9m 59s", "it has samples from 0 s to 9m 59s"),
        (vec!["mem.csv", "--from", "2026-03-01T12:00:00Z"], "its times are no instants", "`5m`"),
        (vec!["mem.csv", "--from", "noon"], "`noon` is neither a duration", ""),
        (vec!["mem.csv", "--limit", "lots"], "`lots` is not a size", "`512KiB`"),
        (vec!["mem.csv", "--unit", "stone"], "`stone` is no unit", ""),
    ] {
        let refused = stage.plimsoll(&[vec!["analyze"], arguments].concat());
        refused.expect_code(2);
        expect_said(&refused, &[message, hint]);
    }
}

#[test]
fn a_file_that_is_still_being_written_is_judged_without_its_last_line() {
    let stage = with("mem.csv", &(leaky() + "600,16"));
    let analyzed = stage.plimsoll(&["analyze", "mem.csv"]);
    analyzed.expect_code(1);
    expect_said(&analyzed, &["note: line 602, the last, is cut short and left out"]);
}

#[test]
fn the_window_of_the_load_is_what_is_judged() {
    // It grows in the first half, and stays in the second.
    let text = csv("when,rss_mib", |second| {
        let grown = f64::from(second.min(300)) + noise(second);
        format!("2026-03-01T12:{:02}:{:02}Z,{grown:.2}", second / 60, second % 60)
    });
    let stage = with("mem.csv", &text);
    stage.plimsoll(&["analyze", "mem.csv", "--from", "0s", "--to", "5m"]).expect_code(1);
    stage.plimsoll(&["analyze", "mem.csv", "--from", "2026-03-01T12:05:30Z"]).expect_code(0);
    let open = stage.plimsoll(&["analyze", "mem.csv", "--to", "5m", "--warm-up", "1h"]);
    open.expect_code(3);
    expect_said(&open, &["the samples end before the warm-up does", "|judged"]);
}

#[test]
fn too_little_is_inconclusive_unless_a_gate_says_otherwise() {
    let short = leaky().lines().take(21).collect::<Vec<_>>().join(
        "
",
    ) + "
";
    let stage = with("mem.csv", &short);
    let analyze = |more: &[&str]| stage.plimsoll(&[&["analyze", "mem.csv"], more].concat());
    let open = analyze(&[]);
    open.expect_code(3);
    expect_said(&open, &["INCONCLUSIVE", "20 samples in the window, and growth needs 48"]);
    analyze(&["--inconclusive", "pass"]).expect_code(0);
    analyze(&["--inconclusive", "fail"]).expect_code(1);
}

#[test]
fn stdin_and_an_interval_will_do() {
    let stage = with("values", &rows(|second| format!("{:.2}", 100.0 + noise(second))));
    let mut program = stage.program(&["analyze", "-", "--unit", "MiB", "--every", "10s", "--json"]);
    let output = program.stdin(File::open(stage.folder.join("values")).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["files"][0]["file"], &told["files"][0]["series"][0]["seconds"]),
        (&json!("stdin"), &json!(5990.0))
    );
}

#[test]
fn ci_reads_an_analysis_as_a_suite() {
    let stage = with("mem.csv", &leaky());
    stage.plimsoll(&["analyze", "mem.csv", "--junit", "junit.xml"]).expect_code(1);
    crate::junit::expect_valid_file(&stage.folder.join("junit.xml"));
    let report = std::fs::read_to_string(stage.folder.join("junit.xml")).unwrap();
    for expected in ["name=\"rss_mib.growth\"", "type=\"rss_mib.growth.exceeded\"", "plimsoll.analyze.mem.csv"] {
        assert!(report.contains(expected), "no {expected} in {report}");
    }
    assert_eq!(report.matches("<failure").count(), 1, "{report}");
}
