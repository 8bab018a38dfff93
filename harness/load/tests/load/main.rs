//! The load against real servers on this machine.

mod arrivals;
mod client;
mod journeys;
mod processes;
mod server;
mod server_two;
mod session;
mod socket;
mod two;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use clock::Clock;
use load::{Cut, Demand, Load, LoadError, Schedule};
use scenario::{Body, ClientPlan, DataPlan, Expect, Journey, Method, Process, Request, Step, Think};
use server::Server;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// There is one load at a time in a process, and the tests of a binary share one.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

const TIMEOUT: Duration = Duration::from_secs(10);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn get(path: &str) -> Request {
    Request {
        name: format!("test/GET {path}"),
        method: Method::Get,
        path: path.to_owned(),
        headers: Vec::new(),
        body: None,
        expect: Expect { statuses: vec![200..=299], ..Expect::default() },
        captures: Vec::new(),
        manner: None,
    }
}

fn journey(steps: Vec<Step>) -> Journey {
    Journey { name: "test".to_owned(), weight: 1, steps }
}

fn gets(path: &str) -> Vec<Journey> {
    vec![journey(vec![Step::Request(get(path))])]
}

/// Plain HTTP/1.1 on a connection that is kept.
static CLIENT: LazyLock<ClientPlan> = LazyLock::new(ClientPlan::default);

/// No rows.
static DATA: BTreeMap<String, DataPlan> = BTreeMap::new();

fn users_only(journeys: &[Journey], most_users: u64, timeout: Duration) -> Demand<'_> {
    let schedule = Schedule::new(&[], Process::Uniform, 0);
    Demand { journeys, timeout, client: &CLIENT, data: &DATA, seed: 0, most_users, schedule, most_connections: 0 }
}

/// A load with its clock and the lock that it needs.
struct Bench {
    load: Load,
    clock: Clock,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    async fn start(journeys: &[Journey], users: u64, address: SocketAddr) -> Self {
        Self::start_with(journeys, users, address, TIMEOUT).await
    }

    async fn start_with(journeys: &[Journey], users: u64, address: SocketAddr, timeout: Duration) -> Self {
        Self::start_for(users_only(journeys, users, timeout), address).await
    }

    async fn start_by(journeys: &[Journey], users: u64, address: SocketAddr, client: &ClientPlan) -> Self {
        Self::start_for(Demand { client, ..users_only(journeys, users, TIMEOUT) }, address).await
    }

    async fn start_for(demand: Demand<'_>, address: SocketAddr) -> Self {
        let alone = ONE_AT_A_TIME.lock().await;
        let clock = Clock::start();
        // A test that failed leaves its load behind for a moment.
        let mut tries = 0..40;
        let load = loop {
            match load::start(demand.clone(), address, clock) {
                Err(LoadError::Busy) if tries.next().is_some() => clock.sleep_until(clock.now() + millis(100)).await,
                started => break started.expect("a load"),
            }
        };
        Self { load, clock, _alone: alone }
    }

    async fn wait(&self, time: Duration) {
        self.clock.sleep_until(self.clock.now() + time).await;
    }

    /// Waits until `is` holds; fails when it does not within ten seconds.
    async fn until(&self, what: &str, mut is: impl FnMut() -> bool) {
        let end = self.clock.now() + Duration::from_secs(10);
        while !is() {
            assert!(self.clock.now() < end, "not within ten seconds: {what}");
            self.wait(millis(5)).await;
        }
    }

    /// All users at work for `time`, then the stop; the one interval.
    async fn run(self, users: u64, time: Duration) -> Cut {
        self.load.set_users(users);
        self.wait(time).await;
        self.load.stop().await
    }
}

fn failures(cut: &Cut) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (kind, count) in cut.latency.iter().flat_map(|interval| &interval.failures) {
        *all.entry(kind.clone()).or_default() += count;
    }
    all
}

fn only_failure(cut: &Cut) -> (String, u64) {
    let all = failures(cut);
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().expect("one")
}

fn answered(cut: &Cut) -> u64 {
    cut.latency.iter().map(|interval| interval.histogram.decode().expect("a histogram").len()).sum()
}

#[tokio::test]
async fn users_follow_what_is_wanted_and_so_do_their_connections() {
    let server = Server::start().await;
    let bench = Bench::start(&gets("/slow/5"), 20, server.address).await;
    bench.wait(millis(200)).await;
    assert_eq!(server.connections(), 0, "parked users do not connect");
    for users in [3, 20, 8, 1, 0, 20, 0] {
        bench.load.set_users(users);
        bench.until(&format!("{users} connections"), || server.open() == users).await;
        bench.wait(millis(50)).await;
        let cut = bench.load.cut();
        assert_eq!((cut.load.users_planned, cut.load.users_active, server.open()), (users, users, users));
    }
    let before = server.requests();
    bench.wait(millis(200)).await;
    assert_eq!(server.requests(), before, "a hold of no users is quiet");
    bench.load.stop().await;
}

