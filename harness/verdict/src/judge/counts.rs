//! Exact counts: descriptors, sockets, threads, child processes.
//!
//! A service can leak thousands of descriptors while its memory stays flat, so these are judged
//! whether it was asked for or not. They need no statistics where the load is followed by an
//! idle phase: what is still held then, beyond what there was before, was not given back.

use timeline::{Amount, Elapsed, Metric, PhaseSpan, Sample, Series, Subject, Unit};

use super::leak::shape_name;
use super::scale::Scale;
use super::sketch::key;
use super::witness::{Place, Witness};
use super::{Case, Judgement, Window, source_of};
use crate::finding::{Evidence, Verdict};
use crate::growth::{Tolerance, Trend};
use crate::stats::median;
use crate::trace::{Mark, Stroke, Trace};

/// A pool that opens a few and keeps them is no leak.
const TOLERANCE: Tolerance = Tolerance { absolute: 4.0, relative: 0.02, ok_relative: 0.05 };
/// With fewer samples than this nothing is said of a count.
const FEWEST: usize = 8;
/// So many kinds of what has become more are named.
const KINDS_NAMED: usize = 3;
/// A climb by so many, and to so many times as many, is seen in few samples of an exact count.
const CLIMB: (f64, f64) = (32.0, 2.0);
/// In each quarter of the time it has to rise by this share of an even climb.
const EVEN: f64 = 0.5;
/// Held after the load beyond the baseline: so many are no news.
const KEPT: f64 = 8.0;

/// Numbers that are no counts have no least step that matters: only their share does.
pub(super) fn tolerance(unit: Unit, samples: &[Sample]) -> Tolerance {
    let whole = samples.iter().all(|sample| sample.value.fract() == 0.0);
    match (unit, whole) {
        (Unit::Bytes, _) => Tolerance::default(),
        (_, true) => TOLERANCE,
        (_, false) => Tolerance { absolute: 0.0, ..TOLERANCE },
    }
}

