//! Whether a command that is the load was at work as planned.

use std::time::Duration;

use scenario::CommandPlan;
use timeline::{Amount, Elapsed, Happening, Outcome, PhaseSpan, Unit};

use super::{Case, Judgement};
use crate::finding::{Evidence, Verdict};

/// The share of the load in which it has to have been at work.
const LEAST_AT_WORK: f64 = 0.5;

impl Case<'_> {
    pub(super) fn command_health(self, command: &CommandPlan) -> Judgement {
        if let Outcome::LoadFailed { reason } = &self.timeline.outcome {
            let evidence = Evidence { notes: self.last_words(), ..Evidence::default() };
            return Judgement::new(Verdict::Inconclusive, "failed", format!("the load failed: {reason}"))
                .with(evidence);
        }
        let started = |event: &timeline::Event| matches!(event.what, Happening::CommandStarted { .. });
        if !self.timeline.events.iter().any(started) {
            return Judgement::no_data("the command was never started");
        }
        let (at_work, idle) = self.time_at_work();
        let share = at_work.as_secs_f64() / (at_work + idle).as_secs_f64().max(f64::MIN_POSITIVE);
        let requests = self.told_requests();
        let [worked, planned] = [at_work, at_work + idle].map(Elapsed::from);
        let evidence = Evidence {
            value: Some(Amount { value: share, unit: Unit::Share }),
            limit: Some(Amount { value: LEAST_AT_WORK, unit: Unit::Share }),
            window: self.timeline.loaded_window(),
            samples: requests,
            source: Some("the time for which the command ran".to_owned()),
            notes: (idle > Duration::ZERO)
                .then(|| "it ended by itself before its phase did: the rest of it was idle, and is no load".to_owned())
                .into_iter()
                .chain(self.harness_cost())
                .collect(),
            ..Evidence::default()
        };
        let (verdict, code, summary) = match &command.requests {
            _ if share < LEAST_AT_WORK => {
                let summary = format!("the command was at work for {worked} of {planned} of planned load");
                (Verdict::Inconclusive, "ended_early", summary)
            }
            Some(pattern) if requests == 0 => {
                let summary = format!(
                    "the command's requests are not counted: its output has nothing like `{}`",
                    pattern.as_str()
                );
                (Verdict::Inconclusive, "uncounted", summary)
            }
            counted => {
                let told = counted.as_ref().map_or_else(String::new, |_| format!(": {requests} requests"));
                (Verdict::Pass, "holds", format!("the command was at work for {worked} of {planned} of load{told}"))
            }
        };
        Judgement::new(verdict, code, summary).with(evidence)
    }

    /// What it said before it failed.
    fn last_words(self) -> Vec<String> {
        let lines = self.timeline.events.iter().rev().find_map(|event| match &event.what {
            Happening::CommandEnded { last_lines, .. } => Some(last_lines),
            _ => None,
        });
        lines.into_iter().flatten().map(|line| format!("its output: {line}")).collect()
    }

    /// For how long it was at work, and for how long it left its phases idle.
    fn time_at_work(self) -> (Duration, Duration) {
        let phases = &self.timeline.phases;
        let length = |phase: &PhaseSpan| phase.end.since(phase.start);
        let is_rest = |pair: &&[PhaseSpan]| {
            let (work, rest) = (&pair[0], &pair[1]);
            work.loaded && !rest.loaded && (&work.name, work.cycle) == (&rest.name, rest.cycle)
        };
        let at_work = phases.iter().filter(|phase| phase.loaded).map(length).sum();
        (at_work, phases.windows(2).filter(is_rest).map(|pair| length(&pair[1])).sum())
    }
}
