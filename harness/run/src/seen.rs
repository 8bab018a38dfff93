//! Where everything that is seen goes: into the record, and what a look or the live view needs of it to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::Sink;
use scenario::Plan;
use timeline::{Elapsed, Metric, Observation, SeriesKey, Subject};
use verdict::{Look, Sight};

/// A handle for all who see something; a clone is as good.
#[derive(Clone)]
pub(crate) struct Seen {
    sink: Sink,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// The target's last memory, bytes.
    memory: Option<f64>,
    /// For the looks, where there are any.
    sight: Option<Sight>,
    /// Who tells of each series: sources are never mixed in one.
    sources: BTreeMap<SeriesKey, &'static str>,
}

impl Seen {
    pub(crate) fn new(sink: Sink, plan: &Plan) -> Self {
        let sight = plan.stop_early.then(Sight::default);
        Self { sink, kept: Arc::new(Mutex::new(Kept { sight, ..Kept::default() })) }
    }

    /// Adds what was seen. Where two tell of one quantity, such as the runtime and its log, the one that was first does.
    pub(crate) fn append(&self, seen: Observation) {
        let mut kept = self.kept();
        if kept.is_of_its_source(&seen) {
            kept.take(&seen);
            drop(kept);
            self.sink.append(seen);
        }
    }

    /// The target's memory, bytes.
    pub(crate) fn memory(&self) -> Option<f64> {
        self.kept().memory
    }

    /// No look will be at an earlier moment.
    pub(crate) fn settle(&self, until: Elapsed) {
        self.kept().sight.iter_mut().for_each(|sight| sight.settle(until));
    }

    /// What is proved to leak by what was taken up to `until`.
    pub(crate) fn look(&self, plan: &Plan, look: Look, until: Elapsed) -> Option<String> {
        self.kept().sight.as_mut()?.look(plan, look.number, until)
    }

    /// Whoever panicked with it has left it whole: each step is one push.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_of_its_source(&mut self, seen: &Observation) -> bool {
        let Observation::Sample { key, source, .. } = seen else { return true };
        match self.sources.get(key) {
            Some(known) => known == source,
            None => self.sources.insert(key.clone(), source).is_none(),
        }
    }

    fn take(&mut self, seen: &Observation) {
        self.memory = target_memory(seen).or(self.memory);
        self.sight.iter_mut().for_each(|sight| sight.push(seen));
    }
}

fn target_memory(seen: &Observation) -> Option<f64> {
    match seen {
        Observation::Sample { key, sample, .. }
            if key.metric == Metric::AnonymousMemory && key.subject == Subject::Target =>
        {
            Some(sample.value)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use timeline::Sample;

    use super::*;

    #[test]
    fn a_series_has_the_source_that_told_it_first() {
        let key = |metric| SeriesKey { subject: Subject::Target, metric };
        let sample = Sample { due: Elapsed::ZERO, taken: Elapsed::ZERO, value: 1.0 };
        let told = |metric, source| Observation::Sample { key: key(metric), source, sample };
        let mut kept = Kept::default();
        assert!(kept.is_of_its_source(&told(Metric::LiveHeap, "gctrace")));
        assert!(!kept.is_of_its_source(&told(Metric::LiveHeap, "/debug/pprof")));
        assert!(kept.is_of_its_source(&told(Metric::LiveHeap, "gctrace")));
        assert!(kept.is_of_its_source(&told(Metric::Threads, "/debug/pprof")));
    }
}