impl Case<'_> {
    pub(super) fn count_growth(self, metric: Metric) -> Judgement {
        let Some(series) = self.target_series(metric) else {
            return Judgement::no_data("the source does not tell it");
        };
        self.growth_of_count(metric, series)
    }

    /// The same of a series that is given.
    pub(super) fn growth_of_count(self, metric: Metric, series: &Series) -> Judgement {
        if let Some(judgement) = self.given_back(metric, series) {
            return judgement;
        }
        let heard = match self.hear_series(&[(metric, series)], tolerance(Unit::Count, &series.samples), false) {
            Ok(heard) => heard,
            Err(judgement) => return *judgement,
        };
        let load: Vec<&Witness> = heard.witnesses.iter().filter(|one| one.place == Place::Load).collect();
        let leak = load.iter().find(|one| one.trend == Trend::Leak);
        let Some(load) = leak.or(load.first()) else {
            return Judgement::no_data("there are too few samples under load");
        };
        let words = words(metric);
        let by_kind = self.by_kind(metric, load.window);
        let (verdict, code, summary) = match load.trend {
            Trend::Leak => {
                (Verdict::Fail, "exceeded", format!("{words} keep growing under load: {}", rise(series, load.window)))
            }
            Trend::Bounded => (Verdict::Pass, "holds", format!("{words} do not keep growing")),
            Trend::Unclear => {
                (Verdict::Inconclusive, "unclear", format!("cannot tell yet whether {words} keep growing"))
            }
        };
        let shape = load.shape.map(shape_name);
        Judgement::new(verdict, code, summary).with(Evidence {
            window: Some(load.window),
            samples: load.samples,
            source: Some(load.source.clone()),
            settled_by: load.settled_by(None).filter(|_| verdict == Verdict::Inconclusive),
            shape: shape.map(str::to_owned),
            trace: Some(load.trace(&Subject::Target, &heard.work, None)),
            notes: shape.map(|shape| format!("shape: {shape}")).into_iter().chain(by_kind).collect(),
            ..Scale::hour(Unit::Count).evidence(&load.pace)
        })
    }

    /// A failure where an exact count climbs through all of a steady load: it has no noise, so a few samples show it. A
    /// pool that fills stops, and a load that becomes more may take more.
    pub(super) fn climbs(self, metric: Metric, series: &Series) -> Option<Judgement> {
        let window = self.judged_window()?;
        let samples = series.within(window);
        let quarter = window.1.since(window.0) / 4;
        let level = |number: u32| {
            let part = (window.0 + quarter * number, window.0 + quarter * (number + 1));
            median(&mut series.within(part).iter().map(|sample| sample.value).collect::<Vec<_>>())
        };
        let levels: Vec<f64> = (0..4).filter_map(level).collect();
        let [first, _, _, last] = levels[..] else { return None };
        let climbs = last - first >= CLIMB.0 && last >= CLIMB.1 * first;
        let even = levels.windows(2).all(|pair| pair[1] - pair[0] >= EVEN * (last - first) / 3.0);
        if samples.len() < FEWEST || !climbs || !even || !self.load_is_steady() {
            return None;
        }
        let summary = format!("{} keep growing under load: {}", words(metric), rise(series, window));
        Some(Judgement::new(Verdict::Fail, "exceeded", summary).with(Evidence {
            value: Some(Amount { value: last - first, unit: Unit::Count }),
            window: Some(window),
            samples: samples.len() as u64,
            source: Some(source_of(metric, series)),
            notes: vec!["in each quarter of the load there are more of them than in the one before".to_owned()],
            ..Evidence::default()
        }))
    }

    /// Are there as many users, or as many arrivals, in all of its loaded phases?
    fn load_is_steady(self) -> bool {
        let mut loaded = self.plan.phases.iter().filter(|phase| phase.loaded());
        let Some(first) = loaded.next() else { return false };
        let asks = |phase: &scenario::Phase| (phase.users, phase.rate.from.to_bits(), phase.rate.to.to_bits());
        first.users.from == first.users.to
            && first.rate.from.to_bits() == first.rate.to.to_bits()
            && loaded.all(|phase| asks(phase) == asks(first))
    }

    /// Which of them have become more: `of these, sockets by 400, connections to :5432 by 398`.
    fn by_kind(self, metric: Metric, window: Window) -> Option<String> {
        let kinds = match metric {
            Metric::OpenFiles => vec![Metric::Sockets, Metric::Pipes, Metric::PathFiles, Metric::AnonymousInodes],
            Metric::Sockets => Vec::new(),
            _ => return None,
        };
        let more = |metric: Metric| self.more_of(metric, window).filter(|more| *more > KEPT).map(|more| (metric, more));
        let mut grown: Vec<(Metric, f64)> = kinds.into_iter().chain(self.connections()).filter_map(more).collect();
        grown.sort_by(|one, other| other.1.total_cmp(&one.1));
        let told: Vec<String> =
            grown.iter().take(KINDS_NAMED).map(|(kind, more)| format!("{} by {more}", words(*kind))).collect();
        (!told.is_empty()).then(|| format!("of these grew {}", told.join(", ")))
    }

    /// How many more of them there are at the end of the window than at its start.
    fn more_of(self, metric: Metric, window: Window) -> Option<f64> {
        let samples = self.target_series(metric)?.within(window);
        Some(samples.last()?.value - samples.first()?.value)
    }

    /// A pass where there are no more of them at the end of the load than at its start, but for what a pool would keep.
    /// An exact count needs few samples for that.
    pub(super) fn not_more(self, metric: Metric, series: &Series) -> Option<Judgement> {
        let window = self.judged_window()?;
        let samples = series.within(window).len();
        let more = self.more_of(metric, window).filter(|more| samples >= FEWEST && *more <= KEPT)?;
        let summary = format!("{} do not become more under load", words(metric));
        Some(Judgement::new(Verdict::Pass, "holds", summary).with(Evidence {
            value: Some(Amount { value: more, unit: Unit::Count }),
            window: Some(window),
            samples: samples as u64,
            source: Some(source_of(metric, series)),
            ..Evidence::default()
        }))
    }

    /// A pass where the count is back to what it was before the load.
    fn given_back(self, metric: Metric, series: &Series) -> Option<Judgement> {
        let (baseline, settled) = (self.baseline()?, self.settled()?);
        let before = last_in(series, (baseline.start, baseline.end))?;
        let after = last_in(series, (settled.start, settled.end))?;
        if after > before + KEPT.min(before.max(2.0)) {
            return None;
        }
        let summary = format!("{} are given back: {before} before the load, {after} after it", words(metric));
        let level = |mark, value, phase: &PhaseSpan| Stroke::level(mark, value, (phase.start, phase.end));
        let strokes = vec![level(Mark::Baseline, before, baseline), level(Mark::Settled, after, settled)];
        Some(Judgement::new(Verdict::Pass, "holds", summary).with(Evidence {
            trace: Some(Trace { series: key(&Subject::Target, metric), strokes }),
            value: Some(Amount { value: after - before, unit: Unit::Count }),
            window: Some((baseline.start, settled.end)),
            samples: series.samples.len() as u64,
            source: Some(source_of(metric, series)),
            ..Evidence::default()
        }))
    }
}

fn last_in(series: &Series, window: Window) -> Option<f64> {
    series.within(window).last().map(|sample| sample.value)
}

/// `from 12 to 4012 in 30 s`: the least of the first eighth and the most of the last, for counts go up and down too.
fn rise(series: &Series, window: Window) -> String {
    let samples = series.within(window);
    let part = (samples.len() / 8).max(1);
    let values = |samples: &[Sample]| samples.iter().map(|sample| sample.value).collect::<Vec<_>>();
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return String::new() };
    let from = values(&samples[..part]).into_iter().fold(f64::INFINITY, f64::min);
    let to = values(&samples[samples.len() - part..]).into_iter().fold(f64::NEG_INFINITY, f64::max);
    format!("from {from} to {to} in {}", Elapsed::from(last.taken.since(first.taken)))
}

pub(super) fn words(metric: Metric) -> &'static str {
    match metric {
        Metric::OpenFiles => "open files",
        Metric::Sockets => "sockets",
        Metric::Threads => "threads",
        Metric::ChildProcesses => "child processes",
        Metric::Pipes => "pipes",
        Metric::PathFiles => "files opened by a path",
        Metric::AnonymousInodes => "anonymous inodes (eventfd, epoll, inotify)",
        Metric::CloseWait => "connections that the peer has closed (CLOSE_WAIT)",
        other => other.name(),
    }
}
