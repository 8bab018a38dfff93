//! What is written comes back; what is broken is told.

mod golden;
mod list;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use scenario::{ArrivalPlan, AttachPlan, Launch, Plan, ProbePlan, Ready, ReadyWhen, RuntimePlan, TargetPlan};
use timeline::{
    Amount, ArrivalInterval, Beat, Death, Delay, Elapsed, EncodedHistogram, Event, Happening, Hold, LatencyInterval,
    LoadCost, LoadInterval, Metric, Name, Observation, Outcome, Pause, PhaseSpan, Sample, SeriesKey, Subject, Timeline,
    Unit, new_histogram,
};
use verdict::{Evidence, Finding, Verdict};

use crate::{About, FindError, RecordError, Writer, find, hash_text, open, save_findings, short_id, write_file};

/// A folder of the test's own, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plimsoll-record-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn about() -> About {
    let scenario_text = "name: leaky\n".to_owned();
    About {
        id: short_id(b"one"),
        scenario: "leaky".to_owned(),
        scenario_hash: hash_text(&scenario_text),
        scenario_text,
        plan: plan(),
        started_at: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_772_366_400_123_456_789),
        commit: Some("0123456789abcdef".to_owned()),
        dirty: true,
        branch: Some("main".to_owned()),
        side: None,
        host: BTreeMap::from([("cores".to_owned(), "2".to_owned())]),
        target: None,
        image_digest: None,
        harness_version: "0.1.0".to_owned(),
        seed: u64::MAX,
    }
}

fn plan() -> Plan {
    let launch = Launch::Attach(AttachPlan::Process { pid: 1, port: None });
    Plan {
        name: "leaky".to_owned(),
        profile: None,
        about: None,
        stop_early: false,
        target: TargetPlan {
            launch,
            ready: Ready { when: ReadyWhen::Started, within: Duration::from_mins(1) },
            runtime: RuntimePlan::default(),
            prepare: None,
            other_ports: Vec::new(),
        },
        services: Vec::new(),
        journeys: Vec::new(),
        command: None,
        cycles: None,
        timeout: Duration::from_secs(30),
        arrivals: ArrivalPlan::default(),
        client: scenario::ClientPlan::default(),
        data: BTreeMap::new(),
        warm_up: None,
        phases: Vec::new(),
        probes: ProbePlan::sampling(Duration::from_secs(1)),
        assertions: Vec::new(),
    }
}

fn at(seconds: f64) -> Elapsed {
    Elapsed::from_seconds(seconds)
}

fn sample(metric: Metric, second: f64, value: f64) -> Observation {
    let key = SeriesKey { subject: Subject::Target, metric };
    let sample = Sample { due: at(second), taken: at(second + 0.0004), value };
    Observation::Sample { key, source: "cgroup v1", sample }
}

fn beat(number: u64) -> Observation {
    let due = Elapsed::from_micros(number * 10_000);
    let (sent, done) = (due + Duration::from_micros(640), due + Duration::from_micros(640 + 900 + number % 700));
    Observation::Beat(Beat { due, sent, done, harness_stalled: 0, answered: number % 50 != 7 })
}

fn latency(step: &str, start: f64, requests: u64) -> Observation {
    let mut histogram = new_histogram();
    // A plain generator of numbers is all the chance that this needs.
    (0..requests).fold(1_u64, |seed, _| {
        let seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        histogram.record(800 + (seed >> 52) + (seed >> 33) % 64 * ((seed >> 20) % 64)).unwrap();
        seed
    });
    let failures = if start < 15.0 { BTreeMap::from([("status 503".to_owned(), 3)]) } else { BTreeMap::new() };
    let histogram = EncodedHistogram::encode(&histogram);
    let response = (requests > 50).then(|| histogram.clone());
    let (start, end) = (at(start), at(start + 10.0));
    Observation::Latency(LatencyInterval {
        step: step.to_owned(),
        start,
        end,
        requests,
        failures,
        histogram,
        response,
        unawaited: requests / 3,
    })
}

