//! What a verdict rests on, in words.

use timeline::show_duration;
use verdict::{Evidence, Finding};

use crate::clean::one_line;

/// The evidence of `finding`, a sentence a line: the numbers first, then the notes.
pub(crate) fn lines(finding: &Finding) -> Vec<String> {
    let evidence = &finding.evidence;
    let mut lines: Vec<String> =
        [measured(evidence), bounds(evidence), resolution(evidence), basis(evidence)].into_iter().flatten().collect();
    lines.extend(evidence.notes.iter().map(|note| one_line(note)));
    lines.extend(evidence.settled_by.map(|length| format!("{} of load would settle it", show_duration(length))));
    lines
}

fn measured(evidence: &Evidence) -> Option<String> {
    Some(match (evidence.value, evidence.limit) {
        (Some(value), Some(limit)) => format!("measured {value}, limit {limit}"),
        (Some(value), None) => format!("measured {value}"),
        (None, Some(limit)) => format!("limit {limit}"),
        (None, None) => return None,
    })
}

fn bounds(evidence: &Evidence) -> Option<String> {
    let (low, high) = evidence.interval.map(|(low, high)| (low.to_string(), high.to_string()))?;
    (low != high).then(|| format!("the true value lies between {low} and {high}"))
}

fn resolution(evidence: &Evidence) -> Option<String> {
    evidence.resolution.map(|least| format!("this run can exclude what is above {least}"))
}

fn basis(evidence: &Evidence) -> Option<String> {
    let (from, to) = evidence.window?;
    let source = evidence.source.as_ref().map(|source| format!(" of {}", one_line(source))).unwrap_or_default();
    Some(format!("judged from {from} to {to}, by {} samples{source}", evidence.samples))
}
