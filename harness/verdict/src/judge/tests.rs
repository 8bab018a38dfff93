use std::path::Path;
use std::time::Duration;

use timeline::{
    ArrivalInterval, Beat, Death, Delay, EncodedHistogram, Event, Happening, LatencyInterval, LoadInterval,
    Observation, Sample, SeriesKey, new_histogram,
};

use super::*;

mod foreign;
mod logs;
mod looks;
mod memory;
mod pauses;
mod series;
mod services;

const MIB: f64 = 1_048_576.0;

/// A played run: 10 s idle, 60 s of 10 users, 20 s idle.
struct Played {
    plan: Plan,
    timeline: Timeline,
}

fn at(seconds: f64) -> Elapsed {
    Elapsed::from_seconds(seconds)
}

impl Played {
    fn new(rules: &str) -> Self {
        let phases = "{name: base, for: 10s}, {name: work, for: 60s, users: 10}, {name: settle, for: 20s}";
        Self::of("", phases, rules)
    }

    /// A run of other phases, of a process with `limits`.
    fn of(limits: &str, phases: &str, rules: &str) -> Self {
        Self::watched("", limits, phases, rules)
    }

    /// A run that is watched by more `probes`: `, scrape: [...]`.
    fn watched(probes: &str, limits: &str, phases: &str, rules: &str) -> Self {
        let source = format!(
            "name: test\ntarget: {{process: {{command: [a]{limits}}}}}\nload:\n  journeys: [{{name: a, steps: [{{get: /}}]}}]\n  \
             phases: [{phases}]\nprobes: {{every: 100ms, heartbeat: {{get: /, rate: 100/s}}{probes}}}\nassert: {rules}"
        );
        let plan = scenario::load(&source, Path::new("/"), &|_| None).unwrap();
        let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
        for phase in &plan.phases {
            let (name, cycle, loaded) = (phase.name.clone(), phase.cycle, phase.loaded());
            let (start, end) = (phase.start, phase.end());
            timeline.push(Observation::Phase(PhaseSpan { name, cycle, loaded, start, end }));
        }
        Self { plan, timeline }.load(100, 0, 5000)
    }

    /// A series of the target: its value at each tenth of a second.
    fn series(self, metric: Metric, value: impl Fn(f64) -> f64) -> Self {
        self.series_of(Subject::Target, metric, value)
    }

    fn series_of(mut self, subject: Subject, metric: Metric, value: impl Fn(f64) -> f64) -> Self {
        let key = SeriesKey { subject, metric };
        for tenth in 0..self.plan.length().as_millis() as u32 / 100 {
            let seconds = f64::from(tenth) / 10.0;
            let sample = Sample { due: at(seconds), taken: at(seconds), value: value(seconds) };
            self.timeline.push(Observation::Sample { key: key.clone(), source: "test", sample });
        }
        self
    }

    /// So many requests in each second of load, of which so many failed; each takes `micros`.
    fn load(mut self, requests: u64, failed: u64, micros: u64) -> Self {
        (self.timeline.latency, self.timeline.load) = (Vec::new(), Vec::new());
        let phases = self.plan.phases.clone();
        for second in 0..self.plan.length().as_secs() {
            let (start, end) = (at(second as f64), at((second + 1) as f64));
            let Some(phase) = phases.iter().find(|one| one.loaded() && one.start <= start && end <= one.end()) else {
                continue;
            };
            let mut histogram = new_histogram();
            histogram.record_n(micros, requests).unwrap();
            let failures = [("status 503".to_owned(), failed)].into_iter().filter(|(_, count)| *count > 0).collect();
            let histogram = EncodedHistogram::encode(&histogram);
            let step = "a/GET /".to_owned();
            self.timeline.push(Observation::Latency(LatencyInterval {
                step,
                start,
                end,
                requests,
                failures,
                histogram,
                ..LatencyInterval::default()
            }));
            let users = phase.users_at(end);
            let (users_planned, users_active, cut_off) = (users, users, 0);
            self.timeline.push(Observation::Load(LoadInterval {
                start,
                end,
                users_planned,
                users_active,
                cut_off,
                ..LoadInterval::default()
            }));
        }
        self
    }

    fn event(mut self, seconds: f64, what: Happening) -> Self {
        self.timeline.push(Observation::Event(Event { at: at(seconds), what }));
        self
    }

