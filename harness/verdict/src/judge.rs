//! Judges a timeline by the assertions of its plan.

mod address;
mod analyze;
mod baseline;
mod ceilings;
mod command;
mod connections;
mod counts;
mod cycles;
mod exhaustion;
mod generator;
mod health;
mod kind;
mod leak;
mod level;
mod logs;
mod looks;
mod measures;
mod pauses;
mod processes;
mod ratchet;
mod requests;
mod rests;
mod scale;
mod seen;
mod series;
mod services;
mod sight;
#[cfg(test)]
mod simulation;
mod sketch;
mod stretch;
#[cfg(test)]
mod tests;
mod thinned;
mod users;
mod witness;
mod work;

use std::collections::BTreeSet;

pub use analyze::{Given, analyze};
pub use looks::{Look, looks};
pub use measures::measure;
use pauses::Budget;
use scenario::{Assertion, Plan, Rule};
pub use sight::Sight;
use timeline::{
    Amount, Elapsed, Happening, Metric, Outcome, PhaseSpan, Series, SeriesKey, Subject, Timeline, Unit, show_bytes,
};

use crate::finding::{Evidence, Finding, Verdict};

/// One finding per assertion of the plan, in its order; behind the one on the growth of the target's memory, one for
/// each service whose memory was sampled. Where a look ended the run, leaks are judged by what it saw.
pub fn judge(plan: &Plan, timeline: &Timeline) -> Vec<Finding> {
    let case = Case { plan, timeline, terms: Terms::at_the_end(plan) };
    let looked = Sight::of_stopped(plan, timeline);
    let of_leaks = looked.as_ref().map_or(case, |(seen, terms)| Case { plan, timeline: seen, terms: *terms });
    let judged = plan.assertions.iter().filter(|assertion| !case.is_out_of_reach(&assertion.rule));
    let findings = judged.flat_map(|assertion| {
        let rule = &assertion.rule;
        let findings = if sight::is_on_leaks(rule) { of_leaks } else { case }.findings(rule);
        let told = move |finding| case.with_what_grew(rule, case.with_early_end(graded(assertion, finding)));
        findings.into_iter().map(told)
    });
    findings.collect()
}

/// Is it on memory, or on a part of it?
fn is_on_bytes(rule: &Rule) -> bool {
    match rule {
        Rule::Series { of, .. } => of.needs().first().is_some_and(|metric| metric.unit() == Unit::Bytes),
        rule => rule.id().starts_with("memory."),
    }
}

/// With the name that the scenario has for its value.
fn graded(assertion: &Assertion, mut finding: Finding) -> Finding {
    let value = finding.evidence.value.filter(|_| finding.verdict != Verdict::Inconclusive);
    if let Some(grade) = value.and_then(|value| assertion.grade(value.value)) {
        finding.summary = format!("{}; graded {}", finding.summary, grade.name);
        finding.evidence.notes.push(format!("graded {}: from {} on", grade.name, grade.from));
        finding.evidence.grade = Some(grade.name.clone());
    }
    finding
}

/// The worst of `findings`, and of what `outcome` says: a target that died is a failure, a run that
/// was cut short shows nothing for sure, and neither does one without findings.
pub fn overall(findings: &[Finding], outcome: &Outcome) -> Verdict {
    let of_findings = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Inconclusive);
    let of_outcome = match outcome {
        Outcome::Completed => Verdict::Pass,
        Outcome::TargetDied(_) => Verdict::Fail,
        Outcome::HarnessLost
        | Outcome::NotStarted { .. }
        | Outcome::LoadFailed { .. }
        | Outcome::Interrupted
        | Outcome::StoppedEarly { .. } => Verdict::Inconclusive,
    };
    of_findings.max(of_outcome)
}

/// What a rule is judged with.
#[derive(Clone, Copy)]
struct Case<'a> {
    plan: &'a Plan,
    timeline: &'a Timeline,
    terms: Terms,
}

/// On what terms growth is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Terms {
    /// The chance of a false alarm that is taken per rule.
    alpha: f64,
    /// The seconds of load within which warm-ups are assumed to end; before that nothing is decided.
    warm_seconds: f64,
    /// How many times as much growth per planned run is tolerated as at the end of the run.
    patience: f64,
}

type Window = (Elapsed, Elapsed);

