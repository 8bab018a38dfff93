//! The judgement against single cases by name, and against the families as a table.

use corpus::{BENIGN, Family, Kind, Leak, Random, Trace, trace};

use super::{Growth, Question, Shape, Tolerance, TooLittle, Trend, assess};

const MIB: f64 = 1_048_576.0;

fn question(samples: &[(f64, f64)], planned_seconds: f64) -> Question<'_> {
    let tolerance = Tolerance::default();
    Question { samples, planned_seconds, warm_seconds: planned_seconds, alpha: 0.002, tolerance }
}

fn judged(samples: &[(f64, f64)], planned_seconds: f64) -> Growth {
    match assess(&question(samples, planned_seconds)) {
        Ok(growth) => growth,
        Err(too_little) => panic!("{too_little:?}"),
    }
}

/// Samples of a course, at `count` times `cadence` seconds apart, with normal noise.
fn course(count: usize, cadence: f64, noise: f64, value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let mut random = Random::new(7);
    let times = (0..count).map(|at| at as f64 * cadence);
    times.map(|seconds| (seconds, value(seconds) + noise * random.normal())).collect()
}

#[test]
fn a_flat_line_is_bounded() {
    let growth = judged(&course(300, 1.0, MIB, |_| 200.0 * MIB), 300.0);
    assert_eq!((growth.verdict, growth.shape), (Trend::Bounded, Shape::Stable));
    let constant = judged(&course(300, 1.0, 0.0, |_| 200.0 * MIB), 300.0);
    assert_eq!((constant.verdict, constant.shape), (Trend::Bounded, Shape::Stable));
}

#[test]
fn a_sawtooth_is_not_a_leak() {
    let tooth = |seconds: f64| (100.0 + 40.0 * (seconds / 7.0).fract()) * MIB;
    let growth = judged(&course(300, 1.0, 0.3 * MIB, tooth), 300.0);
    assert_ne!(growth.verdict, Trend::Leak);
    assert_eq!(growth.shape, Shape::Sawtooth);
}

#[test]
fn a_warm_up_is_not_a_leak() {
    let warm = |seconds: f64| (100.0 - 60.0 * (-seconds / 40.0).exp_m1()) * MIB;
    let growth = judged(&course(300, 1.0, MIB, warm), 300.0);
    assert_ne!(growth.verdict, Trend::Leak);
    assert_eq!(growth.shape, Shape::WarmUpThenPlateau);
}

#[test]
fn one_step_is_not_a_leak() {
    let step = |seconds: f64| {
        if seconds < 160.0 { 100.0 * MIB } else { 130.0 * MIB }
    };
    let growth = judged(&course(300, 1.0, MIB, step), 300.0);
    assert_ne!(growth.verdict, Trend::Leak);
    assert_eq!(growth.shape, Shape::Step);
}

#[test]
fn a_decrease_is_bounded() {
    let growth = judged(&course(300, 1.0, MIB, |seconds| (100.0 - 0.1 * seconds) * MIB), 300.0);
    assert_eq!((growth.verdict, growth.shape), (Trend::Bounded, Shape::Decreasing));
}

#[test]
fn a_linear_leak_is_found_with_its_slope() {
    let leak = 0.2 * MIB;
    let growth = judged(&course(300, 1.0, MIB, |seconds| 100.0 * MIB + leak * seconds), 300.0);
    assert_eq!((growth.verdict, growth.shape), (Trend::Leak, Shape::Linear));
    assert!(growth.lower < leak && leak < growth.upper, "{growth:?}");
    assert!((growth.slope_per_second / leak - 1.0).abs() < 0.1, "{growth:?}");
    assert!(growth.settles_after.is_none());
}

#[test]
fn a_strong_leak_in_a_short_run_is_found() {
    let leak = 2.0 * MIB;
    let samples = course(200, 0.2, 50.0 * 1024.0, |seconds| 20.0 * MIB + leak * seconds);
    let growth = judged(&samples, 40.0);
    assert_eq!(growth.verdict, Trend::Leak);
    assert!((growth.slope_per_second / leak - 1.0).abs() < 0.1, "{growth:?}");
}

#[test]
fn a_quantised_series_is_judged_by_its_quantum() {
    let pages = |value: f64| (value / (4.0 * MIB)).round() * 4.0 * MIB;
    let rounded =
        |samples: Vec<(f64, f64)>| samples.into_iter().map(|(at, value)| (at, pages(value))).collect::<Vec<_>>();
    let flat = judged(&rounded(course(300, 1.0, MIB, |_| 101.0 * MIB)), 300.0);
    assert_ne!(flat.verdict, Trend::Leak);
    assert!(flat.tolerated >= 4.0 * MIB, "less than one quantum is no growth: {flat:?}");
    let leak = judged(&rounded(course(300, 1.0, MIB, |seconds| (100.0 + 0.4 * seconds) * MIB)), 300.0);
    assert_eq!(leak.verdict, Trend::Leak);
}

