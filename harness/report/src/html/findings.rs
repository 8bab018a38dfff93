//! Every finding, the worst first, with what it rests on.

use timeline::show_duration;
use verdict::{Evidence, Finding, Verdict};

use super::frame::{Frame, window_text};
use super::judged;
use super::markup::{Markup, tag};
use super::verdict::{class, grouped};
use crate::clean::one_line;
use crate::order::{word, worst_first};
use crate::terminal::mark;

pub(super) fn section(frame: &Frame) -> Markup {
    let findings = worst_first(&frame.record.findings);
    if findings.is_empty() {
        return Markup::default();
    }
    tag("section")
        .add(tag("h2").add("What was judged"))
        .add_all(findings.into_iter().map(|finding| card(frame, finding)))
        .into()
}

/// The place of a finding on the page: by its number, for its name may have anything in it.
pub(super) fn anchor(frame: &Frame, finding: &Finding) -> String {
    let place = frame.record.findings.iter().position(|one| std::ptr::eq(one, finding)).unwrap_or_default();
    format!("finding-{}", place + 1)
}

fn card(frame: &Frame, finding: &Finding) -> Markup {
    let id = anchor(frame, finding);
    let verdict =
        tag("span").with("class", "verdict").add(format!("{} {}", mark(finding.verdict), word(finding.verdict)));
    let summary = tag("summary")
        .add(verdict)
        .add(" ")
        .add(tag("span").with("class", "said").add(one_line(&finding.summary)))
        .add(" ")
        .add(tag("code").add(one_line(&finding.assertion)));
    let card = tag("details").with("class", format!("finding {}", class(finding.verdict))).with("id", &id);
    let card = if finding.verdict == Verdict::Pass { card } else { card.with("open", "open") };
    let body = tag("div").with("class", "body").add(values(&finding.evidence));
    let body = match judged::chart(frame, finding) {
        Some(chart) => body.add(chart.render(&format!("{id}-chart"))),
        None => body,
    };
    card.add(summary).add(body.add(notes(&finding.evidence))).into()
}

/// The numbers of a finding, as far as there are any.
fn values(evidence: &Evidence) -> Markup {
    let between = evidence.interval.filter(|(low, high)| low.to_string() != high.to_string());
    let rows = [
        ("measured", evidence.value.map(|value| value.to_string())),
        ("limit", evidence.limit.map(|limit| limit.to_string())),
        ("the true value lies between", between.map(|(low, high)| format!("{low} and {high}"))),
        ("this run can exclude what is above", evidence.resolution.map(|least| least.to_string())),
        ("the same in other units", also(evidence)),
        ("would be settled by", evidence.settled_by.map(|length| format!("{} of load", show_duration(length)))),
        ("shape", evidence.shape.as_deref().map(one_line)),
        ("judged", evidence.window.map(window_text)),
        ("by", basis(evidence)),
    ];
    let row = |(name, value): (&str, Option<String>)| {
        value.map(|value| tag("div").add(tag("dt").add(name)).add(tag("dd").add(value)).into())
    };
    let rows: Vec<Markup> = rows.into_iter().filter_map(row).collect();
    if rows.is_empty() { Markup::default() } else { tag("dl").with("class", "values").add_all(rows).into() }
}

fn also(evidence: &Evidence) -> Option<String> {
    let values: Vec<String> = evidence.also.iter().map(|estimate| estimate.value.to_string()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn basis(evidence: &Evidence) -> Option<String> {
    let source = evidence.source.as_deref().map(one_line);
    match (evidence.samples, source) {
        (0, source) => source,
        (samples, Some(source)) => Some(format!("{} samples of {source}", grouped(samples))),
        (samples, None) => Some(format!("{} samples", grouped(samples))),
    }
}

fn notes(evidence: &Evidence) -> Markup {
    let notes = evidence.notes.iter().map(|note| tag("li").add(one_line(note)).into());
    if evidence.notes.is_empty() { Markup::default() } else { tag("ul").with("class", "notes").add_all(notes).into() }
}
