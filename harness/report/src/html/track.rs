//! What of a run is laid over that of others: its memory and its latency over time.

use record::Record;
use timeline::{Metric, Subject};

use super::axis::Axis;
use super::chart::Band;
use super::course::{self, Column};
use super::frame::{band, gap};
use super::thin::{self, Point};

/// By what memory is drawn: the first of these that there is.
const MEMORY: [Metric; 3] = [Metric::AnonymousMemory, Metric::WorkingSet, Metric::ResidentMemory];

/// The course of one run, as small as a chart needs it.
pub struct Track {
    /// Its length in seconds.
    pub(super) end: f64,
    pub(super) phases: Vec<Band>,
    pub(super) memory: Option<(Metric, Vec<Point>)>,
    pub(super) answers: Vec<Column>,
}

impl Track {
    /// That of a record.
    pub fn of(record: &Record) -> Self {
        let timeline = &record.timeline;
        let end = timeline.end.seconds();
        let series = MEMORY.into_iter().filter_map(|metric| {
            let series = timeline.series(metric, &Subject::Target).filter(|series| !series.samples.is_empty())?;
            let samples = series.samples.iter().map(|sample| (sample.taken.seconds(), sample.value));
            let gap = gap(record.about.plan.probes.every, metric);
            Some((metric, thin::line(samples, &Axis::time(0.0, end), gap)))
        });
        Self {
            end,
            phases: timeline.phases.iter().map(band).collect(),
            memory: series.into_iter().next(),
            answers: course::columns(timeline),
        }
    }
}