    /// Beats every 10 ms that take 1 ms, but for one that is due at `when`.
    fn beats(mut self, when: f64, takes: f64, harness_stalled: f64) -> Self {
        let mut due = 0.0;
        while due < 90.0 {
            let slow = due <= when && when < due + 0.01;
            let length = if slow { takes } else { 0.001 };
            self.timeline.push(Observation::Beat(Beat {
                due: at(due),
                sent: at(due),
                done: at(due + length),
                harness_stalled: if slow { (harness_stalled * 1e6) as u64 } else { 0 },
                answered: true,
            }));
            due += if length > 0.01 { (length / 0.01).ceil() * 0.01 } else { 0.01 };
        }
        self
    }

    fn outcome(mut self, outcome: Outcome) -> Self {
        self.timeline.outcome = outcome;
        self
    }

    #[track_caller]
    fn finding(&self, assertion: &str) -> Finding {
        let findings = judge(&self.plan, &self.timeline);
        findings.iter().find(|finding| finding.assertion == assertion).unwrap().clone()
    }

    #[track_caller]
    fn expect(&self, assertion: &str, verdict: Verdict, code: &str) -> Finding {
        let finding = self.finding(assertion);
        assert_eq!((finding.verdict, finding.code.as_str()), (verdict, code), "{finding:#?}");
        finding
    }
}

/// Twenty MiB with a little noise, on top of `more`.
fn noisy(more: impl Fn(f64) -> f64) -> impl Fn(f64) -> f64 {
    move |seconds| 20.0 * MIB + 30_000.0 * (seconds * 37.7).sin() * (seconds * 11.3).cos() + more(seconds)
}

fn under_load(seconds: f64) -> f64 {
    (seconds - 10.0).clamp(0.0, 60.0)
}

#[test]
fn no_data_is_never_a_pass() {
    let rules = "{memory: {peak: {below: 1GiB}, idle: {below: 1GiB}, above_baseline: {below: 1GiB}, \
                 returns_to_baseline: {within: 99%}, growth: {below: 1GiB/h}}, pauses: {max: 1s}}";
    let played = Played::new(rules);
    let findings = judge(&played.plan, &played.timeline);
    for finding in
        findings.iter().filter(|finding| finding.assertion.starts_with("memory") || finding.assertion == "pauses.max")
    {
        assert_eq!(finding.verdict, Verdict::Inconclusive, "{finding:#?}");
    }
    assert_eq!(overall(&[], &Outcome::Completed), Verdict::Inconclusive);
    let passed: Vec<Finding> = findings.iter().filter(|finding| finding.verdict == Verdict::Pass).cloned().collect();
    assert_eq!(overall(&passed, &Outcome::Interrupted), Verdict::Inconclusive);
    assert_eq!(overall(&passed, &Outcome::TargetDied(Death::default())), Verdict::Fail);
}

#[test]
fn a_flat_service_does_not_grow() {
    let played = Played::new("{}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let finding = played.expect("memory.growth", Verdict::Pass, "memory.growth.holds");
    assert!(finding.evidence.resolution.is_some(), "a pass says what it would have seen");
}

#[test]
fn growth_is_told_per_request_within_a_few_percent() {
    let played = Played::new("{memory: {growth_per_request: {below: 100B}}}")
        .series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds) * 100.0 * 1000.0));
    let finding = played.expect("memory.growth_per_request", Verdict::Fail, "memory.growth_per_request.exceeded");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / 1000.0 - 1.0).abs() < 0.05, "{value}");
}

#[test]
fn a_ramp_of_users_does_not_bend_a_leak_per_request() {
    let mut played = Played::new("{memory: {growth_per_request: {below: 100B}}}");
    for (second, interval) in played.timeline.latency.iter_mut().enumerate() {
        interval.requests = 4 * second as u64;
    }
    // Twice the square of the seconds of load is the number of requests by then.
    let played = played.series(Metric::AnonymousMemory, noisy(|seconds| 2.0 * under_load(seconds).powi(2) * 1000.0));
    let finding = played.expect("memory.growth_per_request", Verdict::Fail, "memory.growth_per_request.exceeded");
    let value = finding.evidence.value.unwrap();
    assert!((value.value / 1000.0 - 1.0).abs() < 0.1, "{value}");
}

