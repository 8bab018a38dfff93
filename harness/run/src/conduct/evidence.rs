//! What fills the target's memory: looked at before the load, and after it where something is wrong.

use std::path::Path;

use probe::{Moment, Probes};
use record::Writer;
use scenario::Plan;
use target::Target;
use timeline::Outcome;
use verdict::Verdict;

use super::{Stage, interrupted};
use crate::progress::Progress;

impl Stage<'_> {
    /// Has the runtime look, unless the target dies meanwhile or the run is asked to end.
    pub(super) async fn gather(&mut self, probes: &Probes, target: &Target, folder: &Path, moment: Moment) {
        (self.watcher)(Progress::Doing("looking what fills its memory"));
        tokio::select! {
            biased;
            _ = target.died() => {}
            () = probes.evidence(folder.join("evidence"), moment) => {}
            () = interrupted(&mut self.interrupts), if moment == Moment::Baseline => {}
        }
    }
}

/// Is something wrong with the target, by what was seen so far? It is still there, so the record is not yet sealed.
pub(super) fn is_wanted(plan: &Plan, writer: &Writer, outcome: &Outcome) -> bool {
    if !matches!(outcome, Outcome::Completed | Outcome::StoppedEarly { .. }) {
        return false;
    }
    writer.flush();
    match record::open(writer.folder()) {
        Ok(mut record) => {
            record.timeline.outcome = outcome.clone();
            let findings = verdict::judge(plan, &record.timeline);
            findings.iter().any(|finding| finding.verdict == Verdict::Fail)
        }
        Err(error) => {
            tracing::warn!("the record cannot be read yet, so no evidence is gathered: {error}");
            false
        }
    }
}
