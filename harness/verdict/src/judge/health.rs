//! What is always judged of the run: did the target live, and was enough seen.

use timeline::{Happening, Metric, Outcome};

use super::seen::{Gaps, LEAST_COVERAGE};
use super::{Case, Judgement, as_share, source_of};
use crate::finding::{Evidence, Verdict};

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
        let samples = series.within(window);
        let gaps = Gaps::new("memory", samples.iter().map(|sample| sample.taken), window, self.plan.probes.every);
        let shown = as_share(gaps.share);
        let pages = self.plan.probes.scrapes.iter().map(|page| self.gaps_of_page(page, window));
        let unseen: Vec<String> = pages.filter(Gaps::are_many).map(|gaps| gaps.told()).collect();
        let (verdict, code, what) = if !self.completed() && !self.stopped_early() {
            let planned = self.plan.phases.len();
            // A phase in which the command ended early was seen as two.
            let reached = self.timeline.phases.len().min(planned);
            let cut = format!("; the run was cut short in phase {reached} of {planned}");
            (Verdict::Inconclusive, "cut_short", cut)
        } else if gaps.are_many() {
            (Verdict::Inconclusive, "gaps", format!("; the longest gap is {}", timeline::Elapsed::from(gaps.longest)))
        } else if let Some(unseen) = unseen.first() {
            (Verdict::Inconclusive, "gaps", format!("; {unseen}"))
        } else {
            (Verdict::Pass, "holds", String::new())
        };
        let summary = format!("{} samples of memory, {shown} of the grid{what}", samples.len());
        Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(shown),
            limit: Some(as_share(LEAST_COVERAGE)),
            window: Some(window),
            samples: samples.len() as u64,
            source: Some(source_of(metric, series)),
            notes: unseen.into_iter().chain(self.probe_failures()).chain(self.unread_counts()).collect(),
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
}
