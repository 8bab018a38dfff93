//! One trace judged, and many of them at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use corpus::{BENIGN, Family, Leak, Trace, VARIED};
use verdict::growth::{Growth, Question, Tolerance, Trend, assess};

use crate::options::Options;

/// Seeds from here on: those below belong to the tests.
const FIRST_SEED: u64 = 1_000_000_000;

/// Families that shrink up to the end: with a leak, their memory grows by less than is leaked, or not at all.
pub(crate) const SHRINKING: [Family; 2] = [Family::Decreasing, Family::WarmThenDecreasing];

/// One trace to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    pub(crate) seed: u64,
    pub(crate) family: Family,
    /// Seconds.
    pub(crate) length: f64,
    /// Seconds.
    pub(crate) cadence: f64,
    pub(crate) leak: Option<Leak>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) trial: Trial,
    /// What was leaked, bytes.
    pub(crate) leaked: f64,
    /// How fast it leaks at the end, bytes per second.
    pub(crate) slope: f64,
    /// Nothing where there were too few samples.
    pub(crate) growth: Option<Growth>,
}

impl Trial {
    /// The `number`th trace of a family: its seeds are those of no other length, purpose or number.
    pub(crate) fn new(purpose: u64, number: usize, family: Family, length: f64, leak: Option<Leak>) -> Self {
        let seed = FIRST_SEED * (1 + purpose) + 10_000 * length as u64 + number as u64;
        Self { seed, family, length, cadence: usual_cadence(length), leak }
    }

    pub(crate) fn trace(&self) -> Trace {
        corpus::trace(self.seed, self.family, self.length, self.cadence, self.leak)
    }

    pub(crate) fn judge(&self) -> Judged {
        self.judge_as(|samples, _| samples)
    }

    /// Judges what is left of the samples by `spoil`, which is told the seed.
    pub(crate) fn judge_as(&self, spoil: impl Fn(Vec<(f64, f64)>, u64) -> Vec<(f64, f64)>) -> Judged {
        let Trace { samples, leaked, slope, .. } = self.trace();
        let growth = grown(&spoil(samples, self.seed), self.length);
        Judged { trial: *self, leaked, slope, growth }
    }
}

impl Judged {
    pub(crate) fn is(&self, trend: Trend) -> bool {
        self.growth.as_ref().map_or(Trend::Unclear, |growth| growth.verdict) == trend
    }

    /// Called fine though more than 5 % of the level was leaked, and nothing shrank.
    pub(crate) fn wrongly_cleared(&self) -> bool {
        let much = |growth: &Growth| self.leaked > 0.05 * growth.level;
        self.is(Trend::Bounded) && self.growth.as_ref().is_some_and(much) && !SHRINKING.contains(&self.trial.family)
    }
}

/// A sample each second, and no more than a day's at 0.1 Hz.
pub(crate) fn usual_cadence(length: f64) -> f64 {
    (length / 8_640.0).max(1.0)
}

/// The detector as it comes.
pub(crate) fn grown(samples: &[(f64, f64)], length: f64) -> Option<Growth> {
    let tolerance = Tolerance::default();
    assess(&Question { samples, planned_seconds: length, warm_seconds: length, alpha: 0.002, tolerance }).ok()
}

/// So many traces on each benign base.
pub(crate) fn on_every_base(purpose: u64, each: usize, length: f64, leak: Option<Leak>) -> impl Iterator<Item = Trial> {
    let of_base = move |base| (0..each).map(move |at| Trial::new(purpose, at, base, length, leak));
    BENIGN.into_iter().chain(VARIED).flat_map(of_base)
}

/// All of them done by as many threads as are wanted, in their own order.
pub(crate) fn all<T: Sync, R: Send>(options: &Options, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut results = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads.max(1)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends well")).collect::<Vec<_>>()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// How many are so.
pub(crate) fn count<'a>(judged: impl IntoIterator<Item = &'a Judged>, is: impl Fn(&Judged) -> bool) -> usize {
    judged.into_iter().filter(|one| is(one)).count()
}
