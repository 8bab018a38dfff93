//! What runtimes really printed, and what is made of it. The numbers were counted with grep and awk, not with this.

use std::path::Path;

use gclog::GcLog;
use timeline::{Elapsed, Pause};

/// Long after the start, so that nothing lies before it.
const START: u64 = 100_000_000;

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name);
    std::fs::read_to_string(path).expect("a sample is there")
}

/// Reads lines that come a millisecond apart.
fn read(log: &mut GcLog, text: &str) -> Vec<Pause> {
    let mut pauses = Vec::new();
    for (number, line) in text.lines().enumerate() {
        pauses.extend(log.read(line, Elapsed::from_micros(START + number as u64 * 1000)));
    }
    pauses.extend(log.finish());
    pauses
}

/// What a sample holds: stops and their microseconds, stretches beside the work and theirs, lines that tell what is
/// live and the bytes of all of them, and how many pauses were asked for.
#[derive(Debug, PartialEq)]
struct Holds {
    stops: (usize, u64),
    concurrent: (usize, u64),
    live: (usize, u64),
    forced: usize,
}

fn holds(pauses: &[Pause]) -> Holds {
    let of = |concurrent| {
        let lengths = pauses.iter().filter(|pause| pause.concurrent == concurrent).map(|pause| pause.length);
        (lengths.clone().count(), lengths.sum())
    };
    let live = pauses.iter().filter_map(|pause| pause.live);
    Holds {
        stops: of(false),
        concurrent: of(true),
        live: (live.clone().count(), live.sum()),
        forced: pauses.iter().filter(|pause| pause.forced).count(),
    }
}

fn check(name: &str, stops: (usize, u64), concurrent: (usize, u64), live: (usize, u64), forced: usize) {
    let pauses = read(&mut GcLog::default(), &sample(name));
    assert_eq!(holds(&pauses), Holds { stops, concurrent, live, forced }, "{name}");
}

/// How many stretches a sample of a JVM has, and the megabytes of each line that tells what is live.
fn check_jvm(name: &str, stops: (usize, u64), concurrent: usize, live: &[u64]) {
    let pauses = read(&mut GcLog::default(), &sample(name));
    let found = holds(&pauses);
    assert_eq!((found.stops, found.concurrent.0), (stops, concurrent), "{name}");
    let told: Vec<u64> = pauses.iter().filter_map(|pause| pause.live).map(|live| live >> 20).collect();
    assert_eq!(told, live, "{name}");
}

#[test]
fn go_tells_of_two_stops_and_the_marking_between() {
    check("go119.txt", (60, 1_258), (30, 1_244_100), (30, 1900 << 20), 3);
    check("go123.txt", (60, 1_931), (30, 1_533_700), (30, 1948 << 20), 3);
}

#[test]
fn v8_tells_of_a_stop_a_line_and_of_a_step_that_was_longer() {
    check("node18.txt", (69, 639_400), (0, 0), (1, 55_364_813), 0);
    check("node20.txt", (67, 462_810), (0, 0), (1, 97_412_710), 0);
    check("node22.txt", (69, 534_400), (0, 0), (1, 75_078_042), 0);
    check("node26.txt", (83, 497_390), (0, 0), (5, 145_437_491), 4);
    check("deno2.txt", (75, 509_490), (0, 0), (4, 106_745_037), 3);
}

#[test]
fn a_stop_of_a_jvm_that_is_told_of_twice_is_one() {
    check_jvm("jdk11-g1.txt", (11, 12_939), 1, &[18]);
    check_jvm("jdk11-parallel.txt", (11, 21_515), 0, &[12]);
    check_jvm("jdk17-g1.txt", (19, 405_756), 3, &[74]);
    check_jvm("jdk17-parallel.txt", (23, 569_910), 0, &[]);
    check_jvm("jdk17-serial.txt", (20, 1_069_297), 0, &[]);
    check_jvm("jdk21-g1.txt", (19, 438_847), 3, &[72, 85]);
    check_jvm("jdk25-g1.txt", (28, 120_059), 0, &[13]);
}

#[test]
fn a_collector_that_works_beside_the_service_tells_what_is_live_and_who_had_to_wait_for_it() {
    check_jvm("jdk11-zgc.txt", (17, 41_408), 4, &[3, 5, 8, 10]);
    check_jvm("jdk17-zgc.txt", (21, 5_948), 7, &[43, 85, 86, 86, 86, 86, 86]);
    check_jvm("jdk21-genzgc.txt", (20, 19_630), 3, &[37, 86]);
    check_jvm("jdk25-zgc.txt", (36, 14_720), 10, &[11]);
    check_jvm("jdk17-shen.txt", (12, 980), 6, &[89, 87, 93]);
    check_jvm("jdk25-shen.txt", (38, 14_479), 27, &[12, 24, 16, 21, 27, 15, 21, 25, 29]);
}

