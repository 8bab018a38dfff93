//! The run for CI systems: a suite for the scenario, a case for each assertion.
//!
//! What the readers of such files make of them is in the notes of PEERS.md, section 7: names never
//! carry a value, so that a case has a history; the body repeats the message, which some do not show.

use std::time::{SystemTime, UNIX_EPOCH};

use junit_report::{Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuite, TestSuiteBuilder};
use record::Record;
use scenario::{Image, Launch};
use timeline::{Elapsed, Happening, Outcome, show_bytes, show_duration};
use verdict::{Finding, Verdict};

use crate::clean::{clean, one_line};
use crate::{chart, evidence};

pub(crate) mod analysis;
pub(crate) mod document;

/// The columns of a chart in a body.
const WIDTH: usize = 80;

/// The run as `JUnit` XML. `attachments` are paths of files that belong to it, as the CI system will
/// see them. `inconclusive` is what an inconclusive finding counts as: [`Verdict::Pass`],
/// [`Verdict::Fail`], or [`Verdict::Inconclusive`] for an error, which is the honest default.
pub fn junit(record: &Record, attachments: &[&str], inconclusive: Verdict) -> String {
    let mut cases = vec![config(record), start(record)];
    let end = record.timeline.end;
    let judged = |finding| case(finding, end, &body(record, finding), inconclusive);
    cases.extend(record.findings.iter().map(judged));
    cases.push(completed(record));
    attach(&mut cases, attachments);
    let opening = document::Opening {
        timestamp: record.about.started_at_text(),
        seconds: record.timeline.end.seconds(),
        properties: properties(record),
    };
    write(suite(record, cases), &opening)
}

/// The document of one suite.
pub(crate) fn write(suite: TestSuite, opening: &document::Opening) -> String {
    let mut bytes = Vec::new();
    if let Err(refused) = ReportBuilder::new().add_testsuite(suite).build().write_xml(&mut bytes) {
        unreachable!("a Vec takes every byte: {refused}");
    }
    document::complete(&String::from_utf8_lossy(&bytes), opening)
}

fn suite_name(record: &Record) -> String {
    format!("plimsoll.{}", one_line(&record.about.scenario))
}

fn suite(record: &Record, cases: Vec<TestCase>) -> TestSuite {
    let class = suite_name(record);
    let cases = cases.into_iter().map(|mut case| {
        case.set_classname(&class);
        case
    });
    let mut suite = TestSuiteBuilder::new(&class)
        .set_timestamp(offset(record.about.started_at))
        .add_testcases(cases)
        .set_system_out(&text(&log(record)))
        .set_system_err("")
        .build();
    "plimsoll".clone_into(&mut suite.package);
    suite.hostname = hostname(record);
    suite
}

/// The machine's name; the schema wants one.
fn hostname(record: &Record) -> String {
    let known = record.about.host.get("hostname").map(|name| one_line(name)).filter(|name| !name.is_empty());
    known.unwrap_or_else(|| "localhost".to_owned())
}

