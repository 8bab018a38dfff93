//! Work as an axis: how much of the load had been done at a moment.
//!
//! What a service leaks it mostly leaks per request. Where the rate of requests changes, as on a
//! ramp, growth is straight against the requests served and not against time; so growth is
//! judged against work, counted in seconds of load at the run's mean rate. Idle phases between
//! cycles do no work and take no room on the axis.

use timeline::{Elapsed, Happening, PhaseSpan, Sample, Timeline};

/// Below this many requests they are too few to be an axis: time is.
const FEWEST_REQUESTS: u64 = 1000;

/// The axis of one run.
pub(super) struct Work {
    /// `(when, how much had been done by then)`, rising in both; seconds of load.
    marks: Vec<(Elapsed, f64)>,
    /// Seconds of load in all.
    pub(super) seconds: f64,
    /// Requests in all.
    pub(super) requests: u64,
}

impl Work {
    /// The axis over the loaded phases of a run (all, where none is).
    pub(super) fn new(timeline: &Timeline) -> Self {
        let any_load = timeline.phases.iter().any(|phase| phase.loaded);
        let counted: Vec<&PhaseSpan> = timeline.phases.iter().filter(|phase| phase.loaded || !any_load).collect();
        let seconds: f64 = counted.iter().map(|phase| phase.end.since(phase.start).as_secs_f64()).sum();
        let counts = counts(timeline);
        let requests = counts.iter().map(|count| count.requests).sum();
        let marks =
            if requests >= FEWEST_REQUESTS { by_requests(&counts, seconds, requests) } else { by_time(&counted) };
        Self { marks, seconds, requests }
    }

    /// The samples, each at the work that had been done when it was taken. Samples taken where no
    /// work was done are left out.
    pub(super) fn place(&self, samples: &[Sample]) -> Vec<(f64, f64)> {
        let mut placed: Vec<(f64, f64)> = Vec::with_capacity(samples.len());
        for sample in samples {
            if let Some(work) = self.at(sample.taken)
                && placed.last().is_none_or(|last| work > last.0)
            {
                placed.push((work, sample.value));
            }
        }
        placed
    }

    /// How much had been done by `when`: nothing before the load, all after it.
    pub(super) fn done_by(&self, when: Elapsed) -> f64 {
        let all = self.marks.last().filter(|last| when >= last.0).map_or(0.0, |last| last.1);
        self.at(when).unwrap_or(all)
    }

    /// When so much had been done: the first such moment; the nearest mark where there is none.
    pub(super) fn when(&self, done: f64) -> Elapsed {
        let after = self.marks.partition_point(|mark| mark.1 < done);
        let before = after.checked_sub(1).and_then(|before| self.marks.get(before));
        match (before, self.marks.get(after)) {
            (Some(before), Some(after)) => {
                let share = (done - before.1) / (after.1 - before.1);
                before.0 + after.0.since(before.0).mul_f64(share.clamp(0.0, 1.0))
            }
            (before, after) => before.or(after).map_or(Elapsed::ZERO, |mark| mark.0),
        }
    }

    /// How much had been done at `when`; `None` outside of the marks.
    fn at(&self, when: Elapsed) -> Option<f64> {
        let after = self.marks.partition_point(|mark| mark.0 <= when);
        let (before, after) = (self.marks.get(after.checked_sub(1)?)?, self.marks.get(after)?);
        let share = when.since(before.0).as_secs_f64() / after.0.since(before.0).as_secs_f64();
        Some(before.1 + (after.1 - before.1) * share)
    }
}

/// So many requests from one moment to another.
struct Count {
    start: Elapsed,
    end: Elapsed,
    requests: u64,
}

/// The requests of the load's intervals, else those that a command told of; in order of time.
fn counts(timeline: &Timeline) -> Vec<Count> {
    let own = timeline.latency.iter();
    let own = own.map(|interval| Count { start: interval.start, end: interval.end, requests: interval.requests });
    let told = timeline.events.iter().filter_map(|event| match event.what {
        Happening::Requests { from, to, count } => Some(Count { start: from, end: to, requests: count }),
        _ => None,
    });
    if timeline.latency.is_empty() { told.collect() } else { own.collect() }
}

/// Marks at the ends of the counts, requests scaled to seconds of load.
fn by_requests(counts: &[Count], seconds: f64, requests: u64) -> Vec<(Elapsed, f64)> {
    let scale = seconds / requests as f64;
    let mut done = 0;
    let mut marks: Vec<(Elapsed, f64)> = Vec::new();
    for count in counts {
        if marks.last().is_none_or(|last| count.start > last.0) {
            marks.push((count.start, done as f64 * scale));
        }
        done += count.requests;
        let mark = (count.end, done as f64 * scale);
        match marks.last_mut() {
            // The steps of one interval end together.
            Some(last) if last.0 >= count.end => *last = (last.0, mark.1),
            _ => marks.push(mark),
        }
    }
    marks
}

/// Marks at the starts and ends of the phases.
fn by_time(phases: &[&PhaseSpan]) -> Vec<(Elapsed, f64)> {
    let mut done = 0.0;
    let mut marks = Vec::new();
    for phase in phases {
        marks.push((phase.start, done));
        done += phase.end.since(phase.start).as_secs_f64();
        marks.push((phase.end, done));
    }
    marks.dedup_by_key(|mark| mark.0);
    marks
}
