//! The way out for what was seen.

use std::fmt;
use std::sync::Arc;

use clock::Clock;
use timeline::{Beat, Elapsed, Event, Happening, Metric, Observation, Pause, Sample, SeriesKey, Subject};

/// Stamps what was seen and hands it to the caller.
#[derive(Clone)]
pub(crate) struct Out {
    clock: Clock,
    seen: Arc<dyn Fn(Observation) + Send + Sync>,
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").finish_non_exhaustive()
    }
}

impl Out {
    pub(crate) fn new(clock: Clock, seen: impl Fn(Observation) + Send + Sync + 'static) -> Self {
        Self { clock, seen: Arc::new(seen) }
    }

    /// The values of one read, just done, which belong to the point `due`; `source` tells where a metric is from.
    pub(crate) fn values(
        &self,
        subject: &Subject,
        due: Elapsed,
        values: &[(Metric, f64)],
        source: impl Fn(Metric) -> &'static str,
    ) {
        let taken = self.clock.now();
        for &(metric, value) in values {
            let key = SeriesKey { subject: subject.clone(), metric };
            let sample = Sample { due, taken, value };
            (self.seen)(Observation::Sample { key, source: source(metric), sample });
        }
    }

    /// A value of the target that was right at `at`.
    pub(crate) fn sample(&self, metric: Metric, at: Elapsed, value: f64, source: &'static str) {
        let key = SeriesKey { subject: Subject::Target, metric };
        (self.seen)(Observation::Sample { key, source, sample: Sample { due: at, taken: at, value } });
    }

    pub(crate) fn beat(&self, beat: Beat) {
        (self.seen)(Observation::Beat(beat));
    }

    pub(crate) fn pause(&self, pause: Pause) {
        (self.seen)(Observation::Pause(pause));
    }

    pub(crate) fn happened(&self, what: Happening) {
        (self.seen)(Observation::Event(Event { at: self.clock.now(), what }));
    }
}
