//! HTTP/2: shared connections, their ends, and streams that are given up.

use std::sync::atomic::AtomicU64;

use load::Cut;
use scenario::{Body, ClientPlan, Http, Journey, Manner, Method, Point, Request, Reuse, Step, TlsPlan};

use crate::client::{cut_of, cut_of_many};
use crate::server::{Server, Wire};
use crate::server_two::{Manners, Seen, ServerTwo, turning_away};
use crate::{Bench, failures, get, gets, journey, millis, only_failure};

fn two(streams: u64) -> ClientPlan {
    ClientPlan { http: Http::Two { streams }, ..ClientPlan::default() }
}

async fn answers(journeys: &[Journey], client: &ClientPlan, server: &ServerTwo, count: u64) -> Cut {
    let cut = cut_of(journeys, client, server.address, count).await;
    assert_eq!((cut.totals.requests, failures(&cut)), (count, [].into()));
    cut
}

fn connections(seen: &Seen) -> &AtomicU64 {
    &seen.connections
}

fn request(request: Request) -> Vec<Journey> {
    vec![journey(vec![Step::Request(request)])]
}

#[tokio::test]
async fn answers_of_all_kinds_are_read_over_one_connection() {
    for path in ["/ok", "/interim", "/trailers", "/big/300000"] {
        let server = ServerTwo::start().await;
        answers(&gets(path), &two(100), &server, 10).await;
        assert_eq!((server.counted(|seen| &seen.requests), server.counted(connections)), (10, 1), "{path}");
    }
}

#[tokio::test]
async fn what_is_sent_is_what_http_1_would_send() {
    let server = ServerTwo::start().await;
    let method = |method, body| {
        let mut expect = get("/ok").expect;
        expect.headers = vec![
            ("x-method".to_owned(), scenario::Pattern::Contains(Method::name(method).to_owned())),
            ("x-authority".to_owned(), scenario::Pattern::Contains("named.example".to_owned())),
        ];
        let headers = vec![("Host".to_owned(), "named.example".to_owned()), ("X-Id".to_owned(), "{{uuid}}".to_owned())];
        Step::Request(Request { method, body, headers, expect, ..get("/ok") })
    };
    let upload = Body::Text("x".repeat(200_000));
    let steps = vec![method(Method::Head, None), method(Method::Post, Some(upload)), method(Method::Delete, None)];
    let cut = cut_of(&[journey(steps)], &two(100), server.address, 5).await;
    assert_eq!((cut.totals.requests, failures(&cut)), (15, [].into()));
    assert_eq!(server.counted(|seen| &seen.bytes), 5 * 200_000, "more than a window of its body");
}

#[tokio::test]
async fn visitors_share_connections_up_to_the_streams_of_each() {
    // The streams of the scenario, those of the target, and the connections of twenty at once.
    for (streams, taken, expected) in [(100, 1000, 1), (8, 1000, 3), (100, 5, 4)] {
        let server = ServerTwo::start_on(Wire::Plain, Manners { streams: taken, ..Manners::default() }).await;
        let cut = cut_of_many(&gets("/slow/400"), &two(streams), server.address, 20, 20).await;
        assert_eq!((cut.totals.requests, failures(&cut)), (20, [].into()));
        assert_eq!(server.counted(connections), expected, "{streams} and {taken}");
        assert!(server.counted(|seen| &seen.most_at_once) <= streams.min(u64::from(taken)));
    }
}

#[tokio::test]
async fn connections_end_with_those_who_are_on_them() {
    let server = ServerTwo::start().await;
    answers(&gets("/ok"), &two(100), &server, 5).await;
    assert_eq!(server.counted(|seen| &seen.open), 0);
}

#[tokio::test]
async fn a_connection_of_many_is_used_as_often_as_the_scenario_says() {
    for (reuse, connections) in [(Reuse::Never, 12), (Reuse::Requests(4), 3), (Reuse::Always, 1)] {
        let server = ServerTwo::start().await;
        answers(&gets("/ok"), &ClientPlan { reuse, ..two(100) }, &server, 12).await;
        assert_eq!(server.counted(|seen| &seen.connections), connections, "{reuse:?}");
    }
}

#[tokio::test]
async fn a_goodbye_in_good_order_costs_nobody_an_answer() {
    let server = ServerTwo::start_on(Wire::Plain, Manners { goodbye_after: 3, ..Manners::default() }).await;
    answers(&gets("/ok"), &two(100), &server, 12).await;
    assert_eq!(server.counted(connections), 4);
    let cut = cut_of_many(&gets("/slow/30"), &two(100), server.address, 50, 20).await;
    assert_eq!((cut.totals.requests, failures(&cut)), (50, [].into()));
}

