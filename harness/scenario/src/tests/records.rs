//! Plans of old records open, and plans of today come back as they were.

use super::{GOOD, read};
use crate::*;

/// A journey and a phase as they were stored before there was anything but users, ranges and texts.
const OLD_JOURNEY: &str = r#"{"name":"browse","weight":3,"steps":[
    {"request":{"name":"browse/POST /items","method":"POST","path":"/items",
                "headers":[["content-type","application/json"]],"body":"{\"n\":3}",
                "expect":{"statuses":[{"start":200,"end":299}],"within":{"secs":0,"nanos":500000000}}}},
    {"request":{"name":"browse/GET /","method":"GET","path":"/","headers":[],"body":null,
                "expect":{"statuses":[{"start":200,"end":399}],"within":null}}},
    {"think":{"start":{"secs":0,"nanos":200000000},"end":{"secs":1,"nanos":0}}}]}"#;
const OLD_PHASE: &str =
    r#"{"name":"work","cycle":1,"start":30000000,"length":{"secs":25,"nanos":0},"users":{"from":0,"to":50}}"#;

#[test]
fn an_old_plan_opens() {
    let journey: Journey = serde_json::from_str(OLD_JOURNEY).unwrap();
    let requests: Vec<&Request> = journey.requests().collect();
    assert_eq!(requests[0].body, Some(Body::Text("{\"n\":3}".to_owned())));
    assert_eq!((requests[1].body.as_ref(), requests[1].manner), (None, None));
    let range = std::time::Duration::from_millis(200)..=std::time::Duration::from_secs(1);
    assert_eq!(journey.steps[2], Step::Think(Think::Even(range)));
    let phase: Phase = serde_json::from_str(OLD_PHASE).unwrap();
    assert_eq!(phase.rate, RateRamp::default());
    let mut plan = serde_json::to_value(read(GOOD).unwrap()).unwrap();
    for key in ["arrivals", "client", "data", "services", "profile"] {
        plan.as_object_mut().unwrap().remove(key).unwrap();
    }
    let plan: Plan = serde_json::from_value(plan).unwrap();
    assert_eq!((plan.arrivals, plan.client), (ArrivalPlan::default(), ClientPlan::default()));
    assert_eq!((plan.services.len(), plan.profile), (0, None));
    let rate: SeriesRule = serde_json::from_str(r#"{"rate":{"below":5.0}}"#).unwrap();
    assert_eq!(rate, SeriesRule::Rate { below: 5.0, during: None });
}

#[test]
fn a_plan_with_everything_in_it_comes_back_as_it_was() {
    let source = r#"
name: all
target: {process: {command: [a]}}
load:
  arrivals: poisson
  client: {tls: {ca: ca.pem}, reuse: 30s, http: 2, streams: 5, redirects: follow, cookies: true, compression: true}
  data: {users: {csv: users.csv, take: once}}
  journeys:
    - name: all
      steps:
        - get: /{{users.name}}
          capture: {id: {json: "$.a['b c'][-1]"}, token: {cookie: t}, n: {regex: 'n=(\d+)'}}
          expect: {header: {a: b}, body: {regex: x}, json: {$.a: {exists: false}, $.b: {is: [1]}, $.c: d}}
        - think: {exponential: 2s}
        - think: {normal: {mean: 2s, deviation: 1s}}
        - think: 1s..2s
        - repeat: 2
          steps:
            - {post: /, json: {a: 1}}
            - {post: /, form: {a: b}}
            - {post: /, file: a.bin, manner: {sends_only: 1KiB}}
            - {post: /, multipart: {a: b, c: {file: d}}, manner: {reads_at: 1KiB/s}}
            - {post: /, body: "{{id}}", manner: {leaves_after: 10KiB}}
            - {options: /, manner: {reads_nothing_for: 1s}}
  phases: [{for: 1m, rate: 0/s..10/s}, {for: 1m, users: 5}]
"#;
    let plan = read(source).unwrap();
    let stored = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&stored).unwrap(), plan);
}
