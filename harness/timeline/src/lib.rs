//! What a run saw, on one time axis: series of samples, latency per interval, events.
//!
//! Pure data. Nothing here reads a clock, a file or the network; every time is an [`Elapsed`] since
//! the start of the run.

mod event;
mod heartbeat;
mod hold;
mod latency;
mod metric;
mod name;
mod observation;
mod pause;
mod series;
mod units;

use std::collections::BTreeMap;

pub use event::{Death, Event, Evidence, Grown, Happening, Largest, Outcome};
pub use heartbeat::Beat;
pub use hold::Hold;
pub use latency::{
    ArrivalInterval, CountedFrom, Delay, EncodedHistogram, Failures, LatencyInterval, LoadCost, LoadInterval,
    add_failures, new_histogram,
};
pub use metric::{Kind, Metric, Unit};
pub use name::Name;
pub use observation::Observation;
pub use pause::Pause;
pub use series::{Sample, Series, SeriesKey, Subject};
pub use units::{Amount, Elapsed, show_bytes, show_duration};

/// A stretch of the run as it really went, with the load that was asked of it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PhaseSpan {
    /// The name that the scenario gives it; in a cycle with `#n` behind it.
    pub name: String,
    /// Which cycle of a `repeat` it belongs to, from 1.
    pub cycle: Option<u32>,
    /// Was load asked for in it?
    pub loaded: bool,
    /// When it began.
    pub start: Elapsed,
    /// When it ended; for a phase that was cut short, when that was.
    pub end: Elapsed,
}

/// Everything that a run saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The phases that were entered, in order.
    pub phases: Vec<PhaseSpan>,
    /// What was sampled, by what it is.
    pub series: BTreeMap<SeriesKey, Series>,
    /// What the load measured, per step and interval, in order of time.
    pub latency: Vec<LatencyInterval>,
    /// How many users were at work, per interval, and how late the load itself was.
    pub load: Vec<LoadInterval>,
    /// The beats of the heartbeat, in order of time.
    pub beats: Vec<Beat>,
    /// What held the target up around the long ones among them, in order of time.
    pub holds: Vec<Hold>,
    /// What the runtime told of its pauses, in order of their ends.
    pub pauses: Vec<Pause>,
    /// What happened, in order of time.
    pub events: Vec<Event>,
    /// How the run ended.
    pub outcome: Outcome,
    /// When the last thing was seen.
    pub end: Elapsed,
}

impl Timeline {
    /// The series of `metric` for `subject`, if it was sampled.
    pub fn series(&self, metric: Metric, subject: &Subject) -> Option<&Series> {
        self.series.get(&SeriesKey { metric, subject: subject.clone() })
    }

    /// Ends the phase that was under way when nothing more was seen, so that the timeline of a killed
    /// harness reaches to its last sample.
    pub fn close_phase(&mut self) {
        let under_way = self.events.iter().rev().find_map(|event| match &event.what {
            Happening::Entered { phase, cycle, loaded } => Some((event.at, phase, *cycle, *loaded)),
            _ => None,
        });
        let Some((start, name, cycle, loaded)) = under_way else { return };
        if self.phases.last().is_none_or(|last| last.end <= start) {
            self.phases.push(PhaseSpan { name: name.clone(), cycle, loaded, start, end: self.end });
        }
    }

    /// The first phase that carried load until the end of the last that did.
    pub fn loaded_window(&self) -> Option<(Elapsed, Elapsed)> {
        let mut loaded = self.phases.iter().filter(|phase| phase.loaded);
        let first = loaded.next()?;
        Some((first.start, loaded.next_back().unwrap_or(first).end))
    }
}