#[test]
fn a_limit_that_the_run_cannot_resolve_is_inconclusive_with_the_length_that_would() {
    let played = Played::new("{memory: {growth: {below: 64KiB/h}}}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let finding = played.expect("memory.growth", Verdict::Inconclusive, "memory.growth.unclear");
    assert!(finding.evidence.resolution.is_some());
    let settled_by = finding.evidence.settled_by.unwrap();
    assert!(settled_by > Duration::from_secs(90), "longer than the 60 s of load: {settled_by:?}");
    let longer = format!("{{name: base, for: 10s}}, {{name: work, for: {}s, users: 10}}", settled_by.as_secs());
    let told =
        Played::of("", &longer, "{memory: {growth: {below: 64KiB/h}}}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    assert_ne!(told.finding("memory.growth").verdict, Verdict::Inconclusive, "{settled_by:?} does settle it");
}

#[test]
fn memory_that_stays_up_after_the_load_has_not_returned() {
    let rules = "{memory: {returns_to_baseline: {within: 10%}}}";
    let stays =
        Played::new(rules).series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds).min(1.0) * 8.0 * MIB));
    stays.expect("memory.returns_to_baseline", Verdict::Fail, "memory.returns_to_baseline.not_returned");
    let load_only = |seconds: f64| if (10.0..71.0).contains(&seconds) { 8.0 * MIB } else { 0.0 };
    let returns = Played::new(rules).series(Metric::AnonymousMemory, noisy(load_only));
    returns.expect("memory.returns_to_baseline", Verdict::Pass, "memory.returns_to_baseline.holds");
}

#[test]
fn memory_that_still_falls_has_not_settled() {
    let falls = |seconds: f64| {
        if seconds < 70.0 { under_load(seconds).min(1.0) * 80.0 * MIB } else { (94.0 - seconds) * 3.5 * MIB }
    };
    let played =
        Played::new("{memory: {returns_to_baseline: {within: 10%}}}").series(Metric::AnonymousMemory, noisy(falls));
    played.expect("memory.returns_to_baseline", Verdict::Inconclusive, "memory.returns_to_baseline.still_falling");
}

#[test]
fn ceilings_are_judged_on_the_working_set() {
    let rules = "{memory: {peak: {below: 40MiB}, idle: {below: 25MiB}, above_baseline: {below: 10MiB}}}";
    let course = |seconds: f64| under_load(seconds).min(2.0) * 15.0 * MIB;
    let played = Played::new(rules)
        .series(Metric::WorkingSet, noisy(course))
        .series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds).min(1.0) * 5.0 * MIB));
    played.expect("memory.peak", Verdict::Fail, "memory.peak.exceeded");
    played.expect("memory.idle", Verdict::Pass, "memory.idle.holds");
    played.expect("memory.above_baseline", Verdict::Pass, "memory.above_baseline.holds");
    let cut = played.outcome(Outcome::Interrupted);
    cut.expect("memory.idle", Verdict::Pass, "memory.idle.holds");
    let below = Played::new("{memory: {peak: {below: 1GiB}}}").series(Metric::WorkingSet, noisy(course));
    let cut = below.outcome(Outcome::Interrupted);
    cut.expect("memory.peak", Verdict::Inconclusive, "memory.peak.cut_short");
}

#[test]
fn counts_that_are_given_back_pass_and_those_that_are_not_fail() {
    let pool = Played::new("{}")
        .series(Metric::OpenFiles, |seconds| if (10.0..70.0).contains(&seconds) { 60.0 } else { 12.0 });
    pool.expect("open_files.growth", Verdict::Pass, "open_files.growth.holds");
    let leak = Played::new("{}").series(Metric::OpenFiles, |seconds| 12.0 + (under_load(seconds) * 20.0).floor());
    let finding = leak.expect("open_files.growth", Verdict::Fail, "open_files.growth.exceeded");
    assert!(finding.summary.contains("from 12 to 1212"), "{}", finding.summary);
    let kept = Played::new("{}").series(Metric::OpenFiles, |seconds| if seconds < 11.0 { 12.0 } else { 60.0 });
    kept.expect("open_files.growth", Verdict::Pass, "open_files.growth.holds");
}

