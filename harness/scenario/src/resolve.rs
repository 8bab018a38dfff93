//! From the spec to the plan: what is meant is completed, what cannot be is refused with its place.

mod address;
mod answer;
mod assertions;
mod drive;
mod foreign;
mod grades;
mod load;
mod logs;
mod probes;
mod reach;
mod request;
mod runtime;
mod scrape;
mod series;
mod services;
mod socket;
mod target;

use std::path::Path;

use crate::plan::{Assertion, Phase, Plan};
use crate::problem::Problem;
use crate::spec::{AssertSpec, Spec};
use crate::tree::Node;

/// What the parts of a resolution share: the places, and the problems found so far.
struct Resolver<'a> {
    root: &'a Node,
    problems: &'a mut Vec<Problem>,
    /// The folder of the scenario file: relative paths start there.
    folder: &'a Path,
}

impl Resolver<'_> {
    /// Notes a problem at `path`, or at what is nearest to it.
    fn refuse(&mut self, path: &[&str], message: impl Into<String>, hint: impl Into<String>) {
        let problem = self.root.find(path).problem(message, Some(hint.into()));
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Was something already said of what stands at `path`, or of something below it? Then what
    /// is missing there is no news.
    fn is_known_bad(&self, path: &[&str]) -> bool {
        let node = self.root.find(path);
        self.problems.iter().any(|problem| node.covers(problem.place))
    }
}

/// Completes `spec`. The plan is only good where no problem was added.
pub(crate) fn resolve(spec: &Spec, root: &Node, folder: &Path, problems: &mut Vec<Problem>) -> Plan {
    let mut resolver = Resolver { root, problems, folder };
    resolver.name(&spec.name);
    let mut target = resolver.target(&spec.target);
    let mut services = resolver.services(&spec.target);
    let phases = resolver.phases(&spec.load.phases);
    let warm_up = resolver.warm_up(&spec.load, &phases);
    let journeys = resolver.journeys(spec, &phases);
    let arrivals = resolver.arrivals(&spec.load, &phases);
    let client = resolver.client(spec.load.client.as_ref());
    let data = resolver.data(&spec.load.data);
    let command = resolver.command(&spec.load, &phases);
    let cycles = resolver.own_cycles(&spec.load, &target, &phases);
    let probes = resolver.probes(spec, &target, &services, &phases);
    target.other_ports = probes.other_ports(None);
    for service in &mut services {
        service.launched.other_ports = probes.other_ports(Some(&service.name));
    }
    let mut plan = Plan {
        name: spec.name.clone(),
        profile: None,
        about: spec.about.clone(),
        stop_early: spec.stop_early,
        target,
        services,
        journeys,
        command,
        cycles,
        timeout: spec.load.timeout.map_or(load::DEFAULT_TIMEOUT, |span| span.0),
        arrivals,
        client,
        data,
        warm_up,
        phases,
        probes,
        assertions: Vec::new(),
    };
    resolver.at_address(&mut plan);
    plan.assertions = resolver.assertions(spec.assertions.as_ref(), &plan);
    plan
}

/// Completes assertions that are to be judged with another plan.
pub(crate) fn resolve_assertions(
    rules: &AssertSpec,
    plan: &Plan,
    root: &Node,
    problems: &mut Vec<Problem>,
) -> Vec<Assertion> {
    let mut resolver = Resolver { root, problems, folder: Path::new("/") };
    resolver.assertions(Some(rules), plan)
}

impl Resolver<'_> {
    /// A name becomes a folder and a test case: it has to stay plain.
    fn name(&mut self, name: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) || name.starts_with('-') {
            let hint = "up to 64 lower case letters, digits and dashes: `chat-soak`";
            self.refuse(&["name"], format!("`{name}` cannot be a scenario's name"), hint);
        }
    }
}

/// The length of the load, idle phases of its cycles included, in seconds; of a plan without
/// load, the whole of it.
fn judged_seconds(phases: &[Phase]) -> f64 {
    let loaded = |phase: &&Phase| phase.loaded();
    match (phases.iter().find(loaded), phases.iter().rfind(loaded)) {
        (Some(first), Some(last)) => last.end().since(first.start).as_secs_f64(),
        _ => phases.last().map_or(0.0, |last| last.end().seconds()),
    }
}