/// So much of what has grown is named in a finding; the report has more.
const GROWN_NAMED: usize = 3;

impl<'a> Case<'a> {
    fn findings(self, rule: &Rule) -> Vec<Finding> {
        let grows = matches!(rule, Rule::Growth { .. });
        let services = if grows { self.services() } else { Vec::new() };
        std::iter::once(self.judge(rule)).chain(services).collect()
    }

    /// The leak verdict on each service beside the target. The scenario's limits are the target's, so there is none.
    fn services(self) -> Vec<Finding> {
        let memory = |key: &SeriesKey| Metric::HELD_MEMORY.contains(&key.metric);
        let subjects: BTreeSet<&Subject> =
            self.timeline.series.keys().filter(|key| memory(key)).map(|key| &key.subject).collect();
        let finding = |subject: &Subject| match subject {
            Subject::Service(name) => Some(self.growth(subject, None).named(format!("memory.growth[{name}]"))),
            Subject::Target | Subject::Process(_) | Subject::Harness => None,
        };
        subjects.into_iter().filter_map(finding).collect()
    }

    fn judge(self, rule: &Rule) -> Finding {
        let judgement = match rule {
            Rule::TargetAlive => self.target_alive(),
            Rule::ServicesAlive => self.services_alive(),
            Rule::Coverage => self.coverage(),
            Rule::GeneratorHealth => self.generator_health(),
            Rule::ReturnsToBaseline { within } => self.returns_to_baseline(*within),
            Rule::AboveBaseline { below } => self.above_baseline(*below),
            Rule::Idle { below } => self.idle(*below),
            Rule::Peak { below } => self.peak(*below),
            Rule::Growth { below } => self.growth(&Subject::Target, *below),
            Rule::GrowthPerCycle { below } => self.growth_per_cycle(*below),
            Rule::GrowthPerUser { below } => self.growth_per_user(*below),
            Rule::CountGrowth { metric } => self.count_growth(*metric),
            Rule::ConnectionGrowth => self.connection_growth(),
            Rule::PauseMax { limit, watcher, during } => {
                self.pauses(*watcher, *during, Budget::Max(limit.as_secs_f64()))
            }
            Rule::PauseP99 { limit, watcher, during } => {
                self.pauses(*watcher, *during, Budget::P99(limit.as_secs_f64()))
            }
            Rule::PauseShare { below, watcher, during } => self.pauses(*watcher, *during, Budget::Share(*below)),
            Rule::PausesPerMinute { most, watcher, during } => self.pauses(*watcher, *during, Budget::PerMinute(*most)),
            Rule::Latency { percentile, below } => self.latency(*percentile, *below),
            Rule::Errors { below } => self.errors(*below),
            Rule::Throughput { above } => self.throughput(*above),
            Rule::Series { of, rule } => self.series_rule(*of, rule),
            Rule::LogForbid { pattern } => self.log_forbid(pattern),
            Rule::LogRequire { pattern } => self.log_require(pattern),
            Rule::LogRate { pattern, below } => self.log_rate(pattern, *below),
        };
        judgement.named(rule.id())
    }

    /// A count that nobody asked for, and that this machine cannot read of this target, is not
    /// judged; the finding on coverage names it. Nor is the life of an address of which no answer was seen.
    fn is_out_of_reach(self, rule: &Rule) -> bool {
        if *rule == Rule::TargetAlive && self.plan.only_address().is_some() {
            return self.timeline.latency.is_empty() && self.timeline.beats.is_empty();
        }
        let watched = !self.timeline.series.is_empty();
        let unread = |metric| watched && self.target_series(metric).is_none();
        match rule {
            Rule::CountGrowth { metric } => unread(*metric),
            Rule::ConnectionGrowth => unread(Metric::CloseWait),
            _ => false,
        }
    }

