//! What is always judged: did the target live, was enough seen, was the load really offered.

use std::time::Duration;

use timeline::{Amount, Happening, Metric, Outcome, Subject, Unit};

use super::{Case, Judgement};
use crate::finding::{Evidence, Verdict};

/// The share of the grid that has to have been sampled.
const LEAST_COVERAGE: f64 = 0.9;
/// The longest gap, as a share of the run.
const LONGEST_GAP: f64 = 0.1;
/// The share of the planned users that have to have been at work.
const LEAST_USERS: f64 = 0.9;
/// Requests that were given up with their phase: more than this share of the others says that they hung.
const MOST_CUT_OFF: f64 = 0.1;
/// Users come and go: an interval so short after a change says nothing.
const SETTLING: Duration = Duration::from_millis(1500);

impl Case<'_> {
    pub(super) fn target_alive(self) -> Judgement {
        let died = match &self.timeline.outcome {
            Outcome::TargetDied(death) => Some(death),
            _ => None,
        };
        if let Some(death) = died {
            let code = if death.oom_killed { "oom_killed" } else { "died" };
            let summary = format!("the target died {}: {death}", self.when_it_ended());
            let notes = death.last_lines.iter().map(|line| format!("its log: {line}")).collect();
            return Judgement::new(Verdict::Fail, code, summary).with(Evidence { notes, ..Evidence::default() });
        }
        if self.timeline.events.iter().any(|event| event.what == Happening::OomKill) {
            let summary = "a process of the target was OOM-killed; the target itself lived on";
            return Judgement::new(Verdict::Fail, "child_oom_killed", summary);
        }
        if let Some(silence) = self.silence() {
            return silence;
        }
        match &self.timeline.outcome {
            Outcome::Completed if self.plan.only_address().is_some() => {
                Judgement::new(Verdict::Pass, "holds", "the target answered until the end")
            }
            Outcome::Completed => Judgement::new(Verdict::Pass, "holds", "the target lived until it was stopped"),
            Outcome::StoppedEarly { .. } => {
                Judgement::new(Verdict::Pass, "holds", "the target lived until the run was stopped early")
            }
            Outcome::NotStarted { reason } => Judgement::no_data(&format!("the target did not start: {reason}")),
            other => Judgement::new(
                Verdict::Inconclusive,
                "cut_short",
                format!("the target lived until the run ended early: {other}"),
            ),
        }
    }

    /// `12 s into work`.
    fn when_it_ended(self) -> String {
        match self.timeline.phases.last() {
            Some(phase) => {
                let cycle = phase.cycle.map_or_else(String::new, |cycle| format!(" (cycle {cycle})"));
                let into = timeline::Elapsed::from(phase.end.since(phase.start));
                format!("{into} into `{}`{cycle}", phase.name)
            }
            None => "before the first phase".to_owned(),
        }
    }

    pub(super) fn coverage(self) -> Judgement {
        let (Ok((metric, series)), Some(first), Some(last)) =
            (self.held_by_system(), self.timeline.phases.first(), self.timeline.phases.last())
        else {
            return Judgement::no_data("the target's memory was never sampled");
        };
        let window = (first.start, last.end);
        let length = window.1.since(window.0).as_secs_f64();
        let samples = series.within(window);
        let share = samples.len() as f64 * self.plan.probes.every.as_secs_f64() / length.max(f64::MIN_POSITIVE);
        let gap = samples.windows(2).map(|pair| pair[1].taken.since(pair[0].taken)).max().unwrap_or_default();
        let gappy = gap.as_secs_f64() > (length * LONGEST_GAP).max(5.0 * self.plan.probes.every.as_secs_f64());
        let shown = Amount { value: share.min(1.0), unit: Unit::Share };
        let (verdict, code, what) = if !self.completed() && !self.stopped_early() {
            let planned = self.plan.phases.len();
            // A phase in which the command ended early was seen as two.
            let reached = self.timeline.phases.len().min(planned);
            let cut = format!("; the run was cut short in phase {reached} of {planned}");
            (Verdict::Inconclusive, "cut_short", cut)
        } else if share < LEAST_COVERAGE || gappy {
            (Verdict::Inconclusive, "gaps", format!("; the longest gap is {}", timeline::Elapsed::from(gap)))
        } else {
            (Verdict::Pass, "holds", String::new())
        };
        let summary = format!("{} samples of memory, {shown} of the grid{what}", samples.len());
        Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(shown),
            limit: Some(Amount { value: LEAST_COVERAGE, unit: Unit::Share }),
            window: Some(window),
            samples: samples.len() as u64,
            source: Some(format!("{metric} from {}", series.source)),
            notes: self.probe_failures().into_iter().chain(self.unread_counts()).collect(),
            ..Evidence::default()
        })
    }

    fn unread_counts(self) -> Option<String> {
        let unread = Metric::COUNTS.into_iter().filter(|metric| self.target_series(*metric).is_none());
        let names: Vec<&str> = unread.map(Metric::name).collect();
        (!names.is_empty()).then(|| format!("not judged, for they cannot be read from here: {}", names.join(", ")))
    }

    fn probe_failures(self) -> Vec<String> {
        let failure = |event: &timeline::Event| match &event.what {
            Happening::ProbeFailed { probe, reason } => Some(format!("at {}: {probe} failed: {reason}", event.at)),
            _ => None,
        };
        self.timeline.events.iter().filter_map(failure).collect()
    }

    pub(super) fn generator_health(self) -> Judgement {
        if let Some(command) = &self.plan.command {
            return self.command_health(command);
        }
        if let Outcome::LoadFailed { reason } = &self.timeline.outcome {
            return Judgement::new(Verdict::Inconclusive, "failed", format!("the load failed: {reason}"));
        }
        let requests: u64 = self.timeline.latency.iter().map(|interval| interval.requests).sum();
        let cut_off: u64 = self.timeline.load.iter().map(|interval| interval.cut_off).sum();
        if requests + cut_off == 0 {
            return Judgement::no_data("no request was sent");
        }
        let held = self.users_held();
        let worst = held.iter().copied().fold(1.0, f64::min);
        let short = held.iter().filter(|share| **share < LEAST_USERS).count();
        let evidence = Evidence {
            value: Some(Amount { value: worst, unit: Unit::Share }),
            limit: Some(Amount { value: LEAST_USERS, unit: Unit::Share }),
            window: self.timeline.loaded_window(),
            samples: requests,
            source: Some("users at work".to_owned()),
            notes: self.harness_cost(),
            ..Evidence::default()
        };
        if cut_off as f64 > requests as f64 * MOST_CUT_OFF {
            let summary = format!("{cut_off} requests were given up when their phase ended, and {requests} were not");
            return Judgement::new(Verdict::Inconclusive, "given_up", summary).with(evidence);
        }
        if short * 10 > held.len() {
            let summary =
                format!("the load was not offered: users were missing in {short} of {} intervals", held.len());
            return Judgement::new(Verdict::Inconclusive, "users_missing", summary).with(evidence);
        }
        Judgement::new(Verdict::Pass, "holds", format!("the load was offered as planned: {requests} requests"))
            .with(evidence)
    }

    /// The share of the planned users that was at work, per interval within a hold.
    fn users_held(self) -> Vec<f64> {
        let holds = |interval: &&timeline::LoadInterval| {
            let phase =
                self.timeline.phases.iter().find(|phase| phase.start <= interval.start && interval.end <= phase.end);
            interval.users_planned > 0 && phase.is_some_and(|phase| interval.end.since(phase.start) >= SETTLING)
        };
        let share = |interval: &timeline::LoadInterval| interval.users_active as f64 / interval.users_planned as f64;
        self.timeline.load.iter().filter(holds).map(share).collect()
    }

    /// The observer is measured: its processor time and its memory under load.
    pub(super) fn harness_cost(self) -> Vec<String> {
        let Some(window) = self.timeline.loaded_window() else { return Vec::new() };
        let mut notes = Vec::new();
        let cpu = self.timeline.series(Metric::CpuTime, &Subject::Harness).map(|series| series.within(window));
        if let Some([first, .., last]) = cpu {
            let share = (last.value - first.value) / last.taken.since(first.taken).as_secs_f64().max(f64::MIN_POSITIVE);
            notes.push(format!("the harness took {:.0} % of a core", share * 100.0));
        }
        let memory = self.timeline.series(Metric::ResidentMemory, &Subject::Harness);
        if let Some(peak) = memory.and_then(timeline::Series::peak) {
            notes.push(format!("the harness took up to {} of memory", super::bytes(peak.value)));
        }
        notes
    }
}
