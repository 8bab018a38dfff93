//! One plan, driven by one process and by four: it is the same load, and what they saw adds up.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use clock::Clock;
use load::{Demand, Schedule, Shard};
use scenario::Plan;
use serde::{Deserialize, Serialize};
use timeline::{Elapsed, LatencyInterval, LoadInterval};
use tokio::process::{Child, Command};

use crate::millis;
use crate::server::Server;

/// A share of the test below: address, index, number of shares, and the moment of the start in microseconds since 1970.
const SHARE: &str = "PLIMSOLL_LOAD_TEST_SHARE";
/// When intervals end, in milliseconds after the start.
const CUTS: [u64; 3] = [400, 800, 1400];

/// What a generator saw in one interval.
#[derive(Debug, Serialize, Deserialize)]
struct Interval {
    latency: LatencyInterval,
    load: LoadInterval,
}

impl Interval {
    /// What several generators saw in it.
    fn joined(of: &[&Self]) -> Self {
        let (first, others) = of.split_first().expect("at least one");
        let begin = Self { latency: first.latency.clone(), load: first.load };
        others.iter().fold(begin, |all, one| Self {
            latency: all.latency.join(&one.latency).expect("the same step"),
            load: all.load.join(one.load),
        })
    }
}

/// Every arrival asks for a path of its own.
fn plan() -> Plan {
    let source = "name: test\ntarget: {process: {command: [none]}}\nload:\n  arrivals: poisson\n  seed: 5\n  connections: 50\n  \
                  journeys: [{name: a, steps: [{get: '/slow/20?{{user}}', name: slow}]}]\n  phases: [{for: 1s, rate: 0/s..600/s}]";
    scenario::load(source, Path::new("/"), &|_| None).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The part of a process: drives its share from the moment on that it is told, and says what it saw.
#[tokio::test]
async fn share() {
    let Ok(told) = std::env::var(SHARE) else { return };
    let words: Vec<&str> = told.split(' ').collect();
    let number = |at: usize| words[at].parse::<u64>().expect("a number");
    let clock = Clock::start();
    let moment = SystemTime::UNIX_EPOCH + Duration::from_micros(number(3));
    let start = Elapsed::ZERO + moment.duration_since(clock.started_at()).expect("a moment that is to come");
    let plan = plan();
    let demand = Demand::of(&plan);
    let schedule = demand.schedule.clone().shard(Shard { index: number(1), of: number(2) });
    let address = words[0].parse().expect("an address");
    let mut load = load::start(Demand { schedule, ..demand }, address, clock).expect("a load");
    load.begin(start);
    for (index, cut) in CUTS.into_iter().enumerate() {
        clock.sleep_until(start + millis(cut)).await;
        let cut = load.cut();
        let latency = cut.latency.into_iter().next().unwrap_or_else(|| panic!("nothing ended in interval {index}"));
        let interval = Interval { latency, load: cut.load };
        println!("\n<<<{}>>>", serde_json::to_string(&interval).expect("JSON"));
    }
    load.stop().await;
}

fn start(server: &Server, index: u64, of: u64, moment: u128) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program);
    child.args(["--exact", "processes::share", "--nocapture"]);
    child.env(SHARE, format!("{} {index} {of} {moment}", server.address));
    child.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("this program again")
}

async fn said(child: Child) -> Vec<Interval> {
    let output = child.wait_with_output().await.expect("its output");
    let text = String::from_utf8_lossy(&output.stdout);
    let parts = text.split("<<<").skip(1).filter_map(|rest| rest.split(">>>").next());
    let intervals: Vec<Interval> = parts.map(|part| serde_json::from_str(part).expect("an interval")).collect();
    assert_eq!(intervals.len(), CUTS.len(), "{text}");
    intervals
}

/// What `of` processes saw together, and how late each arrival of the plan came, in order of number.
async fn driven_by(of: u64) -> (Vec<Interval>, Vec<f64>) {
    let server = Server::start().await;
    let clock = Clock::start();
    let begin = clock.now() + millis(700);
    let moment = clock.started_at() + begin.since(Elapsed::ZERO);
    let moment = moment.duration_since(SystemTime::UNIX_EPOCH).expect("a time of today").as_micros();
    let children: Vec<Child> = (0..of).map(|index| start(&server, index, of, moment)).collect();
    let mut shares = Vec::new();
    for child in children {
        shares.push(said(child).await);
    }
    let joined = |at: usize| Interval::joined(&shares.iter().map(|share| &share[at]).collect::<Vec<_>>());
    let plan = plan();
    let schedule = Schedule::new(&plan.phases, plan.arrivals.process, plan.arrivals.seed);
    let late = schedule.map(|arrival| {
        let came = server.seen.came(&format!("/slow/20?{}", arrival.number)).expect("every arrival comes");
        let came = server.clock.started_at() + came.since(Elapsed::ZERO);
        let due = clock.started_at() + begin.since(Elapsed::ZERO) + arrival.due;
        came.duration_since(due).map_or_else(|early| -early.duration().as_secs_f64(), |late| late.as_secs_f64())
    });
    let late = late.collect::<Vec<_>>();
    assert_eq!(server.requests(), late.len() as u64, "and comes once");
    ((0..CUTS.len()).map(joined).collect(), late)
}

#[tokio::test]
async fn four_processes_with_a_share_each_make_up_the_one_plan() {
    let ((one, alone), (four, together)) = (driven_by(1).await, driven_by(4).await);
    for late in [&alone, &together] {
        let mut sorted = late.clone();
        sorted.sort_by(f64::total_cmp);
        // The wall clock is told in microseconds; nobody comes before it is due.
        assert!(sorted[0] > -0.002, "{}", sorted[0]);
        assert!(sorted[sorted.len() / 2] < 0.02, "{}", sorted[sorted.len() / 2]);
    }
    assert_eq!(alone.len(), together.len());
    for (one, four) in one.iter().zip(&four) {
        let due = |interval: &Interval| interval.load.arrivals.expect("arrivals").due;
        // A few may be due at the very edge of an interval.
        assert!(due(one).abs_diff(due(four)) <= 5, "{} and {}", due(one), due(four));
    }
    let whole = |intervals: &[Interval]| {
        let all = Interval::joined(&intervals.iter().collect::<Vec<_>>());
        assert_eq!((all.latency.requests, all.latency.failed()), (alone.len() as u64, 0));
        assert_eq!(all.load.arrivals.expect("arrivals").due, alone.len() as u64);
        all.latency.times().decode().expect("a histogram")
    };
    let [one, four] = [whole(&one), whole(&four)];
    assert_eq!((one.len(), four.len()), (alone.len() as u64, alone.len() as u64));
    let [one, four] = [one, four].map(|times| times.value_at_quantile(0.5));
    assert!((19_000..40_000).contains(&one) && (19_000..40_000).contains(&four), "{one} and {four}");
}
