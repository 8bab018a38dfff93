//! The run for machines: one JSON document with a version.

use std::collections::BTreeMap;

use record::Record;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use timeline::{Failures, Metric, Outcome, PhaseSpan, Subject, Timeline};
use verdict::{Evidence, Finding, Verdict};

use crate::cost;
use crate::runtime::Watched;
use crate::series::{self, SeriesSummary};
use crate::steps::{Latency, Step};
use crate::totals::Totals;

/// The document's version: raised when a key goes or changes its meaning, not when one is added.
const SCHEMA: u32 = 1;

/// The run, its verdict and findings, and what load, memory and harness came to. Keys are sorted;
/// times are in seconds, memory in bytes; what was not measured is null.
pub fn summary(record: &Record) -> Value {
    sorted(serde_json::to_value(Summary::of(record)).unwrap_or_default())
}

/// The JSON Schema of the summary, for whoever reads it.
pub fn summary_schema() -> String {
    let schema = schemars::generate::SchemaSettings::default()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Summary>();
    format!("{:#}\n", sorted(schema.to_value()))
}

/// What a run of a scenario came to. Times are in seconds, memory in bytes; what was not measured is null.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// The version of this document: raised when a key goes or changes its meaning, not when one is added.
    schema: u32,
    /// What the run was.
    run: Run,
    /// The worst of the findings, and of what the outcome says.
    verdict: Verdict,
    /// One for each assertion, in the order of judgement.
    findings: Vec<Finding>,
    /// What the load came to; null where no request is known of.
    load: Option<Load>,
    /// The phases as they went.
    phases: Vec<Phase>,
    /// All series, in the order of their names.
    series: Vec<SeriesSummary>,
    /// What the harness itself took.
    harness: Harness,
    /// What the target's runtime told.
    target: Watched,
}

/// What a run was.
#[derive(Serialize, JsonSchema)]
struct Run {
    /// Its short id.
    id: String,
    /// The scenario's name.
    scenario: String,
    /// Which of its profiles was laid over it.
    profile: Option<String>,
    /// SHA-256 of the scenario file, and of the profile where there is one.
    scenario_hash: String,
    /// The git commit that was checked out.
    commit: Option<String>,
    /// Were there changes that the commit does not have?
    dirty: bool,
    /// The git branch.
    branch: Option<String>,
    /// When it started: RFC 3339 in UTC.
    started_at: String,
    /// How long it took.
    seconds: f64,
    /// How it ended; apart from the verdict.
    outcome: Outcome,
    /// What was launched.
    target: Option<String>,
    /// The digest of the image that was launched.
    image_digest: Option<String>,
    /// The version of the program.
    harness_version: String,
    /// The machine: `hostname`, `cores`, `memory`, `kernel` and the like.
    host: BTreeMap<String, String>,
    /// The seed of everything that was drawn at random; as text, for a reader that has only doubles would round it.
    seed: String,
}

/// What the load came to.
#[derive(Serialize, JsonSchema)]
struct Load {
    /// How many requests were answered or failed.
    requests: u64,
    /// How many failed; null where they are a command's, which tells only their number.
    failed: Option<u64>,
    /// The failed ones by kind.
    failures: Option<Failures>,
    /// The length of the loaded phases.
    seconds: f64,
    /// Requests per second of them.
    per_second: Option<f64>,
    #[serde(flatten)]
    percentiles: Percentiles,
    /// The steps, each by itself.
    steps: Vec<StepSummary>,
}

/// What a step of the load came to.
#[derive(Serialize, JsonSchema)]
struct StepSummary {
    /// `journey/step`.
    name: String,
    /// How many requests were answered or failed.
    requests: u64,
    /// How many failed.
    failed: u64,
    /// The failed ones by kind.
    failures: Failures,
    #[serde(flatten)]
    percentiles: Percentiles,
}

/// How long answers took; null where there was none.
#[derive(Serialize, JsonSchema)]
struct Percentiles {
    /// Half of the answers took longer.
    #[serde(rename = "p50_seconds")]
    p50: Option<f64>,
    /// One in ten took longer.
    #[serde(rename = "p90_seconds")]
    p90: Option<f64>,
    /// One in a hundred took longer.
    #[serde(rename = "p99_seconds")]
    p99: Option<f64>,
    /// One in a thousand took longer.
    #[serde(rename = "p999_seconds")]
    p999: Option<f64>,
    /// None took longer.
    #[serde(rename = "max_seconds")]
    max: Option<f64>,
}

