//! One verdict on the whole run.

use timeline::Outcome;
use verdict::{Finding, Verdict};

/// The worst of `findings`, and of what `outcome` says: a target that died is a failure, a run that
/// was cut short shows nothing for sure, and neither does one that was not judged.
pub fn overall(findings: &[Finding], outcome: &Outcome) -> Verdict {
    let of_findings = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Inconclusive);
    of_findings.max(of_outcome(outcome))
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
