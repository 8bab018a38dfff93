//! What came of a run, in a sentence.

use record::Record;
use timeline::Outcome;
use verdict::{Finding, Verdict};

use crate::clean::one_line;
use crate::order::worst_first;

/// Why the run has this verdict.
pub(crate) fn gist(record: &Record, verdict: Verdict) -> String {
    let worst = worst_first(&record.findings).into_iter().find(|finding| finding.verdict == verdict);
    match (verdict, worst) {
        _ if matches!(record.timeline.outcome, Outcome::NotStarted { .. }) => {
            "the target did not start, so nothing could be judged".to_owned()
        }
        (Verdict::Pass, _) => all_hold(&record.findings),
        (_, Some(finding)) => one_line(&finding.summary),
        (_, None) if record.timeline.outcome == Outcome::Completed => "the run has not been judged".to_owned(),
        (_, None) => format!("the run did not complete ({})", one_line(&record.timeline.outcome.to_string())),
    }
}

/// What a pass is worth: how small a leak would have been seen.
fn all_hold(findings: &[Finding]) -> String {
    let mut growth = findings.iter().filter(|finding| finding.assertion.starts_with("memory.growth"));
    let count = findings.len();
    let hold = if count == 1 { "its one assertion holds".to_owned() } else { format!("all {count} assertions hold") };
    match growth.find_map(|finding| finding.evidence.resolution) {
        Some(least) => format!("{hold}; a leak above {least} would have been seen"),
        None => hold,
    }
}
