//! Arrivals: on time, all of them, and told by the clock of the schedule.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use clock::Clock;
use hdrhistogram::Histogram;
use load::{Cut, Demand, Load, Schedule};
use rustix::process::{Pid, Signal, kill_process};
use scenario::{Journey, Phase, Process, RateRamp, Step};
use timeline::{ArrivalInterval, Elapsed, EncodedHistogram};

use crate::server::Server;
use crate::{CLIENT, DATA, TIMEOUT, get, gets, journey, millis, only_failure};

/// A hold of `rate` for so many milliseconds, a rest, and so on.
fn phases(of: &[(u64, f64)]) -> Vec<Phase> {
    let mut start = Elapsed::ZERO;
    let phase = |&(length, rate): &(u64, f64)| {
        let (length, rate) = (millis(length), RateRamp { from: rate, to: rate });
        let phase = Phase { start, length, rate, ..Phase::default() };
        start = phase.end();
        phase
    };
    of.iter().map(phase).collect()
}

struct Arrivals {
    load: Load,
    clock: Clock,
    start: Elapsed,
}

impl Arrivals {
    fn start(server: &Server, journeys: &[Journey], schedule: Schedule, most_connections: u64) -> Self {
        Self::start_at(server.address, journeys, schedule, most_connections)
    }

    fn start_at(address: SocketAddr, journeys: &[Journey], schedule: Schedule, most_connections: u64) -> Self {
        let clock = Clock::start();
        let demand = Demand {
            journeys,
            timeout: TIMEOUT,
            client: &CLIENT,
            data: &DATA,
            seed: 0,
            most_users: 0,
            schedule,
            most_connections,
        };
        let mut load = load::start(demand, address, clock).expect("a load");
        let start = clock.now() + millis(20);
        load.begin(start);
        Self { load, clock, start }
    }

    async fn until(&self, since_start: u64) {
        self.clock.sleep_until(self.start + millis(since_start)).await;
    }

    /// All of it in one interval, which ends so long after the start.
    async fn run(self, length: u64) -> Cut {
        self.until(length).await;
        self.load.stop().await
    }
}

fn uniform(of: &[(u64, f64)]) -> Schedule {
    Schedule::new(&phases(of), Process::Uniform, 0)
}

fn counts(cut: &Cut) -> ArrivalInterval {
    cut.load.arrivals.expect("arrivals")
}

fn times(of: impl Iterator<Item = EncodedHistogram>) -> Histogram<u64> {
    let mut all = timeline::new_histogram();
    of.for_each(|one| all.add(one.decode().expect("a histogram")).expect("the same bounds"));
    all
}

fn response(cut: &Cut) -> Histogram<u64> {
    times(cut.latency.iter().map(|interval| interval.response.clone().expect("response times")))
}

fn service(cut: &Cut) -> Histogram<u64> {
    times(cut.latency.iter().map(|interval| interval.histogram.clone()))
}

#[tokio::test]
async fn every_arrival_of_the_schedule_comes_once() {
    let server = Server::start().await;
    let cut = Arrivals::start(&server, &gets("/ok"), uniform(&[(1000, 500.0)]), 50).run(1200).await;
    assert_eq!((cut.totals.requests, cut.totals.failed, server.requests()), (500, 0, 500));
    let ArrivalInterval { due, begun, missed, waiting, .. } = counts(&cut);
    assert_eq!((due, begun, missed, waiting), (500, 500, 0, 0));
    assert_eq!((response(&cut).len(), service(&cut).len()), (500, 500));
}

