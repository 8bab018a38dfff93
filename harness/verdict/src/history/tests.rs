use corpus::Random;

use super::*;

/// The change points of a peak of 100 MiB with noise of a hundredth, times what `share` says of each run.
fn changes(seed: u64, count: usize, share: impl Fn(usize) -> f64) -> Vec<ChangePoint> {
    let mut random = Random::new(seed);
    let point = |at: usize| {
        let value = 1e8 * share(at) * (1.0 + 0.01 * random.normal());
        Point { name: format!("c{at}"), measured: Measurement::new(value, 0.0, "test".to_owned()) }
    };
    let points: Vec<Point> = (0..count).map(point).collect();
    let history = History::new(Quantity::Peak, &points);
    assert_eq!((history.values.len(), history.is_long_enough()), (count, count >= FEWEST));
    history.changes
}

#[test]
fn a_step_is_found_at_its_commit() {
    let step = |at: usize| if at < 12 { 1.0 } else { 1.06 };
    let found: Vec<Vec<ChangePoint>> = (0..100).map(|seed| changes(seed, 24, step)).collect();
    let exact = found.iter().filter(|all| all.len() == 1 && all[0].at == 12).count();
    let near = found.iter().filter(|all| all.iter().any(|one| one.at.abs_diff(12) <= 1)).count();
    println!("a step of 6 sigma: {exact} of 100 at its very run, {near} within one");
    assert!(exact >= 90 && near >= 98, "{exact} {near}");
    let one = &found[0][0];
    assert_eq!((one.before.as_str(), one.after.as_str(), one.change), ("c11", "c12", Change::Regression));
    assert!((one.difference.value - 0.06).abs() < 0.015 && one.chance < ALPHA);
}

#[test]
fn two_steps_are_found_and_the_way_back_is_an_improvement() {
    let there_and_back = |at: usize| if (10..20).contains(&at) { 1.08 } else { 1.0 };
    let all = changes(1, 30, there_and_back);
    let told: Vec<(usize, Change)> = all.iter().map(|one| (one.at, one.change)).collect();
    assert_eq!(told, [(10, Change::Regression), (20, Change::Improvement)]);
}

#[test]
fn noise_has_no_change_points() {
    let count = 500;
    let false_ones = (0..count).filter(|seed| !changes(*seed, 40, |_| 1.0).is_empty()).count();
    println!("{false_ones} of {count}");
    assert_eq!(false_ones, 0, "what is tolerated is two and a half times the noise");
    // Without what is tolerated there is only the chance.
    let of_chance = (0..count).filter(|seed| {
        let mut random = Random::new(*seed);
        let values: Vec<f64> = (0..40).map(|_| random.normal()).collect();
        !cuts(&values, 0.0).is_empty()
    });
    let of_chance = of_chance.count() as u64;
    println!("{of_chance} of {count} by chance alone");
    assert!(of_chance * 100 <= 6 * count, "{of_chance}");
}

#[test]
fn one_outlier_is_no_change() {
    for seed in 0..100 {
        assert_eq!(changes(seed, 24, |at| if at == 11 { 1.5 } else { 1.0 }), [], "{seed}");
    }
}

#[test]
fn drift_is_found_though_no_single_commit_is_worse() {
    let drift = |at: usize| 1.0 + 0.004 * at as f64;
    let found = (0..100).filter(|seed| changes(*seed, 30, drift).iter().any(|one| one.change == Change::Regression));
    let found = found.count();
    assert!(found >= 95, "{found}");
}

#[test]
fn a_short_history_says_nothing() {
    assert_eq!(changes(1, 9, |at| if at < 5 { 1.0 } else { 2.0 }), []);
    assert_eq!(History::new(Quantity::Peak, &[]).values, []);
}

#[test]
fn what_was_read_in_another_way_has_no_part_in_it() {
    let point = |at: usize| {
        let source = if at < 8 { "rss" } else { "anon" };
        let value = if at < 8 { 2e8 } else { 1e8 };
        Point { name: at.to_string(), measured: Measurement::new(value + at as f64, 0.0, source.to_owned()) }
    };
    let history = History::new(Quantity::Peak, &(0..24).map(point).collect::<Vec<_>>());
    assert_eq!((history.values.len(), history.changes.len()), (16, 0));
}
