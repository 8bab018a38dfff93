//! How often a comparison errs, and how often it finds: on made-up run values, and on runs of made-up services.

mod runs;

use corpus::Random;
use runs::{Service, run};

use super::*;

/// How many comparisons are made; more of them tell more exactly: `COMPARISONS=5000`.
pub(crate) fn comparisons(usual: usize) -> usize {
    std::env::var("COMPARISONS").map_or(usual, |count| count.parse().unwrap())
}

/// How values of runs spread about their mean, as a share of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spread {
    Normal,
    /// Skewed to the right.
    LogNormal,
    /// Student's t with 3 degrees of freedom: heavy tails.
    Heavy,
    /// Now and then on another level.
    TwoLevels,
    /// Steps of twice the deviation, and nothing in between: two runs are often the same to the last digit.
    Steps,
}

impl Spread {
    pub(crate) const ALL: [Self; 4] = [Self::Normal, Self::LogNormal, Self::Heavy, Self::TwoLevels];

    /// A value with mean 0 and standard deviation 1.
    fn draw(self, random: &mut Random) -> f64 {
        let normal = random.normal();
        match self {
            Self::Normal => normal,
            Self::LogNormal => ((0.5 * normal).exp() - 0.125_f64.exp()) / 0.6039,
            Self::Heavy => {
                let squares: f64 = (0..3).map(|_| random.normal().powi(2)).sum();
                normal / (squares / 3.0).sqrt() / 3.0_f64.sqrt()
            }
            Self::TwoLevels => 0.6 * normal + if random.share() < 0.2 { 1.6 } else { -0.4 },
            Self::Steps => 2.0 * (normal / 2.0).round(),
        }
    }
}

/// Runs whose quantities spread by `sigma` (a share), and have changed by `change` for the worse, in the measure of what
/// counts for nothing.
pub(crate) fn values(random: &mut Random, count: usize, spread: Spread, sigma: f64, change: f64) -> Vec<Run> {
    let value = |random: &mut Random, quantity: Quantity| {
        let typical = match quantity {
            Quantity::Baseline | Quantity::Peak | Quantity::Settled => 1e8,
            Quantity::GrowthPerRequest => 200.0,
            Quantity::Growth => 1e7,
            Quantity::PausesPerMinute => 30.0,
            Quantity::Errors => 0.01,
            Quantity::Throughput => 500.0,
            _ => 0.02,
        };
        let told = matches!(quantity, Quantity::Growth | Quantity::GrowthPerRequest).then_some(0.05 * typical);
        let noise = spread.draw(random) * sigma;
        let tolerated = quantity.tolerated(typical, told);
        let scaled = match quantity.scale() {
            Scale::Ratio => quantity.on_scale(typical) + noise + change * tolerated.ln_1p(),
            Scale::Difference => typical * (1.0 + noise) + change * tolerated,
        };
        let measured = Measurement::new(quantity.off_scale(scaled), 0.0, "test".to_owned());
        Measurement { tolerated: told, ..measured }
    };
    let run = |at: usize| Run {
        name: at.to_string(),
        conditions: BTreeMap::new(),
        outcome: Outcome::Completed,
        measured: Quantity::ALL.into_iter().map(|quantity| (quantity, value(random, quantity))).collect(),
    };
    (0..count).map(run).collect()
}

fn regressions(comparison: &Comparison) -> usize {
    comparison.compared.iter().filter(|one| one.change == Change::Regression).count()
}

/// The hardest case: each of the twelve quantities is worse by exactly what counts for nothing. Of 5,000 comparisons each,
/// with 5 runs a side, normal values called 32 a regression, skewed ones 18, heavy tails 18, two levels 27.
#[test]
fn what_counts_for_nothing_is_seldom_called_a_regression() {
    let count = comparisons(1000);
    for spread in Spread::ALL {
        let mut random = Random::new(7);
        let false_ones = (0..count).filter(|_| {
            let [reference, candidate] = [0.0, 1.0].map(|change| values(&mut random, 5, spread, 0.03, change));
            regressions(&compare(&reference, &candidate, ALPHA)) > 0
        });
        let false_ones = false_ones.count();
        println!("{spread:?}: {false_ones} of {count}");
        assert!(false_ones as f64 <= 0.02 * count as f64, "{spread:?}: {false_ones}");
    }
}

