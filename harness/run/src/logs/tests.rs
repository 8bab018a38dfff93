//! From lines to what is kept of them.

use std::path::Path;

use record::{About, Writer, open};
use timeline::{Outcome, Timeline};

use super::*;

fn at(seconds: f64) -> Elapsed {
    Elapsed::from_seconds(seconds)
}

fn pattern(text: &str) -> LinePattern {
    LinePattern::new(text).unwrap()
}

#[test]
fn the_first_lines_are_kept_and_then_a_count_a_second() {
    let mut watch = Watch::new(pattern("slow"));
    let mut told: Vec<(f64, u64, bool)> = Vec::new();
    for milli in 0..4000_u32 {
        let now = at(f64::from(milli) / 1000.0);
        assert_eq!(watch.hear("fast", now), None);
        if let Some(Happening::Logged { count, line, .. }) = watch.hear("a slow query", now) {
            told.push((now.seconds(), count, line.is_some()));
        }
    }
    let kept: Vec<_> = told.iter().map(|(_, count, line)| (*count, *line)).collect();
    assert_eq!(
        kept,
        [(1, true), (1, true), (1, true), (1, true), (1, true), (1000, false), (1000, false), (1000, false)]
    );
    let rest = watch.rest().unwrap();
    assert_eq!(rest.what, Happening::Logged { pattern: "slow".to_owned(), count: 995, line: None });
    assert_eq!((rest.at, watch.rest()), (at(3.999), None), "all 4000 are told");
}

#[test]
fn a_number_becomes_a_sample_in_its_unit_and_no_more_often_than_others_are_taken() {
    let kept = Kept {
        name: "external".to_owned(),
        pattern: pattern("External: (?<value>[0-9.]+)MB"),
        unit: timeline::Unit::Bytes,
        scale: 1e6,
    };
    let mut series = Series { kept, every: Duration::from_secs(1), last: None };
    let values: Vec<f64> = [(0.0, "External: 1.5MB"), (0.5, "External: 2MB"), (0.9, "none"), (1.0, "External: 3MB")]
        .into_iter()
        .filter_map(|(now, line)| match series.hear(line, at(now))? {
            Observation::Sample { sample, .. } => Some(sample.value),
            _ => None,
        })
        .collect();
    assert_eq!(values, [1.5e6, 3e6]);
}

#[test]
fn samples_of_the_heap_come_in_order() {
    let pause = |end: f64, live, source: &str| Pause {
        start: at(end),
        length: 0,
        concurrent: false,
        cpu: None,
        kind: "mark".into(),
        forced: false,
        live,
        source: source.into(),
    };
    let mut heap = LiveHeap::default();
    let mut taken = |pause: Pause, now| match heap.sample(&pause, at(now))? {
        Observation::Sample { sample, .. } => Some((sample.due.seconds(), sample.taken.seconds())),
        _ => None,
    };
    assert_eq!(taken(pause(1.0, None, "gctrace"), 1.1), None);
    assert_eq!(taken(pause(2.0, Some(7), "gctrace"), 2.1), Some((2.0, 2.0)));
    assert_eq!(taken(pause(1.9, Some(7), "gctrace"), 2.2), Some((1.9, 2.0)));
    assert_eq!(taken(pause(3.0, Some(7), "gctrace"), 9.0), Some((3.0, 8.0)));
}

const SCENARIO: &str = r"
name: by-log
target: {process: {command: [serve]}}
load:
  cycles: {log: 'cycle \d+ done'}
  phases: [{name: start, for: 30s}, {for: 10m, loaded: true}]
probes: {logs: [{keep: {external: 'External: (?<value>[0-9.]+)MB'}}]}
assert:
  logs: [{forbid: 'bad connection'}, {require: 'ready'}, {rate: 'bad connection', below: 1/s}]
";

