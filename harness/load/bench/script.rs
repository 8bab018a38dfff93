//! What the language of journeys costs: nanoseconds for each operation of a step.
//!
//! The best of seven rounds, for what is slower was disturbed. `cargo bench -p load --bench script`.
#![expect(clippy::print_stdout, reason = "this is where its figures go")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use clock::Clock;
use httparse::Header;
use load::script::{Answer, Cast, Compiler, Files, Message, Reading, Scope, Supplies};
use scenario::{Plan, Request};

const ROUNDS: usize = 7;
const TIMES: u32 = 100_000;

/// Each step is measured alone; the last is what a step with everything is.
const SCENARIO: &str = r#"
name: bench
target: {process: {command: [none]}}
load:
  journeys:
    - name: bench
      steps:
        - {get: /items?page=1}
        - {get: /, capture: {id: {header: x-id}}}
        - {get: /, capture: {id: {json: "$.items[0].id"}}}
        - {get: /, capture: {id: {regex: '"id":"([a-z0-9]+)"'}}}
        - {get: /, expect: {body: total}}
        - {get: /, expect: {json: {$.ok: true, $.total: {exists: true}}}}
        - {get: "/items/{{id}}/by/{{user}}"}
        - {post: /items, json: {by: "{{user}}", of: "{{id}}", key: "{{uuid}}"}}
        - get: /items/{{id}}/by/{{user}}
          headers: {authorization: "Bearer {{id}}"}
          expect: {header: {content-type: json}, json: {$.ok: true}}
          capture: {id: {json: "$.items[0].id"}}
  phases: [{for: 1m, users: 1}]
"#;

fn main() {
    let plan = scenario::load(SCENARIO, Path::new("/"), &|_| None).expect("the scenario is good");
    let mut bench = Bench::new(&plan);
    let (short, long) = (document(2), document(60));
    println!("bodies of {} and {} bytes; ns each, the best of {ROUNDS} rounds of {TIMES}\n", short.len(), long.len());
    for (what, step) in [
        ("capture a header", 1),
        ("capture from JSON", 2),
        ("capture by a regular expression", 3),
        ("expect a text", 4),
        ("expect two values of JSON", 5),
    ] {
        bench.read(&format!("{what}, short"), step, &short);
        bench.read(&format!("{what}, long"), step, &long);
    }
    bench.render("a constant path", 0);
    bench.render("a path with two variables", 6);
    bench.render("a JSON body with three", 7);
    bench.step("a step without anything, short", 0, &short);
    bench.step("a step with everything, short", 8, &short);
    bench.step("a step with everything, long", 8, &long);
}

/// A list of so many items, as services answer.
fn document(items: usize) -> String {
    let item = |number: usize| {
        format!(
            r#"{{"id":"a{number:07}","name":"item {number}","price":{number}.25,"tags":["new","cheap"],"stock":{number}}}"#
        )
    };
    let items: Vec<String> = (0..items).map(item).collect();
    format!(r#"{{"ok":true,"items":[{}],"total":{}}}"#, items.join(","), items.len())
}

struct Bench {
    clock: Clock,
    messages: Vec<Message>,
    readings: Vec<Reading>,
    cast: Cast,
    scope: Scope,
    out: Vec<u8>,
    body: Vec<u8>,
}

impl Bench {
    fn new(plan: &Plan) -> Self {
        let clock = Clock::start();
        let supplies = Supplies::gather(&plan.data, 0, clock).expect("there is no data");
        let mut files = Files::default();
        let mut compiler = Compiler::new(&plan.journeys[0], &supplies, &mut files);
        let requests: Vec<&Request> = plan.journeys[0].requests().collect();
        let message = |request: &&Request| Message::new(request, &mut compiler).expect("it compiles");
        let messages = requests.iter().map(message).collect();
        let readings = requests.iter().map(|request| Reading::new(request, &compiler).expect("it compiles")).collect();
        let cast = compiler.finish();
        let mut scope = Scope::new(Arc::new(supplies));
        scope.begin(&cast, 7, 0).expect("there is no data to run out of");
        Self { clock, messages, readings, cast, scope, out: Vec::new(), body: Vec::new() }
    }

    fn render(&mut self, what: &str, step: usize) {
        self.measure(what, |bench| bench.send(step));
    }

    fn read(&mut self, what: &str, step: usize, body: &str) {
        self.measure(what, |bench| bench.receive(step, body.as_bytes()));
    }

    /// One walk of one step: what a request costs besides its client.
    fn step(&mut self, what: &str, step: usize, body: &str) {
        let mut iteration = 0;
        self.measure(what, |bench| {
            iteration += 1;
            bench.scope.begin(&bench.cast, 7, iteration).expect("there is no data to run out of");
            bench.send(step);
            bench.receive(step, body.as_bytes());
        });
    }

    fn send(&mut self, step: usize) {
        let message = &self.messages[step];
        self.out.clear();
        message.path.render(&mut self.scope, &mut self.out);
        for (_, value) in &message.headers {
            value.render(&mut self.scope, &mut self.out);
        }
        if let Some(body) = &message.body {
            black_box(body.bytes(&mut self.scope, &mut self.body));
        }
        black_box(&self.out);
    }

    fn receive(&mut self, step: usize, body: &[u8]) {
        let headers = [
            Header { name: "server", value: b"bench" },
            Header { name: "content-type", value: b"application/json" },
            Header { name: "x-id", value: b"a1b2c3d4" },
        ];
        let reading = &self.readings[step];
        if !reading.is_empty() {
            let answer = Answer { headers: &headers, body: black_box(body) };
            reading.read(answer, &mut self.scope).expect("the answer is as expected");
        }
    }

    fn measure(&mut self, what: &str, mut operation: impl FnMut(&mut Self)) {
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = self.clock.now();
            (0..TIMES).for_each(|_| operation(self));
            let took = self.clock.now().since(start);
            best = best.min(took.as_secs_f64() * 1e9 / f64::from(TIMES));
        }
        println!("{what:<45} {best:>8.0}");
    }
}
