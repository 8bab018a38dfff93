//! Did the services live that the target needs?

use timeline::{Death, Elapsed, Event, Happening, Outcome};

use super::{Case, Judgement};
use crate::finding::{Evidence, Verdict};

impl Case<'_> {
    /// Each has to live until it is stopped, whatever becomes of the target.
    pub(super) fn services_alive(self) -> Judgement {
        let deaths: Vec<_> = self.timeline.events.iter().filter_map(death).collect();
        let Some((at, name, death)) = deaths.first() else { return self.services_live() };
        let code = if death.oom_killed { "oom_killed" } else { "died" };
        let others = match deaths.len() {
            1 => String::new(),
            count => format!("; so did {} more", count - 1),
        };
        let summary = format!("the service `{name}` died {}: {death}{others}", self.when(*at));
        let notes = deaths.iter().flat_map(|(_, name, death)| {
            let lines = death.last_lines.iter().map(move |line| format!("the log of {name}: {line}"));
            std::iter::once(format!("{name}: {death}")).chain(lines)
        });
        Judgement::new(Verdict::Fail, code, summary).with(Evidence { notes: notes.collect(), ..Evidence::default() })
    }

    fn services_live(self) -> Judgement {
        match &self.timeline.outcome {
            Outcome::Completed => Judgement::new(Verdict::Pass, "holds", "the services lived until they were stopped"),
            Outcome::StoppedEarly { .. } => {
                Judgement::new(Verdict::Pass, "holds", "the services lived until the run was stopped early")
            }
            Outcome::NotStarted { reason } => Judgement::no_data(&format!("the run did not start: {reason}")),
            other => {
                let summary = format!("the services lived until the run ended early: {other}");
                Judgement::new(Verdict::Inconclusive, "cut_short", summary)
            }
        }
    }

    /// `12 s into work`, with the phase in backticks.
    fn when(self, at: Elapsed) -> String {
        match self.timeline.phases.iter().rfind(|phase| phase.start <= at) {
            Some(phase) if at <= phase.end => format!("{} into `{}`", Elapsed::from(at.since(phase.start)), phase.name),
            Some(_) => "after the last phase".to_owned(),
            None => "before the first phase".to_owned(),
        }
    }
}

fn death(event: &Event) -> Option<(Elapsed, &str, &Death)> {
    match &event.what {
        Happening::ServiceDied { service, death } => Some((event.at, service, death)),
        _ => None,
    }
}