#[tokio::test]
async fn every_request_is_counted_once_whatever_happens_to_its_user() {
    let server = Server::start().await;
    let steps = ["/ok", "/slow/3", "/status/503", "/drip/2"].map(|path| Step::Request(get(path)));
    let bench = Bench::start(&[journey(steps.into())], 16, server.address).await;
    let mut cuts = Vec::new();
    for users in [16, 2, 0, 9, 16, 0, 5, 12] {
        bench.load.set_users(users);
        bench.wait(millis(60)).await;
        cuts.push(bench.load.cut());
    }
    cuts.push(bench.load.stop().await);
    let total: u64 = cuts.iter().map(|cut| cut.totals.requests).sum();
    let per_step: u64 = cuts.iter().flat_map(|cut| &cut.latency).map(|interval| interval.requests).sum();
    let timed: u64 = cuts.iter().map(answered).sum();
    let failed: u64 = cuts.iter().map(|cut| cut.totals.failed).sum();
    assert!(total > 100, "{total}");
    assert_eq!((total, per_step, timed), (server.requests(), server.requests(), server.requests()));
    assert_eq!(failed, server.seen.at("/status/503"));
    assert!(cuts.iter().all(|cut| cut.totals.cut_off == 0));
}

#[tokio::test]
async fn the_cuts_lie_end_to_end_and_leave_out_what_did_not_happen() {
    let server = Server::start().await;
    let mut journeys = gets("/slow/10");
    journeys.push(Journey { name: "never".to_owned(), weight: 0, steps: vec![Step::Request(get("/never"))] });
    let bench = Bench::start(&journeys, 4, server.address).await;
    let idle = bench.load.cut();
    assert_eq!(idle.latency, []);
    bench.load.set_users(4);
    bench.wait(millis(100)).await;
    let loaded = bench.load.cut();
    let last = bench.load.stop().await;
    assert_eq!((idle.load.end, loaded.load.end), (loaded.load.start, last.load.start));
    assert_eq!(loaded.latency.len(), 1);
    assert_eq!((loaded.latency[0].start, loaded.latency[0].end), (loaded.load.start, loaded.load.end));
    assert_eq!(loaded.latency[0].step, "test/GET /slow/10");
}

#[tokio::test]
async fn weights_are_kept_for_any_number_of_users() {
    let server = Server::start().await;
    let of = |weight, path: &str| Journey {
        name: path.to_owned(),
        weight,
        steps: vec![Step::Request(get(path)), Step::Think(Think::Even(millis(10)..=millis(10)))],
    };
    let bench = Bench::start(&[of(3, "/three"), of(1, "/one")], 40, server.address).await;
    for users in [4, 40] {
        let before = (server.seen.at("/three"), server.seen.at("/one"));
        bench.load.set_users(users);
        bench.wait(millis(500)).await;
        let three = server.seen.at("/three") - before.0;
        let ratio = three as f64 / (server.seen.at("/one") - before.1) as f64;
        assert!((2.5..3.5).contains(&ratio), "{ratio} with {users} users");
    }
    bench.load.stop().await;
}

