//! What ended, per step, since the last cut.
//!
//! One lock per step is enough: two worker threads record, and hold it for some tens of nanoseconds.
//! A cut swaps the tallies for empty ones under the lock and encodes them outside of it.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::swap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use timeline::{Delay, Elapsed, EncodedHistogram, LatencyInterval, new_histogram};

use crate::failure::Failure;

/// Which step, by its place in the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepIndex(pub(crate) usize);

/// The times of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// When it was to be sent; `None` for a user's, which are sent when it comes to that.
    pub(crate) due: Option<Due>,
    /// When it was sent.
    pub(crate) sent: Elapsed,
    /// When its answer was read to the end, or it had failed.
    pub(crate) ended: Elapsed,
}

impl Times {
    pub(crate) fn service(&self) -> Duration {
        self.ended.since(self.sent)
    }
}

/// When something was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) at: Elapsed,
    /// For so long of the time since then nobody was free for it.
    pub(crate) waited: Duration,
}

impl Due {
    pub(crate) fn at(at: Elapsed) -> Self {
        Self { at, waited: Duration::ZERO }
    }
}

/// A histogram of microseconds, made with its first value: it is 150 kB.
#[derive(Debug, Default)]
struct Spread(Option<Histogram<u64>>);

impl Spread {
    fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.0.get_or_insert_with(new_histogram).saturating_record(micros);
    }

    fn clear(&mut self) {
        self.0.iter_mut().for_each(Histogram::reset);
    }

    fn cut(&mut self) -> Delay {
        let delay = self.0.as_ref().map(Delay::of).unwrap_or_default();
        self.clear();
        delay
    }

    fn encode(&self) -> Option<EncodedHistogram> {
        self.0.as_ref().map(EncodedHistogram::encode)
    }

    fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(Histogram::is_empty)
    }
}

#[derive(Debug, Default)]
struct Tally {
    requests: u64,
    unawaited: u64,
    cut_off: u64,
    failures: BTreeMap<Failure, u64>,
    service: Spread,
    response: Spread,
}

impl Tally {
    fn clear(&mut self) {
        self.requests = 0;
        self.unawaited = 0;
        self.cut_off = 0;
        self.failures.clear();
        self.service.clear();
        self.response.clear();
    }

    fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    fn interval(&self, step: &str, start: Elapsed, end: Elapsed) -> LatencyInterval {
        LatencyInterval {
            step: step.to_owned(),
            start,
            end,
            requests: self.requests,
            unawaited: self.unawaited,
            failures: self.failures.iter().map(|(failure, count)| (failure.to_string(), *count)).collect(),
            histogram: self.service.encode().unwrap_or_else(|| EncodedHistogram::encode(&new_histogram())),
            response: if self.response.is_empty() { None } else { self.response.encode() },
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
    /// The median in microseconds, of response times where there are arrivals, else of service times; `None` where
    /// nothing was answered.
    pub p50_micros: Option<u64>,
    /// The 99th percentile of the same times in microseconds.
    pub p99_micros: Option<u64>,
}

/// What happens at a cut, one at a time.
#[derive(Debug)]
struct Cutting {
    start: Elapsed,
    spare: Tally,
    all: Histogram<u64>,
}

/// What kept arrivals from being sent when they were due.
#[derive(Debug, Default)]
struct Delays {
    lag: Spread,
    wait: Spread,
}

/// More kinds of unmet expectations than this are no examples any more.
const MOST_EXAMPLES: usize = 20;

/// One answer for each expectation of each step that was not met.
#[derive(Debug, Default)]
struct Examples {
    told: BTreeSet<(usize, Failure)>,
    fresh: Vec<Example>,
}

/// An answer that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The step.
    pub step: String,
    /// Which expectation, as failures are counted.
    pub kind: String,
    /// The beginning of what stood in its place, harmless to print.
    pub seen: String,
}

/// The tallies of all steps.
#[derive(Debug)]
pub(crate) struct Recorder {
    steps: Vec<(String, Mutex<Tally>)>,
    cutting: Mutex<Cutting>,
    delays: Mutex<Delays>,
    examples: Mutex<Examples>,
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
            delays: Mutex::default(),
            examples: Mutex::default(),
        }
    }

    /// An answer came, right or wrong.
    pub(crate) fn answered(&self, step: StepIndex, times: Times, failure: Option<Failure>) {
        let mut tally = self.tally(step);
        tally.requests += 1;
        tally.service.record(times.service());
        if let Some(failure) = failure {
            *tally.failures.entry(failure).or_default() += 1;
        }
        if let Some(due) = times.due {
            tally.response.record(times.ended.since(due.at));
            drop(tally);
            self.sent_late(times, due);
        }
    }

    /// No answer came.
    pub(crate) fn unanswered(&self, step: StepIndex, times: Times, failure: Failure) {
        self.failed(step, failure);
        if let Some(due) = times.due {
            self.sent_late(times, due);
        }
    }

    /// The visitor left before the answer, as it was told to.
    pub(crate) fn unawaited(&self, step: StepIndex, times: Times) {
        let mut tally = self.tally(step);
        tally.requests += 1;
        tally.unawaited += 1;
        drop(tally);
        if let Some(due) = times.due {
            self.sent_late(times, due);
        }
    }

    /// Keeps what an answer was instead, the first time that `step` fails so.
    pub(crate) fn example(&self, step: StepIndex, failure: &Failure, seen: impl FnOnce() -> String) {
        let mut examples = locked(&self.examples);
        if examples.told.len() < MOST_EXAMPLES && examples.told.insert((step.0, failure.clone())) {
            let (step, kind) = (self.steps[step.0].0.clone(), failure.to_string());
            examples.fresh.push(Example { step, kind, seen: seen() });
        }
    }

    /// The examples since the last call.
    pub(crate) fn cut_examples(&self) -> Vec<Example> {
        std::mem::take(&mut locked(&self.examples).fresh)
    }

    /// Who sent it panicked.
    pub(crate) fn panicked(&self, step: StepIndex) {
        self.failed(step, Failure::Panicked);
    }

    fn failed(&self, step: StepIndex, failure: Failure) {
        let mut tally = self.tally(step);
        tally.requests += 1;
        *tally.failures.entry(failure).or_default() += 1;
    }

    fn sent_late(&self, times: Times, due: Due) {
        let mut delays = locked(&self.delays);
        delays.lag.record(times.sent.since(due.at).saturating_sub(due.waited));
        if !due.waited.is_zero() {
            delays.wait.record(due.waited);
        }
    }

    /// The lag and the wait of what was sent since the last call.
    pub(crate) fn cut_delays(&self) -> (Delay, Delay) {
        let Delays { lag, wait } = &mut *locked(&self.delays);
        (lag.cut(), wait.cut())
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
        // What counts of an arrival is the time from its due moment on.
        let times = if self.spare.response.is_empty() { &self.spare.service } else { &self.spare.response };
        if let Some(histogram) = &times.0 {
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
