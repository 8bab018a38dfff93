//! Looks at runs of made-up services: they err no more often than one judgement, and find leaks early.
//!
//! An hour of load, a sample a second, of services that warm up within the ten minutes that the scenario says.

use corpus::{BENIGN, Family, Kind, Leak, VARIED, soak};
use timeline::Sample;

use super::*;

const HOUR: f64 = 3_600.0;
const WARM: f64 = 600.0;

fn hour(more: &str) -> Plan {
    soaking(more, "1h", "10m")
}

fn soaking(more: &str, length: &str, warm_up: &str) -> Plan {
    let source = format!(
        "name: test\n{more}\ntarget: {{process: {{command: [a]}}}}\nload:\n  warm_up: {warm_up}\n  \
         journeys: [{{name: a, steps: [{{get: /}}]}}]\n  phases: [{{name: work, for: {length}, users: 10}}]"
    );
    scenario::load(&source, Path::new("/"), &|_| None).unwrap()
}

/// What a run sees of a service: its phase, and its memory.
fn seen(samples: &[(f64, f64)]) -> impl Iterator<Item = Observation> {
    let phase = Happening::Entered { phase: "work".to_owned(), cycle: None, loaded: true };
    let sample = |(seconds, value): &(f64, f64)| Observation::Sample {
        key: SeriesKey { subject: Subject::Target, metric: Metric::AnonymousMemory },
        source: "test",
        sample: Sample { due: at(*seconds), taken: at(*seconds), value: *value },
    };
    std::iter::once(Observation::Event(Event { at: Elapsed::ZERO, what: phase })).chain(samples.iter().map(sample))
}

/// Plays the looks of a run; which one ended it, and why.
fn stopped(plan: &Plan, samples: &[(f64, f64)]) -> Option<(Look, String)> {
    let mut sight = Sight::default();
    seen(samples).for_each(|one| sight.push(&one));
    looks(plan).into_iter().find_map(|look| Some((look, sight.look(plan, look.number, look.at)?)))
}

/// The sealed run.
fn sealed(samples: &[(f64, f64)], end: f64, outcome: Outcome) -> Timeline {
    let mut timeline = Timeline { outcome, ..Timeline::default() };
    seen(samples).for_each(|one| timeline.push(one));
    timeline.end = at(end);
    timeline.close_phase();
    timeline
}

fn growth(plan: &Plan, timeline: &Timeline) -> Finding {
    judge(plan, timeline).into_iter().find(|finding| finding.assertion == "memory.growth").unwrap()
}

fn leaking(slope: f64) -> Vec<(f64, f64)> {
    let grown = noisy(move |seconds| slope * seconds);
    (0..3600).map(|second| (f64::from(second), grown(f64::from(second)))).collect()
}

#[test]
fn the_looks_and_the_end_share_one_chance_of_error() {
    let plan = hour("stop_early: true");
    let end = Terms::at_the_end(&plan).alpha;
    let spent = |looks: u32| end + (1..=looks).map(|look| Terms::of_look(&plan, look).alpha).sum::<f64>();
    assert!((end - witness::ALPHA / 2.0).abs() < 1e-12);
    assert!(spent(7) < witness::ALPHA && spent(100_000) < witness::ALPHA);
    let patient = hour("stop_early: false");
    assert!(looks(&patient).is_empty());
    assert!((Terms::at_the_end(&patient).alpha - witness::ALPHA).abs() < 1e-12);
}

#[test]
fn no_look_is_taken_before_the_warm_up_is_over() {
    let times = |plan: &Plan| looks(plan).iter().map(|look| look.at.seconds().round()).collect::<Vec<f64>>();
    let mut plan = hour("stop_early: true");
    assert_eq!(times(&plan), [600.0, 810.0, 1094.0, 1476.0, 1993.0, 2690.0]);
    let early = Sight::default().look(&plan, 1, at(WARM / 2.0));
    assert_eq!(early, None);
    let mut sight = Sight::default();
    seen(&leaking(100_000.0)).for_each(|one| sight.push(&one));
    assert_eq!(sight.look(&plan, 1, at(0.9 * WARM)), None, "not even of what leaks");
    assert!(sight.look(&plan, 1, at(WARM)).is_some());
    plan.warm_up = None;
    assert_eq!(times(&plan), [2304.0, 3110.0], "as long as the end assumes it to last, where it is not known");
}

#[test]
fn there_are_some_twenty_looks_in_a_day() {
    let looks_after = |warm_up: &str| looks(&soaking("stop_early: true", "24h", warm_up)).len();
    assert_eq!([looks_after("5m"), looks_after("30m")], [19, 13]);
}

#[test]
fn time_without_load_does_not_count() {
    let played = Played::of(
        "",
        "{name: base, for: 50s}, {repeat: 4, phases: [{name: work, for: 20s, users: 5}, {name: rest, for: 10s}]}",
        "{}",
    );
    let plan = Plan { stop_early: true, warm_up: Some(Duration::from_secs(30)), ..played.plan };
    let times: Vec<f64> = looks(&plan).iter().map(|look| look.at.seconds()).collect();
    // After 30, 40.5, 54.675 and 73.81 s of load.
    let expected = [90.0, 110.5, 124.675, 153.811];
    assert!(times.iter().zip(expected).all(|(one, other)| (one - other).abs() < 0.01), "{times:?}");
    assert_eq!(times.len(), expected.len());
}

