//! What stands on the terminal.

use timeline::{Death, Timeline};
use verdict::Evidence;

use super::*;
use crate::example::{self, HOSTILE, finding, leak};

const PLAIN: Style = Style { colour: false, width: 90 };

#[test]
fn a_leak_is_told_with_its_evidence() {
    let findings = vec![finding("target.alive", Verdict::Pass, "the target lived until it was stopped"), leak()];
    let expected = "\
FAIL  leaky: memory grows by 2.5 KiB/request (limit 64 B/request)

  ✘ FAIL  memory.growth_per_request  memory grows by 2.5 KiB/request (limit 64 B/request)
                                     - measured 2.5 KiB/request, limit 64 B/request
                                     - the true value lies between 1.5 KiB/request and 3.5
                                       KiB/request
                                     - judged from 10 s to 1m 10s, by 60 samples of
                                       anonymous_memory from /proc
                                     - the floor rose in each cycle
  ✔ PASS  target.alive               the target lived until it was stopped

Memory of the target, 20 MiB to 80 MiB
  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▅▅▅▅▅▅▅▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇███████████████████████████
  |baseline|work                                                      |settle

Steps          requests   failed      p50      p90      p99    p99.9      max
  browse/GET /     6000        6   1.2 ms   1.2 ms   1.2 ms    12 ms    12 ms

Load     6000 requests, 6 failed (0.1 %), 100/s over 1m, p50 1.2 ms, p99 1.2 ms
Failed   6 status 503
Outcome  completed after 1m 30s
Record   results/leaky/20260301T120000Z-0123456-abc123
";
    let told = terminal(&example::record(findings), PLAIN);
    assert_eq!(told, expected, "\n{told}");
}

#[track_caller]
fn check_headline(findings: Vec<Finding>, outcome: Outcome, expected: &str) {
    let mut record = example::record(findings);
    record.timeline.outcome = outcome;
    assert_eq!(terminal(&record, PLAIN).lines().next(), Some(expected));
}

#[test]
fn a_pass_says_what_would_have_been_seen() {
    let holds = Finding { verdict: Verdict::Pass, ..leak() };
    let other = finding("errors", Verdict::Pass, "none");
    let expected = "PASS  leaky: all 2 assertions hold; a leak above 32 B/request would have been seen";
    check_headline(vec![other.clone(), holds], Outcome::Completed, expected);
    check_headline(vec![other], Outcome::Completed, "PASS  leaky: its one assertion holds");
}

#[test]
fn a_run_that_was_cut_short_never_passes() {
    let holds = || vec![finding("errors", Verdict::Pass, "none")];
    let expected = "INCONCLUSIVE  leaky: the run did not complete (harness lost)";
    check_headline(holds(), Outcome::HarnessLost, expected);
    let died = Death { exit_code: Some(137), oom_killed: true, last_lines: Vec::new() };
    let expected = "FAIL  leaky: the run did not complete (target died: OOM-killed (exit 137))";
    check_headline(holds(), Outcome::TargetDied(died), expected);
    check_headline(Vec::new(), Outcome::Completed, "INCONCLUSIVE  leaky: the run has not been judged");
}

#[test]
fn a_target_that_did_not_start_is_told_in_three_lines() {
    let mut record =
        example::record(vec![finding("errors", Verdict::Inconclusive, "cannot tell: no request was sent")]);
    record.timeline = Timeline::default();
    record.timeline.outcome = Outcome::NotStarted { reason: "there is no program `chat`".to_owned() };
    let expected = "\
INCONCLUSIVE  leaky: the target did not start, so nothing could be judged

Outcome  not started: there is no program `chat`
Record   results/leaky/20260301T120000Z-0123456-abc123
";
    assert_eq!(terminal(&record, PLAIN), expected);
}

#[test]
fn failures_come_first_and_the_rest_keeps_its_order() {
    let names = [("a", Verdict::Pass), ("b", Verdict::Fail), ("c", Verdict::Inconclusive), ("d", Verdict::Fail)];
    let findings = names.map(|(name, verdict)| finding(name, verdict, "so")).to_vec();
    let told = terminal(&example::record(findings), PLAIN);
    let rows: Vec<&str> = told.lines().skip(2).take(4).map(str::trim).collect();
    assert_eq!(
        rows,
        ["✘ FAIL          b  so", "✘ FAIL          d  so", "? INCONCLUSIVE  c  so", "✔ PASS          a  so"]
    );
}

#[test]
fn what_is_inconclusive_says_what_would_settle_it() {
    let evidence = Evidence { settled_by: Some(Duration::from_mins(125)), ..Evidence::default() };
    let unclear = Finding { evidence, ..finding("memory.growth", Verdict::Inconclusive, "too short to tell") };
    let told = terminal(&example::record(vec![unclear]), PLAIN);
    assert!(told.contains("- 2h 5m of load would settle it\n"), "{told}");
}

#[test]
fn what_can_be_excluded_is_told_of_what_holds_or_is_open_and_of_nothing_else() {
    let seconds = |value| Amount { value, unit: Unit::Seconds };
    let told = |verdict, interval: (f64, f64), resolution| {
        let interval = Some((seconds(interval.0), seconds(interval.1)));
        let evidence = Evidence { interval, resolution: Some(seconds(resolution)), ..Evidence::default() };
        terminal(&example::record(vec![Finding { evidence, ..finding("pauses.max", verdict, "so") }]), PLAIN)
    };
    assert!(told(Verdict::Inconclusive, (0.1, 0.2), 0.2).contains("exclude what is above 200 ms"));
    assert!(!told(Verdict::Fail, (0.1, 0.2), 0.2).contains("exclude"));
    assert!(!told(Verdict::Inconclusive, (0.1, 0.2), 1e-6).contains("exclude"), "pauses are told to a microsecond");
}

#[test]
fn a_hostile_log_does_not_reach_the_terminal() {
    let evidence = Evidence { notes: vec![HOSTILE.to_owned()], ..Evidence::default() };
    let mut record = example::record(vec![Finding { evidence, ..finding(HOSTILE, Verdict::Fail, HOSTILE) }]);
    record.about.scenario = HOSTILE.to_owned();
    record.timeline.outcome = Outcome::LoadFailed { reason: HOSTILE.to_owned() };
    let phase = record.timeline.phases.first_mut().unwrap();
    HOSTILE.clone_into(&mut phase.name);
    let told = terminal(&record, PLAIN);
    assert!(told.chars().all(|letter| letter == '\n' || !letter.is_control()), "{told:?}");
}

#[test]
fn colour_comes_only_when_asked_for_and_changes_no_letter() {
    let record = example::record(vec![leak(), finding("errors", Verdict::Pass, "none")]);
    let (plain, coloured) = (terminal(&record, PLAIN), terminal(&record, Style { colour: true, ..PLAIN }));
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[1;31m"), "{coloured:?}");
    assert_eq!(crate::clean::clean(&coloured), plain);
}

#[test]
fn lines_fit_the_terminal() {
    let record = example::record(vec![leak()]);
    for width in [70, 80, 90, 120, 200] {
        let told = terminal(&record, Style { colour: false, width });
        for line in told.lines().filter(|line| !line.starts_with("Load")) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn a_run_that_saw_nothing_is_told_too() {
    let mut record = example::record(Vec::new());
    record.timeline = Timeline::default();
    for width in [0, 1, 80] {
        let told = terminal(&record, Style { colour: false, width });
        assert!(told.contains("no requests\nOutcome  harness lost after 0 s"), "{told}");
    }
}