fn phase(name: &str, cycle: Option<u32>, from: f64, to: f64) -> Observation {
    Observation::Phase(PhaseSpan {
        name: name.to_owned(),
        cycle,
        loaded: cycle.is_some(),
        start: at(from),
        end: at(to),
    })
}

fn pause(kind: &str, start: f64, length: u64) -> Observation {
    let whole_heap = kind.starts_with("Mark");
    Observation::Pause(Pause {
        start: at(start),
        length,
        concurrent: false,
        cpu: whole_heap.then_some(length / 3),
        kind: kind.into(),
        forced: whole_heap,
        live: whole_heap.then_some(97_400_000),
        source: "trace-gc".into(),
    })
}

/// Two of every kind of observation.
fn everything() -> Vec<Observation> {
    let died = Death { exit_code: Some(137), oom_killed: true, last_lines: vec!["]]>\0".to_owned()] };
    let event = |second, what| Observation::Event(Event { at: at(second), what });
    vec![
        event(0.1, Happening::Launched { what: "process 7".to_owned() }),
        sample(Metric::AnonymousMemory, 1.0, 123_456_789.0),
        sample(Metric::CpuTime, 1.0, 0.017_3),
        beat(1),
        phase("baseline", None, 0.0, 1.5),
        sample(Metric::Named(Name::new("jobs waiting"), Unit::Count), 1.5, 3.0),
        pause("Scavenge", 1.7, 3_800),
        pause("Mark-Compact", 1.9, 44_400),
        sample(Metric::AnonymousMemory, 2.0, f64::MAX),
        Observation::Hold(Hold {
            from: Elapsed::from_micros(2_000_000),
            to: Elapsed::from_micros(2_040_000),
            quota: 30_000,
            queue: 2,
            memory: u64::MAX,
            resent: 1,
        }),
        beat(2),
        latency("browse/GET /", 0.0, 100),
        latency("browse/POST /", 10.0, 0),
        latency("browse/GET /", 20.0, 7),
        Observation::Load(LoadInterval {
            start: at(0.0),
            end: at(10.0),
            users_planned: 50,
            users_active: 49,
            cut_off: 0,
            ..LoadInterval::default()
        }),
        Observation::Load(LoadInterval {
            start: at(10.0),
            end: at(20.0),
            users_planned: 50,
            users_active: u64::MAX,
            cut_off: 3,
            arrivals: Some(ArrivalInterval {
                due: 10,
                begun: 8,
                missed: 1,
                waiting: 1,
                lag: Delay { p50: 20, p99: 40, max: 90 },
                wait: Delay { p50: 1, p99: 2, max: 3 },
            }),
            cost: Some(LoadCost { cpu: 1_000, delayed: u64::MAX }),
        }),
        phase("work", Some(1), 1.5, 25.0),
        event(26.0, Happening::Died(died)),
        event(27.0, Happening::Stopped { how: "with SIGTERM, in 2 s".to_owned() }),
    ]
}

fn timeline_of(seen: &[Observation], outcome: Outcome) -> Timeline {
    let mut timeline = Timeline { outcome, ..Timeline::default() };
    for one in seen {
        timeline.push(one.clone());
    }
    timeline
}

fn append_everything(writer: &Writer) {
    for seen in everything() {
        writer.append(seen);
    }
}

