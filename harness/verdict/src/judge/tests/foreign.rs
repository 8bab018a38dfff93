//! Load that the harness does not make, and targets that are only an address.

use super::*;

/// A played run of another load than users, with a sample each tenth of a second.
fn played(target: &str, load: &str, rules: &str) -> Played {
    let source = format!("name: test\ntarget: {target}\nload: {{{load}}}\nprobes: {{every: 100ms}}\nassert: {rules}");
    let plan = scenario::load(&source, Path::new("/"), &|_| None).unwrap();
    let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
    for phase in &plan.phases {
        timeline.push(span(&phase.name, phase.loaded(), phase.start.seconds(), phase.end().seconds()));
    }
    Played { plan, timeline }
}

const PROCESS: &str = "{process: {command: [a]}}";
const PHASES: &str = "phases: [{name: base, for: 10s}, {name: work, for: 60s, loaded: true}, {name: settle, for: 20s}]";
const COUNTED: &str = "command: [k6], requests: {log: '(?<value>\\d+) complete'}, ";

fn span(name: &str, loaded: bool, from: f64, to: f64) -> Observation {
    let (name, start, end) = (name.to_owned(), at(from), at(to));
    Observation::Phase(PhaseSpan { name, cycle: None, loaded, start, end })
}

fn by_command(rules: &str) -> Played {
    let played = played(PROCESS, &format!("{COUNTED}{PHASES}"), rules);
    played.event(10.0, Happening::CommandStarted { what: "process 7 (k6)".to_owned() })
}

impl Played {
    /// The command tells of so many more requests.
    fn told(self, from: f64, to: f64, count: u64) -> Self {
        self.event(to, Happening::Requests { from: at(from), to: at(to), count })
    }

    /// A command that makes a hundred requests a second, and tells of them each second.
    fn counted(self) -> Self {
        (10..70).fold(self, |played, second| played.told(f64::from(second), f64::from(second) + 1.0, 100))
    }
}

#[test]
fn a_leak_per_request_is_measured_by_what_a_command_tells() {
    let leaks = noisy(|seconds| under_load(seconds) * 100.0 * 2048.0);
    let rules = "{memory: {growth_per_request: {below: 64B}}, throughput: {above: 90/s}}";
    for played in [by_command(rules).counted(), by_command(rules).told(10.0, 70.0, 6000)] {
        let played = played.series(Metric::AnonymousMemory, &leaks);
        let finding = played.expect("memory.growth_per_request", Verdict::Fail, "memory.growth_per_request.exceeded");
        let value = finding.evidence.value.unwrap();
        assert!((value.value / 2048.0 - 1.0).abs() < 0.05, "{value}");
        let throughput = played.expect("throughput", Verdict::Pass, "throughput.holds");
        assert!(throughput.summary.starts_with("100/s requests of the command"), "{}", throughput.summary);
        played.expect("generator.health", Verdict::Pass, "generator.health.holds");
    }
}

#[test]
fn a_command_that_slows_down_does_not_bend_a_leak_per_request() {
    // Half of the requests come in the first fifth of the load.
    let done = |seconds: f64| under_load(seconds).min(12.0) * 250.0 + (under_load(seconds) - 12.0).max(0.0) * 62.5;
    let mut played = by_command("{memory: {growth_per_request: {below: 64B}}}");
    for second in 10..70 {
        let (from, to) = (f64::from(second), f64::from(second) + 1.0);
        played = played.told(from, to, (done(to) - done(from)).round() as u64);
    }
    let played = played.series(Metric::AnonymousMemory, noisy(|seconds| done(seconds) * 2048.0));
    let finding = played.expect("memory.growth_per_request", Verdict::Fail, "memory.growth_per_request.exceeded");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / 2048.0 - 1.0).abs() < 0.06, "{value}");
}

