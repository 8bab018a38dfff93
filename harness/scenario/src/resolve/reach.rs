//! What a run of this plan could never see: rules that need it are refused.

use super::Resolver;
use crate::plan::{Phase, Plan};
use crate::spec::{AssertSpec, MemorySpec};

impl Resolver<'_> {
    pub(super) fn is_in_reach(&mut self, rules: &AssertSpec, plan: &Plan) {
        let memory = rules.memory.as_ref();
        if plan.only_address().is_some() && memory.is_some() {
            let hint = "attach by `pid` or `container`, or leave the rule out: then it is a plain load test";
            self.refuse(&["assert", "memory"], "of a target that is only an address no memory can be seen", hint);
        }
        // Of a load that could not be read, what is missing is no news.
        if plan.phases.is_empty() || self.is_known_bad(&["load"]) {
            return;
        }
        if memory.is_some_and(|memory| memory.growth_per_user.is_some()) && !plan.makes_load() {
            let place = ["assert", "memory", "growth_per_user"];
            self.refuse(&place, "there are no users", "give a phase `users: 0..50`");
        }
        self.needs_answers(rules, plan);
        self.needs_counts(rules, memory, plan);
    }

    /// Rules about answers need some that are seen.
    fn needs_answers(&mut self, rules: &AssertSpec, plan: &Plan) {
        let wanted = [("latency", rules.latency.is_some()), ("errors", rules.errors.is_some())];
        for (key, _) in wanted.iter().filter(|(_, wanted)| *wanted && !plan.makes_load()) {
            if plan.command.is_some() {
                let hint = "let the command judge them, and end with another exit code than 0";
                self.refuse(&["assert", key], "the answers to a command's requests are not seen from here", hint);
            } else {
                self.no_load(&["assert", key], plan);
            }
        }
    }

    /// Rules about the number of requests need it.
    fn needs_counts(&mut self, rules: &AssertSpec, memory: Option<&MemorySpec>, plan: &Plan) {
        let per_request = memory.is_some_and(|memory| memory.growth_per_request.is_some());
        let wanted: [(&[&str], bool); 2] = [
            (&["assert", "throughput"], rules.throughput.is_some()),
            (&["assert", "memory", "growth_per_request"], per_request),
        ];
        for (place, _) in wanted.iter().filter(|(_, wanted)| *wanted && !plan.counts_requests()) {
            if plan.command.is_some() {
                let hint = r"say what its output tells of them: `requests: {log: 'http_reqs\S*\s+(?<value>\d+)'}`";
                self.refuse(place, "the command's requests are not counted", hint);
            } else {
                self.no_load(place, plan);
            }
        }
    }

    fn no_load(&mut self, place: &[&str], plan: &Plan) {
        if plan.phases.iter().any(Phase::loaded) {
            let hint = "judge `growth`, or `growth_per_cycle`";
            self.refuse(place, "the load is the target's own, and its requests are not seen", hint);
        } else {
            self.refuse(place, "no phase has load", "give a phase `users: 10`");
        }
    }
}
