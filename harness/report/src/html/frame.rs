//! What all charts of a run share: its time, its phases, and the moments that changed it.

use std::time::Duration;

use record::Record;
use timeline::{Elapsed, Metric, PhaseSpan, Sample, Series, Subject, Timeline};

use super::axis::Axis;
use super::chart::{Band, Chart, Moment, Shade};
use super::course::{self, Column};
use super::events::{self, Notable};
use super::thin::{self, Point};
use crate::clean::one_line;
use crate::totals::Totals;

/// Samples that lie so many cadences apart have a gap between them.
const GAP: f64 = 6.0;
/// What lies closer together than this share of the time has one mark.
const CLOSE: f64 = 0.08;

/// A run, seen as charts see it.
pub(super) struct Frame<'a> {
    pub(super) record: &'a Record,
    pub(super) timeline: &'a Timeline,
    /// All of its time.
    pub(super) time: Axis,
    /// What happened that is worth a mark, in order.
    pub(super) notable: Vec<Notable>,
    /// What the load came to.
    pub(super) totals: Option<Totals>,
    /// How long answers took, over time.
    pub(super) answers: Vec<Column>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        let timeline = &record.timeline;
        let end = timeline.phases.last().map_or(timeline.end, |last| last.end.max(timeline.end));
        Self {
            record,
            timeline,
            time: Axis::time(0.0, end.seconds()),
            notable: events::notable(record),
            totals: Totals::of(timeline),
            answers: course::columns(timeline),
        }
    }

    /// A chart over all of the time, with the phases and what changed the run.
    pub(super) fn over_time(&self, title: impl Into<String>, y: Axis) -> Chart {
        let mut chart = Chart::new(title, self.time, y);
        chart.bands = self.phases();
        chart.moments = self.moments();
        chart
    }

    /// What changed the run; what lies so close together that its names would overlap has one mark.
    fn moments(&self) -> Vec<Moment> {
        let mut moments: Vec<Moment> = Vec::new();
        for notable in self.notable.iter().filter(|notable| notable.grave) {
            let place = self.time.place(notable.at.seconds());
            match moments.last_mut().filter(|last| place - self.time.place(last.at) < CLOSE) {
                Some(last) if last.name.contains(notable.kind) => {}
                Some(last) => last.name = format!("{}, {}", last.name, notable.kind),
                None => moments.push(Moment { at: notable.at.seconds(), name: notable.kind.to_owned() }),
            }
        }
        moments
    }

    /// The target's samples of a metric, if there are any.
    pub(super) fn target(&self, metric: Metric) -> Option<&'a Series> {
        self.timeline.series(metric, &Subject::Target).filter(|series| !series.samples.is_empty())
    }

    /// A series as a line on `axis`.
    pub(super) fn line(&self, metric: Metric, samples: &[Sample], axis: &Axis) -> Vec<Point> {
        thin::line(samples.iter().map(|sample| (sample.taken.seconds(), sample.value)), axis, self.gap(metric))
    }

    /// From how many seconds between two samples on there is a gap.
    pub(super) fn gap(&self, metric: Metric) -> f64 {
        gap(self.record.about.plan.probes.every, metric)
    }

    /// The phases as bands. Where there are cycles the loaded ones are shaded, and each is named by its number.
    pub(super) fn phases(&self) -> Vec<Band> {
        self.timeline.phases.iter().map(band).collect()
    }
}

/// From how many seconds between two samples on there is a gap, where one is due `every` so often. A live heap is told by
/// collections, whenever there is one.
pub(super) fn gap(every: Duration, metric: Metric) -> f64 {
    if metric == Metric::LiveHeap { f64::INFINITY } else { GAP * every.as_secs_f64().max(0.05) }
}

/// A phase as a band.
pub(super) fn band(phase: &PhaseSpan) -> Band {
    let shade = if phase.loaded { Shade::Loaded } else { Shade::Idle };
    Band { from: phase.start.seconds(), to: phase.end.seconds(), name: one_line(&phase.name), shade }
}

/// `24 MiB at first, 80 MiB at last, between 23 MiB and 81 MiB`.
pub(super) fn told(axis: &Axis, samples: &[Sample]) -> String {
    let values = || samples.iter().map(|sample| sample.value).filter(|value| value.is_finite());
    let known = (values().next(), values().next_back(), values().reduce(f64::min), values().reduce(f64::max));
    let (Some(first), Some(last), Some(low), Some(high)) = known else { return "no samples".to_owned() };
    let [first, last, low, high] = [first, last, low, high].map(|value| axis.label(value));
    format!("{first} at first, {last} at last, between {low} and {high}")
}

/// A window in words.
pub(super) fn window_text((from, to): (Elapsed, Elapsed)) -> String {
    format!("{} to {to}", if from == Elapsed::ZERO { "0".to_owned() } else { from.to_string() })
}
