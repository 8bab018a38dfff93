//! Where everything that is seen goes: into the record, and what a look or the live view needs of it to them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::Sink;
use scenario::Plan;
use timeline::{Elapsed, Metric, Observation, Subject};
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
}

impl Seen {
    pub(crate) fn new(sink: Sink, plan: &Plan) -> Self {
        let sight = plan.stop_early.then(Sight::default);
        Self { sink, kept: Arc::new(Mutex::new(Kept { memory: None, sight })) }
    }

    /// Adds what was seen.
    pub(crate) fn append(&self, seen: Observation) {
        self.kept().take(&seen);
        self.sink.append(seen);
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