/// A sealed record of everything.
fn sealed(results: &Path) -> PathBuf {
    let writer = Writer::create(results, &about()).unwrap();
    append_everything(&writer);
    writer.seal(&Outcome::Completed).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// As it would be found after a kill: the files as they are, without the memory that maps the log.
fn copied(folder: &Path, to: &Path) -> PathBuf {
    let copy = to.join("copy");
    fs::create_dir_all(&copy).unwrap();
    for name in files(folder).iter().filter(|name| !name.ends_with("-shm")) {
        fs::copy(folder.join(name), copy.join(name)).unwrap();
    }
    copy
}

#[test]
fn everything_that_was_seen_comes_back() {
    let scratch = Scratch::new("back");
    let folder = sealed(&scratch.0);
    let record = open(&folder).unwrap();
    assert_eq!(record.timeline, timeline_of(&everything(), Outcome::Completed));
    assert_eq!((&record.about, record.folder), (&about(), folder));
    assert_eq!(record.about.started_at_text(), "2026-03-01T12:00:00Z");
}

#[test]
fn every_outcome_comes_back() {
    let scratch = Scratch::new("outcomes");
    let death = Death { exit_code: None, oom_killed: false, last_lines: vec!["panicked".to_owned()] };
    let failed = Outcome::LoadFailed { reason: "no such host".to_owned() };
    let stopped =
        Outcome::StoppedEarly { look: 2, seen: Elapsed::from_seconds(9.5), reason: "memory leaks".to_owned() };
    for outcome in [Outcome::Completed, Outcome::TargetDied(death), failed, Outcome::Interrupted, stopped] {
        let folder = Writer::create(&scratch.0, &about()).unwrap().seal(&outcome).unwrap();
        assert_eq!(open(&folder).unwrap().timeline.outcome, outcome);
    }
}

#[test]
fn a_sealed_record_is_a_single_file_and_opening_it_leaves_it_so() {
    let scratch = Scratch::new("single");
    let folder = sealed(&scratch.0);
    open(&folder).unwrap();
    assert_eq!(files(&folder), ["record.db", "scenario.yaml"]);
    assert_eq!(fs::read_to_string(folder.join("scenario.yaml")).unwrap(), "name: leaky\n");
}

#[test]
fn what_is_not_a_number_comes_back_as_such() {
    let scratch = Scratch::new("nan");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    writer.append(sample(Metric::Threads, 1.0, f64::NAN));
    writer.append(sample(Metric::Threads, 2.0, f64::INFINITY));
    let record = open(&writer.seal(&Outcome::Completed).unwrap()).unwrap();
    let samples = &record.timeline.series(Metric::Threads, &Subject::Target).unwrap().samples;
    assert!(samples[0].value.is_nan() && samples[1].value.is_infinite(), "{samples:?}");
}

#[test]
fn the_record_of_a_killed_harness_opens_with_what_was_committed() {
    let scratch = Scratch::new("killed");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    append_everything(&writer);
    writer.flush();
    let copy = copied(writer.folder(), &scratch.0);
    assert!(files(&copy).contains(&"record.db-wal".to_owned()), "{:?}", files(&copy));
    let record = open(&copy).unwrap();
    assert_eq!(record.timeline, timeline_of(&everything(), Outcome::HarnessLost));
    // A later judgement of it is kept as well.
    save_findings(&copy, &[finding()]).unwrap();
    assert_eq!(open(&copy).unwrap().findings, [finding()]);
}

#[test]
fn a_log_cut_in_the_middle_loses_the_end_and_no_more() {
    let scratch = Scratch::new("cut");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    writer.append(sample(Metric::Threads, 1.0, 8.0));
    writer.flush();
    writer.append(sample(Metric::Threads, 2.0, 8.0));
    writer.flush();
    let copy = copied(writer.folder(), &scratch.0);
    let log = copy.join("record.db-wal");
    let length = log.metadata().unwrap().len();
    fs::File::options().write(true).open(&log).unwrap().set_len(length - 100).unwrap();
    let series = open(&copy).unwrap().timeline.series;
    assert_eq!(series.values().map(|series| series.samples.len()).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_writer_that_is_dropped_has_written_all_and_is_lost() {
    let scratch = Scratch::new("dropped");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    let folder = writer.folder().to_owned();
    writer.append(beat(1));
    drop(writer);
    let timeline = open(&folder).unwrap().timeline;
    assert_eq!((timeline.beats.len(), timeline.outcome), (1, Outcome::HarnessLost));
}

#[test]
fn a_record_opens_while_it_is_written() {
    let scratch = Scratch::new("live");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    writer.append(beat(1));
    writer.flush();
    assert_eq!(open(writer.folder()).unwrap().timeline.beats.len(), 1);
    writer.append(beat(2));
    assert_eq!(open(&writer.seal(&Outcome::Completed).unwrap()).unwrap().timeline.beats.len(), 2);
}

#[test]
fn many_threads_write_at_once_and_what_comes_after_the_seal_is_dropped() {
    let scratch = Scratch::new("threads");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    let late = writer.sink();
    std::thread::scope(|scope| {
        for metric in Metric::ALL {
            let sink = writer.sink();
            scope.spawn(move || (0..500).for_each(|n| sink.append(sample(metric, f64::from(n), f64::from(n)))));
        }
    });
    let folder = writer.seal(&Outcome::Completed).unwrap();
    late.append(beat(1));
    let timeline = open(&folder).unwrap().timeline;
    assert_eq!((timeline.series.len(), timeline.beats.len()), (Metric::ALL.len(), 0));
    for series in timeline.series.values() {
        assert_eq!(series.samples.len(), 500);
        assert!(series.samples.is_sorted_by_key(|sample| sample.taken));
    }
}

#[test]
fn two_writers_do_not_clash() {
    let scratch = Scratch::new("two");
    let (one, other) = (Writer::create(&scratch.0, &about()).unwrap(), Writer::create(&scratch.0, &about()).unwrap());
    assert_ne!(one.folder(), other.folder());
    assert_ne!(one.about().id, other.about().id);
    one.append(beat(1));
    let (one, other) = (one.seal(&Outcome::Completed).unwrap(), other.seal(&Outcome::Completed).unwrap());
    assert_eq!(open(&one).unwrap().timeline.beats.len(), 1);
    assert_eq!(open(&other).unwrap().timeline.beats.len(), 0);
    assert!(
        open(&other).unwrap().folder.ends_with(format!("20260301T120000Z-0123456-{}", open(&other).unwrap().about.id))
    );
}

#[test]
fn folders_sort_by_time() {
    let scratch = Scratch::new("sort");
    let (mut earlier, mut later) = (about(), about());
    (earlier.commit, later.commit) = (Some("fffffff".to_owned()), None);
    later.started_at += Duration::from_secs(1);
    let [earlier, later] =
        [earlier, later].map(|about| Writer::create(&scratch.0, &about).unwrap().folder().to_owned());
    assert!(earlier < later, "{earlier:?} {later:?}");
    assert!(later.to_str().unwrap().contains("20260301T120001Z-nogit-"), "{later:?}");
}

#[test]
fn no_name_leads_out_of_the_results() {
    let scratch = Scratch::new("hostile");
    let results = scratch.0.join("results");
    for name in ["../../up", "..", "/etc", "", "a/b\\c\0d", ".hidden", &"x".repeat(4000), "Ünïcode\n"] {
        let hostile = |text: &str| Some(text.to_owned());
        let about = About { scenario: name.to_owned(), commit: hostile(name), id: name.to_owned(), ..about() };
        let writer = Writer::create(&results, &about).unwrap();
        let inside = writer.folder().strip_prefix(&results).unwrap();
        assert_eq!(inside.components().count(), 2, "{inside:?}");
        assert!(inside.components().all(|part| matches!(part, std::path::Component::Normal(_))), "{inside:?}");
    }
    assert_eq!(files(&scratch.0), ["results"]);
}

#[test]
fn the_target_is_noted_once_it_is_known() {
    let scratch = Scratch::new("target");
    let mut writer = Writer::create(&scratch.0, &about()).unwrap();
    writer.note_target("container chat (1a2b3c)", Some("sha256:12"));
    let about = open(&writer.seal(&Outcome::Completed).unwrap()).unwrap().about;
    assert_eq!(about.target.as_deref(), Some("container chat (1a2b3c)"));
    assert_eq!(about.image_digest.as_deref(), Some("sha256:12"));
}

fn finding() -> Finding {
    let amount = |value| Amount { value, unit: Unit::BytesPerHour };
    let evidence = Evidence {
        value: Some(amount(1.5)),
        interval: Some((amount(1.0), amount(2.0))),
        window: Some((at(1.0), at(2.0))),
        settled_by: Some(Duration::from_hours(2)),
        notes: vec!["the floor rose".to_owned()],
        ..Evidence::default()
    };
    Finding {
        assertion: "memory.growth".to_owned(),
        verdict: Verdict::Fail,
        code: "memory.growth.exceeded".to_owned(),
        summary: "memory grows".to_owned(),
        evidence,
    }
}

#[test]
fn findings_are_kept_in_order_and_replaced_when_judged_anew() {
    let scratch = Scratch::new("findings");
    let folder = sealed(&scratch.0);
    assert_eq!(open(&folder).unwrap().findings, []);
    let two = [Finding { assertion: "z".to_owned(), ..finding() }, finding()];
    save_findings(&folder, &two).unwrap();
    assert_eq!(open(&folder).unwrap().findings, two);
    save_findings(&folder, &two[1..]).unwrap();
    assert_eq!(open(&folder).unwrap().findings, two[1..]);
    assert_eq!(files(&folder), ["record.db", "scenario.yaml"]);
}

#[test]
fn numbers_come_back_to_their_last_digit() {
    let scratch = Scratch::new("digits");
    let folder = sealed(&scratch.0);
    // A walk over all sizes of numbers: serde_json by itself reads one in a few of them as its neighbour.
    let values = (1..2_000_u64).map(|at| f64::from_bits(at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2));
    let findings: Vec<Finding> = values
        .map(|value| {
            let evidence =
                Evidence { value: Some(Amount { value, unit: Unit::BytesPerRequest }), ..Evidence::default() };
            Finding { evidence, ..finding() }
        })
        .collect();
    save_findings(&folder, &findings).unwrap();
    let kept = open(&folder).unwrap().findings;
    assert_eq!(serde_json::to_string(&kept).unwrap(), serde_json::to_string(&findings).unwrap());
}

#[test]
fn an_infinite_bound_is_left_out_rather_than_the_record_lost() {
    let scratch = Scratch::new("infinite");
    let folder = sealed(&scratch.0);
    let mut wild = finding();
    wild.evidence.interval =
        Some((Amount { value: 0.0, unit: Unit::Bytes }, Amount { value: f64::INFINITY, unit: Unit::Bytes }));
    wild.evidence.value = Some(Amount { value: f64::NAN, unit: Unit::Bytes });
    save_findings(&folder, &[wild]).unwrap();
    let evidence = &open(&folder).unwrap().findings[0].evidence;
    assert_eq!((evidence.interval, evidence.value), (None, None));
}

#[test]
fn a_newer_format_is_refused_with_the_version_that_reads_it() {
    let scratch = Scratch::new("newer");
    let folder = sealed(&scratch.0);
    let connection = Connection::open(folder.join("record.db")).unwrap();
    let newer = crate::schema::VERSION + 1;
    connection.pragma_update(None, "user_version", newer).unwrap();
    connection.execute("UPDATE meta SET value = '3.1.4' WHERE key = 'harness_version'", []).unwrap();
    drop(connection);
    let error = open(&folder).unwrap_err().to_string();
    let told =
        format!("has format {newer}, this program knows {} at most: plimsoll 3.1.4 or later reads it", newer - 1);
    assert!(error.ends_with(&told), "{error}");
    assert!(matches!(save_findings(&folder, &[]), Err(RecordError::Newer { found, .. }) if found == newer));
}

#[test]
fn a_record_of_the_time_before_pauses_were_kept_opens_without_them() {
    let scratch = Scratch::new("unpaused");
    let folder = sealed(&scratch.0);
    let connection = Connection::open(folder.join("record.db")).unwrap();
    connection.execute_batch("DROP TABLE pauses; DROP TABLE pause_kinds").unwrap();
    drop(connection);
    let mut before = timeline_of(&everything(), Outcome::Completed);
    before.pauses.clear();
    assert_eq!(open(&folder).unwrap().timeline, before);
}

#[test]
fn what_is_not_a_record_is_told() {
    let scratch = Scratch::new("other");
    let path = scratch.0.join("record.db");
    assert!(matches!(open(&scratch.0), Err(RecordError::File { doing: "find", .. })));
    fs::write(&path, "").unwrap();
    assert!(matches!(open(&scratch.0), Err(RecordError::NotARecord(_))));
    fs::write(&path, "not a database, however long it goes on ".repeat(1000)).unwrap();
    assert!(matches!(open(&scratch.0), Err(RecordError::Database { doing: "open", .. })));
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE meta(x)").unwrap();
    assert!(matches!(open(&scratch.0), Err(RecordError::NotARecord(_))));
}

#[test]
fn a_damaged_record_is_an_error_or_reads_and_never_a_panic() {
    let scratch = Scratch::new("damaged");
    let whole = fs::read(sealed(&scratch.0).join("record.db")).unwrap();
    let path = scratch.0.join("record.db");
    for length in (0..whole.len()).step_by(509) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(open(&scratch.0).is_err(), "cut to {length} of {}", whole.len());
    }
    for place in (0..whole.len()).step_by(211) {
        let mut damaged = whole.clone();
        damaged[place..(place + 16).min(whole.len())].fill(0xa5);
        fs::write(&path, damaged).unwrap();
        let _ = open(&scratch.0);
    }
}

#[test]
fn a_record_that_cannot_be_written_says_what_was_lost() {
    let scratch = Scratch::new("lost");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    let connection = Connection::open(writer.folder().join("record.db")).unwrap();
    connection.execute_batch("DROP TABLE samples").unwrap();
    drop(connection);
    let folder = writer.folder().to_owned();
    writer.append(beat(1));
    writer.append(sample(Metric::Threads, 1.0, 1.0));
    let error = writer.seal(&Outcome::Completed).unwrap_err();
    assert!(matches!(error, RecordError::Lost { lost: 2, .. }), "{error:?}");
    assert_eq!(files(&folder), ["record.db", "scenario.yaml"]);
}

#[test]
fn a_disk_that_refuses_for_a_while_costs_nothing() {
    let scratch = Scratch::new("while");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    let connection = Connection::open(writer.folder().join("record.db")).unwrap();
    connection.execute_batch("ALTER TABLE phases RENAME TO gone").unwrap();
    append_everything(&writer);
    writer.flush();
    connection.execute_batch("ALTER TABLE gone RENAME TO phases").unwrap();
    drop(connection);
    let record = open(&writer.seal(&Outcome::Completed).unwrap()).unwrap();
    assert_eq!(record.timeline, timeline_of(&everything(), Outcome::Completed));
}

#[test]
fn files_beside_the_record_are_written_whole_and_only_there() {
    let scratch = Scratch::new("file");
    write_file(&scratch.0, "junit.xml", b"one").unwrap();
    write_file(&scratch.0, "junit.xml", b"two").unwrap();
    assert_eq!(files(&scratch.0), ["junit.xml"]);
    assert_eq!(fs::read(scratch.0.join("junit.xml")).unwrap(), b"two");
    for name in ["", "..", "../up", "a/b", ".hidden", "a\0b"] {
        assert!(matches!(write_file(&scratch.0, name, b""), Err(RecordError::Name(_))), "{name:?}");
    }
    assert!(matches!(write_file(&scratch.0.join("none"), "a", b""), Err(RecordError::File { .. })));
}

#[test]
fn a_handle_can_go_to_any_thread_and_ids_are_short() {
    fn check<T: Clone + Send + Sync>() {}
    check::<crate::Sink>();
    assert_eq!(short_id(b"one").len(), 6);
    assert_ne!(short_id(b"one"), short_id(b"two"));
    assert_eq!(hash_text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn a_run_is_found_by_its_folder_its_file_or_the_beginning_of_its_id() {
    let scratch = Scratch::new("find");
    for name in ["leaky/20260301T120000Z-0123456-abc123", "leaky/20260301T130000Z-nogit-abd456", "chat/notes"] {
        fs::create_dir_all(scratch.0.join(name)).unwrap();
        fs::write(scratch.0.join(name).join(if name == "chat/notes" { "text" } else { "record.db" }), "").unwrap();
    }
    let folder = scratch.0.join("leaky/20260301T120000Z-0123456-abc123");
    let found = |run: &str| find(run, &scratch.0, &|_| None);
    for run in [
        "abc",
        "abc123",
        "20260301T12",
        "20260301T120000Z-0123456-abc123",
        folder.to_str().unwrap(),
        folder.join("record.db").to_str().unwrap(),
    ] {
        assert_eq!(found(run).unwrap(), folder, "{run}");
    }
    assert!(matches!(found("ab"), Err(FindError::Ambiguous { found, .. }) if found[1].ends_with("nogit-abd456")));
    for run in ["", "xyz", "notes", "chat"] {
        assert!(matches!(found(run), Err(FindError::Unknown { .. })), "{run}");
    }
}

/// Of 40 values and 100 beats a second, and of four steps every ten seconds, with the response times of arrivals besides.
/// `RECORD_HOURS` tells how many hours are written; one is enough to know a day from.
#[test]
fn a_day_takes_less_than_150_mb_and_opens_at_once() {
    let scratch = Scratch::new("size");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    let hours: u32 = std::env::var("RECORD_HOURS").map_or(1, |hours| hours.parse().unwrap());
    for second in 0..3600 * hours {
        a_second(&writer, second);
        writer.flush();
    }
    let folder = writer.seal(&Outcome::Completed).unwrap();
    let per_hour = folder.join("record.db").metadata().unwrap().len() / u64::from(hours);
    println!("{:.1} MB a day", per_hour as f64 * 24.0 / 1e6);
    let opened = || {
        let start = processor_time();
        open(&folder).unwrap();
        processor_time().saturating_sub(start) * 24 / hours
    };
    let a_day = (0..3).map(|_| opened()).min().unwrap();
    println!("a day opens in {a_day:?} of processor time");
    assert!(per_hour * 24 < 150_000_000, "{per_hour} bytes an hour");
    assert!(a_day < Duration::from_secs(2), "opened in {a_day:?}");
}

/// What this thread took of a processor so far: others may be at work on the machine.
fn processor_time() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// A busy runtime tells of some ten pauses a second.
#[test]
fn a_pause_takes_less_than_thirty_bytes() {
    let scratch = Scratch::new("pauses");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    let count = 200_000_u32;
    for number in 0..count {
        let (kind, length) = if number % 20 == 0 { ("Mark-Compact", 44_400) } else { ("Scavenge", 3_800) };
        writer.append(pause(kind, f64::from(number) / 10.0, length));
    }
    let folder = writer.seal(&Outcome::Completed).unwrap();
    let each = folder.join("record.db").metadata().unwrap().len() / u64::from(count);
    println!("{each} bytes a pause");
    assert_eq!(open(&folder).unwrap().timeline.pauses.len() as u64, u64::from(count));
    assert!(each < 30, "{each} bytes a pause");
}

fn a_second(writer: &Writer, second: u32) {
    for number in 0..40_u32 {
        let subject = if number % 2 == 0 { Subject::Target } else { Subject::Harness };
        let key = SeriesKey { subject, metric: Metric::ALL[number as usize % Metric::ALL.len()] };
        let taken = at(f64::from(second)) + Duration::from_micros(300 + u64::from(number * 17));
        let value = f64::from(200_000_000 + second * 977 / 4096 * 4096);
        let sample = Sample { due: at(f64::from(second)), taken, value };
        writer.append(Observation::Sample { key, source: "cgroup v1", sample });
    }
    (0..100).for_each(|n| writer.append(beat(u64::from(second) * 100 + n)));
    if second.is_multiple_of(10) {
        for step in ["a/GET /one", "a/GET /two", "b/POST /three", "b/GET /four"] {
            writer.append(latency(step, f64::from(second), 500));
        }
    }
}
