//! The target's runtime.

use super::Resolver;
use crate::plan::{RuntimeKind, RuntimePlan};
use crate::spec::TargetSpec;

impl Resolver<'_> {
    pub(super) fn runtime(&mut self, spec: &TargetSpec) -> RuntimePlan {
        let kind = spec.runtime.map_or(RuntimeKind::Auto, |name| name.0);
        if spec.pprof.is_some() && !matches!(kind, RuntimeKind::Auto | RuntimeKind::Go) {
            let message = format!("`pprof` is a page of Go, and the runtime is {}", kind.name());
            self.refuse(&["target", "pprof"], message, "leave one of the two out");
        }
        if spec.pprof == Some(0) {
            self.refuse(&["target", "pprof"], "there is no port 0", "the port of the page, such as `6060`");
        }
        let agent = spec.agent.unwrap_or(false);
        if agent {
            self.agent(spec, kind);
        }
        RuntimePlan { kind, pprof: spec.pprof, agent }
    }

    /// An agent is loaded when a target starts, by runtimes that have a variable for it.
    fn agent(&mut self, spec: &TargetSpec, kind: RuntimeKind) {
        if spec.attach.is_some() {
            let hint = "leave it out, or have the target launched: `process` or `container`";
            self.refuse(
                &["target", "agent"],
                "an agent is loaded at the start, and what is attached to runs already",
                hint,
            );
        }
        if kind != RuntimeKind::Auto && !RuntimeKind::WITH_AGENT.contains(&kind) {
            let with: Vec<&str> = RuntimeKind::WITH_AGENT.iter().map(|kind| kind.name()).collect();
            let hint = format!("leave it out; {} have one", with.join(", "));
            self.refuse(&["target", "agent"], format!("there is no agent for {}", kind.name()), hint);
        }
    }
}
