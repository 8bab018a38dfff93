//! The load: journeys, and phases laid out one after the other.

use std::collections::BTreeSet;
use std::time::Duration;

use timeline::Elapsed;

use super::Resolver;
use super::request::Walk;
use super::socket::socket_keys;
use crate::plan::{Body, Journey, Method, Phase, RateRamp, Request, Step, Users, load_phases};
use crate::quantity::HttpVersion;
use crate::spec::{JourneySpec, LoadSpec, PhaseSpec, Spec, StepSpec};

pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// More phases than this is a mistake, not a plan.
const MOST_PHASES: usize = 100_000;
const MOST_USERS: u64 = 20_000;
/// A rate is seen at work within a phase.
const LEAST_RATE: f64 = 0.1;
const MOST_RATE: f64 = 1e6;
/// More than this is no loop of one user any more.
const MOST_REPEATS: u32 = 100_000;

impl Resolver<'_> {
    pub(super) fn phases(&mut self, specs: &[PhaseSpec]) -> Vec<Phase> {
        let mut phases = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            self.phase(&["load", "phases", &index.to_string()], spec, None, &mut phases);
        }
        if phases.is_empty() && !self.is_known_bad(&["load", "phases"]) {
            self.refuse(&["load", "phases"], "there are no phases", "for example `{name: work, for: 1m, users: 10}`");
        }
        phases
    }

    pub(super) fn warm_up(&mut self, spec: &LoadSpec, phases: &[Phase]) -> Option<Duration> {
        let warm_up = spec.warm_up?.0;
        let load: Duration = load_phases(phases).map(|phase| phase.length).sum();
        if warm_up.is_zero() || warm_up >= load {
            let hint = "leave it out where it is not known";
            self.refuse(&["load", "warm_up"], "the warm-up has to end before the load does", hint);
        }
        Some(warm_up)
    }

    fn phase(&mut self, place: &[&str], spec: &PhaseSpec, cycle: Option<u32>, phases: &mut Vec<Phase>) {
        match (&spec.phases, spec.repeat) {
            (None, None) => self.plain_phase(place, spec, cycle, phases),
            (Some(inner), Some(times)) if cycle.is_none() => self.cycles(place, inner, times, phases),
            (Some(_), Some(_)) => self.refuse(place, "a `repeat` stands in a `repeat`", "cycles cannot be nested"),
            _ => self.refuse(place, "`repeat` and `phases` go together", "`{repeat: 12, phases: [...]}`"),
        }
    }

    fn cycles(&mut self, place: &[&str], inner: &[PhaseSpec], times: u32, phases: &mut Vec<Phase>) {
        if times == 0 || inner.is_empty() || inner.len() * times as usize > MOST_PHASES {
            return self.refuse(place, "that makes no cycles, or far too many", "`repeat` at least once");
        }
        for cycle in 1..=times {
            for (index, spec) in inner.iter().enumerate() {
                let index = index.to_string();
                let place: Vec<&str> = place.iter().copied().chain(["phases", &index]).collect();
                self.phase(&place, spec, Some(cycle), phases);
            }
        }
    }

    fn plain_phase(&mut self, place: &[&str], spec: &PhaseSpec, cycle: Option<u32>, phases: &mut Vec<Phase>) {
        let length = spec.length.map_or(Duration::ZERO, |span| span.0);
        if length < Duration::from_millis(100) && !self.is_known_bad(place) {
            self.refuse(place, "the phase has no length", "add `for: 30s`");
        }
        let users = spec.users.map_or(Users::default(), |users| users.0);
        if users.from.max(users.to) > MOST_USERS {
            let hint = format!("at most {MOST_USERS}");
            self.refuse(&[place, &["users"]].concat(), "that is more users than one machine drives", hint);
        }
        let rate = self.rate(place, spec);
        let start = phases.last().map_or(Elapsed::ZERO, Phase::end);
        let foreign = spec.loaded.unwrap_or(false);
        let collect = spec.collect.unwrap_or(false);
        let mut phase = Phase { name: String::new(), cycle, start, length, users, rate, foreign, collect };
        if collect && phase.loaded() {
            let hint = "add an idle phase for it: `{name: rest, for: 10s, collect: true}`";
            self.refuse(&[place, &["collect"]].concat(), "a collection under load shows no floor", hint);
        }
        let name = || if phase.loaded() { "load" } else { "idle" }.to_owned();
        phase.name = spec.name.clone().unwrap_or_else(name);
        phases.push(phase);
    }

    fn rate(&mut self, place: &[&str], spec: &PhaseSpec) -> RateRamp {
        let rate = spec.rate.map_or(RateRamp::default(), |rate| rate.0);
        if spec.users.is_some() && spec.rate.is_some() {
            let hint = "`users` wait for their answers, arrivals at a `rate` come whatever happens: keep one of them";
            self.refuse(place, "`users` and `rate` exclude each other", hint);
        }
        if rate.most() > 0.0 && !(LEAST_RATE..=MOST_RATE).contains(&rate.most()) {
            let hint = format!("from `{LEAST_RATE}/s` to `{MOST_RATE:.0}/s`");
            self.refuse(&[place, &["rate"]].concat(), "the rate is out of reach", hint);
        }
        rate
    }

    pub(super) fn journeys(&mut self, spec: &Spec, phases: &[Phase]) -> Vec<Journey> {
        let loaded = spec.load.command.is_none() && phases.iter().any(|phase| phase.loaded() && !phase.foreign);
        if loaded && spec.load.journeys.is_empty() && !self.is_known_bad(&["load"]) {
            let hint = "add `journeys: [{name: home, steps: [{get: /}]}]`";
            self.refuse(&["load"], "there is load, and nothing that it does", hint);
        }
        if loaded && !has_port(spec) {
            self.refuse(&["target"], "the load needs a port of the target, and there is none", "add `port: 8080`");
        }
        let mut names = BTreeSet::new();
        let mut journeys = Vec::new();
        for (index, journey) in spec.load.journeys.iter().enumerate() {
            let client = spec.load.client.as_ref();
            let is_http_2 = client.is_some_and(|client| client.http == Some(HttpVersion::Two));
            let walk = Walk::new(&journey.name, &spec.load.data, is_http_2);
            journeys.push(self.journey(index, journey, &mut names, walk));
        }
        journeys
    }

    fn journey(
        &mut self,
        index: usize,
        spec: &JourneySpec,
        names: &mut BTreeSet<String>,
        mut walk: Walk<'_>,
    ) -> Journey {
        let index = index.to_string();
        let place = ["load", "journeys", &index];
        if !names.insert(spec.name.clone()) {
            let place = [&place[..], &["name"]].concat();
            self.refuse(&place, format!("there are two journeys `{}`", spec.name), "name them apart");
        }
        if spec.weight == Some(0) {
            self.refuse(&[&place[..], &["weight"]].concat(), "nobody would go on this journey", "at least 1");
        }
        let steps = self.steps(&place, &spec.steps, &mut walk);
        let journey = Journey { name: spec.name.clone(), weight: spec.weight.unwrap_or(1), steps };
        if journey.names().next().is_none() && !self.is_known_bad(&place) {
            self.refuse(&place, "the journey sends no request", "add a step such as `{get: /}`");
        }
        journey
    }

    fn steps(&mut self, place: &[&str], specs: &[StepSpec], walk: &mut Walk<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            steps.extend(self.step(&[place, &["steps", &index.to_string()]].concat(), spec, walk));
        }
        steps
    }

    fn step(&mut self, place: &[&str], spec: &StepSpec, walk: &mut Walk<'_>) -> Option<Step> {
        let methods = [
            (Method::Get, &spec.get),
            (Method::Post, &spec.post),
            (Method::Put, &spec.put),
            (Method::Delete, &spec.delete),
            (Method::Patch, &spec.patch),
            (Method::Head, &spec.head),
            (Method::Options, &spec.options),
        ];
        let mut written = methods.iter().filter_map(|(method, path)| Some((*method, path.as_ref()?)));
        match (written.next(), written.next(), &spec.think, &spec.steps) {
            (None, None, None, None) if spec.repeat.is_none() && socket_keys(spec) == 1 => {
                self.socket(place, spec, walk).map(Step::Socket)
            }
            (Some((method, path)), None, None, None) if spec.repeat.is_none() => {
                Some(Step::Request(self.request(place, spec, (method, path), walk)))
            }
            (None, None, Some(think), None) if spec.repeat.is_none() => {
                self.says_nothing(place, spec, "thinks");
                Some(Step::Think(self.think(place, think)))
            }
            (None, None, None, Some(steps)) if spec.repeat.is_some() => {
                self.says_nothing(place, spec, "repeats");
                self.repeat(place, spec, steps, walk)
            }
            (None, None, None, _) if spec.repeat.is_some() || spec.steps.is_some() => {
                if !self.is_known_bad(place) {
                    self.refuse(place, "`repeat` and `steps` go together", "`{repeat: 3, steps: [{get: /}]}`");
                }
                None
            }
            _ => {
                if !self.is_known_bad(place) {
                    let hint = "write exactly one of `get`, `post`, `put`, `delete`, `patch`, `head`, `options`, \
                                `think`, `repeat`, and of a WebSocket `connect`, `send`, `receive`, `ping`, `stall` and \
                                `leave`";
                    self.refuse(place, "it is not clear what this step does", hint);
                }
                None
            }
        }
    }

    fn repeat(&mut self, place: &[&str], spec: &StepSpec, steps: &[StepSpec], walk: &mut Walk<'_>) -> Option<Step> {
        let times = spec.repeat.unwrap_or(1);
        if walk.in_repeat {
            self.refuse(place, "a `repeat` stands in a `repeat`", "loops cannot be nested");
            return None;
        }
        if !(1..=MOST_REPEATS).contains(&times) || steps.is_empty() {
            let hint = format!("`repeat` from 1 to {MOST_REPEATS}");
            self.refuse(place, "that repeats nothing, or far too often", hint);
        }
        walk.in_repeat = true;
        let steps = self.steps(place, steps, walk);
        walk.in_repeat = false;
        Some(Step::Repeat { times, steps })
    }

    /// Refuses what only a request has.
    fn says_nothing(&mut self, place: &[&str], spec: &StepSpec, does: &str) {
        self.says_only(place, spec, does, &[]);
    }

    /// Refuses what only a request has, but for some keys.
    pub(super) fn says_only(&mut self, place: &[&str], spec: &StepSpec, does: &str, but: &[&str]) {
        let of_requests = [
            ("body", spec.body.is_some()),
            ("capture", !spec.capture.is_empty()),
            ("expect", spec.expect.is_some()),
            ("file", spec.file.is_some()),
            ("form", spec.form.is_some()),
            ("headers", !spec.headers.is_empty()),
            ("json", spec.json.is_some()),
            ("manner", spec.manner.is_some()),
            ("multipart", spec.multipart.is_some()),
        ];
        for (key, _) in of_requests.iter().filter(|(key, written)| *written && !but.contains(key)) {
            let message = format!("a step that {does} has no `{key}`");
            self.refuse(&[place, &[key]].concat(), message, "move it to a step that sends a request");
        }
    }

    fn request(
        &mut self,
        place: &[&str],
        spec: &StepSpec,
        (method, path): (Method, &str),
        walk: &mut Walk<'_>,
    ) -> Request {
        self.request_path(&[place, &[&method.name().to_lowercase()]].concat(), path, walk);
        let body = self.body(place, spec, walk);
        let mut headers: Vec<(String, String)> = spec.headers.clone().into_iter().collect();
        for (name, value) in &headers {
            self.template(&[place, &["headers", name]].concat(), value, walk);
        }
        let content_type = match &body {
            Some(Body::Json { .. }) => Some("application/json"),
            Some(Body::Form { .. }) => Some("application/x-www-form-urlencoded"),
            _ => None,
        };
        let is_content_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if let Some((name, _)) = headers.iter().find(|header| is_content_type(header))
            && matches!(body, Some(Body::Multipart { .. }))
        {
            let message = "the content type of a `multipart` is set for you";
            self.refuse(&[place, &["headers", name]].concat(), message, "leave the header out");
        }
        if let Some(content_type) = content_type.filter(|_| !headers.iter().any(is_content_type)) {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        self.headers(place, &headers);
        if walk.is_http_2 {
            self.of_http_1(place, &headers);
        }
        let expect = self.expect(place, spec.expect.as_ref());
        let manner = self.manner(place, spec);
        let captures = self.captures(place, spec, walk);
        let name = spec.name.clone().unwrap_or_else(|| format!("{} {path}", method.name()));
        let name = unique(&format!("{}/{name}", walk.journey), &mut walk.step_names);
        Request { name, method, path: path.to_owned(), headers, body, expect, captures, manner }
    }

    pub(super) fn headers(&mut self, place: &[&str], headers: &[(String, String)]) {
        for (name, value) in headers {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.chars().any(|c| c.is_control() && c != '\t') {
                let place = [place, &["headers", name.as_str()]].concat();
                self.refuse(&place, format!("`{name}: {value}` is not a header"), "names are tokens, values one line");
            }
        }
    }

    fn of_http_1(&mut self, place: &[&str], headers: &[(String, String)]) {
        for (name, _) in headers.iter().filter(|(name, _)| OF_HTTP_1.contains(&name.to_lowercase().as_str())) {
            let place = [place, &["headers", name.as_str()]].concat();
            let hint = "leave it out; how long a connection is used says `client: {reuse: ...}`";
            self.refuse(&place, format!("HTTP/2 has no `{name}`"), hint);
        }
    }
}

/// Headers about the connection, of which HTTP/2 has none (RFC 9113, 8.2.2).
const OF_HTTP_1: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// The name, with a number behind it where it is taken: a step is a line in the record.
pub(super) fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name} ({number})");
        number += 1;
    }
    candidate
}

pub(super) fn has_port(spec: &Spec) -> bool {
    let target = &spec.target;
    target.process.is_some()
        || target.container.as_ref().is_some_and(|container| container.port.is_some())
        || target.attach.as_ref().is_some_and(|attach| attach.port.is_some() || attach.url.is_some())
        || (target.container.is_none() && target.attach.is_none())
}