#[tokio::test]
async fn who_finds_nobody_free_waits_and_the_wait_counts() {
    let server = Server::start().await;
    // Two connections at 50 ms each: 40 a second of the 100 that come, so the last waits for about a second.
    let cut = Arrivals::start(&server, &gets("/slow/50"), uniform(&[(1000, 100.0)]), 2).run(3500).await;
    assert_eq!((cut.totals.requests, server.connections()), (100, 2));
    let (response, service) = (response(&cut), service(&cut));
    assert!((45_000..90_000).contains(&service.value_at_quantile(0.5)), "{}", service.value_at_quantile(0.5));
    assert!((700_000..1_300_000).contains(&response.value_at_quantile(0.5)), "{}", response.value_at_quantile(0.5));
    assert!((1_400_000..2_400_000).contains(&response.max()), "{}", response.max());
    let ArrivalInterval { lag, wait, .. } = counts(&cut);
    assert!(wait.max >= 1_400_000 && lag.max < 500_000, "nobody was free, and that is not the load's fault: {lag:?}");
}

#[tokio::test]
async fn a_target_that_stands_still_is_asked_no_less() {
    let server = Server::start().await;
    // All of 200 a second for a second, though each answer takes two thirds of one.
    let cut = Arrivals::start(&server, &gets("/slow/700"), uniform(&[(1000, 200.0)]), 500).run(2500).await;
    assert_eq!(cut.totals.requests, 200);
    assert!(response(&cut).max() < 1_200_000);
    assert!((100..=200).contains(&server.connections()), "{}", server.connections());
}

#[tokio::test]
async fn those_who_are_still_waiting_at_the_stop_are_missed_and_told() {
    let server = Server::start().await;
    let cut = Arrivals::start(&server, &gets("/hang"), uniform(&[(500, 100.0)]), 3).run(700).await;
    let ArrivalInterval { due, begun, missed, waiting, .. } = counts(&cut);
    assert_eq!((due, begun, missed, waiting), (50, 3, 47, 0));
    assert_eq!((cut.totals.requests, cut.totals.cut_off), (0, 3));
}

#[tokio::test]
async fn nobody_holds_a_connection_in_a_rest_and_they_come_back_after_it() {
    let server = Server::start().await;
    let schedule = uniform(&[(300, 100.0), (700, 0.0), (300, 100.0), (500, 0.0)]);
    let arrivals = Arrivals::start(&server, &gets("/ok"), schedule, 20);
    arrivals.until(250).await;
    assert!(server.open() > 0);
    arrivals.until(700).await;
    assert_eq!((server.open(), server.requests()), (0, 30));
    arrivals.until(1500).await;
    assert_eq!((server.open(), server.requests()), (0, 60));
    assert_eq!(arrivals.load.stop().await.totals.requests, 60);
}

#[tokio::test]
async fn journeys_have_their_shares_of_the_arrivals_and_all_their_steps() {
    let server = Server::start().await;
    let steps = |paths: &[&str]| paths.iter().map(|path| Step::Request(get(path))).collect();
    let often = Journey { weight: 3, ..journey(steps(&["/often/1", "/often/2"])) };
    let journeys = [often, Journey { name: "rare".to_owned(), ..journey(steps(&["/rare"])) }];
    Arrivals::start(&server, &journeys, uniform(&[(1000, 200.0)]), 50).run(1200).await;
    let seen = ["/often/1", "/often/2", "/rare"].map(|path| server.seen.at(path));
    assert_eq!(seen, [150, 150, 50]);
}

#[tokio::test]
async fn a_dead_target_fails_each_arrival_at_once() {
    let server = Server::start().await;
    let held = std::net::TcpStream::connect(server.address).expect("a connection");
    let clock = Clock::start();
    let schedule = uniform(&[(500, 400.0)]);
    let journeys = gets("/");
    let demand = Demand {
        journeys: &journeys,
        timeout: TIMEOUT,
        client: &CLIENT,
        data: &DATA,
        seed: 0,
        most_users: 0,
        schedule,
        most_connections: 10,
    };
    let mut load = load::start(demand, held.local_addr().expect("its port"), clock).expect("a load");
    load.begin(clock.now());
    clock.sleep_until(clock.now() + millis(800)).await;
    let cut = load.stop().await;
    assert_eq!(only_failure(&cut), ("connection refused".to_owned(), 200));
}

