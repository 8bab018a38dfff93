//! Budgets of pauses, told by the runtime or seen from outside.

use std::sync::Arc;

use timeline::{Hold, Pause};

use super::*;

impl Played {
    /// The runtime tells of a pause of so many seconds.
    fn paused(self, start: f64, length: f64, kind: &str) -> Self {
        self.tells(Pause {
            start: at(start),
            length: (length * 1e6) as u64,
            concurrent: kind.starts_with("concurrent"),
            cpu: None,
            kind: Arc::from(kind),
            forced: false,
            live: None,
            source: Arc::from("gc log"),
        })
    }

    fn tells(mut self, pause: Pause) -> Self {
        self.timeline.push(Observation::Pause(pause));
        self
    }

    /// What held the target up around `when`, in seconds: its quota, the queue, and memory.
    fn held(mut self, when: f64, [quota, queue, memory]: [f64; 3]) -> Self {
        let micros = |seconds: f64| (seconds * 1e6) as u64;
        let (from, to) = (at(when - 0.01), at(when + 0.25));
        let (quota, queue, memory) = (micros(quota), micros(queue), micros(memory));
        self.timeline.push(Observation::Hold(Hold { from, to, quota, queue, memory, resent: 0 }));
        self
    }
}

#[test]
fn the_runtime_is_believed_before_the_heartbeat_and_stalls_are_the_heartbeats_alone() {
    let rules = "{pauses: {max: 20ms}, stalls: {max: 20ms}}";
    let quiet = Played::new(rules).beats(30.0, 0.060, 0.0).paused(20.0, 0.004, "Scavenge");
    let finding = quiet.expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    assert_eq!(finding.evidence.source.as_deref(), Some("gc log"));
    let note = &finding.evidence.notes[0];
    assert!(note.contains("up to 59 ms at 30 s") && note.contains("stalls: {max"), "{note}");
    let stalls = quiet.expect("stalls.max", Verdict::Fail, "stalls.max.exceeded");
    assert_eq!(stalls.evidence.source.as_deref(), Some("heartbeat on / every 10 ms"));
    let long = Played::new(rules).beats(30.0, 0.0, 0.0).paused(20.0, 0.052, "Pause Young (Normal)");
    let finding = long.expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
    assert_eq!(finding.summary, "the target stood still once, for 52 ms in `Pause Young (Normal)` (limit 20 ms)");
    assert!(finding.evidence.notes[0].starts_with("at 20 s: Pause Young (Normal), 52 ms"), "{finding:#?}");
}

#[test]
fn a_runtime_that_tells_nothing_leaves_it_to_the_heartbeat() {
    let played = Played::new("{pauses: {max: 50ms}}").beats(30.0, 0.200, 0.0);
    let finding = played.expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
    assert_eq!(finding.evidence.source.as_deref(), Some("heartbeat on / every 10 ms"));
}

#[test]
fn what_held_the_target_up_leaves_its_pauses_open_and_is_named() {
    let reasons = [
        ([0.190, 0.0, 0.0], "its processor quota held it back for 190 ms"),
        // Who is held back by a quota waits on the queue too.
        ([0.190, 0.195, 0.0], "its processor quota held it back for 190 ms"),
        ([0.0, 0.190, 0.0], "it waited for a processor for 190 ms"),
        ([0.0, 0.0, 0.190], "the machine waited for memory for 190 ms"),
    ];
    for (held, reason) in reasons {
        let seen = Played::new("{stalls: {max: 50ms}}").beats(30.0, 0.200, 0.0).held(30.0, held);
        let finding = seen.expect("stalls.max", Verdict::Inconclusive, "stalls.max.held_up");
        assert!(finding.evidence.notes[0].contains(&format!("({reason})")), "{finding:#?}");
        let told =
            Played::new("{pauses: {max: 50ms}}").beats(30.0, 0.0, 0.0).paused(30.0, 0.2, "Scavenge").held(30.0, held);
        let finding = told.expect("pauses.max", Verdict::Inconclusive, "pauses.max.held_up");
        assert!(finding.evidence.notes[0].contains(reason), "{finding:#?}");
    }
    let elsewhere = Played::new("{stalls: {max: 50ms}}").beats(30.0, 0.200, 0.0).held(40.0, [0.19, 0.0, 0.0]);
    elsewhere.expect("stalls.max", Verdict::Fail, "stalls.max.exceeded");
    let little = Played::new("{stalls: {max: 50ms}}").beats(30.0, 0.200, 0.0).held(30.0, [0.03, 0.0, 0.0]);
    let finding = little.expect("stalls.max", Verdict::Fail, "stalls.max.exceeded");
    assert!(finding.summary.contains("for 169 ms (its processor quota held it back for 30 ms)"), "{finding:#?}");
}

#[test]
fn a_pause_that_two_tell_of_counts_once() {
    let mut played = Played::new("{pauses: {per_minute: 100}}");
    for second in 1..=60 {
        played = played.paused(f64::from(second), 0.002, "Scavenge");
        let mut other = played.timeline.pauses.last().unwrap().clone();
        other.source = Arc::from("inspector");
        // It came later, and has missed the first.
        played = if second > 3 { played.tells(other) } else { played };
    }
    let finding = played.expect("pauses.per_minute", Verdict::Pass, "pauses.per_minute.holds");
    assert_eq!((finding.evidence.samples, finding.evidence.source.as_deref()), (60, Some("gc log")));
}

