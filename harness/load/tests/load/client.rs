//! The client: all the ways in which an answer comes, connections end, and clients misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use clock::Clock;
use load::{Cut, Demand, Schedule};
use scenario::{ClientPlan, Journey, Manner, Method, Phase, Point, Process, RateRamp, Request, Reuse, Step, TlsPlan};

use crate::server::{Server, Wire};
use crate::{DATA, TIMEOUT, get, gets, journey, millis, only_failure};

/// What became of `count` arrivals, one after the other, of the one journey.
pub(crate) async fn cut_of(journeys: &[Journey], client: &ClientPlan, address: SocketAddr, count: u64) -> Cut {
    cut_within(journeys, client, address, count, TIMEOUT).await
}

/// The same, where requests may take so long.
pub(crate) async fn cut_within(
    journeys: &[Journey],
    client: &ClientPlan,
    address: SocketAddr,
    count: u64,
    timeout: Duration,
) -> Cut {
    let length = Duration::from_millis(20 * count);
    run(journeys, client, address, timeout, (length, 50.0, 1)).await
}

/// What became of `count` arrivals within half a second, over as many connections as it takes up to `most`.
pub(crate) async fn cut_of_many(
    journeys: &[Journey],
    client: &ClientPlan,
    address: SocketAddr,
    count: u64,
    most: u64,
) -> Cut {
    let (length, rate) = (millis(300), count as f64 / 0.3);
    run(journeys, client, address, TIMEOUT, (length, rate, most)).await
}

async fn run(
    journeys: &[Journey],
    client: &ClientPlan,
    address: SocketAddr,
    timeout: Duration,
    (length, rate, most_connections): (Duration, f64, u64),
) -> Cut {
    let phase = Phase { length, rate: RateRamp { from: rate, to: rate }, ..Phase::default() };
    let schedule = Schedule::new(&[phase], Process::Uniform, 0);
    let clock = Clock::start();
    let demand = Demand { journeys, timeout, client, data: &DATA, seed: 0, most_users: 0, schedule, most_connections };
    let mut load = load::start(demand, address, clock).expect("a load");
    load.begin(clock.now());
    clock.sleep_until(clock.now() + length + millis(500)).await;
    load.stop().await
}

async fn answers(journeys: &[Journey], client: &ClientPlan, server: &Server, count: u64) -> Cut {
    let cut = cut_of(journeys, client, server.address, count).await;
    assert_eq!((cut.totals.requests, cut.totals.failed), (count, 0), "{:?}", cut.latency);
    cut
}

fn reusing(reuse: Reuse) -> ClientPlan {
    ClientPlan { reuse, ..ClientPlan::default() }
}

fn misbehaving(path: &str, manner: Manner) -> Vec<Journey> {
    vec![journey(vec![Step::Request(Request { manner: Some(manner), ..get(path) })])]
}

#[tokio::test]
async fn every_way_to_end_a_body_leaves_the_connection_as_it_should() {
    // The path, and how many connections ten requests take.
    for (path, connections) in
        [("/ok", 1), ("/chunked", 1), ("/none", 1), ("/interim", 1), ("/until-closed", 10), ("/then-close", 10)]
    {
        let server = Server::start().await;
        let journeys = gets(path);
        answers(&journeys, &ClientPlan::default(), &server, 10).await;
        assert_eq!((server.requests(), server.connections()), (10, connections), "{path}");
    }
}

