//! What speaks of growth: a series under load, and its floors at rest.
//!
//! Each is heard at a share of the chance of error that is taken for the rule, so that together they err no more
//! often than one would: by the union bound, whatever they have to do with each other.

use std::time::Duration;

use timeline::{Metric, Series, Subject};

use super::ratchet::{self, Ratchet};
use super::rests::Floors;
use super::scale::Pace;
use super::sketch::Sketch;
use super::stretch::Stretch;
use super::work::Work;
use super::{Case, Judgement, Window, source_of, untold};
use crate::finding::{Evidence, Verdict};
use crate::growth::{self, Growth, Horizon, Question, Shape, Tolerance, TooLittle, Trend};

/// The chance of a false alarm that is taken per rule and run.
pub(super) const ALPHA: f64 = 0.002;

/// Where a witness looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the series while there is load.
    Load,
    /// At what it falls back to in the idle phases of the cycles.
    Rests,
}

/// What a witness can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It can leave growth open.
    Doubts,
    /// It can prove growth.
    Convicts,
    /// It can prove growth, and it can exclude it.
    Decides,
}

/// One piece of evidence on growth.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    pub(super) place: Place,
    pub(super) metric: Metric,
    pub(super) source: String,
    pub(super) window: Window,
    /// Samples, or floors.
    pub(super) samples: u64,
    pub(super) pace: Pace,
    /// May growth be claimed at all?
    pub(super) guarded: bool,
    /// Was enough seen to decide anything?
    pub(super) mature: bool,
    /// By the tolerance.
    pub(super) trend: Trend,
    pub(super) weight: Weight,
    /// Where the series has settled.
    pub(super) level: f64,
    /// What it looks like; floors at rest are too few to look like anything.
    pub(super) shape: Option<Shape>,
    /// The seconds of load that would settle whether it keeps to the tolerance.
    pub(super) settles_after: Option<f64>,
    /// For how long it looked; rests are too few to tell what more of them would show.
    pub(super) horizon: Option<Horizon>,
    /// What it saw, to be drawn.
    pub(super) sketch: Sketch,
}

impl Witness {
    /// What it says of a limit per second of load; without one, by the tolerance.
    pub(super) fn says(&self, limit: Option<f64>) -> Trend {
        match limit {
            None => self.trend,
            Some(limit) if self.guarded && self.pace.lower > limit => Trend::Leak,
            Some(limit) if self.mature && self.pace.upper < limit => Trend::Bounded,
            Some(_) => Trend::Unclear,
        }
    }

    /// The load that would settle what it leaves open, of a limit per second of load or without one by the tolerance.
    pub(super) fn settled_by(&self, limit: Option<f64>) -> Option<Duration> {
        let Pace { slope, lower, upper, .. } = self.pace;
        let against = |limit| self.horizon?.settles_against(limit, (slope, lower, upper));
        let seconds = limit.map_or(self.settles_after, against).filter(|_| self.says(limit) == Trend::Unclear);
        Duration::try_from_secs_f64(seconds?).ok()
    }
}

/// All that speaks of the growth of one subject; first the load of the preferred metric in the longest stretch.
pub(super) struct Testimony {
    pub(super) witnesses: Vec<Witness>,
    pub(super) work: Work,
}

/// What a witness is asked.
struct Summons<'a> {
    gaze: Gaze,
    metric: Metric,
    series: &'a Series,
    stretch: Stretch,
    /// Is it the metric by which growth is judged?
    preferred: bool,
    /// Is it the longest stretch?
    longest: bool,
}

impl Summons<'_> {
    /// What the preferred metric does in the longest stretch decides, if it sees enough to exclude growth at all.
    fn weight(&self, excludes: bool) -> Weight {
        match (self.preferred, self.longest && excludes) {
            (true, true) => Weight::Decides,
            (true, false) => Weight::Convicts,
            (false, _) => Weight::Doubts,
        }
    }
}

/// What a witness is shown: samples as `(seconds of load in the stretch, value)`, or the floors of the cycles.
enum Gaze {
    Load(Vec<(f64, f64)>),
    Rests(Floors),
}

/// What all of them are asked.
struct Inquiry {
    planned_seconds: f64,
    tolerance: Tolerance,
    alpha: f64,
    /// The seconds of load within which it warms up, where the target was never started anew.
    unbroken: Option<f64>,
}