#[test]
fn only_a_leak_stops_a_run_and_it_is_judged_again_as_the_look_saw_it() {
    let plan = hour("stop_early: true");
    assert_eq!(stopped(&plan, &leaking(0.0)), None);
    let samples = leaking(2_000.0);
    let (look, reason) = stopped(&plan, &samples).unwrap();
    assert!(look.at.seconds() < HOUR / 2.0 && reason.contains("memory keeps growing"), "{look:?} {reason}");

    let length = look.at.seconds() + 11.0;
    let outcome = Outcome::StoppedEarly { look: look.number, seen: look.at, reason: reason.clone() };
    let cut: Vec<(f64, f64)> = samples.into_iter().filter(|sample| sample.0 < length).collect();
    let finding = growth(&plan, &sealed(&cut, length, outcome.clone()));
    assert_eq!((finding.verdict, &finding.summary), (Verdict::Fail, &reason));
    assert_eq!(overall(&[finding], &outcome), Verdict::Fail);
    // As a run that was cut short by something else, it would have shown the same too late to tell.
    let unfinished = Plan { warm_up: None, ..plan };
    assert_eq!(growth(&unfinished, &sealed(&cut, length, Outcome::Interrupted)).verdict, Verdict::Inconclusive);
}

#[test]
fn a_limit_that_is_kept_stops_nothing() {
    let strict = hour("stop_early: true\nassert: {memory: {growth: {below: 1MiB/h}}}");
    let generous = hour("stop_early: true\nassert: {memory: {growth: {below: 100MiB/h}}}");
    assert!(stopped(&strict, &leaking(2_000.0)).is_some());
    assert_eq!(stopped(&generous, &leaking(2_000.0)), None);
}

#[test]
fn what_the_rest_of_the_run_would_have_shown_says_why_it_does_not() {
    let outcome = Outcome::StoppedEarly { look: 1, seen: at(20.0), reason: "memory leaks".to_owned() };
    let played = Played::new("{memory: {returns_to_baseline: {within: 10%}, peak: {below: 1GiB}}}")
        .series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let mut played = played.series(Metric::WorkingSet, noisy(|_| 0.0)).outcome(outcome);
    played.timeline.phases.truncate(2);
    played.timeline.phases[1].end = at(30.0);
    for assertion in ["memory.returns_to_baseline", "memory.peak"] {
        let finding = played.finding(assertion);
        let told = finding.evidence.notes.iter().any(|note| note == "the run was stopped early: memory leaks");
        assert!(finding.verdict == Verdict::Inconclusive && told, "{finding:#?}");
    }
    played.expect("target.alive", Verdict::Pass, "target.alive.holds");
    assert_eq!(played.finding("evidence.coverage").verdict, Verdict::Pass);
}

/// The chance that is taken is 0.2 %. Of 1,980 traces the looks called 3 a leak, and the end none: two of memory that
/// fragments, and one of a load that swings, which is among these 330. One judgement called none a leak.
#[test]
fn looks_and_end_err_no_more_often_than_the_chance_they_share() {
    let (hasty, patient) = (hour("stop_early: true"), hour("stop_early: false"));
    let (mut ever, mut once, mut traces) = (0, 0, 0);
    for (family, seed) in every(BENIGN.into_iter().chain(VARIED), 10) {
        let samples = soak(seed, family, (WARM, HOUR), 1.0, None).samples;
        let timeline = sealed(&samples, HOUR, Outcome::Completed);
        let fails = |plan| growth(plan, &timeline).verdict == Verdict::Fail;
        let stops = stopped(&hasty, &samples).is_some();
        traces += 1;
        ever += u32::from(stops || fails(&hasty));
        once += u32::from(fails(&patient));
    }
    assert!(ever <= 1 && once == 0, "with looks {ever}, without {once} of {traces}");
}

/// Of 114 leaks with G = 16 of each kind, 105 straight ones stopped the run (97 in its first half, the median at 810 s),
/// 104 staircases (91, 1,094 s) and 104 bursty ones (82, 1,094 s). Of these 38 it is 32, 29 and 26 in the first half.
#[test]
fn most_leaks_are_found_in_the_first_half() {
    let plan = hour("stop_early: true");
    for kind in [Kind::Linear, Kind::Staircase, Kind::Bursty] {
        let runs = every(BENIGN.into_iter(), 2);
        let count = runs.len();
        let found: Vec<f64> = runs
            .into_iter()
            .filter_map(|(family, seed)| {
                let leak = Some(Leak { kind, size: 16.0 });
                let samples = soak(seed, family, (WARM, HOUR), 1.0, leak).samples;
                stopped(&plan, &samples).map(|(look, _)| look.at.seconds())
            })
            .collect();
        let early = found.iter().filter(|seconds| **seconds <= HOUR / 2.0).count();
        assert!(100 * early >= 65 * count, "{kind:?}: {early} of {count}");
    }
}

fn every(families: impl Iterator<Item = Family>, seeds: u64) -> Vec<(Family, u64)> {
    families.flat_map(|family| (0..seeds).map(move |seed| (family, 600_000 + seed))).collect()
}