/// The crate's own idea of a time; one that it cannot write counts as the epoch.
pub(crate) fn offset(at: SystemTime) -> OffsetDateTime {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let known = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    known.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// What happened, for the suite's own output.
fn log(record: &Record) -> String {
    let mut lines = chart::memory(&record.timeline, WIDTH);
    lines.push(format!("outcome: {}", record.timeline.outcome));
    lines.push(format!("record: {}", record.folder.display()));
    lines.join("\n")
}

/// That there is a record shows that the scenario was read and understood.
fn config(record: &Record) -> TestCase {
    let mut case = TestCase::success("config", Duration::ZERO);
    case.set_system_out(&property("scenario_hash", &record.about.scenario_hash));
    case
}

fn start(record: &Record) -> TestCase {
    let timeline = &record.timeline;
    let ready = timeline.events.iter().find(|event| event.what == Happening::Ready);
    match (&timeline.outcome, ready) {
        (Outcome::NotStarted { reason }, _) => {
            unsound("target.start", seconds(timeline.end), "target.start.failed", &one_line(reason))
        }
        (_, Some(ready)) => TestCase::success("target.start", seconds(ready.at)),
        (_, None) => {
            unsound("target.start", seconds(timeline.end), "target.start.never_ready", "the target was never ready")
        }
    }
}

/// A case in which a run that was cut short is no success, whatever its findings say. Where another
/// case has told why, this one is skipped: one cause is counted once.
fn completed(record: &Record) -> TestCase {
    let (name, time) = ("run.completed", seconds(record.timeline.end));
    let message = one_line(&format!("the run did not complete: {}", record.timeline.outcome));
    match &record.timeline.outcome {
        Outcome::Completed => TestCase::success(name, time),
        Outcome::NotStarted { .. } => {
            TestCase::skipped_with_cause(name, "run.not_started", "the target did not start: see target.start")
        }
        Outcome::TargetDied(_) if is_told(record, "target.alive") => {
            TestCase::skipped_with_cause(name, "run.target_died", "the target died: see target.alive")
        }
        Outcome::TargetDied(_) => broken(name, time, "run.target_died", &message, &message),
        Outcome::HarnessLost => unsound(name, time, "run.harness_lost", &message),
        Outcome::LoadFailed { .. } => unsound(name, time, "run.load_failed", &message),
        Outcome::Interrupted => unsound(name, time, "run.interrupted", &message),
        Outcome::StoppedEarly { .. } if is_told(record, "memory.growth") => {
            TestCase::skipped_with_cause(name, "run.stopped_early", "stopped early by a leak: see memory.growth")
        }
        Outcome::StoppedEarly { .. } => unsound(name, time, "run.stopped_early", &message),
    }
}

/// Does a finding of this kind say already what went wrong?
fn is_told(record: &Record, kind: &str) -> bool {
    record.findings.iter().any(|finding| finding.assertion.starts_with(kind) && finding.verdict == Verdict::Fail)
}

fn unsound(name: &str, time: Duration, code: &str, message: &str) -> TestCase {
    TestCaseBuilder::error(name, time, code, message).set_trace(&text(message)).build()
}

fn broken(name: &str, time: Duration, code: &str, message: &str, body: &str) -> TestCase {
    TestCaseBuilder::failure(name, time, code, message).set_trace(&text(body)).build()
}

/// The case of a finding; `body` is told where it does not pass, and `end` is the end of what was seen.
pub(crate) fn case(finding: &Finding, end: Elapsed, body: &str, inconclusive: Verdict) -> TestCase {
    let name = one_line(&finding.assertion);
    let (code, message) = (one_line(&finding.code), one_line(&finding.summary));
    let (from, to) = finding.evidence.window.unwrap_or((Elapsed::ZERO, end));
    let time = seconds(Elapsed::from(to.since(from)));
    let counts_as = if finding.verdict == Verdict::Inconclusive { inconclusive } else { finding.verdict };
    let mut case = match counts_as {
        Verdict::Pass => TestCase::success(&name, time),
        Verdict::Fail => broken(&name, time, &code, &message, body),
        Verdict::Inconclusive => TestCaseBuilder::error(&name, time, &code, &message).set_trace(&text(body)).build(),
    };
    case.set_system_out(&text(&case_output(finding, counts_as)));
    case
}

/// The message again, the evidence, and for what is about memory its chart.
fn body(record: &Record, finding: &Finding) -> String {
    let mut lines = vec![finding.summary.clone(), String::new()];
    lines.extend(evidence::lines(finding));
    if finding.assertion.starts_with("memory.") {
        lines.push(String::new());
        lines.extend(chart::memory(&record.timeline, WIDTH));
    }
    lines.push(format!("\nrecord: {}", record.folder.display()));
    lines.join("\n")
}

/// Short, for what passes is cut at 500 characters by Jenkins: the summary and the numbers.
fn case_output(finding: &Finding, counts_as: Verdict) -> String {
    let mut lines = Vec::new();
    if counts_as != finding.verdict {
        lines.push(format!("{}, which counts as {counts_as} here: {}", finding.verdict, one_line(&finding.summary)));
    } else if finding.verdict == Verdict::Pass {
        lines.push(one_line(&finding.summary).chars().take(240).collect());
    }
    let evidence = &finding.evidence;
    lines.push(property("verdict", &finding.verdict.to_string()));
    lines.extend(evidence.value.map(|value| property("value", &value.to_string())));
    lines.extend(evidence.limit.map(|limit| property("limit", &limit.to_string())));
    lines.join("\n")
}

/// A property of a case, in the notation that several readers understand.
fn property(name: &str, value: &str) -> String {
    format!("[[PROPERTY|{name}={value}]]")
}

/// Names the attachments at the end of the output of each case that is no success; of the first case
/// where there is none.
fn attach(cases: &mut [TestCase], attachments: &[&str]) {
    let lines: Vec<String> = attachments.iter().map(|path| format!("[[ATTACHMENT|{}]]", one_line(path))).collect();
    if lines.is_empty() {
        return;
    }
    let all_well = cases.iter().all(|case| !case.is_failure() && !case.is_error());
    for (number, case) in cases.iter_mut().enumerate() {
        if case.is_failure() || case.is_error() || (all_well && number == 0) {
            let before = case.system_out.take().map(|output| output + "\n").unwrap_or_default();
            case.set_system_out(&(before + &text(&lines.join("\n"))));
        }
    }
}

/// What the suite knows of the run, in the order of their names.
fn properties(record: &Record) -> Vec<(&'static str, String)> {
    let about = &record.about;
    let coverage = record.findings.iter().find(|finding| finding.assertion == "evidence.coverage");
    let limits = about.plan.target.launch.resources();
    let known = [
        ("branch", about.branch.clone()),
        ("cadence", Some(show_duration(about.plan.probes.every))),
        ("commit", about.commit.clone().map(|commit| commit + if about.dirty { "-dirty" } else { "" })),
        ("coverage", coverage.and_then(|finding| finding.evidence.value).map(|value| value.to_string())),
        ("cpu_limit", limits.cpus.map(|cpus| cpus.to_string())),
        ("harness_version", Some(about.harness_version.clone())),
        ("image", image(&about.plan.target.launch)),
        ("image_digest", about.image_digest.clone()),
        ("memory_limit", limits.memory.map(|bytes| show_bytes(bytes as f64))),
        ("outcome", Some(record.timeline.outcome.to_string())),
        ("profile", about.plan.profile.clone()),
        ("run_id", Some(about.id.clone())),
        ("scenario_hash", Some(about.scenario_hash.clone())),
        ("seed", Some(about.seed.to_string())),
        ("target", about.target.clone()),
        ("verdict", Some(verdict::overall(&record.findings, &record.timeline.outcome).to_string())),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name, one_line(&value?)))).collect()
}

fn image(launch: &Launch) -> Option<String> {
    match launch {
        Launch::Container(container) => Some(match &container.image {
            Image::Named(name) => name.clone(),
            Image::Build { context, .. } => context.display().to_string(),
        }),
        Launch::Process(_) | Launch::Attach(_) => None,
    }
}

/// To the millisecond: more is noise, and some readers choke on it.
fn seconds(elapsed: Elapsed) -> Duration {
    Duration::milliseconds(i64::try_from(elapsed.micros() / 1000).unwrap_or(i64::MAX))
}

/// Text as the crate can take it: it writes the bytes as they are into a CDATA section, which `]]>`
/// would end; so that is split over two sections.
pub(crate) fn text(raw: &str) -> String {
    clean(raw).replace("]]>", "]]]]><![CDATA[>")
}

#[cfg(test)]
mod tests;