/// What a Node service prints, and another program between it.
const LINES: &str = "\
ready on 8080
[20918:0x2b3c1000]      640 ms: Scavenge 95.0 (104.0) -> 92.1 (104.0) MB, pooled: 0.0 MB, 3.80 / 0.00 ms (average mu = 0.867, current mu = 0.867) allocation failure; 
External: 12.5MB, cycle 7 done
driver: bad connection
[20918:0x2b3c1000]      653 ms: Incremental Mark-Compact 95.5 (104.0) -> 76.3 (95.4) MB, pooled: 0.0 MB, 84.21 / 0.00 ms (+ 2.6 ms in 96 steps since start of marking, biggest step 0.0 ms, walltime since start of marking 207 ms) (average mu = 0.867, current mu = 0.867) finalize incremental marking via task; GC in old space requested
[30.1s][gc] GC(1) Pause Young (Allocation Failure) 31M->14M(89M) 9.0ms
driver: bad connection
";

/// A folder of the test's own, which goes with it.
struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a record keeps of a run whose target logs `lines`.
fn recorded(plan: &Plan, lines: &str) -> Timeline {
    let scratch = Scratch(std::env::temp_dir().join(format!("plimsoll-run-logs-{}", std::process::id())));
    let clock = Clock::start();
    let about = About {
        id: record::short_id(b"logs"),
        scenario: plan.name.clone(),
        scenario_text: SCENARIO.to_owned(),
        scenario_hash: record::hash_text(SCENARIO),
        plan: plan.clone(),
        started_at: clock.started_at(),
        commit: None,
        dirty: false,
        branch: None,
        host: BTreeMap::new(),
        side: None,
        target: None,
        image_digest: None,
        harness_version: "0".to_owned(),
        seed: 0,
    };
    let writer = Writer::create(&scratch.0, &about).unwrap();
    let logs = Logs::new(plan, Seen::new(writer.sink(), plan), clock);
    let hear = logs.listener(plan);
    lines.lines().for_each(hear);
    logs.finish();
    open(&writer.seal(&Outcome::Completed).unwrap()).unwrap().timeline
}

#[test]
fn what_the_target_logs_is_in_the_record() {
    let plan = scenario::load(SCENARIO, Path::new("/"), &|_| None).unwrap();
    let timeline = recorded(&plan, LINES);
    let mut pauses: Vec<(&str, u64)> = timeline.pauses.iter().map(|pause| (&*pause.kind, pause.length)).collect();
    pauses.sort_unstable();
    let longest = pauses.iter().map(|(_, length)| *length).max().unwrap();
    assert!(longest <= 84_210, "what lies before the run is cut off");
    let kinds: Vec<&str> = pauses.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["Incremental Mark-Compact", "Pause Young (Allocation Failure)", "Scavenge"]);
    let values = |metric| {
        timeline
            .series(metric, &Subject::Target)
            .map(|series| (series.source.clone(), series.samples.iter().map(|sample| sample.value).collect::<Vec<_>>()))
    };
    assert_eq!(values(Metric::LiveHeap), Some(("trace-gc".to_owned(), vec![(76.3_f64 * 1_048_576.0).round()])));
    let external = Metric::Named(Name::new("external"), timeline::Unit::Bytes);
    assert_eq!(values(external), Some(("log".to_owned(), vec![12.5e6])));
    let logged = |wanted: &str| {
        let of = |event: &Event| match &event.what {
            Happening::Logged { pattern, count, line } if pattern == wanted => Some((*count, line.clone())),
            _ => None,
        };
        timeline.events.iter().filter_map(of).collect::<Vec<_>>()
    };
    let seen = |text: &str| (1, Some(text.to_owned()));
    let begin = (0, None);
    assert_eq!(
        logged("bad connection"),
        [begin.clone(), seen("driver: bad connection"), seen("driver: bad connection")]
    );
    assert_eq!(logged("ready"), [begin, seen("ready on 8080")]);
    assert!(timeline.events.iter().any(|event| event.what == Happening::CycleEnded { count: 1 }));
}