#[test]
fn gaps_do_not_make_a_leak() {
    for seed in 0..10 {
        for family in [Family::Flat, Family::Sawtooth, Family::WarmUp, Family::Spikes] {
            let mut samples = trace(seed, family, 600.0, 1.0, None).samples;
            samples.retain(|(at, _)| !(100.0..160.0).contains(at) && !(400.0..430.0).contains(at));
            assert_ne!(judged(&samples, 600.0).verdict, Trend::Leak, "{family:?} {seed}");
        }
    }
}

#[test]
fn a_change_of_cadence_does_not_make_a_leak() {
    for seed in 0..10 {
        for family in [Family::Flat, Family::Spikes, Family::Remembering] {
            let mut samples = trace(seed, family, 1_800.0, 1.0, None).samples;
            samples.retain(|(at, _)| *at < 900.0 || at % 6.0 < 0.5);
            assert_ne!(judged(&samples, 1_800.0).verdict, Trend::Leak, "{family:?} {seed}");
        }
    }
}

#[test]
fn a_leak_is_found_through_gaps() {
    let mut samples = course(600, 1.0, MIB, |seconds| (100.0 + 0.1 * seconds) * MIB);
    samples.retain(|(at, _)| !(100.0..160.0).contains(at) && !(400.0..430.0).contains(at));
    assert_eq!(judged(&samples, 600.0).verdict, Trend::Leak);
}

#[test]
fn too_few_samples_say_so() {
    let samples = course(47, 1.0, MIB, |_| 100.0 * MIB);
    assert_eq!(assess(&question(&samples, 47.0)), Err(TooLittle::Samples(47)));
    let at_once: Vec<(f64, f64)> = (0..100).map(|_| (3.0, MIB)).collect();
    assert_eq!(assess(&question(&at_once, 300.0)), Err(TooLittle::Gaps(100)));
}

#[test]
fn forty_eight_samples_are_judged() {
    let verdicts =
        |leak| (0..10).map(move |seed| judged(&trace(seed, Family::Flat, 240.0, 5.0, leak).samples, 240.0).verdict);
    assert!(verdicts(None).all(|verdict| verdict != Trend::Leak));
    let quiet = judged(&course(48, 5.0, 0.05 * MIB, |_| 100.0 * MIB), 240.0);
    assert_eq!(quiet.verdict, Trend::Bounded, "{quiet:?}");
    let leak = Some(Leak { kind: Kind::Linear, size: 64.0 });
    let found = verdicts(leak).filter(|verdict| *verdict == Trend::Leak).count();
    assert!(found >= 8, "{found} of 10");
}

#[test]
fn nothing_is_decided_before_the_warm_window() {
    let samples = course(300, 1.0, MIB, |seconds| (100.0 + 0.5 * seconds) * MIB);
    let patient = Question { warm_seconds: 600.0, ..question(&samples, 300.0) };
    let growth = assess(&patient).map(|growth| (growth.verdict, growth.guarded, growth.settles_after >= Some(600.0)));
    assert_eq!(growth, Ok((Trend::Unclear, false, true)));
}

#[test]
fn any_input_is_answered() {
    let mut random = Random::new(3);
    let scales = [0.0, 1e-300, 1.0, 1e12, 1e150, 1e300, f64::MAX];
    for (round, scale) in (0..700).zip(scales.into_iter().cycle()) {
        let count = 40 + round % 300;
        let coarse = round % 3 == 0;
        let mut seconds = random.between(-10.0, 10.0);
        let sample = |_| {
            seconds += if random.share() < 0.3 { 0.0 } else { random.scale(1e-3, 1e3) };
            let value = random.between(-1.0, 1.0);
            (seconds, scale * if coarse { value.round() } else { value })
        };
        let samples: Vec<(f64, f64)> = (0..count).map(sample).collect();
        if let Ok(growth) = assess(&question(&samples, 300.0)) {
            let numbers = [growth.slope_per_second, growth.lower, growth.upper, growth.level];
            assert!(numbers.iter().all(|number| !number.is_nan()), "round {round}: {growth:?}");
            assert!(growth.lower <= growth.upper, "round {round}: {growth:?}");
        }
    }
}

/// How many of the seeds were called a leak, and how many bounded.
fn verdicts(seeds: std::ops::Range<u64>, family: Family, seconds: f64, leak: Option<Leak>) -> (u32, u32) {
    let judge = |seed| judged(&trace(seed, family, seconds, 1.0, leak).samples, seconds).verdict;
    seeds.map(judge).fold((0, 0), |(leaks, bounded), verdict| {
        (leaks + u32::from(verdict == Trend::Leak), bounded + u32::from(verdict == Trend::Bounded))
    })
}

