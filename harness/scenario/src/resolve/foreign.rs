//! Load that the harness does not make: of a command, or the target's own. A mixture of loads is refused.

use super::Resolver;
use super::target::absolute;
use crate::line_pattern::LinePattern;
use crate::plan::{CommandPlan, Phase, TargetPlan};
use crate::spec::{LoadSpec, PhaseSpec};

impl Resolver<'_> {
    /// The command that is the load, where there is one.
    pub(super) fn command(&mut self, spec: &LoadSpec, phases: &[Phase]) -> Option<CommandPlan> {
        self.phases_fit(&["load"], &spec.phases, spec);
        if spec.requests.is_some() && spec.command.is_none() {
            let hint = "users count their own; leave it out";
            self.refuse(&["load", "requests"], "requests are counted in a command's output, and there is none", hint);
        }
        let command = spec.command.clone()?;
        let place = ["load", "command"];
        if command.is_empty() {
            self.refuse(&place, "the command is empty", "write `command: [program, argument]`");
        }
        if !spec.journeys.is_empty() {
            self.refuse(&place, "there are journeys too, and one of the two is the load", "keep the one you mean");
        }
        if !phases.iter().any(|phase| phase.foreign) && !self.is_known_bad(&["load", "phases"]) {
            self.refuse(&place, "no phase runs the command", "give a phase `loaded: true`");
        }
        let requests = spec.requests.as_ref().map(|requests| self.counted(&requests.log));
        Some(CommandPlan { command, folder: absolute(self.folder, "."), requests })
    }

    fn counted(&mut self, pattern: &LinePattern) -> LinePattern {
        if !pattern.marks_a_number() {
            let hint = r"name its group: `'http_reqs\S*\s+(?<value>\d+)'`";
            self.refuse(&["load", "requests", "log"], "the pattern does not say which number it is", hint);
        }
        pattern.clone()
    }

    /// Users walk journeys, and a phase that is `loaded` has load from elsewhere.
    fn phases_fit(&mut self, place: &[&str], phases: &[PhaseSpec], load: &LoadSpec) {
        for (index, phase) in phases.iter().enumerate() {
            let index = index.to_string();
            let place = [place, &["phases", &index]].concat();
            self.phase_fits(&place, phase, load);
            self.phases_fit(&place, phase.phases.as_deref().unwrap_or_default(), load);
        }
    }

    fn phase_fits(&mut self, place: &[&str], phase: &PhaseSpec, load: &LoadSpec) {
        let of = |key| [place, &[key]].concat();
        match (phase.users, phase.loaded) {
            (Some(_), _) if load.command.is_some() => {
                let hint = "write `loaded: true` in their place, and tell the command how many it shall be";
                self.refuse(&of("users"), "there are no users here: the load is a command", hint);
            }
            (Some(_), Some(true)) => {
                let hint = "`loaded: true` is for load from elsewhere: leave it out";
                self.refuse(&of("loaded"), "the phase has its load from users", hint);
            }
            (None, Some(true)) if !load.journeys.is_empty() => {
                let hint = "say how many: `users: 10`";
                self.refuse(&of("loaded"), "the load is made by users who walk the journeys", hint);
            }
            _ => {}
        }
    }

    /// What the target logs at the end of each of its own cycles.
    pub(super) fn own_cycles(&mut self, spec: &LoadSpec, target: &TargetPlan, phases: &[Phase]) -> Option<LinePattern> {
        let pattern = &spec.cycles.as_ref()?.log;
        let place = ["load", "cycles"];
        if phases.iter().any(|phase| phase.cycle.is_some()) {
            let hint = "keep the `repeat`, or the cycles that the target makes itself";
            self.refuse(&place, "there are cycles of phases too", hint);
        }
        self.log_is_in_reach(&place, target);
        Some(pattern.clone())
    }
}
