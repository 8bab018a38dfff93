//! The language of journeys: what it says, and what is said of its mistakes.

use std::path::PathBuf;
use std::time::Duration;

use super::{problems, read};
use crate::*;

/// A scenario with these keys beneath `load`, each line of which begins in column 3.
fn scenario(load: &str) -> String {
    let load = load.replace('\n', "\n  ");
    format!("name: a\ntarget: {{process: {{command: [b]}}}}\nload:\n  {load}\n")
}

/// A scenario with these steps, the first of which stands in line 6, from column 7 on.
fn with_steps(steps: &str) -> String {
    let steps = steps.replace('\n', "\n    ");
    scenario(&format!("journeys:\n- name: walk\n  steps:\n    {steps}\nphases: [{{for: 1m, users: 1}}]"))
}

/// A scenario with these keys beneath `load`, and a request.
fn with_load(load: &str) -> String {
    scenario(&format!("{load}\njourneys: [{{name: a, steps: [{{get: /}}]}}]"))
}

#[track_caller]
fn plan(source: &str) -> Plan {
    read(source).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The requests of the one journey.
#[track_caller]
fn requests(steps: &str) -> Vec<Request> {
    plan(&with_steps(steps)).journeys[0].requests().cloned().collect()
}

#[track_caller]
fn check(steps: &str, expected: &[&str]) {
    assert_eq!(problems(&with_steps(steps)), expected);
}

#[test]
fn arrivals_have_a_rate_and_a_process() {
    let plan = plan(&with_load(
        "arrivals: poisson\nseed: 7\nconnections: 64\nphases: [{for: 1m, rate: 0/s..500/s}, {for: 1m, rate: 12/min}, {for: 1m}]",
    ));
    assert_eq!(plan.arrivals, ArrivalPlan { process: Process::Poisson, seed: 7, connections: 64 });
    let rates: Vec<RateRamp> = plan.phases.iter().map(|phase| phase.rate).collect();
    assert_eq!(
        rates,
        [RateRamp { from: 0.0, to: 500.0 }, RateRamp { from: 0.2, to: 0.2 }, RateRamp { from: 0.0, to: 0.0 }]
    );
    let names: Vec<(&str, bool)> = plan.phases.iter().map(|phase| (phase.name.as_str(), phase.loaded())).collect();
    assert_eq!(names, [("load", true), ("load", true), ("idle", false)]);
    assert!((plan.phases[0].rate_at(timeline::Elapsed::from_seconds(15.0)) - 125.0).abs() < 1e-9);
    assert!((plan.most_arrivals() - 500.0).abs() < 1e-9);
    assert_eq!(plan.most_users(), 0);
}

#[test]
fn arrivals_that_cannot_be_are_refused() {
    let phases = |phases: &str| problems(&with_load(&format!("phases: [{phases}]")));
    assert_eq!(
        phases("{for: 1m, users: 5, rate: 5/s}"),
        ["4:12: `users` and `rate` exclude each other (`users` wait for their answers, arrivals at a `rate` come \
         whatever happens: keep one of them)"]
    );
    assert_eq!(phases("{for: 1m, rate: 0.01/s}"), ["4:28: the rate is out of reach (from `0.1/s` to `1000000/s`)"]);
    assert_eq!(
        phases("{for: 1m, rate: 5}"),
        ["4:28: `5` is not a rate of arrivals (write a rate, or a ramp: `200/s`, `30/min`, `0/s..500/s`)"]
    );
    assert_eq!(
        problems(&with_load("arrivals: bursts\nconnections: 0\nphases: [{for: 1m, rate: 5/s}]")),
        [
            "4:13: `bursts` is not a kind of arrivals (write `uniform` or `poisson`)",
            "5:16: that is no number of connections for one machine (from 1 to 20000)",
        ]
    );
    assert_eq!(
        problems(&with_load("connections: 5\nphases: [{for: 1m, users: 5}]")),
        ["4:16: no phase has a rate of arrivals (give a phase `rate: 200/s`)"]
    );
}

#[test]
fn a_client_is_plain_unless_it_is_told_otherwise() {
    let client = |client: &str| plan(&with_load(&format!("{client}\nphases: [{{for: 1m, users: 1}}]"))).client;
    assert_eq!(client("timeout: 5s"), ClientPlan::default());
    let told = "client: {tls: {verify: false, ca: ./ca.pem}, reuse: 100 requests}";
    let tls = TlsPlan { verify: false, ca: Some(PathBuf::from("/scenarios/chat/ca.pem")) };
    assert_eq!(client(told), ClientPlan { tls: Some(tls), reuse: Reuse::Requests(100) });
    assert_eq!(client("client: {reuse: no}").reuse, Reuse::Never);
    assert_eq!(client("client: {reuse: 30s, tls: {}}").tls, Some(TlsPlan { verify: true, ca: None }));
    let wrong = "client: {reuse: 100, tsl: {}}\nphases: [{for: 1m, users: 1}]";
    assert_eq!(
        problems(&with_load(wrong)),
        [
            "4:19: `100` is not how long a connection is used (write `no`, `always`, a number of requests or a time: \
         `100 requests`, `30s`)",
            "4:24: unknown key `tsl` (the keys here are `tls`, `reuse`)",
        ]
    );
}

#[test]
fn rows_come_from_a_file() {
    let load =
        "data:\n  users: {csv: users.csv, take: once}\n  orders: {lines: ./o.jsonl}\nphases: [{for: 1m, users: 1}]";
    let data = plan(&with_load(load)).data;
    let users = DataPlan { source: DataSource::Csv("/scenarios/chat/users.csv".into()), take: Take::Once };
    let orders = DataPlan { source: DataSource::Lines("/scenarios/chat/o.jsonl".into()), take: Take::InOrder };
    assert_eq!(data.into_iter().collect::<Vec<_>>(), [("orders".to_owned(), orders), ("users".to_owned(), users)]);
    let wrong = "data:\n  my users: {csv: a}\n  b: {}\n  c: {csv: a, take: all}\nphases: [{for: 1m, users: 1}]";
    assert_eq!(
        problems(&with_load(wrong)),
        [
            "5:15: `my users` cannot name rows (letters, digits, `_` and `-`: `users`)",
            "6:8: it is not clear where the rows are (write one of `csv` and `lines`)",
            "7:23: `all` is not a way to take rows (write `in_order`, `random` or `once`)",
        ]
    );
}

#[test]
fn templates_know_what_was_captured_before_them() {
    let steps = "- get: /items?page={{random 1..9}}\n  capture: {id: {json: \"$.items[0].id\"}}\n\
                 - repeat: 2\n  steps:\n    - post: /items/{{id}}/like\n      headers: {x-by: \"{{user}}\"}\n\
                 \x20     json: {by: [\"{{uuid}}\"]}\n      capture: {like: {header: X-Like}}\n- delete: /likes/{{like}}";
    let requests = requests(steps);
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/items?page={{random 1..9}}", "/items/{{id}}/like", "/likes/{{like}}"]);
    let captured = &requests[0].captures[0];
    assert_eq!(captured.name, "id");
    assert_eq!(captured.from, Source::Json(JsonPath::read("$.items[0].id").unwrap()));
    assert_eq!(requests[1].captures[0].from, Source::Header("x-like".to_owned()));
}

#[test]
fn names_that_nobody_knows_are_told_with_what_was_meant() {
    check(
        "- get: /items/{{id}}\n  capture: {id: {json: $.id}}",
        &["7:14: nothing is known of `id` at this step (capture it in a step before this one: \
         `capture: {id: {json: $.id}}`)"],
    );
    check(
        "- get: /{{usr}}\n- get: /{{users.name}}\n- get: /{{random}}\n- get: /{{uuid",
        &[
            "7:14: nothing is known of `usr` at this step (did you mean `user`?)",
            "8:14: there is no data `users` (name the file of its rows: `data: {users: {csv: users.csv}}`)",
            "9:14: `` is not a range of whole numbers (write `{{random 1..100}}`)",
            "10:14: `{{` without `}}` (close it: `{{name}}`; two braces themselves are `{{'{{'}}`)",
        ],
    );
    check(
        "- post: /\n  headers: {a: \"{{x}}\"}\n  json:\n    deep:\n      - {er: \"{{y}}\"}\n\
         - post: /\n  form: {f: \"{{z}}\"}\n- post: /\n  multipart: {m: \"{{w}}\"}\n- post: /\n  body: \"{{v}}\"",
        &[
            "8:22: nothing is known of `x` at this step (capture it in a step before this one: `capture: {x: {json: $.x}}`)",
            "11:20: nothing is known of `y` at this step (capture it in a step before this one: `capture: {y: {json: $.y}}`)",
            "13:19: nothing is known of `z` at this step (capture it in a step before this one: `capture: {z: {json: $.z}}`)",
            "15:24: nothing is known of `w` at this step (capture it in a step before this one: `capture: {w: {json: $.w}}`)",
            "17:15: nothing is known of `v` at this step (capture it in a step before this one: `capture: {v: {json: $.v}}`)",
        ],
    );
    check(
        "- get: /a b\n- get: \"{{now}}\"",
        &[
            "7:14: `/a b` is not a path (a path on the target, such as `/items?page=1`)",
            "8:14: `{{now}}` is not a path (a path on the target, such as `/items?page=1`)",
        ],
    );
}

#[test]
fn an_answer_can_be_looked_at() {
    let steps = "- get: /\n  expect:\n    status: 200\n    header: {Content-Type: json, x-id: {regex: '^[0-9]+$'}}\n\
                 \x20   body: hello\n    json:\n      $.ok: true\n      \"$.items[0]\": {exists: true}\n      $.n: 3\n\
                 \x20     $.o: {is: {a: 1}}\n      $.t: {regex: ^a}\n      $.x: null";
    let expect = &requests(steps)[0].expect;
    assert_eq!(
        expect.headers,
        [
            ("content-type".to_owned(), Pattern::Contains("json".to_owned())),
            ("x-id".to_owned(), Pattern::Regex("^[0-9]+$".to_owned())),
        ]
    );
    assert_eq!(expect.body, Some(Pattern::Contains("hello".to_owned())));
    let json: Vec<(String, &Condition)> = expect.json.iter().map(|(path, is)| (path.to_string(), is)).collect();
    assert_eq!(
        json,
        [
            ("$.items[0]".to_owned(), &Condition::Exists(true)),
            ("$.n".to_owned(), &Condition::Is(3.into())),
            ("$.o".to_owned(), &Condition::Is(serde_json::json!({"a": 1}))),
            ("$.ok".to_owned(), &Condition::Is(true.into())),
            ("$.t".to_owned(), &Condition::Regex("^a".to_owned())),
            ("$.x".to_owned(), &Condition::Is(serde_json::Value::Null)),
        ]
    );
}

#[test]
fn looks_that_cannot_be_are_refused() {
    check(
        "- get: /\n  expect: {body: {regexp: a}, header: {a: {regex: b, x: 1}}}",
        &[
            "8:24: `regex` is missing (add `regex: ...`)",
            "8:25: unknown key `regexp` (did you mean `regex`?)",
            "8:60: unknown key `x` (the keys here are `regex`)",
        ],
    );
    check(
        "- get: /\n  expect: {body: {regex: '('}, header: {a: '{{user}}'}, json: {$..a: 1, $.b: {exist: true}}}",
        &[
            "8:32: `(` is not a regular expression (unclosed group)",
            "8:50: nothing is filled in in what is expected (to look for the braces themselves, write \
             `{regex: '\\{\\{name\\}\\}'}`)",
            "8:76: `$..a` is not a place in JSON (keys and indices only: `$.items[0].id`, `$['first name']`, \
             `$.items[-1]`)",
            "8:84: it is not clear what is expected of the value (did you mean `exists`?)",
        ],
    );
    check(
        "- get: /\n  capture: {user: {header: a}, b: {}, c: {json: a.b, cookie: d}, e: {regex: '['}}",
        &[
            "8:25: `user` cannot name a captured value (letters, digits, `_` and `-`, and not the name of a built-in)",
            "8:41: it is not clear where the value stands (write one of `json`, `header`, `regex` and `cookie`)",
            "8:48: it is not clear where the value stands (write one of `json`, `header`, `regex` and `cookie`)",
            "8:83: `[` is not a regular expression (unclosed character class)",
        ],
    );
}

#[test]
fn a_body_is_one_of_five() {
    let steps = "- post: /\n  form: {b: \"{{user}}\", a: x y}\n- post: /\n  file: ./payload.bin\n- post: /\n  multipart:\n\
                 \x20   text: hello\n    avatar: {file: me.png, type: image/png}\n- put: /\n  body: 42\n- head: /\n- options: /";
    let requests = requests(steps);
    let form = vec![("b".to_owned(), "{{user}}".to_owned()), ("a".to_owned(), "x y".to_owned())];
    assert_eq!(requests[0].body, Some(Body::Form { form }), "in the order of the file");
    assert_eq!(requests[0].headers, [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())]);
    assert_eq!(requests[1].body, Some(Body::File { file: "/scenarios/chat/payload.bin".into() }));
    let text = Part { name: "text".to_owned(), content: PartContent::Text("hello".to_owned()) };
    let content = PartContent::File { path: "/scenarios/chat/me.png".into(), media_type: "image/png".to_owned() };
    let avatar = Part { name: "avatar".to_owned(), content };
    assert_eq!(requests[2].body, Some(Body::Multipart { multipart: vec![text, avatar] }));
    assert_eq!(requests[3].body, Some(Body::Text("42".to_owned())));
    assert_eq!((requests[4].method, requests[5].method), (Method::Head, Method::Options));
    check(
        "- post: /\n  body: a\n  file: b\n\
         - post: /\n  headers: {Content-Type: a/b}\n  multipart: {f: {fil: x}}\n\
         - post: /\n  headers: {content-type: a/b}\n  multipart: {f: x}",
        &[
            "7:9: `body` and `file` exclude each other (keep one of them)",
            "11:33: the content type of a `multipart` is set for you (leave the header out)",
            "12:24: `file` is missing (add `file: ...`)",
            "12:25: unknown key `fil` (did you mean `file`?)",
            "14:33: the content type of a `multipart` is set for you (leave the header out)",
        ],
    );
}

