//! A duel: both sides are run in turn until it is clear whether something has become worse.
//!
//! They take turns as A B B A, so that what drifts on the machine drifts for both. Each pair of runs may be looked at, and
//! who looks often enough at noise sees a regression: so all looks and the end share the chance of error of one
//! comparison, as the looks at a run share that of one judgement.

#[cfg(test)]
mod tests;

use crate::Verdict;
use crate::compare::{ALPHA, Comparison, Run, compare};
use crate::stats::{SHARE_OF_THE_END, share_of_look};

/// Nothing is clear by fewer runs of a side: two can be the same by chance, and seem to have no spread at all.
pub const FEWEST: usize = 3;

/// A side of a duel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is compared with.
    Reference,
    /// What is judged.
    Candidate,
}

impl Side {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Candidate => "candidate",
        }
    }
}

/// Whose turn it is, for so many runs of each side: A B B A A B B A.
pub fn turns(runs: usize) -> impl Iterator<Item = Side> {
    use Side::{Candidate, Reference};
    [Reference, Candidate, Candidate, Reference].into_iter().cycle().take(2 * runs)
}

/// What is clear before `planned` runs of each side are made, if it is; asked after each run.
///
/// Clear is that something is worse, or that nothing is. So it is that the candidate dies where the reference lives, and
/// that there is nothing to compare, since no run of a side counts.
pub fn clear(reference: &[Run], candidate: &[Run], planned: usize) -> Option<Comparison> {
    let pairs = reference.len();
    if pairs != candidate.len() || pairs >= planned {
        return None;
    }
    let number = (pairs + 1).saturating_sub(FEWEST).max(1);
    let comparison = compare(reference, candidate, ALPHA * share_of_look(number as u32));
    let fewest = comparison.reference.len().min(comparison.candidate.len());
    let told = fewest >= FEWEST && comparison.verdict() != Verdict::Inconclusive;
    let hopeless = pairs >= FEWEST && fewest == 0;
    (told || hopeless || comparison.dies).then_some(comparison)
}

/// What came of all runs, or of those that were made where it was ended from outside.
pub fn conclude(reference: &[Run], candidate: &[Run]) -> Comparison {
    compare(reference, candidate, ALPHA * SHARE_OF_THE_END)
}