impl Case<'_> {
    /// Hears what the run tells of those of `metrics` that were sampled; the first of them is the preferred one.
    /// What cycles of the target's own tell is heard only where it is asked for: their floors have so little noise that
    /// they take the last of a warm-up for a leak, where nobody says how much growth counts.
    pub(super) fn hear(
        self,
        subject: &Subject,
        metrics: &[Metric],
        tolerance: Tolerance,
        own_cycles: bool,
    ) -> Result<Testimony, Box<Judgement>> {
        let sampled = metrics.iter().filter_map(|metric| Some((*metric, self.series_of(subject, *metric)?)));
        self.hear_series(&sampled.collect::<Vec<_>>(), tolerance, own_cycles)
    }

    /// The same of series that are given.
    pub(super) fn hear_series(
        self,
        sampled: &[(Metric, &Series)],
        tolerance: Tolerance,
        own_cycles: bool,
    ) -> Result<Testimony, Box<Judgement>> {
        let window = self.judged_window().ok_or_else(|| untold("no phase was reached"))?;
        let work = Work::new(self.timeline);
        let stretches = self.stretches(window, &work);
        let summons: Vec<Summons> = sampled
            .iter()
            .enumerate()
            .flat_map(|(rank, &(metric, series))| self.summon(metric, series, rank == 0, &stretches, &work))
            .filter(|summons| own_cycles || self.plan.cycles.is_none() || matches!(summons.gaze, Gaze::Load(_)))
            .collect();
        if summons.is_empty() {
            return Err(untold("no sample was taken"));
        }
        let inquiry = Inquiry {
            planned_seconds: self.plan.load_length().as_secs_f64(),
            tolerance: tolerance.times(self.terms.patience),
            alpha: self.terms.alpha / summons.len() as f64,
            unbroken: (stretches.len() == 1).then_some(self.terms.warm_seconds),
        };
        let heard: Result<Vec<Witness>, TooLittle> = self.examine_all(&summons, &inquiry);
        let witnesses = heard.map_err(|little| too_little(little, window))?;
        Ok(Testimony { witnesses, work })
    }

    fn summon<'s>(
        self,
        metric: Metric,
        series: &'s Series,
        preferred: bool,
        stretches: &[Stretch],
        work: &Work,
    ) -> Vec<Summons<'s>> {
        let mut summons = Vec::new();
        for (rank, stretch) in stretches.iter().enumerate() {
            let placed = work.place(series.within(stretch.window)).into_iter();
            let load = Gaze::Load(placed.map(|(done, value)| (done - stretch.begins, value)).collect());
            let floors = self.floors(metric, series, work, stretch);
            let rests = (floors.at_rest.len() >= ratchet::FEWEST).then_some(Gaze::Rests(floors));
            let longest = rank == 0;
            let new = |gaze| Summons { gaze, metric, series, stretch: *stretch, preferred, longest };
            summons.extend(std::iter::once(load).chain(rests).map(new));
        }
        summons
    }

    /// The witnesses that have something to say; what the first lacked, where none has.
    fn examine_all(self, summons: &[Summons], inquiry: &Inquiry) -> Result<Vec<Witness>, TooLittle> {
        let mut lacking = None;
        let mut witnesses = Vec::new();
        for one in summons {
            match self.examine(one, inquiry) {
                Ok(witness) => witnesses.extend(witness),
                Err(little) => lacking = lacking.or(Some(little)),
            }
        }
        match lacking {
            Some(little) if witnesses.is_empty() => Err(little),
            _ => Ok(witnesses),
        }
    }

    fn examine(self, summons: &Summons, inquiry: &Inquiry) -> Result<Option<Witness>, TooLittle> {
        let question = |samples| Question {
            samples,
            planned_seconds: inquiry.planned_seconds,
            warm_seconds: summons.stretch.warm_seconds(inquiry.planned_seconds, inquiry.unbroken),
            alpha: inquiry.alpha,
            tolerance: inquiry.tolerance,
        };
        Ok(match &summons.gaze {
            Gaze::Load(samples) => Some(by_load(summons, samples.len(), &growth::assess(&question(samples))?)),
            Gaze::Rests(floors) => {
                let known =
                    self.plan.warm_up.filter(|_| inquiry.unbroken.is_some()).map_or(0.0, |time| time.as_secs_f64());
                let ratchet = ratchet::assess(&question(&floors.at_rest), known);
                let ratchet = ratchet.map(|ratchet| ratchet.checked_by(floors.pace_under_load()));
                ratchet.map(|ratchet| self.by_rests(summons, &ratchet, &floors.at_rest))
            }
        })
    }

    fn by_rests(self, summons: &Summons, ratchet: &Ratchet, floors: &[(f64, f64)]) -> Witness {
        // What was collected is not kept by an allocator; the rest may be.
        let given_back =
            summons.metric == Metric::LiveHeap || self.is_given_back(summons.series, ratchet.level, ratchet.accepted);
        Witness {
            place: Place::Rests,
            metric: summons.metric,
            source: self.source_of_rests(summons, ratchet.count),
            window: summons.stretch.window,
            samples: ratchet.count as u64,
            pace: ratchet.pace,
            guarded: ratchet.guarded,
            mature: true,
            trend: ratchet.trend,
            weight: summons.weight(given_back),
            level: ratchet.level,
            shape: None,
            settles_after: None,
            horizon: None,
            sketch: Sketch::of_rests(floors, ratchet, summons.stretch.begins),
        }
    }
}

impl Case<'_> {
    fn source_of_rests(self, summons: &Summons, count: usize) -> String {
        let (metric, source) = (summons.metric, &summons.series.source);
        if self.plan.cycles.is_some() {
            format!("the least {metric} in each of {count} cycles of its own, from {source}")
        } else {
            format!("{metric} at rest after {count} cycles, from {source}")
        }
    }
}

fn by_load(summons: &Summons, samples: usize, growth: &Growth) -> Witness {
    Witness {
        place: Place::Load,
        metric: summons.metric,
        source: source_of(summons.metric, summons.series),
        window: summons.stretch.window,
        samples: samples as u64,
        pace: growth.into(),
        guarded: growth.guarded,
        mature: growth.mature,
        trend: growth.verdict,
        weight: summons.weight(true),
        level: growth.level,
        shape: Some(growth.shape),
        settles_after: growth.settles_after,
        horizon: Some(growth.horizon),
        sketch: Sketch::of_load(growth, summons.stretch.begins),
    }
}

fn too_little(little: TooLittle, window: Window) -> Box<Judgement> {
    let summary = format!("cannot tell: {little}: load for longer, or sample more often");
    let evidence = Evidence { window: Some(window), samples: little.samples() as u64, ..Evidence::default() };
    Box::new(Judgement::new(Verdict::Inconclusive, "too_few_samples", summary).with(evidence))
}