#[test]
fn counts_that_cannot_be_read_are_named_and_not_judged() {
    let played = Played::new("{}").series(Metric::AnonymousMemory, noisy(|_| 0.0)).series(Metric::OpenFiles, |_| 12.0);
    let findings = judge(&played.plan, &played.timeline);
    assert!(findings.iter().all(|finding| finding.assertion != "sockets.growth"));
    let coverage = played.finding("evidence.coverage");
    assert!(coverage.evidence.notes[0].contains("sockets"), "{:?}", coverage.evidence.notes);
}

#[test]
fn a_pause_over_the_budget_fails_and_one_below_it_passes() {
    let rules = "{pauses: {max: 50ms}}";
    Played::new(rules).beats(30.0, 0.200, 0.0).expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
    Played::new(rules).beats(30.0, 0.020, 0.0).expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    // Between 45 and 55 ms: the last beat was up to 10 ms before the pause began.
    Played::new(rules).beats(30.0, 0.046, 0.0).expect("pauses.max", Verdict::Inconclusive, "pauses.max.too_close");
}

#[test]
fn a_beat_that_was_given_up_tells_of_a_pause_too() {
    let mut played = Played::new("{pauses: {max: 50ms}}").beats(30.0, 5.0, 0.0);
    let slowest = played.timeline.beats.iter_mut().max_by_key(|beat| beat.done.since(beat.sent)).unwrap();
    slowest.answered = false;
    played.expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
}

#[test]
fn what_the_harness_stood_still_cannot_fail_a_target() {
    let played = Played::new("{pauses: {max: 50ms}}").beats(30.0, 0.200, 0.190);
    let finding = played.expect("pauses.max", Verdict::Inconclusive, "pauses.max.held_up");
    assert!(finding.evidence.notes[0].contains("the harness itself was held up for 190 ms"), "{finding:#?}");
}

#[test]
fn the_pause_of_a_collection_that_was_asked_for_counts_for_nobody() {
    let collected = |from, to| Happening::Collected { from: at(from), to: at(to) };
    let played = |from, to| Played::new("{pauses: {max: 50ms}}").beats(30.0, 0.200, 0.0).event(to, collected(from, to));
    played(29.9, 30.3).expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    played(30.1, 30.15).expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    played(28.0, 29.0).expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
    played(30.3, 31.0).expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
}

#[test]
fn latency_is_judged_by_all_requests_and_the_unanswered_are_the_slowest() {
    let rules = "{latency: {p99: 100ms}}";
    Played::new(rules).load(100, 0, 5000).expect("latency.p99", Verdict::Pass, "latency.p99.holds");
    Played::new(rules).load(100, 0, 300_000).expect("latency.p99", Verdict::Fail, "latency.p99.exceeded");
    let mut unanswered = Played::new(rules).load(100, 0, 5000);
    unanswered.timeline.latency.iter_mut().for_each(|interval| interval.requests += 5);
    unanswered.expect("latency.p99", Verdict::Fail, "latency.p99.exceeded");
}

#[test]
fn errors_need_enough_requests_to_be_told() {
    Played::new("{errors: {below: 1%}}").load(100, 3, 5000).expect("errors", Verdict::Fail, "errors.exceeded");
    Played::new("{errors: {below: 0.1%}}").load(100, 0, 5000).expect("errors", Verdict::Pass, "errors.holds");
    let few = Played::new("{errors: {below: 0.1%}}").load(10, 0, 5000);
    few.expect("errors", Verdict::Inconclusive, "errors.too_close");
}

#[test]
fn throughput_counts_right_answers_only() {
    let played = Played::new("{throughput: {above: 98/s}}");
    played.expect("throughput", Verdict::Pass, "throughput.holds");
    played.load(100, 5, 5000).expect("throughput", Verdict::Fail, "throughput.too_low");
}

#[test]
fn a_dead_target_fails_with_its_cause_and_its_last_lines() {
    let death = Death { exit_code: Some(137), oom_killed: true, last_lines: vec!["out of cheese".to_owned()] };
    let played = Played::new("{}").outcome(Outcome::TargetDied(death));
    let finding = played.expect("target.alive", Verdict::Fail, "target.alive.oom_killed");
    assert!(finding.summary.contains("OOM-killed (exit 137)"), "{}", finding.summary);
    assert_eq!(finding.evidence.notes, ["its log: out of cheese"]);
}

