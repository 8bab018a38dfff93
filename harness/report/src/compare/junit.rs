//! A comparison for CI systems: a suite, a case for each quantity.

use junit_report::{TestCase, TestSuiteBuilder};
use timeline::Elapsed;
use verdict::compare::{Change, Compared};
use verdict::{Evidence, Finding, Verdict};

use super::{ComparedRuns, bounds, cells, notes, why};
use crate::clean::one_line;
use crate::junit::{case, document, offset, text, write};

/// The comparison as `JUnit` XML. `inconclusive` is what counts for what could not be told, as in
/// [`junit`](crate::junit()).
pub fn comparison_junit(told: &ComparedRuns<'_>, inconclusive: Verdict) -> String {
    let class = format!("plimsoll.compare.{}", one_line(told.scenario));
    let comparison = told.comparison;
    let mut findings: Vec<Finding> = comparison.compared.iter().map(finding).collect();
    findings.push(alive(comparison.dies));
    if !comparison.mismatches.is_empty() {
        findings.push(plain("conditions", Verdict::Inconclusive, "incomparable", notes(comparison).join("; ")));
    }
    let cases: Vec<TestCase> = findings
        .iter()
        .map(|finding| {
            let mut case = case(finding, Elapsed::ZERO, &finding.summary, inconclusive);
            case.set_classname(&class);
            case
        })
        .collect();
    let at = offset(told.at);
    let mut suite = TestSuiteBuilder::new(&class)
        .set_timestamp(at)
        .add_testcases(cases)
        .set_system_out(&text(&notes(comparison).join("\n")))
        .set_system_err("")
        .build();
    "plimsoll".clone_into(&mut suite.package);
    "localhost".clone_into(&mut suite.hostname);
    let timestamp = format!("{}T{:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second());
    let properties = vec![
        ("candidate", one_line(told.candidate)),
        ("candidate_runs", comparison.candidate.len().to_string()),
        ("reference", one_line(told.reference)),
        ("reference_runs", comparison.reference.len().to_string()),
        ("verdict", comparison.verdict().to_string()),
    ];
    write(suite, &document::Opening { timestamp, seconds: 0.0, properties })
}

fn finding(one: &Compared) -> Finding {
    let [name, reference, candidate, change, _] = cells(one);
    let between = one.interval.map(|(low, high)| format!(", between {}", bounds(low, high))).unwrap_or_default();
    let told = format!("{}: {reference} → {candidate}, {change}{between}", one.change.word());
    let summary = std::iter::once(told).chain(why(one)).collect::<Vec<_>>().join("; ");
    let evidence = Evidence { value: one.difference, limit: one.tolerated, ..Evidence::default() };
    Finding { evidence, ..plain(&name, one.change.verdict(), one.change.word(), summary) }
}

fn alive(dies: bool) -> Finding {
    let (verdict, change) =
        if dies { (Verdict::Fail, Change::Regression.word()) } else { (Verdict::Pass, Change::Unchanged.word()) };
    let summary = if dies { "the candidate dies, and the reference does not" } else { "no more deaths than before" };
    plain("target.alive", verdict, change, summary.to_owned())
}

fn plain(name: &str, verdict: Verdict, code: &str, summary: String) -> Finding {
    let code = format!("{name}.{code}");
    Finding { assertion: name.to_owned(), verdict, code, summary, evidence: Evidence::default() }
}
