//! The run for machines: one JSON document with a version.

use std::collections::BTreeMap;

use record::Record;
use serde_json::{Value, json};
use timeline::{Metric, PhaseSpan, Subject, Timeline};

use crate::cost;
use crate::steps::{Latency, Step};
use crate::totals::Totals;

/// The document's version: raised when a key goes or changes its meaning, not when one is added.
const SCHEMA: u32 = 1;

/// The run, its verdict and findings, and what load, memory and harness came to. Keys are sorted;
/// times are in seconds, memory in bytes; what was not measured is null.
pub fn summary(record: &Record) -> Value {
    let timeline = &record.timeline;
    sorted(json!({
        "schema": SCHEMA,
        "run": run(record),
        "verdict": verdict::overall(&record.findings, &timeline.outcome),
        "findings": record.findings,
        "load": Totals::of(timeline).as_ref().map(load),
        "phases": timeline.phases.iter().map(|span| phase(timeline, span)).collect::<Vec<_>>(),
        "series": crate::series::value(timeline),
        "harness": harness(timeline),
        "target": crate::runtime::value(timeline),
    }))
}

fn run(record: &Record) -> Value {
    let (about, timeline) = (&record.about, &record.timeline);
    json!({
        "id": about.id,
        "scenario": about.scenario,
        "scenario_hash": about.scenario_hash,
        "commit": about.commit,
        "dirty": about.dirty,
        "branch": about.branch,
        "started_at": about.started_at_text(),
        "seconds": timeline.end.seconds(),
        "outcome": timeline.outcome,
        "target": about.target,
        "image_digest": about.image_digest,
        "harness_version": about.harness_version,
        "host": about.host,
        // As text: a reader that has only doubles would round it.
        "seed": about.seed.to_string(),
    })
}

fn load(totals: &Totals) -> Value {
    json!({
        "requests": totals.requests,
        "failed": totals.failed(),
        "failures": totals.failures,
        "seconds": totals.seconds,
        "per_second": totals.per_second(),
        "p50_seconds": totals.latency.map(|latency| latency.p50),
        "p90_seconds": totals.latency.map(|latency| latency.p90),
        "p99_seconds": totals.latency.map(|latency| latency.p99),
        "p999_seconds": totals.latency.map(|latency| latency.p999),
        "max_seconds": totals.latency.map(|latency| latency.max),
        "steps": totals.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    let latency = Latency::of(&step.histogram);
    json!({
        "name": step.name,
        "requests": step.requests,
        "failed": step.failed(),
        "failures": step.failures,
        "p50_seconds": latency.map(|latency| latency.p50),
        "p90_seconds": latency.map(|latency| latency.p90),
        "p99_seconds": latency.map(|latency| latency.p99),
        "p999_seconds": latency.map(|latency| latency.p999),
        "max_seconds": latency.map(|latency| latency.max),
    })
}

/// A phase with the least and the most memory that the target had in it.
fn phase(timeline: &Timeline, span: &PhaseSpan) -> Value {
    let series = timeline.series(Metric::AnonymousMemory, &Subject::Target);
    let samples = series.map(|series| series.within((span.start, span.end))).unwrap_or_default();
    let values = || samples.iter().map(|sample| sample.value);
    json!({
        "name": span.name,
        "cycle": span.cycle,
        "loaded": span.loaded,
        "start_seconds": span.start.seconds(),
        "end_seconds": span.end.seconds(),
        "memory_floor_bytes": values().reduce(f64::min),
        "memory_peak_bytes": values().reduce(f64::max),
    })
}

fn harness(timeline: &Timeline) -> Value {
    let cost = cost::of(timeline);
    json!({ "memory_peak_bytes": cost.peak_bytes, "cpu_share": cost.cpu_share })
}

/// `value` with the keys of all its objects in order, whatever the map beneath keeps.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn the_document_says_what_the_run_was() {
        let summary = summary(&example::record(vec![example::leak()]));
        assert_eq!(summary["schema"], 1);
        assert_eq!(summary["verdict"], "fail");
        assert_eq!(summary["run"]["started_at"], "2026-03-01T12:00:00Z");
        assert_eq!(summary["run"]["outcome"]["kind"], "completed");
        assert_eq!(summary["run"]["seed"], u64::MAX.to_string());
        assert_eq!(summary["findings"][0]["assertion"], "memory.growth_per_request");
        assert_eq!(summary["load"]["failures"], json!({ "status 503": 6 }));
        let step = &summary["load"]["steps"][0];
        assert_eq!(
            (&step["name"], &step["requests"], &step["failed"]),
            (&json!("browse/GET /"), &json!(6000), &json!(6))
        );
        assert_eq!(summary["phases"][1]["memory_floor_bytes"], 20.0 * 1_048_576.0);
        assert_eq!(summary["phases"][1]["memory_peak_bytes"], 80.0 * 1_048_576.0);
        assert_eq!(summary["harness"]["memory_peak_bytes"], 8_388_668.0);
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        fn check(value: &Value) {
            match value {
                Value::Object(map) => {
                    assert!(map.keys().is_sorted(), "{map:?}");
                    map.values().for_each(check);
                }
                Value::Array(values) => values.iter().for_each(check),
                _ => {}
            }
        }
        check(&summary(&example::record(vec![example::leak()])));
    }

    #[test]
    fn a_run_that_saw_nothing_has_a_summary_too() {
        let mut record = example::record(Vec::new());
        record.timeline = Timeline::default();
        let summary = summary(&record);
        assert_eq!((&summary["load"], &summary["harness"]["cpu_share"]), (&Value::Null, &Value::Null));
        assert_eq!(summary["verdict"], "inconclusive");
    }
}
