//! One thing seen. A timeline is all of them in order; a record is all of them as they came.

use crate::{Beat, Event, LatencyInterval, LoadInterval, Pause, PhaseSpan, Sample, SeriesKey, Timeline};

/// One thing that was seen in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// A probe read a value.
    Sample {
        /// Of which series.
        key: SeriesKey,
        /// Where the value comes from; the same for all samples of a series.
        source: &'static str,
        /// The value and its times.
        sample: Sample,
    },
    /// The heartbeat beat.
    Beat(Beat),
    /// The target's runtime told of a pause.
    Pause(Pause),
    /// A step's interval was closed.
    Latency(LatencyInterval),
    /// The load's interval was closed.
    Load(LoadInterval),
    /// A phase ended.
    Phase(PhaseSpan),
    /// Something happened.
    Event(Event),
}

impl Timeline {
    /// Adds what was seen; the order within each kind is kept.
    pub fn push(&mut self, seen: Observation) {
        match seen {
            Observation::Sample { key, source, sample } => {
                self.end = self.end.max(sample.taken);
                let series = self.series.entry(key).or_default();
                if series.source.is_empty() {
                    source.clone_into(&mut series.source);
                }
                series.samples.push(sample);
            }
            Observation::Beat(beat) => {
                self.end = self.end.max(beat.done);
                self.beats.push(beat);
            }
            Observation::Pause(pause) => {
                self.end = self.end.max(pause.end());
                self.pauses.push(pause);
            }
            Observation::Latency(interval) => self.latency.push(interval),
            Observation::Load(interval) => self.load.push(interval),
            Observation::Phase(span) => {
                self.end = self.end.max(span.end);
                self.phases.push(span);
            }
            Observation::Event(event) => {
                self.end = self.end.max(event.at);
                self.events.push(event);
            }
        }
    }
}
