//! The pages of comparisons and of histories.

use std::collections::BTreeMap;
use std::time::SystemTime;

use timeline::Outcome;
use verdict::compare::{ALPHA, Comparison, Measurement, Quantity, Run, compare};
use verdict::history::{History, Point};

use super::*;
use crate::{ComparedRuns, Track, comparison_html, history_html};

const MIB: f64 = 1_048_576.0;

/// So many runs of a service that peaks at `peak` MiB, and of which some values hardly move.
fn runs(name: &str, count: u32, peak: f64) -> Vec<Run> {
    let run = |at: u32| {
        let wobble = 1.0 + f64::from(at * 7 % 5) * 1e-3;
        let values = [
            (Quantity::Peak, peak * MIB * wobble),
            (Quantity::LatencyP99, 0.012 * wobble * wobble),
            (Quantity::Throughput, 500.0 / wobble),
        ];
        let measured = values.map(|(quantity, value)| (quantity, Measurement::new(value, 0.0, "test".to_owned())));
        Run {
            name: format!("{name}{at}"),
            conditions: BTreeMap::new(),
            outcome: Outcome::Completed,
            measured: BTreeMap::from(measured),
        }
    };
    (0..count).map(run).collect()
}

fn worse() -> Comparison {
    compare(&runs("r", 5, 100.0), &runs("c", 5, 120.0), ALPHA)
}

/// The tracks of runs whose memory is so many times that of the example.
fn tracks(count: usize, times: f64) -> Vec<Track> {
    let track = |number: usize| {
        let mut record = example::record(Vec::new());
        for series in record.timeline.series.values_mut() {
            series.samples.iter_mut().for_each(|sample| sample.value *= times + 0.01 * number as f64);
        }
        Track::of(&record)
    };
    (0..count).map(track).collect()
}

fn page(called: &str, comparison: &Comparison) -> String {
    let at = SystemTime::UNIX_EPOCH;
    let told = ComparedRuns { scenario: called, reference: called, candidate: called, comparison, at };
    comparison_html(&told, &tracks(5, 1.0), &tracks(5, 1.2))
}

fn history(names: &str) -> History {
    let point = |at: usize| {
        let value = if at < 12 { 100.0 } else { 120.0 } + (at * 7 % 5) as f64 * 0.2;
        Point { name: format!("{names}{at}"), measured: Measurement::new(value * MIB, 0.0, "test".to_owned()) }
    };
    History::new(Quantity::Peak, &(0..30).map(point).collect::<Vec<_>>())
}

#[test]
fn a_comparison_says_what_is_worse_and_lays_the_runs_of_both_sides_over_each_other() {
    let page = page("chat", &worse());
    let said = ["<title>FAIL: chat compared", "✘ FAIL", "Chat: worse: memory.peak", "What has changed", "✘ regression"];
    for said in said.map(|said| said.replace("Chat", "chat")) {
        assert!(page.contains(&said), "{said}");
    }
    let memory = page.split("id=\"chart-1\"").nth(1).unwrap().split("</figure>").next().unwrap();
    assert!(memory.contains("Memory over time: anonymous memory"), "{memory:.300}");
    assert_eq!(memory.matches("data-name=\"reference\"").count(), 5, "each run is drawn");
    assert_eq!(memory.matches("data-name=\"candidate\"").count(), 5);
    assert!(page.contains("Latency over time: p99") && page.contains("id=\"runs-3\""));
}

#[test]
fn a_history_names_the_commit_at_which_a_quantity_changed() {
    let page = history_html("chat", &[history("c")]);
    assert!(page.contains("chat: 1 change point in 30 runs") && page.contains("c12 +20"), "{page:.400}");
    assert!(page.contains("<code>c12</code>") && page.contains("after <code>c11</code>"));
    assert!(history_html("chat", &[]).contains("chat: no runs that could be measured"));
}

#[test]
fn no_name_of_a_side_or_of_a_commit_is_markup() {
    let mut comparison = worse();
    comparison.left_out = vec![(HOSTILE.to_owned(), Outcome::LoadFailed { reason: HOSTILE.to_owned() })];
    comparison.compared[0].reason = Some(HOSTILE.to_owned());
    comparison.reference = vec![HOSTILE.to_owned()];
    expect_harmless(&page(HOSTILE, &comparison));
    expect_harmless(&history_html(HOSTILE, &[history(HOSTILE)]));
}

#[test]
fn sides_without_a_track_are_a_page_too() {
    let comparison = compare(&[], &runs("c", 1, 20.0), ALPHA);
    let at = SystemTime::UNIX_EPOCH;
    let told = ComparedRuns { scenario: "chat", reference: "a", candidate: "b", comparison: &comparison, at };
    let page = comparison_html(&told, &[], &[]);
    assert!(page.contains("INCONCLUSIVE") && !page.contains("side over side"), "{page:.300}");
    tags(&page);
}