#[test]
fn a_pause_in_which_nobody_ran_is_no_fault_of_the_runtime() {
    let mut pause = Played::new("{pauses: {max: 20ms}}").paused(30.0, 0.050, "Scavenge").timeline.pauses[0].clone();
    pause.cpu = Some(2_000);
    let starved = Played::new("{pauses: {max: 20ms}}").tells(pause.clone());
    let finding = starved.expect("pauses.max", Verdict::Inconclusive, "pauses.max.held_up");
    assert!(finding.evidence.notes[0].contains("it ran for 2.0 ms of it only"), "{finding:#?}");
    pause.cpu = Some(49_000);
    Played::new("{pauses: {max: 20ms}}").tells(pause).expect("pauses.max", Verdict::Fail, "pauses.max.exceeded");
}

#[test]
fn a_stall_in_a_collection_says_so() {
    let rules = "{stalls: {max: 50ms}}";
    let within = Played::new(rules).beats(30.0, 0.200, 0.0).paused(30.01, 0.18, "Pause Full");
    let finding = within.expect("stalls.max", Verdict::Fail, "stalls.max.exceeded");
    assert!(finding.summary.contains("(in a collection: Pause Full, 180 ms)"), "{finding:#?}");
    let beside = Played::new(rules).beats(30.0, 0.200, 0.0).paused(29.9, 0.5, "concurrent mark");
    let finding = beside.expect("stalls.max", Verdict::Fail, "stalls.max.exceeded");
    assert!(finding.summary.contains("(beside a collection: concurrent mark, 500 ms)"), "{finding:#?}");
    let elsewhere = Played::new(rules).beats(30.0, 0.200, 0.0).paused(40.0, 0.18, "Pause Full");
    let finding = elsewhere.expect("stalls.max", Verdict::Fail, "stalls.max.exceeded");
    assert!(!finding.summary.contains("collection"), "{finding:#?}");
}

#[test]
fn a_collection_that_was_asked_for_is_in_no_budget() {
    let rules = "{pauses: {max: 50ms, per_minute: 0}, stalls: {max: 50ms}}";
    let asked = Played::new(rules)
        .beats(30.0, 0.200, 0.0)
        .paused(30.0, 0.2, "Pause Full (System.gc())")
        .event(30.0, Happening::Collected { from: at(29.99), to: at(30.3) });
    asked.expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    asked.expect("pauses.per_minute", Verdict::Pass, "pauses.per_minute.holds");
    asked.expect("stalls.max", Verdict::Pass, "stalls.max.holds");
}

#[test]
fn percentile_share_and_number_are_those_of_all_pauses_and_not_of_what_runs_beside_the_work() {
    let of = |rules: &str| {
        let played = Played::new(rules).paused(80.0, 5.0, "concurrent mark");
        (0..200).fold(played, |played, n| {
            // 198 of 22 ms, and two of 300 ms: 4.956 s of the 90 s.
            played.paused(5.0 + 0.3 * f64::from(n), if n % 100 == 7 { 0.300 } else { 0.022 }, "Scavenge")
        })
    };
    let value = |rules: &str, id: &str| of(rules).finding(id).evidence.value.unwrap().value;
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    near(value("{pauses: {p99: 25ms}}", "pauses.p99"), 0.022);
    near(value("{pauses: {share: 6%}}", "pauses.share"), 4.956 / 90.0);
    near(value("{pauses: {per_minute: 100}}", "pauses.per_minute"), 200.0 / 1.5);
    of("{pauses: {p99: 20ms}}").expect("pauses.p99", Verdict::Fail, "pauses.p99.exceeded");
    of("{pauses: {share: 6%}}").expect("pauses.share", Verdict::Pass, "pauses.share.holds");
    of("{pauses: {share: 5%}}").expect("pauses.share", Verdict::Fail, "pauses.share.exceeded");
    of("{pauses: {per_minute: 134}}").expect("pauses.per_minute", Verdict::Pass, "pauses.per_minute.holds");
    of("{pauses: {per_minute: 133}}").expect("pauses.per_minute", Verdict::Fail, "pauses.per_minute.exceeded");
}

#[test]
fn pauses_before_the_load_have_a_budget_of_their_own() {
    let rules = "{pauses: {max: 20ms, idle: {max: 5ms, per_minute: 6}}}";
    let busy = Played::new(rules).paused(30.0, 0.015, "Young").paused(31.0, 0.004, "Young").paused(4.0, 0.002, "Young");
    busy.expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    busy.expect("pauses.max.idle", Verdict::Pass, "pauses.max.idle.holds");
    busy.expect("pauses.per_minute.idle", Verdict::Pass, "pauses.per_minute.idle.holds");
    let restless = busy.paused(6.0, 0.009, "Young");
    restless.expect("pauses.max", Verdict::Pass, "pauses.max.holds");
    restless.expect("pauses.max.idle", Verdict::Fail, "pauses.max.idle.exceeded");
    let often = restless.expect("pauses.per_minute.idle", Verdict::Fail, "pauses.per_minute.idle.exceeded");
    assert_eq!(often.evidence.window, Some((at(0.0), at(10.0))));
}

#[test]
fn a_time_too_short_for_one_pause_shows_no_rate_of_them() {
    let played = Played::new("{pauses: {idle: {per_minute: 1}}}").paused(30.0, 0.015, "Young");
    let finding = played.expect("pauses.per_minute.idle", Verdict::Inconclusive, "pauses.per_minute.idle.too_short");
    assert!(finding.evidence.notes[0].starts_with("1m would tell"), "{finding:#?}");
    let longer = Played::of(
        "",
        "{name: base, for: 60s}, {name: work, for: 60s, users: 10}",
        "{pauses: {idle: {per_minute: 1}}}",
    );
    let told = longer.paused(90.0, 0.015, "Young");
    told.expect("pauses.per_minute.idle", Verdict::Pass, "pauses.per_minute.idle.holds");
}
