//! What a visitor does beyond one request: redirects, cookies and codings.

use std::path::Path;

use load::Cut;
use scenario::{ClientPlan, Http, Journey, Method, Pattern, Request, Step};

use crate::client::cut_of;
use crate::journeys::{plan, run};
use crate::server::Server;
use crate::server_two::ServerTwo;
use crate::{Bench, failures, get, gets, journey, millis, only_failure};

fn following() -> ClientPlan {
    ClientPlan { follows: true, ..ClientPlan::default() }
}

fn keeping() -> ClientPlan {
    ClientPlan { cookies: true, ..ClientPlan::default() }
}

/// A request for `path`, whose answer has to contain `body`.
fn expecting(path: &str, body: &str) -> Step {
    let mut request = get(path);
    request.expect.body = Some(Pattern::Contains(body.to_owned()));
    Step::Request(request)
}

fn passed(cut: &Cut, requests: u64) {
    assert_eq!((cut.totals.requests, failures(cut)), (requests, [].into()));
}

#[tokio::test]
async fn a_redirect_is_an_answer_unless_it_is_to_be_followed() {
    let server = Server::start().await;
    let journeys = gets("/redirect/302?/redirect/301?/ok");
    let cut = cut_of(&journeys, &ClientPlan::default(), server.address, 3).await;
    assert_eq!((only_failure(&cut), server.requests()), (("status 302".to_owned(), 3), 3));
    passed(&cut_of(&journeys, &following(), server.address, 3).await, 3);
    assert_eq!((server.requests(), server.seen.at("/ok")), (3 + 9, 3));
}

#[tokio::test]
async fn a_chain_is_one_request_and_takes_the_time_of_all_of_it() {
    let server = Server::start().await;
    let cut = cut_of(&gets("/redirect/307?/slow/60"), &following(), server.address, 3).await;
    passed(&cut, 3);
    assert!(cut.totals.p50_micros >= Some(60_000), "{:?}", cut.totals);
}

#[tokio::test]
async fn a_post_becomes_a_get_or_stays_what_it_is() {
    for (status, becomes) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let server = Server::start().await;
        let body = Some(scenario::Body::Text("hello".to_owned()));
        let post = Request { method: Method::Post, body, ..get(&format!("/redirect/{status}?/ok")) };
        passed(&cut_of(&[journey(vec![Step::Request(post)])], &following(), server.address, 1).await, 1);
        let last = server.seen.last();
        assert!(last.starts_with(&format!("{becomes} /ok HTTP/1.1")), "{status}: {last}");
        assert_eq!(last.ends_with("hello"), becomes == "POST", "{status}: {last}");
        assert_eq!(last.contains("content-length"), becomes == "POST", "{status}: {last}");
    }
}

#[tokio::test]
async fn chains_without_an_end_and_ways_out_are_failures() {
    let server = Server::start().await;
    let endless = gets("/redirect/302?/redirect/302?");
    let cut = cut_of(&endless, &following(), server.address, 1).await;
    assert_eq!(only_failure(&cut), ("more than 10 redirects".to_owned(), 1));
    assert_eq!(server.requests(), 11);
    let away = gets("/redirect/302?http://127.0.0.1:1/secret");
    let cut = cut_of(&away, &following(), server.address, 2).await;
    assert_eq!(only_failure(&cut), ("redirected to another origin".to_owned(), 2));
    let [example] = cut.examples.as_slice() else { panic!("{:?}", cut.examples) };
    assert_eq!(example.seen, "http://127.0.0.1:1/secret");
    let here = format!("/redirect/302?http://{}/ok", server.address);
    passed(&cut_of(&gets(&here), &following(), server.address, 1).await, 1);
}

#[tokio::test]
async fn what_a_target_sets_is_sent_to_it_again_and_every_arrival_begins_without() {
    let server = Server::start().await;
    let own = |step: Step| match step {
        Step::Request(request) => {
            Step::Request(Request { headers: vec![("cookie".to_owned(), "own=9".to_owned())], ..request })
        }
        step => step,
    };
    let steps = vec![
        expecting("/cookies", "[]"),
        Step::Request(get("/set?a=1;Path=/&b=2;Path=/deep&c=3;Max-Age=0")),
        expecting("/cookies", "[a=1]"),
        expecting("/deep/cookies?x", "[b=2; a=1]"),
        own(expecting("/cookies", "[own=9; a=1]")),
        Step::Request(get("/deep/set?a=4;Path=/&d=5")),
        expecting("/deep/cookies", "[b=2; d=5; a=4]"),
    ];
    passed(&cut_of(&[journey(steps.clone())], &keeping(), server.address, 5).await, 35);
    let cut = cut_of(&[journey(steps)], &ClientPlan::default(), server.address, 1).await;
    assert_eq!(only_failure(&cut), ("body".to_owned(), 4), "nothing is kept unless it is asked for");
}

#[tokio::test]
async fn a_user_keeps_its_cookies_over_its_walks() {
    let server = Server::start().await;
    let journeys = [journey(vec![Step::Request(get("/slow/5")), Step::Request(get("/set?a=1"))])];
    let bench = Bench::start_by(&journeys, 1, server.address, &keeping()).await;
    let cut = bench.run(1, millis(200)).await;
    assert!(cut.totals.requests > 4 && cut.totals.failed == 0, "{:?}", cut.totals);
    assert!(server.seen.last().contains("cookie: a=1\r\n"), "{}", server.seen.last());
}

#[tokio::test]
async fn a_login_that_sends_on_is_a_login() {
    let server = ServerTwo::start().await;
    let mut request = get("/status/302");
    request.expect.headers = vec![("x-cookie".to_owned(), Pattern::Contains("a=1".to_owned()))];
    let journeys: Vec<Journey> = vec![journey(vec![Step::Request(request)])];
    let client = ClientPlan { http: Http::Two { streams: 10 }, follows: true, ..keeping() };
    passed(&cut_of(&journeys, &client, server.address, 5).await, 5);
}

#[tokio::test]
async fn what_comes_compressed_is_looked_at_as_it_was_meant() {
    let server = Server::start().await;
    let steps = r#"
        - get: /compressed
          expect: {json: {$.ok: true}, header: {content-encoding: gzip}}
          capture: {id: {json: "$.id"}}
        - get: /items/{{id}}"#;
    let cut = run(&plan("  client: {compression: true}\n", steps, Path::new("/"), 3), &server).await;
    passed(&cut, 6);
    assert_eq!(server.seen.at("/items/7"), 3);
    let cut = cut_of(&[journey(vec![expecting("/broken", "a")])], &compressing(), server.address, 2).await;
    assert_eq!(only_failure(&cut), ("malformed answer".to_owned(), 2));
    passed(&cut_of(&gets("/broken"), &compressing(), server.address, 2).await, 2);
}

fn compressing() -> ClientPlan {
    ClientPlan { compression: true, ..ClientPlan::default() }
}