#[test]
fn nothing_that_is_the_same_is_called_a_regression() {
    let count = comparisons(200);
    for (spread, runs, sigma) in Spread::ALL.into_iter().flat_map(|spread| [(spread, 5, 0.04), (spread, 10, 0.1)]) {
        let mut random = Random::new(11);
        let false_ones = (0..count).filter(|_| {
            let [reference, candidate] = [(); 2].map(|()| values(&mut random, runs, spread, sigma, 0.0));
            regressions(&compare(&reference, &candidate, ALPHA)) > 0
        });
        let false_ones = false_ones.count();
        println!("{spread:?}, {runs} runs, spread {sigma}: {false_ones} of {count}");
        assert!(false_ones as f64 <= 0.01 * count as f64, "{spread:?}: {false_ones}");
    }
}

/// A change of twice what counts for nothing is 5 % of a peak and 21 % of a p99.
#[test]
fn so_many_runs_as_the_formula_says_find_what_is_worth_finding() {
    let each = ALPHA / Quantity::ALL.len() as f64;
    for (quantity, sigma) in [(Quantity::Peak, 0.01), (Quantity::LatencyP99, 0.05), (Quantity::Growth, 0.03)] {
        let tolerated = quantity.tolerated(1.0, Some(0.05).filter(|_| quantity == Quantity::Growth));
        let gap = if quantity.scale() == Scale::Ratio { tolerated.ln_1p() } else { tolerated };
        let runs = welch::runs_needed(2.0 * sigma * sigma, gap, each).unwrap();
        let mut random = Random::new(13);
        let found = (0..200).filter(|_| {
            let [reference, candidate] =
                [0.0, 2.0].map(|change| values(&mut random, runs, Spread::Normal, sigma, change));
            let comparison = compare(&reference, &candidate, ALPHA);
            comparison.compared.iter().any(|one| one.quantity == quantity && one.change == Change::Regression)
        });
        let found = found.count();
        println!("{}: {runs} runs a side of spread {sigma} found {found} of 200", quantity.name());
        assert!(found >= 170, "{quantity:?}: {found} with {runs} runs");
    }
}

/// Runs of the services of the corpus, healthy ones and some that leak, against other runs of themselves.
#[test]
fn a_service_against_itself_is_no_regression() {
    let services: Vec<Service> = Service::all(comparisons(200).div_ceil(200) as u64);
    let mut made = 0;
    let mut false_ones = Vec::new();
    for service in &services {
        let runs: Vec<Run> = (0..12).map(|at| run(service, at, &runs::SAME)).collect();
        let mut random = Random::new(17);
        for _ in 0..6 {
            let mut order: Vec<usize> = (0..runs.len()).collect();
            order.sort_by_cached_key(|_| (random.share() * 1e9) as u64);
            let pick = |from: &[usize]| from.iter().map(|at| runs[*at].clone()).collect::<Vec<_>>();
            let comparison = compare(&pick(&order[..5]), &pick(&order[5..10]), ALPHA);
            let worse = comparison.compared.iter().filter(|one| one.change == Change::Regression);
            made += 1;
            false_ones.extend(worse.map(|one| format!("{service:?} {:?}", one.quantity)));
        }
    }
    println!("{} of {made}: {false_ones:#?}", false_ones.len());
    assert!(made >= 200 && false_ones.len() * 100 <= made, "{} of {made}: {false_ones:#?}", false_ones.len());
}