#[tokio::test]
async fn the_answer_to_head_has_no_body_whatever_it_says() {
    let server = Server::start().await;
    let head = Request { method: Method::Head, ..get("/head") };
    answers(&[journey(vec![Step::Request(head)])], &ClientPlan::default(), &server, 5).await;
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_target_has_closed_meanwhile_is_not_used() {
    let server = Server::start().await;
    // Answers that promise to keep the connection, which is then closed at once.
    answers(&gets("/liar"), &ClientPlan::default(), &server, 10).await;
    assert_eq!((server.requests(), server.connections()), (10, 10));
}

#[tokio::test]
async fn what_is_no_http_is_malformed() {
    let server = Server::start().await;
    for path in ["/garbage", "/bad-chunk"] {
        let cut = cut_of(&gets(path), &ClientPlan::default(), server.address, 3).await;
        assert_eq!(only_failure(&cut), ("malformed answer".to_owned(), 3), "{path}");
    }
}

#[tokio::test]
async fn connections_are_used_as_often_as_the_scenario_says() {
    for (reuse, connections) in
        [(Reuse::Always, 1..=1), (Reuse::Never, 12..=12), (Reuse::Requests(4), 3..=3), (Reuse::For(millis(100)), 2..=4)]
    {
        let server = Server::start().await;
        answers(&gets("/ok"), &reusing(reuse), &server, 12).await;
        assert!(connections.contains(&server.connections()), "{reuse:?}: {}", server.connections());
    }
}

#[tokio::test]
async fn who_is_told_to_leave_leaves_and_that_is_no_failure() {
    for (path, manner) in [
        ("/endless", Manner::LeavesAfter(Point::Headers)),
        ("/endless", Manner::LeavesAfter(Point::Bytes(10_000))),
        ("/hang", Manner::LeavesAfter(Point::Time(millis(30)))),
        ("/endless", Manner::ReadsNothingFor(millis(30))),
    ] {
        let server = Server::start().await;
        let cut = cut_of(&misbehaving(path, manner), &ClientPlan::default(), server.address, 5).await;
        let interval = &cut.latency[0];
        assert_eq!((interval.requests, interval.unawaited, interval.failed()), (5, 5, 0), "{manner:?}");
        assert_eq!((server.connections(), server.open()), (5, 0), "{manner:?}");
    }
}

#[tokio::test]
async fn an_upload_is_cut_off_where_it_should_be() {
    let server = Server::start().await;
    let upload = Request {
        method: Method::Post,
        body: Some(scenario::Body::Text("x".repeat(5000))),
        manner: Some(Manner::SendsOnly(1000)),
        ..get("/ok")
    };
    let cut = cut_of(&[journey(vec![Step::Request(upload)])], &ClientPlan::default(), server.address, 3).await;
    assert_eq!(cut.latency[0].unawaited, 3);
    assert_eq!((server.requests(), server.seen.unfinished()), (0, 3));
}

#[tokio::test]
async fn a_slow_reader_takes_its_time_and_gets_all_of_it() {
    let server = Server::start().await;
    let endless = misbehaving("/big/100000", Manner::ReadsAt(40_000.0));
    let cut = cut_of(&endless, &ClientPlan::default(), server.address, 1).await;
    assert_eq!((cut.totals.requests, cut.totals.cut_off), (0, 1), "two and a half seconds are more than it has");
    let slow = misbehaving("/big/8000", Manner::ReadsAt(40_000.0));
    let cut = answers(&slow, &ClientPlan::default(), &server, 1).await;
    assert!(cut.totals.p50_micros.expect("an answer") > 120_000);
}

#[tokio::test]
async fn tls_is_spoken_with_who_can_prove_who_it_is_and_with_others_only_if_told_to() {
    let server = Server::start_on(Wire::secure()).await;
    let client = |tls| ClientPlan { tls: Some(tls), ..ClientPlan::default() };
    answers(&gets("/ok"), &client(TlsPlan { verify: false, ca: None }), &server, 5).await;
    assert_eq!(server.connections(), 1);
    let trusting = TlsPlan { verify: true, ca: Some(server.certificate()) };
    answers(&gets("/chunked"), &client(trusting), &server, 5).await;
    let strict = client(TlsPlan { verify: true, ca: None });
    let cut = cut_of(&gets("/ok"), &strict, server.address, 3).await;
    assert_eq!(only_failure(&cut), ("TLS handshake failed".to_owned(), 3));
}