    /// The target's series of `metric`, if there are samples.
    fn target_series(self, metric: Metric) -> Option<&'a Series> {
        self.series_of(&Subject::Target, metric)
    }

    /// The series of `metric` of `subject`, if there are samples.
    fn series_of(self, subject: &Subject, metric: Metric) -> Option<&'a Series> {
        self.timeline.series(metric, subject).filter(|series| !series.samples.is_empty())
    }

    /// The idle phase before the load, as it went.
    fn baseline(self) -> Option<&'a PhaseSpan> {
        self.timeline.phases.first().filter(|phase| !phase.loaded)
    }

    /// The idle phase after the load, if the run came that far.
    fn settled(self) -> Option<&'a PhaseSpan> {
        let last = self.timeline.phases.last().filter(|phase| !phase.loaded)?;
        self.timeline.loaded_window().filter(|window| window.1 <= last.start).map(|_| last)
    }

    /// The stretch in which growth is judged: that of the load, or the whole where there is none.
    fn judged_window(self) -> Option<Window> {
        let whole = || Some((self.timeline.phases.first()?.start, self.timeline.phases.last()?.end));
        self.timeline.loaded_window().or_else(whole)
    }

    /// Did every phase of the plan run to its end?
    fn completed(self) -> bool {
        self.timeline.outcome == Outcome::Completed
    }

    /// Did a look end the run?
    fn stopped_early(self) -> bool {
        matches!(self.timeline.outcome, Outcome::StoppedEarly { .. })
    }

    /// A failure of memory, or of a part of it, names what its runtime saw grow most.
    fn with_what_grew(self, rule: &Rule, mut finding: Finding) -> Finding {
        if finding.verdict == Verdict::Fail && is_on_bytes(rule) {
            finding.evidence.notes.extend(self.kind_of_leak(finding.evidence.source.as_deref()));
            finding.evidence.notes.extend(self.what_grew());
            finding.evidence.notes.extend(self.which_process_grew());
        }
        finding
    }

    /// `grown since the baseline, by the heap profile: remember (service.js:16) by 5.89 MiB`
    fn what_grew(self) -> Option<String> {
        let piece = self.timeline.events.iter().rev().find_map(|event| match &event.what {
            Happening::Evidence(piece) if !piece.grown.is_empty() => Some(piece),
            _ => None,
        })?;
        let most = piece.grown.iter().take(GROWN_NAMED);
        let named: Vec<String> = most.map(|one| format!("{} by {}", one.name, show_bytes(one.bytes as f64))).collect();
        Some(format!("grown since the baseline, by the {}: {}", piece.what, named.join(", ")))
    }

    /// What the rest of the run might have settled says why there was none.
    fn with_early_end(self, mut finding: Finding) -> Finding {
        if finding.verdict == Verdict::Inconclusive && self.stopped_early() {
            finding.evidence.notes.push(format!("the run was {}", self.timeline.outcome));
        }
        finding
    }
}

/// A finding before it has its name.
struct Judgement {
    verdict: Verdict,
    /// The last part of the code: what is the matter, in a word.
    code: &'static str,
    summary: String,
    evidence: Evidence,
}

impl Judgement {
    fn new(verdict: Verdict, code: &'static str, summary: impl Into<String>) -> Self {
        Self { verdict, code, summary: summary.into(), evidence: Evidence::default() }
    }

    fn with(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    /// For a rule that the run gave no data for.
    fn no_data(what: &str) -> Self {
        Self::new(Verdict::Inconclusive, "no_data", format!("cannot tell: {what}"))
    }

    fn named(self, assertion: String) -> Finding {
        let code = format!("{assertion}.{}", self.code);
        Finding { assertion, verdict: self.verdict, code, summary: self.summary, evidence: self.evidence }
    }
}

/// What a rule comes to when it cannot be judged: a judgement of its own, on the way of an error.
fn untold(what: &str) -> Box<Judgement> {
    Box::new(Judgement::no_data(what))
}

/// What a finding rests on, in words.
fn source_of(metric: Metric, series: &Series) -> String {
    format!("{metric} from {}", series.source)
}

fn bytes(value: f64) -> Amount {
    Amount { value, unit: Unit::Bytes }
}

fn seconds(value: f64) -> Amount {
    Amount { value, unit: Unit::Seconds }
}

fn as_share(value: f64) -> Amount {
    Amount { value, unit: Unit::Share }
}

/// Where a value stands to a limit, when it is only known between two bounds.
fn below(limit: f64, (least, most): (f64, f64)) -> Verdict {
    if least > limit {
        Verdict::Fail
    } else if most <= limit {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    }
}

/// `exceeded`, `holds` or `too_close`.
fn code_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "holds",
        Verdict::Fail => "exceeded",
        Verdict::Inconclusive => "too_close",
    }
}