/// Of 1,140 traces of 300 s one is called a leak and 76 % are cleared; of 760 of an hour it is none and 94 %.
#[test]
fn false_alarms_are_rare_in_every_family() {
    for (seconds, seeds, least_cleared) in [(300.0, 60, 0.72), (3_600.0, 40, 0.9)] {
        let (mut alarms, mut cleared, mut traces) = (0, 0, 0);
        for family in BENIGN {
            let (leaks, bounded) = verdicts(0..seeds, family, seconds, None);
            println!("{seconds:5} s  {family:13?} leak {leaks:2}  bounded {bounded:3} of {seeds}");
            assert!(leaks <= 1, "{leaks} of {seeds} of {family:?}");
            (alarms, cleared, traces) = (alarms + leaks, cleared + bounded, traces + seeds as u32);
        }
        println!("{seconds:5} s  all: leak {alarms}, bounded {cleared} of {traces}");
        assert!(alarms <= 1, "{alarms} false alarms in {traces}");
        assert!(f64::from(cleared) >= least_cleared * f64::from(traces), "{cleared} cleared of {traces}");
    }
}

/// At 300 s 67 % and more are found of every kind with G = 8, and 84 % with G = 16; of an hour 82 and 97 %.
#[test]
fn leaks_are_found_as_often_as_their_size_allows() {
    for (seconds, seeds, least) in [(300.0, 10, [0.62, 0.8]), (3_600.0, 2, [0.77, 0.92])] {
        for kind in [Kind::Linear, Kind::Staircase, Kind::Late, Kind::Exponential, Kind::Bursty] {
            let found = [4.0, 8.0, 16.0].map(|size| {
                let of_family = |family| verdicts(0..seeds, family, seconds, Some(Leak { kind, size })).0;
                f64::from(BENIGN.into_iter().map(of_family).sum::<u32>()) / (seeds as f64 * 19.0)
            });
            println!("{seconds:5} s  {kind:11?} found at G = 4, 8, 16: {found:.2?}");
            assert!(found[1] >= least[0] && found[2] >= least[1], "{kind:?} in {seconds} s: {found:?}");
        }
    }
}

/// Of 375 leaks that were seen to run away, among 659 that were found (6 seeds, G = 8 to 64, 300 s and an hour), as much
/// again was foreseen at 0.78 to 1.16 of the right time in nine of ten, and 368 came between soonest and latest. A line
/// would have told 2 to 5 times as long.
#[test]
fn growth_that_feeds_on_itself_is_foreseen() {
    let leak = Some(Leak { kind: Kind::Exponential, size: 16.0 });
    let traces = BENIGN.into_iter().map(|family| trace(1, family, 3_600.0, 1.0, leak));
    let grown = traces.map(|trace| (judged(&trace.samples, 3_600.0).runaway, trace));
    let (mut seen, mut near, mut held) = (0, 0, 0);
    for (runaway, trace) in grown.filter_map(|(runaway, trace)| Some((runaway?, trace))) {
        let truth = until_as_much_again(&trace, 3_600.0);
        let [soonest, likely, latest] = runaway.seconds_until(trace.leaked);
        assert!(soonest < likely && likely < latest, "{runaway:?}");
        seen += 1;
        near += u32::from((likely / truth - 1.0).abs() < 0.25);
        held += u32::from((soonest..=latest).contains(&truth));
    }
    assert!(seen >= 8 && near + 1 >= seen && held + 1 >= seen, "of {seen} {near} are near and {held} held");
}

/// The seconds after the end until a leak by exp(rate t) - 1 has lost as much again: its slope at the end tells the rate.
fn until_as_much_again(trace: &Trace, seconds: f64) -> f64 {
    let steepness = trace.slope * seconds / trace.leaked;
    let (mut low, mut high) = (0.1_f64, 20.0_f64);
    for _ in 0..60 {
        let rate = f64::midpoint(low, high);
        if rate / -(-rate).exp_m1() < steepness { low = rate } else { high = rate }
    }
    seconds * ((2.0 * low.exp() - 1.0).ln() / low - 1.0)
}

#[test]
fn only_what_runs_away_is_foreseen_to() {
    for kind in [Kind::Linear, Kind::Late, Kind::Staircase, Kind::Bursty] {
        for family in BENIGN {
            let samples = trace(2, family, 3_600.0, 1.0, Some(Leak { kind, size: 16.0 })).samples;
            assert_eq!(judged(&samples, 3_600.0).runaway, None, "{kind:?} {family:?}");
        }
    }
}