#[test]
fn others_tell_of_a_stop_a_line() {
    check("bun14.txt", (60, 489_472), (10, 938_861), (1, 18_215_936), 0);
    check("cpython311.txt", (100, 10_986), (0, 0), (0, 0), 0);
    check("ruby31.txt", (40, 184_572), (0, 0), (0, 0), 0);
}

fn one(lines: &str) -> Pause {
    let pauses = read(&mut GcLog::default(), lines);
    assert_eq!(pauses.len(), 1, "{pauses:?}");
    pauses[0].clone()
}

#[test]
fn a_pause_bears_the_words_of_the_collection_and_the_length_of_the_safepoint() {
    let pause = one(concat!(
        "[6.961s][info][gc] GC(28) Pause Young (Mixed) (G1 Evacuation Pause) 113M->94M(400M) 52.658ms\n",
        "[6.961s][info][gc,cpu] GC(28) User=0.02s Sys=0.00s Real=0.05s\n",
        r#"[6.962s][info][safepoint] Safepoint "G1CollectForAllocation", Time since last: 2290221 ns, "#,
        "Reaching safepoint: 20701 ns, Cleanup: 15813 ns, At safepoint: 52734200 ns, Total: 52770714 ns",
    ));
    assert_eq!((&*pause.kind, pause.length), ("Pause Young (Mixed) (G1 Evacuation Pause)", 52_770));
    assert_eq!((pause.live, pause.forced, &*pause.source), (Some(94 << 20), false, "jvm log"));
    let pause = one(concat!(
        r#"Safepoint "ICBufferFull", Time since last: 1 ns, Reaching safepoint: 900 ns, At safepoint: 30 ns, "#,
        "Leaving safepoint: 5 ns, Total: 97484 ns, Threads: 0 runnable, 11 total",
    ));
    assert_eq!((&*pause.kind, pause.length), ("Safepoint ICBufferFull", 97));
    let full = "[1.5s][gc] GC(16) Pause Full (Diagnostic Command) 346M->222M(649M) 245.714ms";
    let pause = one(full);
    assert_eq!((pause.length, pause.live, pause.forced), (245_714, Some(222 << 20), true), "no safepoint is logged");
}

#[test]
fn collections_within_one_safepoint_are_one_stop_and_those_before_it_are_not() {
    let safepoint = |end: &str, total: u64| {
        format!("[{end}s][safepoint] Safepoint \"X\", Time since last: 1 ns, At safepoint: 1 ns, Total: {total} ns\n")
    };
    let young = "[2.010s][gc] GC(3) Pause Young (Allocation Failure) 31M->14M(89M) 9.000ms\n";
    let full = "[2.050s][gc] GC(4) Pause Full (Ergonomics) 14M->12M(89M) 40.000ms\n";
    let read_in_time = |total| {
        let mut log = GcLog::default();
        let mut pauses = log.read(young, Elapsed::from_seconds(102.010));
        pauses.extend(log.read(full, Elapsed::from_seconds(102.050)));
        pauses.extend(log.read(&safepoint("2.050", total), Elapsed::from_seconds(102.050)));
        pauses
    };
    let pauses = read_in_time(49_500_000);
    assert_eq!(pauses.len(), 1, "{pauses:?}");
    let told = (&*pauses[0].kind, pauses[0].length, pauses[0].live);
    assert_eq!(told, ("Pause Full (Ergonomics)", 49_500, Some(12 << 20)));
    // Safepoints began to be logged between the two.
    let lengths: Vec<u64> = read_in_time(30_100_000).iter().map(|pause| pause.length).collect();
    assert_eq!(lengths, [9_000, 30_100]);
}

#[test]
fn a_collection_without_a_safepoint_is_told_after_a_second() {
    let mut log = GcLog::default();
    let at = |seconds: f64| Elapsed::from_seconds(100.0 + seconds);
    assert!(log.read("[2.0s][gc] GC(3) Pause Young (Allocation Failure) 31M->14M(89M) 9.0ms", at(0.0)).is_empty());
    assert!(log.read("still at work", at(0.9)).is_empty());
    assert_eq!(log.read("still at work", at(1.1)).len(), 1);
    assert!(log.finish().is_empty());
}