#[tokio::test]
async fn an_answer_of_microseconds_is_not_told_in_milliseconds() {
    let server = Server::start().await;
    let cut = Arrivals::start(&server, &gets("/ok"), uniform(&[(2000, 500.0)]), 20).run(2200).await;
    // A timer of a millisecond would give half of that as the median: this bound is no measure of the machine.
    assert!(response(&cut).value_at_quantile(0.5) < 450, "{}", response(&cut).value_at_quantile(0.5));
}

#[tokio::test]
async fn a_freeze_of_the_target_is_told_to_its_full_length() {
    let server = Server::start().await;
    // 600 arrivals, 100 of them in a freeze of 500 ms: the last six hundredths of those wait for 470 ms and more.
    let arrivals = Arrivals::start(&server, &gets("/ok"), uniform(&[(3000, 200.0)]), 2);
    arrivals.until(1000).await;
    // The server has no thread but this one.
    arrivals.clock.block_until(arrivals.clock.now() + millis(500));
    let cut = arrivals.run(3500).await;
    assert_eq!((cut.totals.requests, cut.totals.failed), (600, 0));
    let [response, service] = [response(&cut), service(&cut)].map(|times| times.value_at_quantile(0.99));
    assert!((376_000..564_000).contains(&response), "{response}");
    assert!(service < 200_000, "two connections saw the freeze themselves: {service}");
}

const STOPPED: &str = "PLIMSOLL_LOAD_TEST_STOPPED";

/// The load of the test below: drives the server whose address it is given, and says its lag and its response times.
#[tokio::test]
async fn stopped() {
    let Ok(address) = std::env::var(STOPPED) else { return };
    let address = address.parse().expect("an address");
    let cut = Arrivals::start_at(address, &gets("/ok"), uniform(&[(2000, 200.0)]), 20).run(2500).await;
    println!("\n<<<{} {}>>>", counts(&cut).lag.max, response(&cut).max());
}

#[tokio::test]
async fn a_load_that_was_stopped_itself_says_so() {
    let server = Server::start().await;
    let program = std::env::current_exe().expect("this program");
    let mut child = tokio::process::Command::new(program);
    child.args(["--exact", "arrivals::stopped", "--nocapture"]).env(STOPPED, server.address.to_string());
    let child = child.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("this program again");
    let clock = Clock::start();
    while server.requests() < 100 {
        assert!(clock.now().seconds() < 10.0, "it does not start");
        clock.sleep_until(clock.now() + millis(5)).await;
    }
    let id = Pid::from_raw(child.id().expect("it runs").cast_signed()).expect("a process");
    kill_process(id, Signal::STOP).expect("a stop");
    clock.sleep_until(clock.now() + millis(500)).await;
    kill_process(id, Signal::CONT).expect("an end of it");
    let output = child.wait_with_output().await.expect("its output");
    let out = String::from_utf8_lossy(&output.stdout);
    let said = out.split("<<<").nth(1).and_then(|rest| rest.split(">>>").next()).expect("what it says");
    let [lag, response] = [0, 1].map(|at| said.split(' ').nth(at).and_then(|time| time.parse::<u64>().ok()));
    assert!(lag >= Some(400_000) && response >= Some(400_000), "{said}");
    assert_eq!(server.requests(), 400);
}

#[tokio::test]
async fn what_the_load_costs_is_told() {
    let server = Server::start().await;
    let cut = Arrivals::start(&server, &gets("/ok"), uniform(&[(500, 1000.0)]), 20).run(700).await;
    let cost = cut.load.cost.expect("Linux tells");
    assert!(cost.cpu > 1000 && cost.cpu < 700_000, "{cost:?}");
    assert!(Duration::from_micros(counts(&cut).lag.max) < millis(700));
}