#[test]
fn an_oom_killed_child_fails_a_target_that_lives_on() {
    let mut played = Played::new("{}");
    played.timeline.push(Observation::Event(Event { at: at(30.0), what: Happening::OomKill }));
    played.expect("target.alive", Verdict::Fail, "target.alive.child_oom_killed");
}

#[test]
fn gaps_in_the_samples_are_inconclusive() {
    let mut played = Played::new("{}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    played.expect("evidence.coverage", Verdict::Pass, "evidence.coverage.holds");
    let key = SeriesKey { subject: Subject::Target, metric: Metric::AnonymousMemory };
    let series = played.timeline.series.get_mut(&key).unwrap();
    series.samples.retain(|sample| !(20.0..40.0).contains(&sample.taken.seconds()));
    played.expect("evidence.coverage", Verdict::Inconclusive, "evidence.coverage.gaps");
}

#[test]
fn a_load_that_was_not_offered_is_inconclusive() {
    let mut played = Played::new("{}");
    played.expect("generator.health", Verdict::Pass, "generator.health.holds");
    played.timeline.load.iter_mut().for_each(|interval| interval.users_active = 3);
    played.expect("generator.health", Verdict::Inconclusive, "generator.health.users_missing");
    let mut hanging = Played::new("{}");
    hanging.timeline.load.iter_mut().for_each(|interval| interval.cut_off = 20);
    hanging.expect("generator.health", Verdict::Inconclusive, "generator.health.given_up");
    let failed = played.outcome(Outcome::LoadFailed { reason: "goose is gone".to_owned() });
    failed.expect("generator.health", Verdict::Inconclusive, "generator.health.failed");
}

#[test]
fn a_load_that_fell_behind_says_nothing_of_the_target() {
    let arrivals = |lag: u64, missed| {
        let mut played = Played::new("{latency: {p99: 100ms}, throughput: {above: 10/s}}");
        played.timeline.latency.iter_mut().for_each(|interval| interval.response = Some(interval.histogram.clone()));
        for (index, interval) in played.timeline.load.iter_mut().enumerate() {
            let lag =
                if index < 2 { Delay { p50: 20, p99: lag, max: lag } } else { Delay { p50: 20, p99: 90, max: 400 } };
            let (due, begun) = (100, 100 - missed);
            interval.arrivals = Some(ArrivalInterval { due, begun, missed, lag, ..ArrivalInterval::default() });
        }
        played
    };
    let on_time = arrivals(9_000, 0);
    on_time.expect("generator.health", Verdict::Pass, "generator.health.holds");
    on_time.expect("latency.p99", Verdict::Pass, "latency.p99.holds");
    on_time.expect("throughput", Verdict::Pass, "throughput.holds");
    for behind in [arrivals(41_000, 0), arrivals(20, 1)] {
        behind.expect("generator.health", Verdict::Inconclusive, "generator.health.fell_behind");
        behind.expect("latency.p99", Verdict::Inconclusive, "latency.p99.fell_behind");
        behind.expect("throughput", Verdict::Inconclusive, "throughput.fell_behind");
    }
    let finding = arrivals(41_000, 0).finding("generator.health");
    assert!(finding.summary.contains("the harness fell behind: p99 lag 41 ms"), "{}", finding.summary);
}

#[test]
fn a_limit_on_latency_is_about_response_times_where_there_are_arrivals() {
    let mut played = Played::new("{latency: {p99: 100ms}}");
    played.expect("latency.p99", Verdict::Pass, "latency.p99.holds");
    let mut slow = new_histogram();
    slow.record_n(300_000, 100).unwrap();
    let slow = EncodedHistogram::encode(&slow);
    played.timeline.latency.iter_mut().for_each(|interval| interval.response = Some(slow.clone()));
    played.expect("latency.p99", Verdict::Fail, "latency.p99.exceeded");
}

#[test]
fn judging_twice_says_the_same() {
    let played = Played::new("{}")
        .series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds) * 5000.0))
        .beats(3.0, 0.1, 0.0);
    assert_eq!(judge(&played.plan, &played.timeline), judge(&played.plan, &played.timeline));
    let length: Duration = played.plan.length();
    assert_eq!(length, Duration::from_secs(90));
}
