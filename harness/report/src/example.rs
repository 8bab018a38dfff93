//! A small record, made by hand, for the tests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use record::{About, Record};
use scenario::{Image, Launch, Plan, ProbePlan, ProcessPlan, Ready, ReadyWhen, Resources, RuntimePlan, TargetPlan};
use timeline::{
    Amount, Elapsed, EncodedHistogram, Event, Happening, LatencyInterval, Metric, Observation, Outcome, PhaseSpan,
    Sample, SeriesKey, Subject, Timeline, Unit, new_histogram,
};
use verdict::{Evidence, Finding, Verdict};

/// What a target may log at its end, to the harm of terminals and documents.
pub(crate) const HOSTILE: &str = "\u{0}\u{8}\u{1b}[31m]]>\u{fffe}<failure>&amp;\u{9b}2J";

pub(crate) fn at(seconds: f64) -> Elapsed {
    Elapsed::from_seconds(seconds)
}

/// A run of a minute and a half, with memory that grows by 1 MiB a second under load.
pub(crate) fn record(findings: Vec<Finding>) -> Record {
    Record {
        folder: PathBuf::from("results/leaky/20260301T120000Z-0123456-abc123"),
        about: about(),
        timeline: timeline(),
        findings,
    }
}

pub(crate) fn finding(assertion: &str, verdict: Verdict, summary: &str) -> Finding {
    let code = format!("{assertion}.code");
    let (assertion, summary) = (assertion.to_owned(), summary.to_owned());
    Finding { assertion, verdict, code, summary, evidence: Evidence::default() }
}

/// The finding of a leak, with all the evidence there can be.
pub(crate) fn leak() -> Finding {
    let amount = |value| Amount { value, unit: Unit::BytesPerRequest };
    let evidence = Evidence {
        value: Some(amount(2560.0)),
        limit: Some(amount(64.0)),
        interval: Some((amount(1536.0), amount(3584.0))),
        resolution: Some(amount(32.0)),
        window: Some((at(10.0), at(70.0))),
        samples: 60,
        source: Some("anonymous_memory from /proc".to_owned()),
        settled_by: None,
        notes: vec!["the floor rose in each cycle".to_owned()],
        ..Evidence::default()
    };
    let summary = "memory grows by 2.5 KiB/request (limit 64 B/request)";
    Finding { evidence, ..finding("memory.growth_per_request", Verdict::Fail, summary) }
}

pub(crate) fn about() -> About {
    About {
        id: "abc123".to_owned(),
        scenario: "leaky".to_owned(),
        scenario_text: String::new(),
        scenario_hash: "e3b0".to_owned(),
        plan: plan(),
        started_at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_366_400_789),
        commit: Some("0123456789abcdef".to_owned()),
        dirty: true,
        branch: Some("a<b & \"c\"".to_owned()),
        side: None,
        host: BTreeMap::from([("hostname".to_owned(), "box".to_owned())]),
        target: Some("process 7".to_owned()),
        image_digest: None,
        harness_version: "0.1.0".to_owned(),
        seed: u64::MAX,
    }
}

fn plan() -> Plan {
    let process = ProcessPlan {
        command: vec!["leaky".to_owned()],
        env: BTreeMap::new(),
        folder: PathBuf::from("/"),
        port: None,
        resources: Resources { memory: Some(512 << 20), cpus: Some(1.5) },
    };
    let ready = Ready { when: ReadyWhen::Started, within: Duration::from_mins(1) };
    Plan {
        name: "leaky".to_owned(),
        profile: None,
        about: None,
        stop_early: false,
        target: TargetPlan {
            launch: Launch::Process(process),
            ready,
            runtime: RuntimePlan::default(),
            prepare: None,
            other_ports: Vec::new(),
        },
        services: Vec::new(),
        journeys: Vec::new(),
        command: None,
        cycles: None,
        timeout: Duration::from_secs(30),
        arrivals: scenario::ArrivalPlan::default(),
        client: scenario::ClientPlan::default(),
        data: BTreeMap::new(),
        warm_up: None,
        phases: Vec::new(),
        probes: ProbePlan::sampling(Duration::from_secs(1)),
        assertions: Vec::new(),
    }
}

/// The same plan with a container for its target.
pub(crate) fn in_a_container(mut record: Record) -> Record {
    let image = Image::Named("leaky:dev".to_owned());
    let container = scenario::ContainerPlan {
        image,
        command: None,
        env: BTreeMap::new(),
        labels: BTreeMap::new(),
        port: None,
        resources: Resources::default(),
    };
    record.about.plan.target.launch = Launch::Container(container);
    record.about.image_digest = Some("sha256:12".to_owned());
    record
}

fn timeline() -> Timeline {
    let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
    for second in 0..=90_u32 {
        let grown = f64::from(second.clamp(10, 70) - 10);
        timeline.push(sample(Subject::Target, Metric::AnonymousMemory, second, (20.0 + grown) * 1_048_576.0));
        timeline.push(sample(Subject::Harness, Metric::ResidentMemory, second, 8_388_608.0 + grown));
        timeline.push(sample(Subject::Harness, Metric::CpuTime, second, f64::from(second) * 0.02));
    }
    for (name, from, to) in [("baseline", 0.0, 10.0), ("work", 10.0, 70.0), ("settle", 70.0, 90.0)] {
        let (start, end) = (at(from), at(to));
        timeline.push(Observation::Phase(PhaseSpan {
            name: name.to_owned(),
            cycle: None,
            loaded: name == "work",
            start,
            end,
        }));
    }
    (1..=6).for_each(|ten| timeline.push(latency(f64::from(ten) * 10.0)));
    timeline.push(Observation::Event(Event { at: at(0.25), what: Happening::Ready }));
    timeline
}

fn sample(subject: Subject, metric: Metric, second: u32, value: f64) -> Observation {
    let due = at(f64::from(second));
    Observation::Sample {
        key: SeriesKey { subject, metric },
        source: "/proc",
        sample: Sample { due, taken: due, value },
    }
}

/// Ten seconds with a hundred requests a second, of which one in a hundred is slow and one fails.
fn latency(start: f64) -> Observation {
    let mut histogram = new_histogram();
    histogram.record_n(1_200, 990).unwrap();
    histogram.record_n(12_000, 10).unwrap();
    Observation::Latency(LatencyInterval {
        step: "browse/GET /".to_owned(),
        start: at(start),
        end: at(start + 10.0),
        requests: 1_000,
        failures: BTreeMap::from([("status 503".to_owned(), 1)]),
        histogram: EncodedHistogram::encode(&histogram),
        ..LatencyInterval::default()
    })
}