#[test]
fn a_jvm_of_8_is_read_with_its_dates_or_without() {
    let parallel = concat!(
        "2018-12-10T18:20:40.066+0000: 4776.466: [GC (Allocation Failure) 2018-12-10T18:20:40.066+0000: 4776.466: ",
        "[ParNew: 900116K->23052K(1092288K), 0.0396127 secs] 2851264K->1978949K(5024448K), 0.0397541 secs] ",
        "[Times: user=0.14 sys=0.00, real=0.04 secs]\n",
    );
    let pause = one(parallel);
    assert_eq!((&*pause.kind, pause.length, pause.live), ("GC (Allocation Failure)", 39_754, None));
    let stopped = "2018-12-10T18:20:40.107+0000: 4776.507: Total time for which application threads were stopped: \
                   0,0404141 seconds, Stopping threads took: 0,0001 seconds\n";
    let pause = one(&[parallel, stopped].concat());
    assert_eq!((&*pause.kind, pause.length), ("GC (Allocation Failure)", 40_414));
    let full = concat!(
        "12.5: [Full GC (System.gc()) [PSYoungGen: 10K->0K(99K)] [ParOldGen: 20K->15K(99K)] 30K->15K(198K), ",
        "[Metaspace: 2K->2K(1056768K)], 0.1234567 secs] [Times: user=0.2 sys=0.0, real=0.12 secs]",
    );
    let pause = one(full);
    assert_eq!((&*pause.kind, pause.length, pause.live), ("Full GC (System.gc())", 123_457, Some(15 << 10)));
    assert!(pause.forced);
    let g1 = "3.2: [GC pause (G1 Evacuation Pause) (young), 0.0123000 secs]";
    assert_eq!((&*one(g1).kind, one(g1).length), ("GC pause (G1 Evacuation Pause) (young)", 12_300));
    for no_stop in
        ["3.3: [GC concurrent-mark-end, 0.0123 secs]", "3.3: [CMS-concurrent-mark: 0.017/0.018 secs] [Times: x]"]
    {
        assert_eq!(read(&mut GcLog::default(), no_stop), []);
    }
}

#[test]
fn what_is_live_in_one_of_several_heaps_is_not_what_is_live_in_the_target() {
    let line = |isolate: u32, after: u32| {
        format!(
            "[7:0x{isolate}] 100 ms: Mark-Compact 80.0 (90.0) -> {after}.0 (90.0) MB, 5.00 / 0.00 ms  (average mu = 1.000, current mu = 1.000) task; x"
        )
    };
    let lines = [line(1, 40), line(1, 41), line(2, 7), line(1, 42)].join("\n");
    let told: Vec<_> = read(&mut GcLog::default(), &lines).iter().map(|pause| pause.live).collect();
    assert_eq!(told, [Some(40 << 20), Some(41 << 20), None, None]);
}

