//! From a scenario's text to what goes over the wire, and back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clock::Clock;
use httparse::Header;
use scenario::{Plan, Request};

use super::*;

/// A folder with files, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let path = std::env::temp_dir().join(format!("plimsoll-script-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (name, content) in files {
            std::fs::write(path.join(name), content).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A plan whose one journey has these steps, with these keys beneath `load`.
#[track_caller]
fn plan(folder: &Path, load: &str, steps: &str) -> Plan {
    let (load, steps) = (load.replace('\n', "\n  "), steps.replace('\n', "\n        "));
    let source = format!(
        "name: a\ntarget: {{process: {{command: [a]}}}}\nload:\n  {load}\n  journeys:\n    - name: walk\n      steps:\n        \
         {steps}\n  phases: [{{for: 1m, users: 1}}]\n"
    );
    scenario::load(&source, folder, &|_| None).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A journey, compiled.
struct Walk {
    messages: Vec<Message>,
    readings: Vec<Reading>,
    cast: Cast,
    scope: Scope,
}

impl Walk {
    fn compile(plan: &Plan) -> Result<Self, ScriptError> {
        let supplies = Supplies::gather(&plan.data, plan.arrivals.seed, Clock::start())?;
        let (journey, mut files) = (&plan.journeys[0], Files::default());
        let mut compiler = Compiler::new(journey, &supplies, &mut files);
        let message = |request: &Request| Message::new(request, &mut compiler);
        let messages = journey.requests().map(message).collect::<Result<_, _>>()?;
        let readings = journey.requests().map(|request| Reading::new(request, &compiler)).collect::<Result<_, _>>()?;
        let cast = compiler.finish();
        Ok(Self { messages, readings, cast, scope: Scope::new(Arc::new(supplies)) })
    }

    #[track_caller]
    fn new(steps: &str) -> Self {
        Self::compile(&plan(Path::new("/"), "seed: 7", steps)).unwrap_or_else(|error| panic!("{error}"))
    }

    fn begin(&mut self, user: u64, iteration: u64) -> Result<(), OutOfData> {
        self.scope.begin(&self.cast, user, iteration)
    }

    fn path(&mut self, step: usize) -> String {
        let mut out = Vec::new();
        self.messages[step].path.render(&mut self.scope, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn header(&mut self, step: usize) -> String {
        let mut out = Vec::new();
        self.messages[step].headers[0].1.render(&mut self.scope, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn body(&mut self, step: usize) -> String {
        let mut buffer = b"from before".to_vec();
        let body = self.messages[step].body.as_ref().unwrap();
        String::from_utf8_lossy(body.bytes(&mut self.scope, &mut buffer)).into_owned()
    }

    /// What the step makes of an answer: nothing, or what is unmet and the example of it.
    fn read(&mut self, step: usize, headers: &[(&str, &str)], body: &str) -> Option<(String, String)> {
        let headers: Vec<Header<'_>> =
            headers.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect();
        let answer = Answer { headers: &headers, body: body.as_bytes() };
        let unmet = self.readings[step].read(answer, &mut self.scope).err()?;
        Some((unmet.kind.to_string(), unmet.example()))
    }
}

#[test]
fn built_ins_are_filled_in() {
    let mut walk = Walk::new(
        "- get: /{{user}}/{{iteration}}/{{counter}}/{{counter}}/{{random 3..3}}/{{'{{'}}\n\
         - get: /{{uuid}}\n- get: /{{random_hex 20}}\n- get: /{{now}}\n- get: /{{random 1..6}}",
    );
    walk.begin(4, 2).unwrap();
    assert_eq!(walk.path(0), "/4/2/0/1/3/{{");
    assert_eq!(walk.path(0), "/4/2/2/3/3/{{", "every number is given once");
    let uuid = walk.path(1);
    let parts: Vec<&str> = uuid[1..].split('-').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
    assert_ne!(uuid, walk.path(1));
    let hex = walk.path(2);
    assert!(hex.len() == 21 && hex[1..].bytes().all(|byte| byte.is_ascii_hexdigit()), "{hex}");
    let now: u128 = walk.path(3)[1..].parse().unwrap();
    let started = Clock::start().started_at().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(started.as_millis().abs_diff(now) < 10_000, "{now}");
    assert!((0..100).all(|_| ["/1", "/2", "/3", "/4", "/5", "/6"].contains(&walk.path(4).as_str())));
}

#[test]
fn a_walk_draws_what_it_drew_in_the_run_before() {
    let steps = "- get: /{{uuid}}/{{random 1..1000000}}";
    let (mut one, mut other) = (Walk::new(steps), Walk::new(steps));
    let mut walk = |user, iteration| {
        one.begin(user, iteration).unwrap();
        one.path(0)
    };
    let first = walk(3, 5);
    assert_ne!(first, walk(3, 6));
    assert_ne!(first, walk(4, 5));
    other.begin(3, 5).unwrap();
    assert_eq!(first, other.path(0));
}

#[test]
fn what_was_captured_goes_where_it_is_named() {
    let steps = "- get: /\n  capture: {a: {json: $.a}, b: {header: X-B}, c: {regex: 'n=([0-9]+)'}, d: {cookie: sid}, \
                 e: {regex: 'n=[0-9]'}, f: {json: $.f}}\n\
                 - post: /{{a}}?b={{b}}&c={{c}}\n  headers: {x: \"{{a}}-{{d}}\"}\n  json: {a: \"{{a}}\", n: [1, \"{{c}}\"], o: {}}\n\
                 - put: /\n  form: {\"a b\": \"{{a}}\", c: \"=\"}\n- patch: /\n  body: \"{{e}} {{f}}\"";
    let mut walk = Walk::new(steps);
    walk.begin(0, 0).unwrap();
    let headers = [("x-b", "1 2"), ("Set-Cookie", "sid=s1; Path=/")];
    let body = r#"{"a": "it\"s\r\n/x", "f": {"g": 1}, "t": "n=42"}"#;
    assert_eq!(walk.read(0, &headers, body), None);
    assert_eq!(walk.path(1), "/it%22s%0D%0A%2Fx?b=1%202&c=42");
    assert_eq!(walk.header(1), "it\"s  /x-s1", "a line end would begin another header");
    assert_eq!(walk.body(1), r#"{"a":"it\"s\r\n/x","n":[1,"42"],"o":{}}"#);
    assert_eq!(walk.body(2), "a%20b=it%22s%0D%0A%2Fx&c=%3D");
    assert_eq!(walk.body(3), r#"n=4 {"g": 1}"#);
}

#[test]
fn what_is_not_there_is_not_captured_and_ends_the_walk() {
    let steps = "- get: /\n  capture: {id: {json: $.id}, sid: {cookie: sid}, h: {header: h}, r: {regex: 'a(b)?'}}\n- get: /{{id}}";
    let mut walk = Walk::new(steps);
    walk.begin(0, 0).unwrap();
    let all = [("set-cookie", "sid=1"), ("h", "1")];
    assert_eq!(walk.read(0, &all, r#"{"id": "ab"}"#), None);
    assert_eq!(walk.path(1), "/ab");
    let unmet = |kind: &str, example: &str| Some((format!("not captured: {kind}"), example.to_owned()));
    assert_eq!(walk.read(0, &all, r#"{"id": null, "ab": 1}"#), unmet("id", r#"{"id": null, "ab": 1}"#));
    assert_eq!(walk.path(1), "/", "the value of the answer before is not used");
    assert_eq!(walk.read(0, &all, "ab <html>"), unmet("id", "ab <html>"));
    assert_eq!(walk.read(0, &all[..1], r#"{"id": "ab"}"#), unmet("h", ""));
    assert_eq!(walk.read(0, &all[1..], r#"{"id": "ab"}"#), unmet("sid", ""));
    assert_eq!(walk.read(0, &all, r#"{"id": "a"}"#), unmet("r", r#"{"id": "a"}"#), "a group that takes no part");
    let answer = Answer { headers: &[], body: b"" };
    assert!(walk.readings[0].read(answer, &mut walk.scope).unwrap_err().ends_the_walk);
    assert_eq!(walk.read(0, &all, r#"{"id": "ab"}"#), None);
    walk.begin(0, 1).unwrap();
    assert_eq!(walk.path(1), "/", "a walk knows nothing of the one before it");
}

#[test]
fn an_answer_is_what_is_expected_or_says_what_it_was() {
    let steps = "- get: /\n  expect:\n    header: {content-type: json, x-id: {regex: '^[0-9]+$'}}\n    body: hello\n    json:\n\
                 \x20     $.ok: true\n      $.n: 1\n      $.s: \"ä\"\n      $.o: {is: {a: [1, null]}}\n      $.t: {regex: ^a}\n\
                 \x20     $.gone: {exists: false}\n      $.z: null";
    let mut walk = Walk::new(steps);
    walk.begin(0, 0).unwrap();
    let headers = [("Content-Type", "application/json; charset=utf-8"), ("X-Id", "12")];
    let good = r#"{"ok":true,"n":1.0,"s":"\u00e4","o":{ "a":[1,null] },"t":"abc","z":null,"x":"hello"}"#;
    assert_eq!(walk.read(0, &headers, good), None);
    let mut check = |from: &str, to: &str, kind: &str, example: &str| {
        let body = good.replace(from, to);
        assert_ne!(body, good);
        assert_eq!(walk.read(0, &headers, &body), Some((kind.to_owned(), example.to_owned())));
    };
    check("\"ok\":true", "\"ok\":\"true\"", "json $.ok", "\"true\"");
    check("1.0", "2", "json $.n", "2");
    check("\\u00e4", "a", "json $.s", "\"a\"");
    check("null]", "2]", "json $.o", r#"{ "a":[1,2] }"#);
    check("\"abc\"", "\"bac\"", "json $.t", "\"bac\"");
    check("\"x\":", "\"gone\":1,\"x\":", "json $.gone", "1");
    check("\"z\":null", "\"z\":0", "json $.z", "0");
    let other = r#"{"hello":1}"#;
    check(good, other, "json $.n", other);
    check("hello", "bye", "body", &good.replace("hello", "bye"));
    check(good, "<h1>hello", "json $.gone", "<h1>hello");
    let wrong = [("content-type", "text/html"), ("x-id", "12")];
    assert_eq!(walk.read(0, &wrong, good), Some(("header content-type".to_owned(), "text/html".to_owned())));
    assert_eq!(walk.read(0, &headers[..1], good), Some(("header x-id".to_owned(), String::new())));
}

#[test]
fn an_expectation_that_is_not_met_is_told_before_what_is_not_captured() {
    let mut walk =
        Walk::new("- get: /\n  expect: {body: a}\n  capture: {id: {regex: 'b(.)'}, no: {regex: c}}\n- get: /{{id}}");
    walk.begin(0, 0).unwrap();
    let answer = Answer { headers: &[], body: b"b7" };
    let unmet = walk.readings[0].read(answer, &mut walk.scope).unwrap_err();
    assert_eq!((&*unmet.kind.to_string(), unmet.ends_the_walk), ("body", true));
    assert_eq!(walk.path(1), "/7", "what can be taken is");
}

#[test]
fn rows_are_taken_by_walks_and_run_out() {
    let folder = Folder::new("rows", &[("users.csv", b"name,id\nann lee,1\nbob,2\n")]);
    let data = "data:\n  users: {csv: users.csv, take: once}";
    let plan = plan(&folder.0, data, "- get: /{{users.id}}/{{users.name}}/{{users.id}}");
    let mut walk = Walk::compile(&plan).unwrap();
    let mut take = |iteration| walk.begin(0, iteration).map(|()| walk.path(0));
    assert_eq!(take(0), Ok("/1/ann%20lee/1".to_owned()));
    assert_eq!(take(1), Ok("/2/bob/2".to_owned()));
    assert_eq!(take(2), Err(OutOfData));
    assert_eq!(OutOfData.to_string(), "out of data");
    let wrong = self::plan(&folder.0, data, "- get: /{{users.nam}}");
    let error = Walk::compile(&wrong).err().unwrap().to_string();
    assert_eq!(error, "`{{users.nam}}`: the columns of `users` are `name`, `id`");
    let unused = self::plan(&folder.0, data, "- get: /");
    let mut unused = Walk::compile(&unused).unwrap();
    assert!((0..3).all(|walk| unused.begin(0, walk).is_ok()), "who names no row takes none");
}

#[test]
fn a_form_has_its_parts_in_order() {
    let folder = Folder::new("form", &[("me.png", b"\x89PNG\r\n"), ("b\"c", b"x")]);
    let steps = "- post: /\n  multipart:\n    text: \"{{user}}\"\n    avatar: {file: me.png, type: image/png}\n    \
                 other: {file: 'b\"c'}\n- post: /\n  multipart: {a: b}";
    let mut walk = Walk::compile(&plan(&folder.0, "seed: 7", steps)).unwrap();
    walk.begin(9, 0).unwrap();
    let content_type = walk.messages[0].body.as_ref().unwrap().content_type().unwrap().to_owned();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    assert_eq!(
        walk.body(0),
        format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\n9\r\n\
             --{boundary}\r\ncontent-disposition: form-data; name=\"avatar\"; filename=\"me.png\"\r\n\
             content-type: image/png\r\n\r\n\u{fffd}PNG\r\n\r\n\
             --{boundary}\r\ncontent-disposition: form-data; name=\"other\"; filename=\"b%22c\"\r\n\
             content-type: application/octet-stream\r\n\r\nx\r\n--{boundary}--\r\n"
        )
    );
    assert!(!walk.messages[0].is_constant());
    assert!(walk.messages[1].is_constant());
}

#[test]
fn what_is_constant_is_put_together_once() {
    let folder = Folder::new("constant", &[("payload.bin", &[0xff; 1000])]);
    let steps = "- post: /a?b=c\n  headers: {x: y}\n  json: {b: [1, {}], a: \"q\\\"\"}\n- post: /\n  file: payload.bin\n\
                 - put: /\n  file: ./payload.bin\n- get: /";
    let mut walk = Walk::compile(&plan(&folder.0, "seed: 7", steps)).unwrap();
    assert!(walk.messages.iter().all(Message::is_constant));
    assert_eq!(walk.body(0), r#"{"a":"q\"","b":[1,{}]}"#);
    let file = |walk: &Walk, step: usize| walk.messages[step].body.as_ref().unwrap().constant().unwrap().as_ptr();
    assert_eq!(file(&walk, 1), file(&walk, 2), "a file is read once");
    assert!(walk.messages[3].body.is_none());
    let none = self::plan(&folder.0, "seed: 7", "- post: /\n  file: gone.bin");
    assert!(Walk::compile(&none).err().unwrap().to_string().ends_with("gone.bin cannot be read"));
}

#[test]
fn a_body_is_kept_only_where_somebody_looks_at_it() {
    let walk = Walk::new(
        "- get: /\n- get: /\n  expect: {status: 200, header: {a: b}}\n- get: /\n  capture: {a: {header: b}}\n\
         - get: /\n  expect: {body: a}\n- get: /\n  capture: {a: {json: $.b}}",
    );
    let wants = |reading: &Reading| (reading.is_empty(), reading.wants_body());
    let wanted: Vec<_> = walk.readings.iter().map(wants).collect();
    assert_eq!(wanted, [(true, false), (false, false), (false, false), (false, true), (false, true)]);
}
