//! One verdict on the whole run.

use timeline::Outcome;
use verdict::{Finding, Verdict};

/// The worst of `findings`, and of what `outcome` says: a target that died is a failure, a run that
/// was cut short shows nothing for sure, and neither does one that was not judged.
pub fn overall(findings: &[Finding], outcome: &Outcome) -> Verdict {
    verdict::overall(findings).max(of_outcome(outcome))
}

fn of_outcome(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Completed => Verdict::Pass,
        Outcome::TargetDied(_) => Verdict::Fail,
        Outcome::HarnessLost | Outcome::NotStarted { .. } | Outcome::LoadFailed { .. } | Outcome::Interrupted => {
            Verdict::Inconclusive
        }
    }
}

#[cfg(test)]
mod tests {
    use timeline::Death;

    use super::*;
    use crate::example::finding;

    #[track_caller]
    fn check(verdicts: &[Verdict], outcome: &Outcome, expected: Verdict) {
        let findings: Vec<Finding> = verdicts.iter().map(|verdict| finding("a", *verdict, "")).collect();
        assert_eq!(overall(&findings, outcome), expected);
    }

    #[test]
    fn the_worst_counts_and_nothing_is_never_a_pass() {
        use Verdict::{Fail, Inconclusive, Pass};
        check(&[], &Outcome::Completed, Inconclusive);
        check(&[Pass, Pass], &Outcome::Completed, Pass);
        check(&[Pass, Fail, Inconclusive], &Outcome::Completed, Fail);
        check(&[Pass], &Outcome::HarnessLost, Inconclusive);
        check(&[Pass], &Outcome::Interrupted, Inconclusive);
        check(&[Fail], &Outcome::Interrupted, Fail);
        check(&[Pass], &Outcome::TargetDied(Death::default()), Fail);
    }
}
