//! The language of journeys, over the wire.

use std::collections::BTreeMap;
use std::path::Path;

use clock::Clock;
use load::{Cut, Demand, LoadError};
use scenario::Plan;

use crate::server::Server;
use crate::{Bench, millis};

/// A plan of one journey that begins `count` times in the first second.
pub(crate) fn plan(load: &str, steps: &str, folder: &Path, count: u64) -> Plan {
    let source = format!(
        "name: test\ntarget: {{process: {{command: [none]}}}}\nload:\n  seed: 7\n{load}  journeys:\n    - name: test\n      \
         steps:\n{steps}\n  phases: [{{for: 1s, rate: {count}/s}}]\n"
    );
    scenario::load(&source, folder, &|_| None).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(crate) async fn run(plan: &Plan, server: &Server) -> Cut {
    let clock = Clock::start();
    let mut load = load::start(Demand::of(plan), server.address, clock).expect("a load");
    load.begin(clock.now());
    clock.sleep_until(clock.now() + millis(1300)).await;
    load.stop().await
}

fn failures(cut: &Cut) -> BTreeMap<String, u64> {
    cut.latency.iter().flat_map(|interval| interval.failures.clone()).collect()
}

#[tokio::test]
async fn what_one_step_captures_the_next_one_sends() {
    let server = Server::start().await;
    let steps = r#"
        - get: /echo/{{user}}
          expect: {json: {$.ok: true}, header: {x-path: echo}}
          capture: {id: {json: "$.id"}, token: {header: x-token}}
        - post: /items/{{id}}
          headers: {authorization: "Bearer {{token}}"}
          json: {by: "{{user}}", text: "a \"quoted\" {{id}}"}"#;
    let cut = run(&plan("", steps, Path::new("/"), 10), &server).await;
    assert_eq!((cut.totals.requests, cut.totals.failed), (20, 0), "{:?}", cut.latency);
    let paths: Vec<u64> = (0..10).map(|user| server.seen.at(&format!("/items/{}", 1000 + user))).collect();
    assert_eq!(paths, [1; 10], "each walk sends what its own answer said");
    let last = server.seen.last();
    assert!(last.contains("authorization: Bearer secret-"), "{last}");
    assert!(last.contains(r#""text":"a \"quoted\" 100"#), "{last}");
}

#[tokio::test]
async fn an_expectation_that_is_not_met_is_counted_with_an_example() {
    let server = Server::start().await;
    let steps = r"
        - get: /echo/1
          expect: {json: {$.ok: false}}";
    let cut = run(&plan("", steps, Path::new("/"), 10), &server).await;
    assert_eq!(failures(&cut), [("json $.ok".to_owned(), 10)].into());
    let [example] = cut.examples.as_slice() else { panic!("{:?}", cut.examples) };
    assert_eq!(
        (example.step.as_str(), example.kind.as_str(), example.seen.as_str()),
        ("test/GET /echo/1", "json $.ok", "true")
    );
}

#[tokio::test]
async fn a_walk_that_lacks_what_it_needs_ends_there() {
    let server = Server::start().await;
    let steps = r#"
        - get: /echo/1
          capture: {id: {json: "$.nothing"}}
        - get: /items/{{id}}"#;
    let cut = run(&plan("", steps, Path::new("/"), 10), &server).await;
    assert_eq!(failures(&cut), [("not captured: id".to_owned(), 10)].into());
    assert_eq!((server.requests(), cut.totals.requests), (10, 10));
}

#[tokio::test]
async fn rows_are_taken_once_each_and_their_end_is_told() {
    let folder = std::env::temp_dir().join(format!("plimsoll-load-rows-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("users.csv"), "name,age\nann,1\nbob,2\neve,3\n").expect("a file");
    let server = Server::start().await;
    let data = "  data: {users: {csv: users.csv, take: once}}\n";
    let steps = "        - get: /of/{{users.name}}?age={{users.age}}";
    let cut = run(&plan(data, steps, &folder, 5), &server).await;
    let seen = ["/of/ann?age=1", "/of/bob?age=2", "/of/eve?age=3"].map(|path| server.seen.at(path));
    assert_eq!(seen, [1; 3]);
    assert_eq!(failures(&cut), [("out of data".to_owned(), 2)].into());

    let broken = plan("  data: {users: {csv: none.csv}}\n", steps, &folder, 1);
    let refused = load::check(&Demand::of(&broken), Clock::start()).expect_err("there is no such file");
    assert!(matches!(refused, LoadError::Script(_)) && refused.to_string().contains("none.csv"), "{refused}");
    std::fs::remove_dir_all(&folder).expect("the folder");
}

#[tokio::test]
async fn a_user_walks_on_in_the_next_phase_and_not_the_same_again() {
    let server = Server::start().await;
    let source = "name: test\ntarget: {process: {command: [none]}}\nload:\n  journeys:\n    - name: test\n      \
                  steps: [{get: '/of/{{user}}/{{iteration}}'}, {think: 20ms}]\n  phases: [{for: 1s, users: 2}]\n";
    let plan = scenario::load(source, Path::new("/"), &|_| None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let bench = Bench::start_for(Demand::of(&plan), server.address).await;
    for users in [2, 0, 2, 0, 2] {
        bench.load.set_users(users);
        bench.wait(millis(400)).await;
    }
    bench.load.stop().await;
    for user in 0..2 {
        let walks = (0..200).map(|iteration| server.seen.at(&format!("/of/{user}/{iteration}"))).collect::<Vec<_>>();
        let walked = walks.iter().take_while(|count| **count == 1).count();
        assert!(walked > 20, "in all three: {walks:?}");
        // A walk that was cut off before its request came leaves its number out.
        assert!(walks.iter().all(|count| *count <= 1), "none twice: {walks:?}");
    }
}