#[test]
fn think_times_are_drawn_in_three_ways() {
    let steps = "- get: /\n- think: 1s\n- think: 1s..2s\n- think: {exponential: 2s}\n\
                 - think: {normal: {mean: 2s, deviation: 500ms}}";
    let second = Duration::from_secs(1);
    assert_eq!(
        plan(&with_steps(steps)).journeys[0].steps[1..],
        [
            Step::Think(Think::Even(second..=second)),
            Step::Think(Think::Even(second..=second * 2)),
            Step::Think(Think::Exponential { mean: second * 2 }),
            Step::Think(Think::Normal { mean: second * 2, deviation: second / 2 }),
        ]
    );
    check(
        "- get: /\n- think: soon\n- think: {exponentail: 2s}\n- think: {exponential: 2}\n- think: {}",
        &[
            "8:16: `soon` is not a duration or a range of them (write a duration, or a range of them: `200ms`, `200ms..1s`)",
            "9:17: unknown key `exponentail` (did you mean `exponential`?)",
            "10:30: `2` is not a duration (write a duration with its unit: `500ms`, `30s`, `1h30m`, `2d`)",
            "11:16: it is not clear how long this is (write one of `exponential` and `normal`, or a time)",
        ],
    );
}

#[test]
fn steps_can_be_repeated_once() {
    let steps = "- repeat: 3\n  steps:\n    - get: /a\n    - think: 1s\n- get: /b";
    let plan = plan(&with_steps(steps));
    let Step::Repeat { times: 3, steps: inner } = &plan.journeys[0].steps[0] else { panic!("a loop") };
    assert_eq!(inner.len(), 2);
    let names: Vec<&str> = plan.journeys[0].requests().map(|request| request.name.as_str()).collect();
    assert_eq!(names, ["walk/GET /a", "walk/GET /b"]);
    check(
        "- repeat: 2\n  steps: [{repeat: 2, steps: [{get: /}]}, {get: /}]\n- repeat: 0\n  steps: []\n- repeat: 2\n- get: /\n  steps: []",
        &[
            "8:17: a `repeat` stands in a `repeat` (loops cannot be nested)",
            "9:9: that repeats nothing, or far too often (`repeat` from 1 to 100000)",
            "11:9: `repeat` and `steps` go together (`{repeat: 3, steps: [{get: /}]}`)",
            "12:9: it is not clear what this step does (write exactly one of `get`, `post`, `put`, `delete`, `patch`, \
         `head`, `options`, `think`, `repeat`, and of a WebSocket `connect`, `send`, `receive`, `ping`, `stall` and \
         `leave`)",
        ],
    );
    check(
        "- get: /\n- think: 1s\n  headers: {a: b}",
        &["9:18: a step that thinks has no `headers` (move it to a step that sends a request)"],
    );
}

