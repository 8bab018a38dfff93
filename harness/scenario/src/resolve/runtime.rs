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
        RuntimePlan { kind, pprof: spec.pprof }
    }
}