#[test]
fn a_command_that_ends_at_once_shows_nothing() {
    let mut played = by_command("{}").told(10.0, 10.4, 1);
    // As with the default of some tools: one round, and a good end.
    played.timeline.phases.clear();
    for (name, loaded, from, to) in [
        ("base", false, 0.0, 10.0),
        ("work", true, 10.0, 10.5),
        ("work", false, 10.5, 70.0),
        ("settle", false, 70.0, 90.0),
    ] {
        played.timeline.push(span(name, loaded, from, to));
    }
    let played = played.series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let health = played.expect("generator.health", Verdict::Inconclusive, "generator.health.ended_early");
    assert_eq!(health.summary, "the command was at work for 500 ms of 1m of planned load");
    assert_eq!(played.finding("memory.growth").verdict, Verdict::Inconclusive);
}

#[test]
fn a_command_whose_requests_are_never_told_is_not_taken_for_counted() {
    let played = by_command("{throughput: {above: 1/s}}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let health = played.expect("generator.health", Verdict::Inconclusive, "generator.health.uncounted");
    assert!(health.summary.contains("(?<value>\\d+) complete"), "{}", health.summary);
    played.expect("throughput", Verdict::Inconclusive, "throughput.no_data");
}

#[test]
fn a_command_that_fails_says_so_with_its_last_words() {
    let last_lines = vec!["script.js: no such file".to_owned()];
    let ended = Happening::CommandEnded { how: "exited 3".to_owned(), exit_code: Some(3), asked: false, last_lines };
    let outcome = Outcome::LoadFailed { reason: "the command exited 3".to_owned() };
    let played = by_command("{}").event(12.0, ended).outcome(outcome.clone());
    let health = played.expect("generator.health", Verdict::Inconclusive, "generator.health.failed");
    assert_eq!(health.evidence.notes, ["its output: script.js: no such file"]);
    assert_eq!(overall(&[health], &outcome), Verdict::Inconclusive);
}

/// A worker with cycles of about 3 s, that takes 10 MiB in each and gives it back.
fn worker(rules: &str, leaked_per_cycle: f64) -> Played {
    let cycles = "cycles: {log: 'cycle \\d+ done'}, phases: [{name: work, for: 120s, loaded: true}]";
    let cycle = |seconds: f64| (seconds + 0.3 * (seconds * 0.7).sin()) / 3.0;
    let memory = move |seconds: f64| {
        20.0 * MIB + 10.0 * MIB * cycle(seconds).fract() + cycle(seconds).floor() * leaked_per_cycle
    };
    let mut played = played(PROCESS, cycles, rules).series(Metric::AnonymousMemory, memory);
    for tenth in 1..1200 {
        let (before, now) = (f64::from(tenth - 1) / 10.0, f64::from(tenth) / 10.0);
        if cycle(now).floor() > cycle(before).floor() {
            played = played.event(now, Happening::CycleEnded { count: 1 });
        }
    }
    played
}

#[test]
fn growth_per_cycle_is_told_of_cycles_that_the_target_makes_itself() {
    let rules = "{memory: {growth_per_cycle: {below: 16KiB}}}";
    let leaky = worker(rules, 64.0 * 1024.0);
    let finding = leaky.expect("memory.growth_per_cycle", Verdict::Fail, "memory.growth_per_cycle.exceeded");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / 65_536.0 - 1.0).abs() < 0.15, "{value}");
    let source = finding.evidence.source.unwrap();
    assert!(
        source.contains("the least anonymous_memory in each of") && source.contains("cycles of its own"),
        "{source}"
    );
    let healthy = worker(rules, 0.0);
    healthy.expect("memory.growth_per_cycle", Verdict::Pass, "memory.growth_per_cycle.holds");
}

#[test]
fn cycles_that_never_ended_are_no_data() {
    let rules = "{memory: {growth_per_cycle: {below: 16KiB}}}";
    let mut silent = worker(rules, 0.0);
    silent.timeline.events.clear();
    let finding = silent.expect("memory.growth_per_cycle", Verdict::Inconclusive, "memory.growth_per_cycle.no_data");
    assert!(finding.summary.contains("nothing in its log matches `cycle \\d+ done`"), "{}", finding.summary);
}

