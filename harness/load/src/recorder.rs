//! What ended, per step, since the last cut.
//!
//! One lock per step is enough: two worker threads record, and hold it for some tens of nanoseconds.
//! A cut swaps the tallies for empty ones under the lock and encodes them outside of it.

use std::collections::BTreeMap;
use std::mem::swap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use timeline::{Elapsed, EncodedHistogram, LatencyInterval, new_histogram};

use crate::failure::Failure;

/// Which step, by its place in the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepIndex(pub(crate) usize);

#[derive(Debug, Default)]
struct Tally {
    requests: u64,
    cut_off: u64,
    failures: BTreeMap<Failure, u64>,
    /// Made with the first answer: a histogram is 150 kB.
    histogram: Option<Histogram<u64>>,
}

impl Tally {
    fn clear(&mut self) {
        self.requests = 0;
        self.cut_off = 0;
        self.failures.clear();
        if let Some(histogram) = &mut self.histogram {
            histogram.reset();
        }
    }

    fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    fn interval(&self, step: &str, start: Elapsed, end: Elapsed) -> LatencyInterval {
        let encode = |histogram: &Histogram<u64>| EncodedHistogram::encode(histogram);
        LatencyInterval {
            step: step.to_owned(),
            start,
            end,
            requests: self.requests,
            failures: self.failures.iter().map(|(failure, count)| (failure.to_string(), *count)).collect(),
            histogram: self.histogram.as_ref().map_or_else(|| encode(&new_histogram()), encode),
        }
    }
}

/// The numbers of an interval over all steps, for those who watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that ended, failed ones too.
    pub requests: u64,
    /// The failed ones among them.
    pub failed: u64,
    /// Requests that were given up because their user was taken away and the grace had passed;
    /// neither ended nor failed, and so in no [`LatencyInterval`].
    pub cut_off: u64,
    /// The median service time in microseconds; `None` where nothing was answered.
    pub p50_micros: Option<u64>,
    /// The 99th percentile of the service times in microseconds.
    pub p99_micros: Option<u64>,
}

/// What happens at a cut, one at a time.
#[derive(Debug)]
struct Cutting {
    start: Elapsed,
    spare: Tally,
    all: Histogram<u64>,
}

/// The tallies of all steps.
#[derive(Debug)]
pub(crate) struct Recorder {
    steps: Vec<(String, Mutex<Tally>)>,
    cutting: Mutex<Cutting>,
}

/// The result of a cut.
pub(crate) struct Slice {
    pub(crate) start: Elapsed,
    pub(crate) end: Elapsed,
    pub(crate) latency: Vec<LatencyInterval>,
    pub(crate) totals: Totals,
}

impl Recorder {
    pub(crate) fn new(names: impl IntoIterator<Item = String>, start: Elapsed) -> Self {
        Self {
            steps: names.into_iter().map(|name| (name, Mutex::default())).collect(),
            cutting: Mutex::new(Cutting { start, spare: Tally::default(), all: new_histogram() }),
        }
    }

    /// An answer came, right or wrong.
    pub(crate) fn answered(&self, step: StepIndex, micros: u64, failure: Option<Failure>) {
        let mut tally = self.tally(step);
        tally.requests += 1;
        tally.histogram.get_or_insert_with(new_histogram).saturating_record(micros);
        if let Some(failure) = failure {
            *tally.failures.entry(failure).or_default() += 1;
        }
    }

    /// No answer came.
    pub(crate) fn unanswered(&self, step: StepIndex, failure: Failure) {
        let mut tally = self.tally(step);
        tally.requests += 1;
        *tally.failures.entry(failure).or_default() += 1;
    }

    /// Nobody waited for the answer.
    pub(crate) fn cut_off(&self, step: StepIndex) {
        self.tally(step).cut_off += 1;
    }

    fn tally(&self, step: StepIndex) -> MutexGuard<'_, Tally> {
        locked(&self.steps[step.0].1)
    }

    /// Closes the interval since the last cut.
    pub(crate) fn cut(&self, now: impl FnOnce() -> Elapsed) -> Slice {
        let mut cutting = locked(&self.cutting);
        let (start, end) = (cutting.start, now());
        cutting.start = end;
        cutting.all.reset();
        let mut slice = Slice { start, end, latency: Vec::new(), totals: Totals::default() };
        for (name, tally) in &self.steps {
            swap(&mut cutting.spare, &mut locked(tally));
            slice.take(name, &cutting.spare);
            cutting.keep();
        }
        slice.totals.set_percentiles(&cutting.all);
        slice
    }
}

impl Cutting {
    /// Adds the tally just taken to the whole, and empties it for the next step.
    fn keep(&mut self) {
        if let Some(histogram) = &self.spare.histogram {
            self.all.add(histogram).expect("histograms of the same bounds add up");
        }
        self.spare.clear();
    }
}

impl Slice {
    fn take(&mut self, name: &str, tally: &Tally) {
        self.totals.requests += tally.requests;
        self.totals.failed += tally.failed();
        self.totals.cut_off += tally.cut_off;
        if tally.requests > 0 {
            self.latency.push(tally.interval(name, self.start, self.end));
        }
    }
}

impl Totals {
    fn set_percentiles(&mut self, all: &Histogram<u64>) {
        let at = |quantile| (!all.is_empty()).then(|| all.value_at_quantile(quantile));
        self.p50_micros = at(0.5);
        self.p99_micros = at(0.99);
    }
}

/// A panic while a tally was held leaves it off by one at most, which is no reason to lose the rest.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