#[tokio::test]
async fn every_end_of_a_stream_or_a_connection_is_told_and_the_next_request_goes_on() {
    for (path, failure, connections) in [
        ("/refuse", "stream reset: REFUSED_STREAM", 1),
        ("/half", "stream reset: INTERNAL_ERROR", 1),
        ("/die", "connection closed", 4),
        ("/status/503", "status 503", 1),
    ] {
        let server = ServerTwo::start().await;
        let cut = cut_of(&gets(path), &two(100), server.address, 4).await;
        assert_eq!(only_failure(&cut), (failure.to_owned(), 4), "{path}");
        assert_eq!(server.counted(|seen| &seen.connections), connections, "{path}");
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_on_those_who_are_on_it_says_why() {
    let client = two(100);
    for (reason, told) in [(11, "connection closed: ENHANCE_YOUR_CALM"), (0, "connection closed: NO_ERROR")] {
        let cut = cut_of(&gets("/ok"), &client, turning_away(reason).await, 2).await;
        assert_eq!(only_failure(&cut), (told.to_owned(), 2), "what nobody takes is sent anew once, and no more");
    }
}

#[tokio::test]
async fn who_does_not_speak_http_2_is_told_so() {
    for wire in [Wire::Plain, Wire::secure()] {
        let tls = matches!(wire, Wire::Secure(..)).then_some(TlsPlan { verify: false, ca: None });
        let server = Server::start_on(wire).await;
        let cut = cut_of(&gets("/ok"), &ClientPlan { tls, ..two(100) }, server.address, 2).await;
        assert_eq!(only_failure(&cut), ("HTTP/2 is not spoken".to_owned(), 2));
    }
}

#[tokio::test]
async fn over_tls_it_is_agreed_upon() {
    let wire = Wire::secure_for(&[b"h2"]);
    let server = ServerTwo::start_on(wire, Manners::default()).await;
    let tls = Some(TlsPlan { verify: false, ca: None });
    answers(&gets("/ok"), &ClientPlan { tls, ..two(100) }, &server, 5).await;
    assert_eq!(server.counted(connections), 1);
}

#[tokio::test]
async fn who_runs_out_of_time_leaves_the_connection_to_the_others() {
    let server = ServerTwo::start().await;
    let steps = vec![Step::Request(get("/hang")), Step::Request(get("/ok"))];
    let cut = crate::client::cut_within(&[journey(steps)], &two(100), server.address, 3, millis(50)).await;
    assert_eq!((cut.totals.requests, only_failure(&cut)), (6, ("timed out".to_owned(), 3)));
    assert_eq!((server.counted(connections), server.counted(|seen| &seen.resets)), (1, 3));
}

#[tokio::test]
async fn who_leaves_resets_its_stream_and_nothing_else() {
    for (path, manner, connections) in [
        ("/endless", Manner::LeavesAfter(Point::Headers), 1),
        ("/endless", Manner::LeavesAfter(Point::Bytes(10_000)), 1),
        ("/hang", Manner::LeavesAfter(Point::Time(millis(10))), 1),
        ("/endless", Manner::ReadsNothingFor(millis(10)), 5),
    ] {
        let server = ServerTwo::start().await;
        let misbehaving = request(Request { manner: Some(manner), ..get(path) });
        let cut = cut_of(&misbehaving, &two(100), server.address, 5).await;
        let interval = &cut.latency[0];
        assert_eq!((interval.requests, interval.unawaited, interval.failed()), (5, 5, 0), "{manner:?}");
        let seen = (server.counted(|seen| &seen.resets), server.counted(|seen| &seen.connections));
        assert_eq!(seen, (5, connections), "{manner:?}");
    }
}

#[tokio::test]
async fn thousands_who_leave_do_not_cost_the_connection() {
    let server = ServerTwo::start().await;
    let impatient = request(Request { manner: Some(Manner::LeavesAfter(Point::Headers)), ..get("/endless") });
    let cut = cut_of_many(&impatient, &two(100), server.address, 3000, 1).await;
    assert_eq!((cut.latency[0].unawaited, failures(&cut)), (3000, [].into()));
    assert_eq!(server.counted(connections), 1);
}

#[tokio::test]
async fn an_upload_by_http_2_is_cut_off_where_it_should_be() {
    let server = ServerTwo::start().await;
    let body = Some(Body::Text("x".repeat(5000)));
    let upload = Request { method: Method::Post, body, manner: Some(Manner::SendsOnly(1000)), ..get("/ok") };
    let cut = cut_of(&request(upload), &two(100), server.address, 3).await;
    assert_eq!((cut.latency[0].unawaited, server.counted(|seen| &seen.bytes)), (3, 3000));
    assert_eq!(server.counted(|seen| &seen.resets), 3);
}

#[tokio::test]
async fn a_slow_reader_of_http_2_holds_the_target_back() {
    let server = ServerTwo::start().await;
    let slow = request(Request { manner: Some(Manner::ReadsAt(80_000.0)), ..get("/big/24000") });
    let cut = answers(&slow, &two(100), &server, 1).await;
    assert!(cut.totals.p50_micros.expect("an answer") > 250_000, "{:?}", cut.totals);
}

#[tokio::test]
async fn users_share_connections_too_and_leave_them_when_they_are_parked() {
    let server = ServerTwo::start().await;
    let bench = Bench::start_by(&gets("/slow/5"), 20, server.address, &two(8)).await;
    bench.load.set_users(20);
    bench.wait(millis(300)).await;
    assert_eq!(server.counted(|seen| &seen.open), 3);
    bench.load.set_users(0);
    bench.until("no connection", || server.counted(|seen| &seen.open) == 0).await;
    let cut = bench.load.stop().await;
    assert!(cut.totals.requests > 200 && cut.totals.failed == 0, "{:?}", cut.totals);
}