/// A phase with the least and the most anonymous memory that the target had in it.
#[derive(Serialize, JsonSchema)]
struct Phase {
    /// Its name.
    name: String,
    /// Which cycle of a `repeat` it belongs to, from 1.
    cycle: Option<u32>,
    /// Was load asked for in it?
    loaded: bool,
    /// When it began.
    start_seconds: f64,
    /// When it ended.
    end_seconds: f64,
    /// The least memory in it.
    memory_floor_bytes: Option<f64>,
    /// The most.
    memory_peak_bytes: Option<f64>,
}

/// What the harness itself took.
#[derive(Serialize, JsonSchema)]
struct Harness {
    /// The most resident memory.
    memory_peak_bytes: Option<f64>,
    /// Processor time per time: 1 is one core.
    cpu_share: Option<f64>,
}

impl Summary {
    fn of(record: &Record) -> Self {
        let timeline = &record.timeline;
        let cost = cost::of(timeline);
        Self {
            schema: SCHEMA,
            run: Run::of(record),
            verdict: verdict::overall(&record.findings, &timeline.outcome),
            findings: record.findings.iter().map(without_trace).collect(),
            load: Totals::of(timeline).map(Load::of),
            phases: timeline.phases.iter().map(|span| Phase::of(timeline, span)).collect(),
            series: series::summaries(timeline),
            harness: Harness { memory_peak_bytes: cost.peak_bytes, cpu_share: cost.cpu_share },
            target: Watched::of(timeline),
        }
    }
}

/// A finding without what is there to be drawn: that stays in the record.
fn without_trace(finding: &Finding) -> Finding {
    let evidence = Evidence { trace: None, ..finding.evidence.clone() };
    Finding { evidence, ..finding.clone() }
}

impl Run {
    fn of(record: &Record) -> Self {
        let (about, timeline) = (record.about.clone(), &record.timeline);
        Self {
            started_at: about.started_at_text(),
            id: about.id,
            scenario: about.scenario,
            profile: about.plan.profile,
            scenario_hash: about.scenario_hash,
            commit: about.commit,
            dirty: about.dirty,
            branch: about.branch,
            seconds: timeline.end.seconds(),
            outcome: timeline.outcome.clone(),
            target: about.target,
            image_digest: about.image_digest,
            harness_version: about.harness_version,
            host: about.host,
            seed: about.seed.to_string(),
        }
    }
}

impl Load {
    fn of(totals: Totals) -> Self {
        Self {
            requests: totals.requests,
            failed: totals.failed(),
            seconds: totals.seconds,
            per_second: totals.per_second(),
            percentiles: Percentiles::of(totals.latency),
            steps: totals.steps.into_iter().map(StepSummary::of).collect(),
            failures: totals.failures,
        }
    }
}

impl StepSummary {
    fn of(step: Step) -> Self {
        Self {
            requests: step.requests,
            failed: step.failed(),
            percentiles: Percentiles::of(Latency::of(&step.histogram)),
            failures: step.failures,
            name: step.name,
        }
    }
}

impl Percentiles {
    fn of(latency: Option<Latency>) -> Self {
        Self {
            p50: latency.map(|latency| latency.p50),
            p90: latency.map(|latency| latency.p90),
            p99: latency.map(|latency| latency.p99),
            p999: latency.map(|latency| latency.p999),
            max: latency.map(|latency| latency.max),
        }
    }
}

impl Phase {
    fn of(timeline: &Timeline, span: &PhaseSpan) -> Self {
        let series = timeline.series(Metric::AnonymousMemory, &Subject::Target);
        let samples = series.map(|series| series.within((span.start, span.end))).unwrap_or_default();
        let values = || samples.iter().map(|sample| sample.value);
        Self {
            name: span.name.clone(),
            cycle: span.cycle,
            loaded: span.loaded,
            start_seconds: span.start.seconds(),
            end_seconds: span.end.seconds(),
            memory_floor_bytes: values().reduce(f64::min),
            memory_peak_bytes: values().reduce(f64::max),
        }
    }
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
    use serde_json::json;

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
