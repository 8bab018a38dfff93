//! What the load came to.

use timeline::{Failures, Happening, Timeline, add_failures, new_histogram};

use crate::steps::{self, Latency, Step};

/// All requests of a run.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    /// How many were answered or failed.
    pub(crate) requests: u64,
    /// The failed ones among them, by kind; `None` where the requests are a command's, which tells only their number.
    pub(crate) failures: Option<Failures>,
    /// The length of the loaded phases, from the first to the last.
    pub(crate) seconds: f64,
    /// Where a request was answered; counted from what [`timeline::CountedFrom`] says.
    pub(crate) latency: Option<Latency>,
    /// The steps, each by itself.
    pub(crate) steps: Vec<Step>,
}

impl Totals {
    /// Adds up; `None` where no request is known of.
    pub(crate) fn of(timeline: &Timeline) -> Option<Self> {
        let (from, to) = timeline.loaded_window().unwrap_or_default();
        let seconds = to.since(from).as_secs_f64();
        let steps = steps::of(timeline);
        let requests = steps.iter().map(|step| step.requests).sum();
        if requests == 0 {
            let requests = told_by_command(timeline);
            let told = Self { requests, failures: None, seconds, latency: None, steps: Vec::new() };
            return (requests > 0).then_some(told);
        }
        Some(Self { requests, failures: Some(failures(&steps)), seconds, latency: latency(&steps), steps })
    }

    /// How many failed, where that is known.
    pub(crate) fn failed(&self) -> Option<u64> {
        self.failures.as_ref().map(|failures| failures.values().sum())
    }

    /// Requests per second of the loaded phases; `None` where they have no length.
    pub(crate) fn per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.requests as f64 / self.seconds)
    }
}

fn told_by_command(timeline: &Timeline) -> u64 {
    let told = timeline.events.iter().map(|event| match event.what {
        Happening::Requests { count, .. } => count,
        _ => 0,
    });
    told.sum()
}

fn failures(steps: &[Step]) -> Failures {
    let mut sum = Failures::new();
    for step in steps {
        add_failures(&mut sum, &step.failures);
    }
    sum
}

fn latency(steps: &[Step]) -> Option<Latency> {
    let mut sum = new_histogram();
    for step in steps {
        // They have the same bounds.
        let _ = sum.add(&step.histogram);
    }
    Latency::of(&sum)
}

#[cfg(test)]
mod tests {
    use timeline::{Event, Observation};

    use super::*;
    use crate::example::{self, at};

    #[test]
    fn intervals_add_up() {
        let totals = Totals::of(&example::record(Vec::new()).timeline).unwrap();
        assert_eq!((totals.requests, totals.failed(), totals.per_second()), (6000, Some(6), Some(100.0)));
        let latency = totals.latency.unwrap();
        let told = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max];
        assert_eq!(told.map(|at| (at * 1e4).round() as u64), [12, 12, 12, 120, 120]);
    }

    #[test]
    fn no_request_is_no_total() {
        assert!(Totals::of(&Timeline::default()).is_none());
    }

    #[test]
    fn of_a_command_only_the_number_is_known() {
        let mut timeline = example::record(Vec::new()).timeline;
        timeline.latency.clear();
        for (from, to, count) in [(10.0, 40.0, 1000), (40.0, 70.0, 2000)] {
            let what = Happening::Requests { from: at(from), to: at(to), count };
            timeline.push(Observation::Event(Event { at: at(to), what }));
        }
        let totals = Totals::of(&timeline).unwrap();
        assert_eq!((totals.requests, totals.failed(), totals.per_second()), (3000, None, Some(50.0)));
        assert!(totals.latency.is_none());
    }
}
