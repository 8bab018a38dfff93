//! An analysis for CI systems: one suite, a case for each series, the inputs as classes.

use std::time::SystemTime;

use junit_report::{TestCase, TestSuiteBuilder};
use verdict::Verdict;

use super::{WIDTH, case, document, offset, text, write};
use crate::analysis::{Analysis, Judged};
use crate::clean::one_line;
use crate::evidence;

const SUITE: &str = "plimsoll.analyze";

/// The analyses as `JUnit` XML, as of `now`. `inconclusive` is what an inconclusive finding counts as, as in
/// [`junit`](super::junit).
pub fn analysis_junit(analyses: &[Analysis], now: SystemTime, inconclusive: Verdict) -> String {
    let cases = analyses.iter().flat_map(|analysis| cases(analysis, inconclusive));
    let longest = analyses.iter().flat_map(|analysis| &analysis.judged).map(Judged::end).max().unwrap_or_default();
    let at = offset(now);
    let mut suite = TestSuiteBuilder::new(SUITE)
        .set_timestamp(at)
        .add_testcases(cases)
        .set_system_out(&text(&notes(analyses)))
        .set_system_err("")
        .build();
    "plimsoll".clone_into(&mut suite.package);
    "localhost".clone_into(&mut suite.hostname);
    let timestamp = format!("{}T{:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second());
    let verdict = analyses.iter().map(Analysis::verdict).max().unwrap_or(Verdict::Inconclusive);
    let properties = vec![("verdict", verdict.to_string())];
    write(suite, &document::Opening { timestamp, seconds: longest.seconds(), properties })
}

fn cases(analysis: &Analysis, inconclusive: Verdict) -> Vec<TestCase> {
    let class = format!("{SUITE}.{}", one_line(&analysis.source));
    let classed = |judged: &Judged| {
        let mut case = case(&judged.finding, judged.end(), &body(judged), inconclusive);
        case.set_classname(&class);
        case
    };
    analysis.judged.iter().map(classed).collect()
}

/// The message again, the evidence and the chart.
fn body(judged: &Judged) -> String {
    let mut lines = vec![judged.finding.summary.clone(), String::new()];
    lines.extend(evidence::lines(&judged.finding));
    lines.push(String::new());
    lines.extend(judged.chart(WIDTH));
    lines.join("\n")
}

/// What was assumed, for the suite's own output.
fn notes(analyses: &[Analysis]) -> String {
    let told = |analysis: &Analysis| {
        analysis.notes.iter().map(|note| format!("{}: {note}", analysis.source)).collect::<Vec<_>>()
    };
    analyses.iter().flat_map(told).collect::<Vec<_>>().join("\n")
}
