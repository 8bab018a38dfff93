use std::collections::BTreeMap;

use timeline::Outcome;
use verdict::compare::{ALPHA, Measurement, Quantity, Run, compare};

use super::*;

fn runs(name: &str, values: &[(Quantity, [f64; 5])]) -> Vec<Run> {
    let run = |at: usize| Run {
        name: format!("{name}{at}"),
        conditions: BTreeMap::from([("machine", "2 cores".to_owned())]),
        outcome: Outcome::Completed,
        measured: values
            .iter()
            .map(|(quantity, values)| {
                let measured = Measurement::new(values[at], 0.0, "test".to_owned());
                (
                    *quantity,
                    Measurement { tolerated: (*quantity == Quantity::GrowthPerRequest).then_some(2.0), ..measured },
                )
            })
            .collect(),
    };
    (0..5).map(run).collect()
}

fn example() -> Comparison {
    const MIB: f64 = 1_048_576.0;
    let peak = [100.0, 101.0, 99.0, 100.5, 99.5].map(|value| value * MIB);
    let reference = runs(
        "r",
        &[
            (Quantity::Peak, peak),
            (Quantity::GrowthPerRequest, [1.0, 2.0, 1.5, 1.2, 1.8]),
            (Quantity::LatencyP99, [0.010, 0.013, 0.008, 0.011, 0.009]),
            (Quantity::PauseMax, [0.02; 5]),
            (Quantity::Throughput, [500.0, 501.0, 499.0, 500.0, 500.0]),
        ],
    );
    let candidate = runs(
        "c",
        &[
            (Quantity::Peak, peak.map(|value| value * 1.001)),
            (Quantity::GrowthPerRequest, [15.0, 16.0, 15.5, 15.2, 15.8]),
            (Quantity::LatencyP99, [0.012, 0.009, 0.010, 0.014, 0.008]),
            (Quantity::Throughput, [650.0, 651.0, 649.0, 650.0, 650.0]),
        ],
    );
    compare(&reference, &candidate, ALPHA)
}

fn told(comparison: &Comparison) -> ComparedRuns<'_> {
    ComparedRuns { scenario: "chat", reference: "main", candidate: "a|b", comparison, at: SystemTime::UNIX_EPOCH }
}

#[test]
fn the_table_is_aligned_and_says_what_more_runs_would_tell() {
    let comparison = example();
    let text = comparison_terminal(&told(&comparison), Style { colour: false, width: 130 });
    let expected = "\
FAIL  chat: worse: memory.growth_per_request; better: throughput

  reference  main: 5 runs (r0, r1, r2, r3, r4)
  candidate  a|b: 5 runs (c0, c1, c2, c3, c4)

  quantity                       reference     candidate         change               between  verdict
";
    assert!(text.starts_with(expected), "\n{text}");
    let has = |line: &str| assert!(text.lines().any(|one| one.trim_end() == line), "no line `{line}` in\n{text}");
    has("  memory.peak                      100 MiB       100 MiB         +0.1 %      -1.34 .. +1.56 %  ✔ unchanged");
    has("  memory.growth_per_request  1.5 B/request  16 B/request  +14 B/request  +13 .. +15 B/request  ✘ regression");
    assert!(text.contains("runs a side would find 20 %"), "\n{text}");
    assert!(text.contains("- the candidate has no value of it"), "\n{text}");
    let bare = Style { colour: true, width: 130 };
    assert!(comparison_terminal(&told(&comparison), bare).contains("\u{1b}[1;31m✘ regression\u{1b}[0m"));
}

#[test]
fn markdown_escapes_what_it_is_told() {
    let comparison = example();
    let text = comparison_markdown(&told(&comparison));
    assert!(text.starts_with("### FAIL chat: worse: memory.growth\\_per\\_request; better: throughput\n"), "\n{text}");
    assert!(text.contains("- candidate: a\\|b, 5 runs (c0"), "\n{text}");
    assert!(text.contains("| throughput | 500/s | 650/s | +30 % | "), "\n{text}");
}

#[test]
fn machines_get_the_values_of_every_run() {
    let comparison = example();
    let json = comparison_json(&told(&comparison));
    assert_eq!((&json["verdict"], &json["candidate"]["runs"][4]), (&json!("fail"), &json!("c4")));
    let growth =
        json["quantities"].as_array().unwrap().iter().find(|one| one["quantity"] == "memory.growth_per_request");
    let growth = growth.unwrap();
    assert_eq!((&growth["change"], &growth["reference"]["values"][1]), (&json!("regression"), &json!(2.0)));
    assert_eq!(growth["difference"], json!({ "value": 14.0, "unit": "bytes_per_request" }));
}

#[test]
fn a_case_for_each_quantity_whose_name_never_changes() {
    let comparison = example();
    let xml = comparison_junit(&told(&comparison), Verdict::Inconclusive);
    assert!(xml.contains("plimsoll.compare.chat") && xml.contains("memory.growth_per_request.regression"), "{xml}");
    assert!(xml.contains("value=\"a|b\""), "{xml}");
    assert_eq!(xml.matches("<failure").count(), 1, "{xml}");
    assert_eq!(xml.matches("<error").count(), 2, "{xml}");
    assert_eq!(comparison_junit(&told(&comparison), Verdict::Pass).matches("<error").count(), 0);
}

#[test]
fn one_run_a_side_says_what_it_cannot_tell_and_conditions_that_differ_are_named() {
    let mut one = runs("r", &[(Quantity::Peak, [1e8; 5])]);
    let mut other = runs("c", &[(Quantity::Peak, [1.01e8; 5])]);
    one.truncate(1);
    other.truncate(1);
    other[0].conditions.insert("machine", "8 cores".to_owned());
    let comparison = compare(&one, &other, ALPHA);
    let text = comparison_terminal(&told(&comparison), Style { colour: false, width: 120 });
    assert!(text.contains("- not comparable by their machine: 2 cores and 8 cores"), "\n{text}");
    assert!(text.contains("- one run of a side cannot tell how much runs differ"), "\n{text}");
    assert!(text.contains("1 run (r0)"), "\n{text}");
}