/// The quantities that changed are found, with the runs that the spread of the first five asks for, and no others are.
#[test]
fn regressions_of_services_are_found_with_the_runs_that_the_formula_asks_for() {
    let worse = [
        (Quantity::GrowthPerRequest, runs::Worse { leak: 1.1, ..runs::SAME }),
        (Quantity::Peak, runs::Worse { memory: 1.05, ..runs::SAME }),
        (Quantity::LatencyP99, runs::Worse { latency: 1.22, ..runs::SAME }),
    ];
    for (quantity, change) in worse {
        let (mut found, mut told) = (0, Vec::new());
        let services = if quantity == Quantity::Peak { Service::healthy() } else { Service::leaking() };
        for service in services {
            let first: Vec<Run> = (0..5).map(|at| run(&service, at, &runs::SAME)).collect();
            let again: Vec<Run> = (100..105).map(|at| run(&service, at, &change)).collect();
            let five = compare(&first, &again, ALPHA);
            let one = five.compared.iter().find(|one| one.quantity == quantity).unwrap();
            let needed = one.runs_needed.unwrap_or(5).min(40) as u64;
            let reference: Vec<Run> = (0..needed).map(|at| run(&service, at, &runs::SAME)).collect();
            let candidate: Vec<Run> = (100..100 + needed).map(|at| run(&service, at, &change)).collect();
            let comparison = compare(&reference, &candidate, ALPHA);
            let one = comparison.compared.iter().find(|one| one.quantity == quantity).unwrap();
            found += usize::from(one.change == Change::Regression);
            told.push(format!("{needed} runs: {:?} {:?}", one.change, one.difference.map(|by| by.to_string())));
        }
        println!("{}: {found} of {}: {told:?}", quantity.name(), told.len());
        assert!(found * 10 >= told.len() * 8, "{quantity:?}: {found}: {told:#?}");
    }
}

#[test]
fn with_one_run_a_side_only_what_is_plain_is_called_a_regression() {
    let mut random = Random::new(19);
    let count = comparisons(400);
    let mut false_ones = 0;
    for _ in 0..count {
        let [one, same] = [(); 2].map(|()| values(&mut random, 1, Spread::Normal, 0.04, 0.0));
        false_ones += usize::from(regressions(&compare(&one, &same, ALPHA)) > 0);
    }
    assert!(false_ones * 100 <= count, "{false_ones} of {count}");
    let [one, worse] = [0.0, 20.0].map(|change| values(&mut random, 1, Spread::Normal, 0.01, change));
    let comparison = compare(&one, &worse, ALPHA);
    assert!(comparison.assumes_spread());
    assert!(regressions(&comparison) > 6, "{:#?}", comparison.compared);
}

#[test]
fn better_is_better_whichever_way_is_up() {
    let mut random = Random::new(23);
    let [reference, candidate] = [0.0, -4.0].map(|change| values(&mut random, 5, Spread::Normal, 0.002, change));
    let comparison = compare(&reference, &candidate, ALPHA);
    for one in &comparison.compared {
        assert_eq!(one.change, Change::Improvement, "{one:#?}");
        let (low, high) = one.interval.unwrap();
        assert!(low.value < high.value && (one.difference.unwrap().value > 0.0) == one.quantity.more_is_better());
    }
    assert_eq!(comparison.verdict(), Verdict::Pass);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let mut random = Random::new(29);
    let [mut reference, mut candidate] = [(); 2].map(|()| values(&mut random, 5, Spread::Normal, 0.001, 0.0));
    for run in &mut candidate {
        run.measured.remove(&Quantity::PauseMax);
        run.measured.get_mut(&Quantity::Peak).unwrap().source = "elsewhere".to_owned();
        run.conditions.insert("machine", "8 cores".to_owned());
    }
    reference[0].outcome = Outcome::Interrupted;
    for run in &mut reference {
        run.conditions.insert("machine", "2 cores".to_owned());
    }
    let comparison = compare(&reference, &candidate, ALPHA);
    let of = |quantity| comparison.compared.iter().find(|one| one.quantity == quantity).unwrap();
    assert_eq!(of(Quantity::PauseMax).reason.as_deref(), Some("the candidate has no value of it"));
    assert!(of(Quantity::Peak).reason.as_deref().unwrap().contains("elsewhere; test"));
    assert_eq!(of(Quantity::Baseline).change, Change::Unchanged);
    assert_eq!((comparison.reference.len(), comparison.left_out.len(), comparison.mismatches.len()), (4, 1, 1));
    assert_eq!(comparison.verdict(), Verdict::Inconclusive);
    candidate[0].outcome = Outcome::TargetDied(timeline::Death::default());
    let comparison = compare(&reference, &candidate, ALPHA);
    assert!(comparison.dies);
    assert_eq!(comparison.verdict(), Verdict::Fail);
}
