//! What the heartbeat sees of the pauses that runtimes tell of themselves, and what it sees where there are none: real
//! runs of the services in tests/targets. `ci/bench-pauses`, which says what is needed.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench tells, and its own mistakes end it")]

use std::path::{Path, PathBuf};
use std::process::Command;

use timeline::{Beat, Elapsed, Hold, Pause, Timeline};

/// Beats for a second.
const RATE: f64 = 200.0;
/// Seconds: what a pause budget of ten milliseconds is about.
const LONG: f64 = 0.010;

struct Case {
    name: &'static str,
    /// The target of the scenario; `TARGETS` stands for the folder of the services, `CLASSES` for the compiled one.
    target: &'static str,
    path: &'static str,
}

const CASES: [Case; 6] = [
    Case {
        name: "JDK Serial",
        target: "process: {command: [java, -XX:+UseSerialGC, -Xmx256m, -cp, CLASSES, Service]",
        path: "/churn?n=200000",
    },
    Case {
        name: "JDK Parallel",
        target: "process: {command: [java, -XX:+UseParallelGC, -Xmx256m, -cp, CLASSES, Service]",
        path: "/churn?n=200000",
    },
    Case {
        name: "JDK G1",
        target: "process: {command: [java, -XX:+UseG1GC, -Xmx256m, -cp, CLASSES, Service]",
        path: "/churn?n=200000",
    },
    Case { name: "Node", target: "process: {command: [node, TARGETS/node/service.js]", path: "/churn?n=60000" },
    Case {
        name: "CPython",
        target: "agent: true, process: {command: [python3, TARGETS/python/service.py]",
        path: "/garbage?n=30000",
    },
    Case { name: "idle", target: "process: {command: [plimsoll, specimen]", path: "/" },
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut seconds, mut only) = (30, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => seconds = arguments.next().and_then(|number| number.parse().ok()).expect("a number"),
            "--only" => only = arguments.next(),
            other => panic!("{other} is none of --seconds N, --only NAME"),
        }
    }
    let folder = std::env::temp_dir().join(format!("plimsoll-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    compile(&folder);
    println!(
        "{seconds} s each, heartbeat {RATE}/s\n\n| target | pauses told >= 10 ms | found | error: median, p90 of its size \
         (ms) | stalls >= 10 ms | in a pause | held up | unexplained |\n|---|---|---|---|---|---|---|---|"
    );
    for case in CASES.iter().filter(|case| only.as_ref().is_none_or(|only| case.name.contains(only.as_str()))) {
        println!("| {} | {} |", case.name, Seen::of(&run(case, seconds, &folder)).row());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn targets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/targets")
}

fn compile(folder: &Path) {
    let source = targets().join("java/Service.java");
    let status = Command::new("javac").arg("-d").arg(folder.join("classes")).arg(source).status().unwrap();
    assert!(status.success());
}

/// One run, and what it saw.
fn run(case: &Case, seconds: u64, folder: &Path) -> Timeline {
    let target = case.target.replace("TARGETS", &targets().display().to_string());
    let target = target.replace("CLASSES", &folder.join("classes").display().to_string());
    let scenario = format!(
        "name: bench
target: {{{target}, ready: {{http: /, within: 20s}}}}}}
load:
  journeys: [{{name: ask, steps: [{{get: \"{}\"}}, {{think: 150ms..450ms}}]}}]
  phases: [{{name: warm-up, for: 5s, users: 2}}, {{name: work, for: {seconds}s, users: 2}}]
probes: {{heartbeat: {{get: /, rate: {RATE}/s}}}}
assert: {{stalls: {{max: 10ms}}}}
",
        case.path
    );
    std::fs::write(folder.join("scenario.yaml"), scenario).unwrap();
    let mut plimsoll = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let output = plimsoll.args(["run", "scenario.yaml"]).current_dir(folder).output().unwrap();
    let results = folder.join("results");
    let record = std::fs::read_dir(results.join("bench")).map(|mut runs| runs.next().unwrap().unwrap().path());
    let record = record.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let timeline = record::open(&record).unwrap().timeline;
    std::fs::remove_dir_all(results).unwrap();
    timeline
}

/// A stall, as the heartbeat saw it.
struct Stall<'a> {
    beat: &'a Beat,
    /// Its length in seconds: the excess over the usual latency, and half of a period.
    length: f64,
}

struct Seen {
    told: usize,
    /// Of each that was found, how much too long it seemed, in seconds.
    errors: Vec<f64>,
    stalls: usize,
    in_a_pause: usize,
    held_up: usize,
}

impl Seen {
    fn of(timeline: &Timeline) -> Self {
        let work = timeline.phases.last().unwrap();
        let during = |at: Elapsed| at >= work.start && at < work.end;
        let beats: Vec<&Beat> = timeline.beats.iter().filter(|beat| during(beat.sent)).collect();
        let usual = middle(beats.iter().map(|beat| latency(beat)).collect());
        let stalls: Vec<Stall> = beats.iter().map(|beat| Stall::new(beat, usual)).collect();
        let told = timeline.pauses.iter().filter(|pause| during(pause.start) && !pause.concurrent);
        let told: Vec<&Pause> = told.filter(|pause| length(pause) >= LONG).collect();
        let found = |pause: &&Pause| {
            let near = stalls.iter().filter(|stall| stall.overlap(pause) > 0.0 && stall.length >= LONG / 2.0);
            near.map(|stall| stall.length - length(pause)).min_by(|a, b| a.abs().total_cmp(&b.abs()))
        };
        let long: Vec<&Stall> = stalls.iter().filter(|stall| stall.length >= LONG).collect();
        let is_pause = |stall: &Stall| timeline.pauses.iter().any(|pause| stall.overlap(pause) > 0.5 * stall.length);
        let (in_a_pause, others): (Vec<&Stall>, Vec<&Stall>) = long.into_iter().partition(|stall| is_pause(stall));
        let held_up = others.iter().filter(|stall| stall.is_held_up(&timeline.holds)).count();
        Self {
            told: told.len(),
            errors: told.iter().filter_map(found).collect(),
            stalls: in_a_pause.len() + others.len(),
            in_a_pause: in_a_pause.len(),
            held_up,
        }
    }

    fn row(&self) -> String {
        let found = self.errors.len();
        let share = (100 * found).checked_div(self.told);
        let share = share.map_or_else(|| "-".to_owned(), |share| format!("{found} ({share} %)"));
        let sizes: Vec<f64> = self.errors.iter().map(|error| error.abs()).collect();
        let error = if found == 0 {
            "-".to_owned()
        } else {
            format!("{:+.1}, {:.1}", 1e3 * middle(self.errors.clone()), 1e3 * at_share(sizes, 0.9))
        };
        let unexplained = self.stalls - self.in_a_pause - self.held_up;
        let Self { told, stalls, in_a_pause, held_up, .. } = self;
        format!("{told} | {share} | {error} | {stalls} | {in_a_pause} | {held_up} | {unexplained}")
    }
}

impl<'a> Stall<'a> {
    fn new(beat: &'a Beat, usual: f64) -> Self {
        let excess = latency(beat) - usual;
        Self { beat, length: if excess > usual.max(0.001) { excess + 0.5 / RATE } else { 0.0 } }
    }

    /// Seconds.
    fn overlap(&self, pause: &Pause) -> f64 {
        pause.end().min(self.beat.done).since(pause.start.max(self.beat.sent)).as_secs_f64()
    }

    /// Was most of it spent in waiting for a processor, a quota or memory, or in a freeze of the harness?
    fn is_held_up(&self, holds: &[Hold]) -> bool {
        let around = holds.iter().filter(|hold| hold.from <= self.beat.done && hold.to >= self.beat.sent);
        let held: u64 = around.map(|hold| hold.quota.max(hold.queue).max(hold.memory)).sum();
        (held + self.beat.harness_stalled) as f64 / 1e6 > 0.5 * self.length
    }
}

fn latency(beat: &Beat) -> f64 {
    beat.done.since(beat.sent).as_secs_f64()
}

fn length(pause: &Pause) -> f64 {
    pause.length as f64 / 1e6
}

fn middle(values: Vec<f64>) -> f64 {
    at_share(values, 0.5)
}

fn at_share(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}