#[test]
fn clients_have_manners() {
    let steps = "- get: /\n  manner: {leaves_after: headers}\n- get: /\n  manner: {leaves_after: 200ms}\n\
                 - post: /\n  file: a\n  manner: {sends_only: 1KiB}\n- get: /\n  manner: {reads_at: 1KiB/s}\n  expect: {body: a}\n\
                 - get: /\n  manner: {reads_nothing_for: 30s}";
    let manners: Vec<Manner> = requests(steps).into_iter().filter_map(|request| request.manner).collect();
    assert_eq!(
        manners,
        [
            Manner::LeavesAfter(Point::Headers),
            Manner::LeavesAfter(Point::Time(Duration::from_millis(200))),
            Manner::SendsOnly(1024),
            Manner::ReadsAt(1024.0),
            Manner::ReadsNothingFor(Duration::from_secs(30)),
        ]
    );
    check(
        "- get: /\n  manner: {leaves_after: 10KiB}\n  expect: {status: 200}\n- get: /\n  manner: {sends_only: 1KiB}\n\
         - get: /\n  manner: {}\n- get: /\n  manner: {leave_after: 10}",
        &[
            "8:17: a client that leaves gets no answer to look at (leave `expect` and `capture` out of this step)",
            "11:17: there is no body of which only a part could be sent (add `body` or `file`)",
            "13:17: it is not clear how the client misbehaves (write one of `leaves_after`, `sends_only`, `reads_at` \
             and `reads_nothing_for`)",
            "15:18: unknown key `leave_after` (did you mean `leaves_after`?)",
        ],
    );
}

#[test]
fn templates_that_yaml_takes_for_mappings_are_told() {
    let quote = "put a text that has braces or brackets in it in quotes: `\"/items/{{id}}\"`";
    check("- get: {{now}}", &[&format!("7:14: expected text, found a mapping ({quote})")]);
    check("- {post: /, json: {by: {{user}}}}", &[&format!("7:31: a key has to be a text ({quote})")]);
    check(
        "- {get: /{{now}}}",
        &[&format!("7:16: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}}' ({quote})")],
    );
}
