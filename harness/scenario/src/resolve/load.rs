//! The load: journeys, and phases laid out one after the other.

use std::collections::BTreeSet;
use std::time::Duration;

use timeline::Elapsed;

use super::Resolver;
use crate::plan::{Expect, Journey, Method, Phase, Request, Step, Users, load_phases};
use crate::spec::{JourneySpec, LoadSpec, PhaseSpec, Spec, StepSpec};

pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// More phases than this is a mistake, not a plan.
const MOST_PHASES: usize = 100_000;
const MOST_USERS: u64 = 20_000;

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
        let start = phases.last().map_or(Elapsed::ZERO, Phase::end);
        let foreign = spec.loaded.unwrap_or(false);
        let idle = users == Users::default() && !foreign;
        let name = spec.name.clone().unwrap_or_else(|| if idle { "idle" } else { "load" }.to_owned());
        phases.push(Phase { name, cycle, start, length, users, foreign });
    }

    pub(super) fn journeys(&mut self, spec: &Spec, phases: &[Phase]) -> Vec<Journey> {
        let loaded = spec.load.command.is_none() && phases.iter().any(|phase| phase.loaded() && !phase.foreign);
        if loaded && spec.load.journeys.is_empty() && !self.is_known_bad(&["load"]) {
            let hint = "add `journeys: [{name: home, steps: [{get: /}]}]`";
            self.refuse(&["load"], "users are asked for, and they have nothing to do", hint);
        }
        if loaded && !has_port(spec) {
            self.refuse(&["target"], "the load needs a port of the target, and there is none", "add `port: 8080`");
        }
        let mut names = BTreeSet::new();
        spec.load.journeys.iter().enumerate().map(|(index, journey)| self.journey(index, journey, &mut names)).collect()
    }

    fn journey(&mut self, index: usize, spec: &JourneySpec, names: &mut BTreeSet<String>) -> Journey {
        let index = index.to_string();
        let place = ["load", "journeys", &index];
        if !names.insert(spec.name.clone()) {
            let place = [&place[..], &["name"]].concat();
            self.refuse(&place, format!("there are two journeys `{}`", spec.name), "name them apart");
        }
        if spec.weight == Some(0) {
            self.refuse(&[&place[..], &["weight"]].concat(), "nobody would go on this journey", "at least 1");
        }
        let mut names = BTreeSet::new();
        let steps: Vec<Step> = spec
            .steps
            .iter()
            .enumerate()
            .filter_map(|(step_index, step)| {
                let step_index = step_index.to_string();
                self.step(&[&place[..], &["steps", &step_index]].concat(), &spec.name, step, &mut names)
            })
            .collect();
        let has_request = steps.iter().any(|step| matches!(step, Step::Request(_)));
        if !has_request && !self.is_known_bad(&place) {
            self.refuse(&place, "the journey sends no request", "add a step such as `{get: /}`");
        }
        Journey { name: spec.name.clone(), weight: spec.weight.unwrap_or(1), steps }
    }

    fn step(&mut self, place: &[&str], journey: &str, spec: &StepSpec, names: &mut BTreeSet<String>) -> Option<Step> {
        let methods = [
            (Method::Get, &spec.get),
            (Method::Post, &spec.post),
            (Method::Put, &spec.put),
            (Method::Delete, &spec.delete),
            (Method::Patch, &spec.patch),
        ];
        let mut written = methods.iter().filter_map(|(method, path)| Some((*method, path.as_ref()?)));
        match (written.next(), written.next(), &spec.think) {
            (Some((method, path)), None, None) => {
                Some(Step::Request(self.request(place, journey, spec, (method, path), names)))
            }
            (None, None, Some(range)) => Some(Step::Think(range.0.clone())),
            _ => {
                if !self.is_known_bad(place) {
                    let hint = "write exactly one of `get`, `post`, `put`, `delete`, `patch` and `think`";
                    self.refuse(place, "it is not clear what this step does", hint);
                }
                None
            }
        }
    }

    fn request(
        &mut self,
        place: &[&str],
        journey: &str,
        spec: &StepSpec,
        (method, path): (Method, &str),
        names: &mut BTreeSet<String>,
    ) -> Request {
        self.path(&[place, &[&method.name().to_lowercase()]].concat(), path);
        let mut headers: Vec<(String, String)> = spec.headers.clone().into_iter().collect();
        let body = match (&spec.body, &spec.json) {
            (Some(_), Some(_)) => {
                self.refuse(place, "`body` and `json` exclude each other", "keep one of them");
                None
            }
            (_, Some(json)) => {
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("content-type".to_owned(), "application/json".to_owned()));
                }
                Some(json.to_string())
            }
            (body, None) => body.clone(),
        };
        self.headers(place, &headers);
        let name = spec.name.clone().unwrap_or_else(|| format!("{} {path}", method.name()));
        Request {
            name: unique(&format!("{journey}/{name}"), names),
            method,
            path: path.to_owned(),
            headers,
            body,
            expect: expect(spec),
        }
    }

    fn headers(&mut self, place: &[&str], headers: &[(String, String)]) {
        for (name, value) in headers {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.chars().any(|c| c.is_control() && c != '\t') {
                let place = [place, &["headers", name.as_str()]].concat();
                self.refuse(&place, format!("`{name}: {value}` is not a header"), "names are tokens, values one line");
            }
        }
    }
}

fn expect(spec: &StepSpec) -> Expect {
    let expect = spec.expect.as_ref();
    Expect {
        statuses: expect
            .and_then(|expect| expect.status.clone())
            .map_or_else(|| vec![200..=399], |statuses| statuses.0),
        within: expect.and_then(|expect| expect.within).map(|span| span.0),
    }
}

/// The name, with a number behind it where it is taken: a step is a line in the record.
fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name} ({number})");
        number += 1;
    }
    candidate
}

fn has_port(spec: &Spec) -> bool {
    let target = &spec.target;
    target.process.is_some()
        || target.container.as_ref().is_some_and(|container| container.port.is_some())
        || target.attach.as_ref().is_some_and(|attach| attach.port.is_some() || attach.url.is_some())
        || (target.container.is_none() && target.attach.is_none())
}
