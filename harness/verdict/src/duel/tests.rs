use corpus::Random;
use timeline::{Death, Outcome};

use super::*;
use crate::compare::Change;
use crate::compare::tests::{Spread, comparisons, values};

/// The comparison at which a duel ended, and after how many runs of each side.
fn fought(reference: &[Run], candidate: &[Run]) -> (Comparison, usize) {
    let planned = reference.len();
    let clear = |runs: usize| Some((clear(&reference[..runs], &candidate[..runs], planned)?, runs));
    (1..planned).find_map(clear).unwrap_or_else(|| (conclude(reference, candidate), planned))
}

fn is_regression(comparison: &Comparison) -> bool {
    comparison.compared.iter().any(|one| one.change == Change::Regression)
}

#[test]
fn the_sides_take_turns_and_begin_as_often() {
    let shown: String = turns(4).map(|side| if side == Side::Reference { 'A' } else { 'B' }).collect();
    assert_eq!(shown, "ABBAABBA");
    assert_eq!(turns(3).filter(|side| *side == Side::Candidate).count(), 3);
}

#[test]
fn the_shares_of_all_looks_and_the_end_are_less_than_the_whole() {
    let shares: f64 = (1..1000).map(share_of_look).sum();
    assert!(shares + SHARE_OF_THE_END <= 1.0, "{shares}");
}

/// Every quantity is the same, or, the hardest case, worse by just what counts for nothing.
#[test]
fn all_looks_together_call_nothing_a_regression_that_is_none() {
    let count = comparisons(120);
    let spreads = Spread::ALL.into_iter().chain([Spread::Steps]);
    for (spread, runs, change) in spreads.flat_map(|spread| [(spread, 5, 0.0), (spread, 10, 0.0), (spread, 10, 1.0)]) {
        let mut random = Random::new(31);
        let ended = (0..count).map(|_| {
            let [reference, candidate] = [0.0, change].map(|change| values(&mut random, runs, spread, 0.03, change));
            fought(&reference, &candidate)
        });
        let ended: Vec<(Comparison, usize)> = ended.collect();
        let false_ones = ended.iter().filter(|(comparison, _)| is_regression(comparison)).count();
        let early = ended.iter().filter(|(_, after)| *after < runs).count();
        println!("{spread:?}, {runs} runs, worse by {change}: {false_ones} of {count}, {early} early");
        assert!(false_ones * 100 <= count, "{spread:?}, {runs} runs, {change}: {false_ones}");
    }
}

#[test]
fn what_is_plain_is_clear_before_all_runs_are_made() {
    let mut random = Random::new(37);
    let [reference, worse] = [0.0, 30.0].map(|change| values(&mut random, 10, Spread::Normal, 0.005, change));
    let (comparison, after) = fought(&reference, &worse);
    assert!(is_regression(&comparison) && after == FEWEST, "{after}: {:?}", comparison.verdict());
    let same = values(&mut random, 10, Spread::Normal, 0.0005, 0.0);
    let reference = values(&mut random, 10, Spread::Normal, 0.0005, 0.0);
    let (comparison, after) = fought(&reference, &same);
    assert!(comparison.verdict() == Verdict::Pass && after < 10, "{after}: {:?}", comparison.verdict());
    assert_eq!(clear(&reference[..3], &worse[..2], 10), None, "each side has had its turn");
}

#[test]
fn a_candidate_that_dies_ends_it_and_so_do_runs_of_which_none_counts() {
    let mut random = Random::new(41);
    let [lives, mut dies] = [(); 2].map(|()| values(&mut random, 5, Spread::Normal, 0.02, 0.0));
    dies[0].outcome = Outcome::TargetDied(Death::default());
    let ended = clear(&lives[..1], &dies[..1], 5).unwrap();
    assert!(ended.dies && ended.verdict() == Verdict::Fail);
    assert_eq!(clear(&dies[..1], &lives[..1], 5), None, "one more run of the reference may live");
    for run in &mut dies {
        run.outcome = Outcome::TargetDied(Death::default());
    }
    assert_eq!(clear(&dies[..FEWEST], &lives[..FEWEST], 5).map(|ended| ended.verdict()), Some(Verdict::Inconclusive));
}