/// A load test of an address: ten seconds in which `answered` of a hundred requests a second are.
fn at_address(answered: impl Fn(u64) -> u64) -> Played {
    let load = "journeys: [{name: a, steps: [{get: /}]}], phases: [{for: 10s, users: 10}]";
    let mut played = played("{attach: {url: \"http://127.0.0.1:80\"}}", load, "{}").load(100, 0, 5000);
    for (second, interval) in (0..).zip(&mut played.timeline.latency) {
        let mut histogram = new_histogram();
        histogram.record_n(5000, answered(second)).unwrap();
        interval.histogram = EncodedHistogram::encode(&histogram);
        interval.failures = [("connection refused".to_owned(), 100 - answered(second))].into();
    }
    played
}

#[test]
fn an_address_without_rules_is_a_plain_load_test() {
    let played = at_address(|_| 100);
    let findings = judge(&played.plan, &played.timeline);
    let told: Vec<(&str, Verdict)> =
        findings.iter().map(|finding| (finding.assertion.as_str(), finding.verdict)).collect();
    assert_eq!(told, [("target.alive", Verdict::Pass), ("generator.health", Verdict::Pass)]);
    assert_eq!(overall(&findings, &Outcome::Completed), Verdict::Pass);
}

#[test]
fn an_address_that_does_not_answer_fails() {
    let dead = at_address(|_| 0).expect("target.alive", Verdict::Fail, "target.alive.silent");
    assert_eq!(dead.summary, "the target answered nothing of what it was asked 1000 times");
    let died = at_address(|second| if second < 7 { 100 } else { 0 });
    let died = died.expect("target.alive", Verdict::Fail, "target.alive.fell_silent");
    assert_eq!(died.summary, "the target answered nothing from 7 s on, 300 times");
    at_address(|second| second % 2).expect("target.alive", Verdict::Pass, "target.alive.holds");
}

#[test]
fn what_a_command_tells_after_a_look_has_no_part_in_it() {
    let rules = "{memory: {growth_per_request: {below: 64B}}}";
    let load = format!("warm_up: 20s, {COUNTED}{PHASES}");
    let mut played = played(PROCESS, &load, rules)
        .counted()
        .series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds) * 100.0 * 2048.0));
    played.plan.stop_early = true;
    let seen = at(45.0);
    let mut sight = Sight::default();
    let events = played.timeline.events.iter().filter(|event| event.at <= seen);
    events.for_each(|event| sight.push(&Observation::Event(event.clone())));
    let entered = Happening::Entered { phase: "work".to_owned(), cycle: None, loaded: true };
    let played = played.event(10.0, entered.clone());
    sight.push(&Observation::Event(Event { at: at(10.0), what: entered }));
    sight.push(&span("base", false, 0.0, 10.0));
    let key = SeriesKey { subject: Subject::Target, metric: Metric::AnonymousMemory };
    for sample in played.timeline.series[&key].samples.iter().filter(|sample| sample.taken <= seen) {
        sight.push(&Observation::Sample { key: key.clone(), source: "test", sample: *sample });
    }
    let reason = sight.look(&played.plan, 1, seen).expect("it leaks");

    // The run is cut short, and its command ends with a last word of what it had done by then.
    let outcome = Outcome::StoppedEarly { look: 1, seen, reason: reason.clone() };
    let mut stopped = played.outcome(outcome);
    stopped.timeline.phases = stopped.timeline.phases[..2].to_vec();
    stopped.timeline.phases[1].end = at(46.0);
    stopped.timeline.events.retain(|event| event.at <= at(46.0));
    let late = Happening::Requests { from: at(44.0), to: at(46.0), count: 5000 };
    let stopped = stopped.event(46.3, late);
    assert_eq!(stopped.finding("memory.growth_per_request").summary, reason);
}