#[test]
fn beam_and_agents_with_spaces_in_their_json_are_read() {
    let pause = one(r#"2026-03-01 {x} INFO {"kind": "long_gc", "pid": "<0.80.0>", "ms": 7, "heap_words": 497396}"#);
    assert_eq!((&*pause.kind, pause.length, &*pause.source), ("long_gc", 7_000, "system_monitor"));
    let pause =
        one(r#"app-1 | {"gc": "cpython", "pid": 1, "t_mono_ns": 1914088096520, "dur_ns": 259611730, "gen": 2}"#);
    assert_eq!((&*pause.kind, pause.length), ("generation 2", 259_611));
}

#[test]
fn pauses_are_placed_by_what_the_lines_tell_and_not_by_when_they_come() {
    // Lines that wait for each other in a pipe come together, 80 ms late; the first came at once.
    let line =
        |at: f64| format!("gc 1 @{at:.3}s 1%: 1.0+20+2.0 ms clock, 1+1/1/1+1 ms cpu, 4->6->5 MB, 5 MB goal, 8 P");
    let mut log = GcLog::default();
    let mut ends = |at: f64, arrived: f64| {
        let pauses = log.read(&line(at), Elapsed::from_seconds(arrived));
        assert_eq!(pauses[0].end(), pauses[1].start);
        assert_eq!(pauses[1].end(), pauses[2].start);
        pauses[2].end().micros()
    };
    assert_eq!(ends(0.5, 10.523), 10_523_000);
    assert_eq!(ends(0.8, 10.980), 10_823_000);
    assert_eq!(ends(0.9, 10.980), 10_923_000);
    // Of the monotonic clock nothing need be found out.
    let mut log = GcLog::new(1_900_000_000);
    let late = r#"{"gc":"cpython","t_mono_ns":1914088096520,"dur_ns":1000000,"gen":2}"#;
    assert_eq!(log.read(late, Elapsed::from_seconds(17.0))[0].start.micros(), 14_088_096);
}

#[test]
fn torn_lines_of_go_are_counted_and_nothing_is_made_of_them() {
    let text = sample("go119.txt");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[4].insert_str(30, "GET /items 200\n");
    let cut = lines[9].len() / 2;
    lines[9].truncate(cut);
    let mut log = GcLog::default();
    let pauses = read(&mut log, &lines.join("\n"));
    assert_eq!((pauses.len(), log.torn()), (28 * 3, 2));
    read(&mut log, &text);
    assert_eq!(log.torn(), 2, "a process that began anew has lost nothing");
}

#[test]
fn prefixes_of_others_are_passed_over() {
    for (name, prefix) in [
        ("go119.txt", "worker-1  | "),
        ("node22.txt", "2026-11-21T08:08:53.104Z stdout F "),
        ("jdk17-g1.txt", "[pod/chat-7d4/app] "),
        ("bun14.txt", "\u{1b}[36mapp\u{1b}[0m "),
        ("ruby31.txt", "I, [2026-11-21T08:08:53 #7]  INFO -- : "),
    ] {
        let text = sample(name);
        let prefixed: Vec<String> = text.lines().map(|line| format!("{prefix}{line}\r")).collect();
        let (plain, prefixed) = (read(&mut GcLog::default(), &text), read(&mut GcLog::default(), &prefixed.join("\n")));
        assert_eq!(holds(&plain), holds(&prefixed), "{name}");
    }
}

const ALL: [&str; 23] = [
    "bun14.txt",
    "cpython311.txt",
    "deno2.txt",
    "go119.txt",
    "go123.txt",
    "jdk11-g1.txt",
    "jdk11-parallel.txt",
    "jdk11-zgc.txt",
    "jdk17-g1.txt",
    "jdk17-parallel.txt",
    "jdk17-serial.txt",
    "jdk17-shen.txt",
    "jdk17-zgc.txt",
    "jdk21-g1.txt",
    "jdk21-genzgc.txt",
    "jdk25-g1.txt",
    "jdk25-shen.txt",
    "jdk25-zgc.txt",
    "node18.txt",
    "node20.txt",
    "node22.txt",
    "node26.txt",
    "ruby31.txt",
];

#[test]
fn no_line_makes_it_panic_however_it_is_cut_or_mixed() {
    let lines: Vec<String> =
        ALL.iter().flat_map(|name| sample(name).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let mut log = GcLog::new(1);
    for (number, line) in lines.iter().enumerate() {
        let other = &lines[(number * 7 + 13) % lines.len()];
        for cut in (0..line.len()).step_by(5).filter(|cut| line.is_char_boundary(*cut)) {
            let at = Elapsed::from_micros((number * 131 + cut) as u64 * 1_000);
            log.read(&line[..cut], at);
            log.read(&line[cut..], at);
            let tail = other.ceil_char_boundary(cut.min(other.len()));
            log.read(&format!("{}{}", &line[..cut], &other[tail..]), at);
            log.read(&line.replace(|digit: char| digit.is_ascii_digit(), "999"), at);
        }
    }
}

#[test]
fn no_number_in_a_line_leads_past_the_time_at_which_it_came() {
    let arrived = Elapsed::from_seconds(5.0);
    for line in [
        "gc 1 @9e99s 1%: 1.0+20+2.0 ms clock, 1+1/1/1+1 ms cpu, 4->6->5 MB, 5 MB goal, 8 P",
        "gc 1 @99999999999999999999s 1%: 99999999999999999999+20+2.0 ms clock, 1+1/1/1+1 ms cpu, 4->6->5 MB, 5 MB goal, 8 P",
        "[1:0x1] 18446744073709551615 ms: Scavenge 4.7 (4.9) -> 4.5 (5.9) MB, 99999999999999999999 / 0.0 ms  why",
        "[99999999999999s][gc] GC(1) Pause Young (X) 99999999999999999999999ms",
        "[1ns][gc] GC(1) Pause Full (X) 1M->18446744073709551615G(1M) 1.5ms",
        "1.0: Total time for which application threads were stopped: 99999999999 seconds, Stopping threads took: 0 seconds",
        r#"{"gc":"cpython","t_mono_ns":18446744073709551615,"dur_ns":18446744073709551615,"gen":2}"#,
        r#"{"gc":"ruby","dur_s":1e300}"#,
        r#"{"gc":"ruby","dur_s":-1}"#,
    ] {
        let pauses = read_at(line, arrived);
        assert!(pauses.iter().all(|pause| pause.end() <= arrived), "{line}: {pauses:?}");
    }
}

fn read_at(line: &str, arrived: Elapsed) -> Vec<Pause> {
    let mut log = GcLog::default();
    let mut pauses = log.read(line, arrived);
    pauses.extend(log.finish());
    pauses
}