#[tokio::test]
async fn an_unexpected_status_is_a_failure_of_its_kind_with_a_latency() {
    let server = Server::start().await;
    let cut = Bench::start(&gets("/status/503"), 2, server.address).await.run(2, millis(200)).await;
    assert_eq!(only_failure(&cut), ("status 503".to_owned(), server.requests()));
    assert_eq!(answered(&cut), server.requests());
    assert_eq!(cut.totals.failed, cut.totals.requests);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = Server::start().await;
    let cut = Bench::start(&gets("/status/302"), 1, server.address).await.run(1, millis(100)).await;
    assert_eq!(only_failure(&cut).0, "status 302");
    assert_eq!(server.seen.at("/elsewhere"), 0);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_a_failure() {
    let server = Server::start().await;
    let mut request = get("/slow/30");
    request.expect.within = Some(millis(20));
    let journeys = [journey(vec![Step::Request(request)])];
    let cut = Bench::start(&journeys, 1, server.address).await.run(1, millis(200)).await;
    assert_eq!(only_failure(&cut), ("slower than 20 ms".to_owned(), server.requests()));
}

#[tokio::test]
async fn the_histogram_is_in_microseconds_and_goes_to_the_end_of_the_body() {
    let server = Server::start().await;
    for path in ["/slow/50", "/drip/50"] {
        let cut = Bench::start(&gets(path), 2, server.address).await.run(2, millis(600)).await;
        let histogram = cut.latency[0].histogram.decode().expect("a histogram");
        let p50 = histogram.value_at_quantile(0.5);
        assert!((50_000..80_000).contains(&p50), "{path}: {p50}");
        assert_eq!(cut.totals.p50_micros, Some(p50));
    }
}

#[tokio::test]
async fn a_refused_connection_does_not_make_users_spin() {
    let server = Server::start().await;
    // A port that nobody listens on, and nobody else is given, for a connection leaves from it.
    let held = TcpStream::connect(server.address).expect("a connection");
    let bench = Bench::start(&gets("/"), 5, held.local_addr().expect("its port")).await;
    bench.load.set_users(5);
    bench.until("a user is refused", || bench.load.cut().totals.failed > 0).await;
    let cut = bench.run(5, Duration::from_secs(1)).await;
    let (kind, count) = only_failure(&cut);
    assert_eq!(kind, "connection refused");
    assert!((5..=60).contains(&count), "{count}");
    assert_eq!((cut.totals.requests, answered(&cut)), (count, 0));
}

#[tokio::test]
async fn a_connection_that_closes_early_is_a_failure_without_a_latency() {
    let server = Server::start().await;
    for path in ["/close", "/half"] {
        let cut = Bench::start(&gets(path), 1, server.address).await.run(1, millis(200)).await;
        assert_eq!(only_failure(&cut).0, "connection closed", "{path}");
        assert_eq!(answered(&cut), 0);
        assert_eq!(server.seen.at(path), cut.totals.requests);
    }
}

#[tokio::test]
async fn a_request_without_an_answer_times_out() {
    let server = Server::start().await;
    let bench = Bench::start_with(&gets("/hang"), 3, server.address, millis(100)).await;
    let cut = bench.run(3, millis(500)).await;
    let (kind, count) = only_failure(&cut);
    assert_eq!(kind, "timed out");
    assert!((3..=15).contains(&count), "{count}");
}

#[tokio::test]
async fn a_hanging_target_holds_up_neither_the_stop_nor_an_idle_phase() {
    let server = Server::start().await;
    let bench = Bench::start(&gets("/hang"), 10, server.address).await;
    bench.load.set_users(10);
    bench.until("all hang", || server.requests() == 10).await;
    bench.load.set_users(0);
    bench.until("all gave up", || server.open() == 0).await;
    let cut = bench.load.cut();
    assert_eq!((cut.totals.requests, cut.totals.cut_off, cut.load.users_active), (0, 10, 0));
    bench.load.set_users(10);
    bench.until("all hang again", || server.requests() == 20).await;
    let before = bench.clock.now();
    let cut = bench.load.stop().await;
    let took = bench.clock.now().since(before);
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!((cut.totals.cut_off, cut.load.users_active), (10, 0));
}

#[tokio::test]
async fn users_who_think_leave_at_once() {
    let server = Server::start().await;
    let hour = Duration::from_hours(1);
    let journeys = [journey(vec![Step::Request(get("/ok")), Step::Think(Think::Even(hour..=hour))])];
    let bench = Bench::start(&journeys, 8, server.address).await;
    bench.load.set_users(8);
    bench.until("all think", || server.requests() == 8).await;
    let before = bench.clock.now();
    bench.load.set_users(0);
    bench.until("all left", || server.open() == 0).await;
    let left = bench.clock.now().since(before);
    bench.load.set_users(8);
    bench.until("all think again", || server.requests() == 16).await;
    bench.load.stop().await;
    assert!(left < millis(500), "{left:?}");
}

#[tokio::test]
async fn the_rate_is_users_by_think_time() {
    let server = Server::start().await;
    let journeys = [journey(vec![Step::Request(get("/ok")), Step::Think(Think::Even(millis(50)..=millis(150)))])];
    let cut = Bench::start(&journeys, 10, server.address).await.run(10, Duration::from_secs(2)).await;
    assert!((140..=225).contains(&cut.totals.requests), "{}", cut.totals.requests);
    assert_eq!(server.connections(), 10, "a user keeps the connection");
}

#[tokio::test]
async fn body_and_headers_arrive_and_little_else() {
    let server = Server::start().await;
    let post = Request {
        method: Method::Post,
        headers: vec![("x-a".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())],
        body: Some(Body::Text(r#"{"n":1}"#.to_owned())),
        ..get("/items?page=2")
    };
    let bench = Bench::start(&[journey(vec![Step::Request(post)])], 1, server.address).await;
    bench.run(1, millis(100)).await;
    let seen = server.seen.last();
    let (head, body) = seen.split_once("\r\n\r\n").expect("a request");
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /items?page=2 HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = concat!("user-agent: plimsoll/", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines, ["accept: */*", "content-length: 7", &host, agent, "x-a: 1", "x-a: 2"]);
    assert_eq!(body, r#"{"n":1}"#);
}

#[tokio::test]
async fn there_is_one_load_at_a_time_and_then_another() {
    let server = Server::start().await;
    let bench = Bench::start(&gets("/ok"), 1, server.address).await;
    // To be refused does not end the one that runs.
    for _ in 0..3 {
        let second = load::start(users_only(&gets("/ok"), 1, TIMEOUT), server.address, bench.clock);
        assert!(matches!(second, Err(LoadError::Busy)));
    }
    bench.run(1, millis(50)).await;
    let cut = Bench::start(&gets("/ok"), 1, server.address).await.run(1, millis(50)).await;
    assert!(cut.totals.requests > 0);
}

#[tokio::test]
async fn a_load_that_is_dropped_ends_by_itself() {
    let server = Server::start().await;
    let Bench { load, clock, _alone } = Bench::start(&gets("/slow/1"), 4, server.address).await;
    load.set_users(4);
    clock.sleep_until(clock.now() + millis(100)).await;
    drop(load);
    let busy =
        || matches!(load::start(users_only(&gets("/ok"), 1, TIMEOUT), server.address, clock), Err(LoadError::Busy));
    let end = clock.now() + Duration::from_secs(3);
    while busy() {
        assert!(clock.now() < end, "still busy");
        clock.sleep_until(clock.now() + millis(50)).await;
    }
    assert_eq!(server.open(), 0);
}

#[tokio::test]
async fn an_attack_that_someone_else_ends_is_told() {
    let server = Server::start().await;
    let mut bench = Bench::start(&gets("/slow/1"), 4, server.address).await;
    bench.load.set_users(4);
    bench.wait(millis(300)).await;
    assert!(timeout(millis(50), bench.load.failed()).await.is_err(), "all is well");
    goose::trigger_killswitch("for the test");
    let reason = timeout(Duration::from_secs(2), bench.load.failed()).await.expect("a reason");
    assert_eq!(reason, "the load ended by itself");
    bench.until("nobody is left", || server.open() == 0).await;
    let cut = bench.load.stop().await;
    assert_eq!(cut.load.users_active, 0);
}

#[tokio::test]
async fn a_stop_right_after_the_start_is_not_lost() {
    let server = Server::start().await;
    for _ in 0..3 {
        let bench = Bench::start(&gets("/ok"), 50, server.address).await;
        let before = bench.clock.now();
        bench.load.stop().await;
        let took = bench.clock.now().since(before);
        assert!(took < millis(2500), "{took:?}");
    }
}

#[tokio::test]
async fn no_users_are_no_attack() {
    let clock = Clock::start();
    let mut load =
        load::start(users_only(&[], 0, TIMEOUT), SocketAddr::from(([127, 0, 0, 1], 1)), clock).expect("a load");
    load.set_users(3);
    assert!(timeout(millis(20), load.failed()).await.is_err());
    let cut = load.stop().await;
    assert_eq!((cut.totals.requests, cut.load.users_planned, cut.load.users_active), (0, 3, 0));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_the_start() {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let start = |journeys: &[Journey]| load::start(users_only(journeys, 1, TIMEOUT), address, Clock::start()).map(drop);
    let mut request = get("/ok");
    request.headers = vec![("x a".to_owned(), String::new())];
    let refused = start(&[journey(vec![Step::Request(request)])]).expect_err("a space in a header's name");
    assert_eq!(refused.to_string(), "the request `test/GET /ok` cannot be sent");
    assert!(matches!(start(&[]), Err(LoadError::NoJourney)));
    assert!(matches!(start(&[journey(Vec::new())]), Err(LoadError::EmptyJourney { .. })));
}

const CHILD: &str = "PLIMSOLL_LOAD_TEST_CHILD";

/// Does something in a process without a logger when it is started by the test below.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let server = Server::start().await;
    let steps = ["/ok", "/status/500", "/close"].map(|path| Step::Request(get(path)));
    println!("\n<<<");
    Bench::start(&[journey(steps.into())], 20, server.address).await.run(20, millis(700)).await;
    println!(">>>");
}

#[test]
fn nothing_is_printed_even_where_no_logger_is_installed() {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("this program again");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("<<<\n>>>\n"), "{out}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
