//! What the page of a day costs: `cargo bench -p report`. A record of 86,400 samples of 40 series, with latency by ten
//! seconds, a heartbeat and pauses, is made, opened and told.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and tells")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use record::{About, Writer};
use timeline::{
    Beat, Elapsed, EncodedHistogram, LatencyInterval, LoadInterval, Metric, Name, Observation, Outcome, Pause,
    PhaseSpan, Sample, SeriesKey, Subject, Unit, new_histogram,
};

const DAY: u32 = 86_400;
/// The series besides the target's memory and its counts.
const NAMED: u32 = 31;
const STEPS: [&str; 4] = ["browse/GET /items", "browse/POST /items", "buy/GET /basket", "buy/POST /order"];
const SCENARIO: &str = "name: day
target: {process: {command: [sleep, \"1\"]}}
load:
  phases:
    - {name: baseline, for: 10m}
    - {name: work, for: 23h}
    - {name: settle, for: 50m}
assert: {memory: {growth: {below: 1MiB/h}, peak: {below: 1GiB}}}
";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("plimsoll-bench-page-{}", std::process::id()));
    let begun = Instant::now();
    let kept = make(&folder)?;
    println!("made in {:.1} s", begun.elapsed().as_secs_f64());
    let told = tell(&kept);
    std::fs::remove_dir_all(&folder)?;
    told
}

fn tell(kept: &Path) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut record = record::open(kept)?;
    println!("opened in {:.2} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    record.findings = verdict::judge(&record.about.plan, &record.timeline);
    println!("judged in {:.2} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let page = report::html(&record, &["record.db"]);
    println!("told in {:.2} s: {:.2} MB", begun.elapsed().as_secs_f64(), page.len() as f64 / 1e6);
    let begun = Instant::now();
    let markdown = report::markdown(&record);
    println!("Markdown in {:.2} s: {} bytes", begun.elapsed().as_secs_f64(), markdown.len());
    if let Some(path) = std::env::var_os("PLIMSOLL_BENCH_PAGE") {
        std::fs::write(path, page)?;
    }
    Ok(())
}

fn make(results: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let writer = Writer::create(results, &about()?)?;
    for (name, loaded, from, to) in
        [("baseline", false, 0, 600), ("work", true, 600, 83_400), ("settle", false, 83_400, DAY)]
    {
        let (start, end) = (at(from), at(to));
        writer.append(Observation::Phase(PhaseSpan { name: name.to_owned(), cycle: None, loaded, start, end }));
    }
    let keys = keys();
    for second in 0..DAY {
        keys.iter().zip(0..).for_each(|(key, place)| writer.append(sample(key, place, second)));
        if second % 10 == 0 && (600..83_400).contains(&second) {
            for step in STEPS {
                writer.append(latency(step, second));
            }
            let load = LoadInterval {
                start: at(second),
                end: at(second + 10),
                users_planned: 50,
                users_active: 50,
                ..LoadInterval::default()
            };
            writer.append(Observation::Load(load));
        }
        (0..10).for_each(|tenth| writer.append(beat(second, tenth)));
        if second % 3 == 0 {
            writer.append(pause(second));
        }
        if second % 2_000 == 0 {
            writer.flush();
        }
    }
    Ok(writer.seal(&Outcome::Completed)?)
}

fn about() -> Result<About, Box<dyn Error>> {
    let plan = scenario::load(SCENARIO, Path::new("/"), &|_| None).map_err(|problems| format!("{problems:?}"))?;
    Ok(About {
        id: record::short_id(b"day"),
        scenario: "day".to_owned(),
        scenario_text: SCENARIO.to_owned(),
        scenario_hash: record::hash_text(SCENARIO),
        plan,
        started_at: SystemTime::UNIX_EPOCH + Duration::from_hours(492_324),
        commit: None,
        dirty: false,
        branch: None,
        side: None,
        host: BTreeMap::new(),
        target: None,
        image_digest: None,
        harness_version: "0".to_owned(),
        seed: 1,
    })
}

fn keys() -> Vec<SeriesKey> {
    let known =
        [Metric::AnonymousMemory, Metric::WorkingSet, Metric::ResidentMemory, Metric::LiveHeap, Metric::PageCache];
    let counts = Metric::COUNTS.into_iter();
    let named = (0..NAMED).map(|number| {
        let unit = [Unit::Bytes, Unit::Count, Unit::Seconds][number as usize % 3];
        Metric::Named(Name::new(&format!("series {number}")), unit)
    });
    let key = |metric| SeriesKey { subject: Subject::Target, metric };
    known.into_iter().chain(counts).chain(named).map(key).collect()
}

fn at(second: u32) -> Elapsed {
    Elapsed::from_seconds(f64::from(second))
}

/// Numbers without a pattern, from 0 to 1.
fn noise(seed: u32) -> f64 {
    let mixed = (seed ^ (seed >> 15)).wrapping_mul(0x85eb_ca6b);
    f64::from((mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35) >> 8) / f64::from(1 << 24)
}

fn sample(key: &SeriesKey, place: u32, second: u32) -> Observation {
    let tooth = f64::from(second % 300) / 300.0;
    let value = (40.0 + 10.0 * tooth + f64::from(second) / 5_000.0 + noise(second * 64 + place)) * 1_048_576.0;
    let value = if key.metric.unit() == Unit::Bytes { value } else { (value / 1e5).round() };
    let taken = at(second) + Duration::from_micros(u64::from(second % 997));
    Observation::Sample { key: key.clone(), source: "cgroup v2", sample: Sample { due: at(second), taken, value } }
}

fn latency(step: &str, second: u32) -> Observation {
    let mut histogram = new_histogram();
    for request in 0..500 {
        let micros = 900.0 + 400.0 * noise(second * 512 + request) + 1e5 * noise(second + request * 7_919).powi(60);
        histogram.saturating_record(micros as u64);
    }
    Observation::Latency(LatencyInterval {
        step: step.to_owned(),
        start: at(second),
        end: at(second + 10),
        requests: 500,
        histogram: EncodedHistogram::encode(&histogram),
        ..LatencyInterval::default()
    })
}

fn beat(second: u32, tenth: u32) -> Observation {
    let due = at(second) + Duration::from_millis(u64::from(tenth) * 100);
    let took = Duration::from_micros(200 + (3e4 * noise(second * 16 + tenth).powi(80)) as u64);
    Observation::Beat(Beat { due, sent: due, done: due + took, harness_stalled: 0, answered: true })
}

fn pause(second: u32) -> Observation {
    Observation::Pause(Pause {
        start: at(second),
        length: 300 + (2e4 * noise(second).powi(20)) as u64,
        concurrent: false,
        cpu: None,
        kind: Arc::from(["Pause Young (Normal)", "Pause Remark", "Pause Cleanup"][second as usize % 3]),
        forced: false,
        live: None,
        source: Arc::from("unified log"),
    })
}
