//! Every finding, the worst first, with what it rests on.

use timeline::show_duration;
use verdict::{Evidence, Finding, Verdict};

use super::frame::{Frame, window_text};
use super::judged;
use super::markup::{Markup, prose, tag};
use super::verdict::{class, grouped};
use crate::clean::one_line;
use crate::evidence::excluded;
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
        .add(tag("span").with("class", "said").add(prose(&finding.summary)))
        .add(" ")
        .add(tag("code").add(one_line(&finding.assertion)));
    let card = tag("details").with("class", format!("finding {}", class(finding.verdict))).with("id", &id);
    let overall = ::verdict::overall(&frame.record.findings, &frame.timeline.outcome);
    let open = finding.verdict == overall && overall != Verdict::Pass;
    let card = if open { card.with("open", "open") } else { card };
    let body = tag("div").with("class", "body").add(values(finding));
    let body = match judged::chart(frame, finding) {
        Some(chart) => body.add(chart.render(&format!("{id}-chart"))),
        None => body,
    };
    card.add(summary).add(body.add(notes(&finding.evidence))).into()
}

/// The numbers of a finding, as far as there are any.
fn values(finding: &Finding) -> Markup {
    let evidence = &finding.evidence;
    // What failed says itself what it is in other units.
    let unproved = finding.verdict != Verdict::Fail;
    let between = evidence.interval.filter(|(low, high)| low.to_string() != high.to_string());
    let rows = [
        ("measured", evidence.value.map(|value| value.to_string())),
        ("limit", evidence.limit.map(|limit| limit.to_string())),
        ("the true value lies between", between.map(|(low, high)| format!("{low} and {high}"))),
        ("this run can exclude what is above", excluded(finding).map(|least| least.to_string())),
        ("the same in other units", also(evidence).filter(|_| unproved)),
        ("would be settled by", evidence.settled_by.map(|length| format!("{} of load", show_duration(length)))),
        ("judged", evidence.window.map(window_text)),
        ("samples", (evidence.samples > 0).then(|| grouped(evidence.samples))),
        ("of", evidence.source.as_deref().map(one_line)),
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

fn notes(evidence: &Evidence) -> Markup {
    let notes = evidence.notes.iter().map(|note| tag("li").add(prose(note)).into());
    if evidence.notes.is_empty() { Markup::default() } else { tag("ul").with("class", "notes").add_all(notes).into() }
}
