//! What a witness of growth saw, on the axis of work, and how that is drawn on the axis of time.

use timeline::{Metric, SeriesKey, Subject};

use super::ratchet::Ratchet;
use super::witness::Witness;
use super::work::Work;
use crate::growth::Growth;
use crate::stats::mean;
use crate::trace::{Mark, Stroke, Trace};

/// Points `(seconds of load since it began, value)`, in the order of time.
type Points = Vec<(f64, f64)>;

/// What a witness saw.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    floors: Points,
    /// The likeliest curve through them; a line has none.
    fitted: Points,
    /// The stretch that the pace is told of, as what was fitted in it or, for want of that, as its floors.
    told_of: Points,
}

impl Sketch {
    /// The floors under load with the likeliest curve, in a stretch that begins after so much work.
    pub(super) fn of_load(growth: &Growth, begins: f64) -> Self {
        let (from, to) = growth.told_of;
        let within = |point: &&(f64, f64)| from <= point.0 && point.0 <= to;
        Self {
            floors: shifted(growth.floors.iter(), begins),
            fitted: shifted(growth.fitted.iter(), begins),
            told_of: shifted(growth.fitted.iter().filter(within), begins),
        }
    }

    /// The floors at rest, of which the last were judged.
    pub(super) fn of_rests(floors: &[(f64, f64)], ratchet: &Ratchet, begins: f64) -> Self {
        let judged = &floors[floors.len().saturating_sub(ratchet.count)..];
        Self { floors: shifted(floors.iter(), begins), fitted: Points::new(), told_of: shifted(judged.iter(), begins) }
    }

    /// The growth of so much per second through the middle of what the pace is told of.
    fn ray(&self, slope: f64) -> Points {
        let (xs, ys): (Vec<f64>, Vec<f64>) = self.told_of.iter().copied().unzip();
        let (middle, level) = (mean(&xs), mean(&ys));
        xs.iter().map(|x| (*x, level + slope * (x - middle))).collect()
    }

    /// The growth of so much per second from its beginning.
    fn since_the_beginning(&self, slope: f64) -> Points {
        let Some(first) = self.told_of.first() else { return Points::new() };
        self.told_of.iter().map(|point| (point.0, first.1 + slope * (point.0 - first.0))).collect()
    }
}

fn shifted<'a>(points: impl Iterator<Item = &'a (f64, f64)>, by: f64) -> Points {
    points.map(|(x, y)| (x + by, *y)).collect()
}

impl Witness {
    /// What it saw of `subject`, on the axis of time, with what a limit per second of load allows.
    pub(super) fn trace(&self, subject: &Subject, work: &Work, limit: Option<f64>) -> Trace {
        let (sketch, pace) = (&self.sketch, &self.pace);
        let placed = |mark, points: Points| {
            let points = points.into_iter().map(|(done, value)| (work.when(done), value));
            Stroke::new(mark, points)
        };
        let mut strokes =
            vec![placed(Mark::Floors, sketch.floors.clone()), placed(Mark::Fitted, sketch.fitted.clone())];
        if pace.lower.is_finite() && pace.upper.is_finite() {
            strokes.push(placed(Mark::Least, sketch.ray(pace.lower)));
            strokes.push(placed(Mark::Most, sketch.ray(pace.upper)));
        }
        strokes.extend(limit.map(|limit| placed(Mark::Allowed, sketch.since_the_beginning(limit))));
        strokes.retain(|stroke| !stroke.points.is_empty());
        Trace { series: key(subject, self.metric), strokes }
    }
}

/// The series of a metric.
pub(super) fn key(subject: &Subject, metric: Metric) -> SeriesKey {
    SeriesKey { subject: subject.clone(), metric }
}
