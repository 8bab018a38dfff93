//! What a verdict rests on, in words.

use timeline::{Amount, show_duration};
use verdict::{Evidence, Finding, Verdict};

use crate::clean::one_line;

/// The evidence of `finding`, a sentence a line: the numbers first, then the notes.
pub(crate) fn lines(finding: &Finding) -> Vec<String> {
    let evidence = &finding.evidence;
    let mut lines: Vec<String> =
        [measured(evidence), bounds(evidence), resolution(finding), basis(evidence)].into_iter().flatten().collect();
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

fn resolution(finding: &Finding) -> Option<String> {
    excluded(finding).map(|least| format!("this run can exclude what is above {least}"))
}

/// Above what the run has shown that the truth does not lie. Nothing is excluded by what failed, nor by the fineness of a
/// watch which has seen more than that.
pub(crate) fn excluded(finding: &Finding) -> Option<Amount> {
    let Evidence { resolution, interval, .. } = &finding.evidence;
    let seen = |least: &Amount| interval.is_none_or(|(_, high)| high.unit == least.unit && high.value <= least.value);
    resolution.filter(|least| finding.verdict != Verdict::Fail && seen(least))
}

fn basis(evidence: &Evidence) -> Option<String> {
    let (from, to) = evidence.window?;
    let source = evidence.source.as_ref().map(|source| format!(" of {}", one_line(source))).unwrap_or_default();
    Some(format!("judged from {from} to {to}, by {} samples{source}", evidence.samples))
}
