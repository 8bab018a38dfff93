//! A target that is only an address: it lives as long as it answers.

use timeline::Elapsed;

use super::{Case, Judgement};
use crate::finding::Verdict;

/// So many questions without an answer at the end are no chance.
const LEFT_UNANSWERED: u64 = 10;

/// What the target was asked in a time, and how much of that it answered.
struct Asked {
    begun: Elapsed,
    ended: Elapsed,
    times: u64,
    answered: u64,
}

impl Case<'_> {
    /// A failure where a target that is only an address has not answered, or has ceased to.
    pub(super) fn silence(self) -> Option<Judgement> {
        self.plan.only_address()?;
        let all = self.asked();
        let Some(last) = all.iter().filter(|one| one.answered > 0).map(|one| one.ended).max() else {
            let asked: u64 = all.iter().map(|one| one.times).sum();
            let summary = format!("the target answered nothing of what it was asked {asked} times");
            return (asked > 0).then(|| Judgement::new(Verdict::Fail, "silent", summary));
        };
        let unanswered: u64 = all.iter().filter(|one| one.begun >= last).map(|one| one.times).sum();
        let summary = format!("the target answered nothing from {last} on, {unanswered} times");
        (unanswered >= LEFT_UNANSWERED).then(|| Judgement::new(Verdict::Fail, "fell_silent", summary))
    }

    /// The requests of each interval of the load; where there is none, the beats of the heartbeat.
    fn asked(self) -> Vec<Asked> {
        let of_load = self.timeline.latency.iter().map(|interval| Asked {
            begun: interval.start,
            ended: interval.end,
            times: interval.requests,
            answered: interval.histogram.decode().map_or(0, |histogram| histogram.len()),
        });
        let of_beats = self.timeline.beats.iter().map(|beat| Asked {
            begun: beat.due,
            ended: beat.done,
            times: 1,
            answered: u64::from(beat.answered),
        });
        if self.timeline.latency.is_empty() { of_beats.collect() } else { of_load.collect() }
    }
}
