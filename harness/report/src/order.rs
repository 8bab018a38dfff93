//! The order in which people read findings.

use std::cmp::Reverse;

use verdict::{Finding, Verdict};

/// Failures, then what is inconclusive, then passes; within each as they were judged.
pub(crate) fn worst_first(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| Reverse(finding.verdict));
    sorted
}

/// The verdict as it is shouted.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Fail => "FAIL",
    }
}
