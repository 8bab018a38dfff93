//! Budgets of pauses, by the best that was seen of them.
//!
//! What the runtime itself told is the best source: it tells each collection from all else. Where it told nothing, the
//! heartbeat saw the target stand still, whatever the reason: GC-equivalent pauses. A stall is judged by the heartbeat
//! alone.
//!
//! A stop is known between two lengths. What held the target up, its quota, other programs, a want of memory, and what
//! the harness itself stood still, is taken off the lower one alone: a contaminated stop can leave a finding open, and
//! cannot fail it.

mod beats;
mod cause;
mod told;

use scenario::{During, Watcher};
use timeline::{Amount, Elapsed, Happening, Unit};

use super::{Case, Judgement, Window, as_share, below, code_of, seconds, untold};
use crate::compare::Quantity;
use crate::finding::{Evidence, Verdict};

/// Of the source's grid, this share has to have been watched.
const LEAST_COVERAGE: f64 = 0.8;
/// So many of the longest stops are named.
const NAMED: usize = 5;

/// One stop of the target, and between what lengths it lies, in seconds.
#[derive(Clone, Debug)]
struct Stop {
    at: Elapsed,
    least: f64,
    most: f64,
    /// What it was, where that is told.
    kind: String,
    /// What held the target up: ` (its processor quota held it back for 12 ms)`; empty where nothing is known.
    held: String,
    /// The collection that it was in, or that went on beside it, where that is told: ` (in a collection: ...)`.
    collection: String,
}

/// All stops that a source saw.
#[derive(Debug)]
struct Stops {
    /// Each; the longest first.
    all: Vec<Stop>,
    window: Window,
    /// The share of the window that was watched.
    covered: f64,
    /// How many things were looked at: pauses or beats.
    samples: u64,
    /// The shortest that is told apart, in seconds.
    resolution: f64,
    source: String,
}

/// A quantity, and between what bounds it lies.
type Between = (Quantity, (f64, f64));

/// What is limited, and by how much: lengths in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Budget {
    /// The longest.
    Max(f64),
    /// The 99th percentile of their lengths.
    P99(f64),
    /// The share of time in them.
    Share(f64),
    /// How many there are in a minute.
    PerMinute(f64),
}

impl Case<'_> {
    pub(super) fn pauses(self, watcher: Watcher, during: During, budget: Budget) -> Judgement {
        let told = watcher == Watcher::Best && !self.timeline.pauses.is_empty();
        let stops = if told { self.told_by_runtime() } else { self.seen_by_heartbeat() };
        let stops = stops.and_then(|stops| self.those_in(during, stops));
        let judge = |stops: Stops| {
            let mut judgement = self.judge_stops(&stops, budget);
            if told && let Budget::Max(_) = budget {
                judgement.evidence.notes.extend(self.other_stalls(&stops));
            }
            judgement
        };
        stops.map_or_else(|judgement| *judgement, judge)
    }

    /// Those in a part of the run.
    fn those_in(self, during: During, mut stops: Stops) -> Result<Stops, Box<Judgement>> {
        if during != During::Run {
            stops.window = self.part(during).ok_or_else(|| untold("that part of the run was never reached"))?;
            stops.all.retain(|stop| stops.window.0 <= stop.at && stop.at <= stops.window.1);
            stops.samples = stops.all.len() as u64;
        }
        Ok(stops)
    }

    /// The longest stop, their 99th percentile and how many there are in a minute, by the best source, each between two
    /// bounds; and which source that is. `None` where they were not watched well enough.
    pub(super) fn pauses_measured(self) -> Option<([Between; 3], String)> {
        let told = !self.timeline.pauses.is_empty();
        let seen = if told { self.told_by_runtime() } else { self.seen_by_heartbeat() }.ok()?;
        let budgets = [
            (Quantity::PauseMax, Budget::Max(0.0)),
            (Quantity::PauseP99, Budget::P99(0.0)),
            (Quantity::PausesPerMinute, Budget::PerMinute(0.0)),
        ];
        let values = budgets.map(|(quantity, budget)| (quantity, budget.value(&seen)));
        (seen.covered >= LEAST_COVERAGE).then_some((values, seen.source))
    }

    fn judge_stops(self, seen: &Stops, budget: Budget) -> Judgement {
        let interval = budget.value(seen);
        let (verdict, code) = match below(budget.limit(), interval) {
            Verdict::Pass if !self.completed() => (Verdict::Inconclusive, "cut_short"),
            Verdict::Pass if seen.covered < LEAST_COVERAGE => (Verdict::Inconclusive, "gaps"),
            Verdict::Pass if budget.looked_for_too_short(seen) => (Verdict::Inconclusive, "too_short"),
            Verdict::Inconclusive if seen.all.iter().any(|stop| budget.concerns(stop) && stop.is_contaminated()) => {
                (Verdict::Inconclusive, "held_up")
            }
            verdict => (verdict, code_of(verdict)),
        };
        let evidence = Evidence {
            value: Some(budget.amount(interval.0)),
            limit: Some(budget.amount(budget.limit())),
            interval: Some((budget.amount(interval.0), budget.amount(interval.1))),
            resolution: Some(seconds(seen.resolution)),
            window: Some(seen.window),
            samples: seen.samples,
            source: Some(seen.source.clone()),
            notes: budget.notes(seen),
            ..Evidence::default()
        };
        let summary = match code {
            "too_short" => format!("cannot tell: one pause in {} is more than the limit", seconds(seen.seconds())),
            _ => budget.summary(verdict, interval, seen),
        };
        Judgement::new(verdict, code, summary).with(evidence)
    }

    /// All phases that were reached.
    fn watched_window(self) -> Result<Window, Box<Judgement>> {
        let phases = &self.timeline.phases;
        let whole = phases.first().zip(phases.last());
        whole.map(|(first, last)| (first.start, last.end)).ok_or_else(|| untold("no phase was reached"))
    }

    /// When collections were under way that were asked for, in order: their pauses are ours, and not the target's.
    fn collections(self) -> Vec<Window> {
        let span = |event: &timeline::Event| match event.what {
            Happening::Collected { from, to } => Some((from, to)),
            _ => None,
        };
        self.timeline.events.iter().filter_map(span).collect()
    }
}

/// Does a stretch lie in one of the windows, or touch it? These are in order.
fn is_in(windows: &[Window], (from, to): Window) -> bool {
    let next = windows.partition_point(|window| window.1 < from);
    windows.get(next).is_some_and(|window| window.0 <= to)
}

impl Stop {
    /// Is a part of it put down to what is not the target's?
    fn is_contaminated(&self) -> bool {
        self.least < 0.5 * self.most && !self.held.is_empty()
    }

    /// What it is put down to.
    fn cause(&self) -> &str {
        if self.held.is_empty() { &self.collection } else { &self.held }
    }
}

impl Stops {
    fn sorted(mut self) -> Self {
        self.all.sort_by(|a, b| b.most.total_cmp(&a.most));
        self
    }

    fn seconds(&self) -> f64 {
        self.window.1.since(self.window.0).as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// What `of` makes of the shortest that the stops may have been, and of the longest.
    fn between(&self, of: impl Fn(&[f64]) -> f64) -> (f64, f64) {
        let mut least: Vec<f64> = self.all.iter().map(|stop| stop.least.max(0.0)).collect();
        least.sort_by(f64::total_cmp);
        let mut most: Vec<f64> = self.all.iter().map(|stop| stop.most).collect();
        most.sort_by(f64::total_cmp);
        (of(&least), of(&most))
    }
}

impl Budget {
    fn limit(self) -> f64 {
        match self {
            Self::Max(limit) | Self::P99(limit) | Self::Share(limit) | Self::PerMinute(limit) => limit,
        }
    }

    /// Between what bounds the value lies.
    fn value(self, seen: &Stops) -> (f64, f64) {
        match self {
            Self::Max(_) => seen.between(|lengths| lengths.last().copied().unwrap_or(0.0)),
            Self::P99(_) => seen.between(percentile_99),
            Self::Share(_) => seen.between(|lengths| lengths.iter().sum::<f64>() / seen.seconds()),
            Self::PerMinute(_) => {
                let minutes = seen.seconds() / 60.0;
                seen.between(|lengths| lengths.iter().filter(|length| **length > 0.0).count() as f64 / minutes)
            }
        }
    }

    /// Would one pause in so short a time have been too many? Then none in it says little.
    fn looked_for_too_short(self, seen: &Stops) -> bool {
        matches!(self, Self::PerMinute(most) if most > 0.0 && most * seen.seconds() < 60.0)
    }

    fn amount(self, value: f64) -> Amount {
        match self {
            Self::Max(_) | Self::P99(_) => seconds(value),
            Self::Share(_) => as_share(value),
            Self::PerMinute(_) => Amount { value, unit: Unit::Count },
        }
    }

    /// May this stop be one over the budget? Of a share or a count, all are a part.
    fn concerns(self, stop: &Stop) -> bool {
        match self {
            Self::Max(limit) | Self::P99(limit) => stop.most > limit,
            Self::Share(_) | Self::PerMinute(_) => true,
        }
    }

    fn notes(self, seen: &Stops) -> Vec<String> {
        let mut notes = Vec::new();
        // Of a share or a number all are a part, and none is worth its name.
        if let Self::Max(_) | Self::P99(_) = self {
            notes.extend(seen.all.iter().filter(|stop| self.concerns(stop)).take(NAMED).map(Stop::told));
        }
        if let (Self::PerMinute(most), true) = (self, self.looked_for_too_short(seen)) {
            notes.push(format!("{} would tell: one pause in less is more than the limit allows", seconds(60.0 / most)));
        }
        if seen.covered < LEAST_COVERAGE {
            let share = seen.covered * 100.0;
            notes.push(format!("the heartbeat kept only {share:.0} % of its grid: the machine is too busy"));
        }
        notes
    }

    fn summary(self, verdict: Verdict, interval: (f64, f64), seen: &Stops) -> String {
        let limit = self.amount(self.limit());
        let (least, most) = (self.amount(interval.0), self.amount(interval.1));
        match (self, verdict) {
            (Self::Max(limit_seconds), Verdict::Fail) => {
                let over = seen.all.iter().filter(|stop| stop.least > limit_seconds).count();
                let longest = seen.all.iter().max_by(|a, b| a.least.total_cmp(&b.least));
                let why = longest.map(Stop::why).unwrap_or_default();
                let times = if over == 1 { "once, for".to_owned() } else { format!("{over} times, for up to") };
                format!("the target stood still {times} {least}{why} (limit {limit})")
            }
            (Self::Max(_), Verdict::Pass) => format!("no pause is longer than {most} (limit {limit})"),
            (Self::Max(_), Verdict::Inconclusive) => {
                format!("cannot tell: the longest pause lies between {least} and {most} (limit {limit})")
            }
            (_, Verdict::Fail) => format!("{} is {least} (limit {limit})", self.name()),
            (_, Verdict::Pass) => format!("{} is at most {most} (limit {limit})", self.name()),
            (_, Verdict::Inconclusive) => {
                format!("cannot tell: {} lies between {least} and {most} (limit {limit})", self.name())
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Max(_) => "the longest pause",
            Self::P99(_) => "the 99th percentile of the pauses",
            Self::Share(_) => "the share of time in pauses",
            Self::PerMinute(_) => "the number of pauses in a minute",
        }
    }
}

impl Stop {
    /// `at 12 s: Pause Young, 52 ms (…)`
    fn told(&self) -> String {
        let (least, most) = (seconds(self.least.max(0.0)), seconds(self.most));
        let kind = if self.kind.is_empty() { String::new() } else { format!("{}, ", self.kind) };
        let length = if least == most { most.to_string() } else { format!("between {least} and {most}") };
        format!("at {}: {kind}{length}{}", self.at, self.cause())
    }

    /// The same of the longest, in a summary.
    fn why(&self) -> String {
        let kind = if self.kind.is_empty() { String::new() } else { format!(" in `{}`", self.kind) };
        kind + self.cause()
    }
}

/// The least value that 99 % do not exceed.
fn percentile_99(sorted: &[f64]) -> f64 {
    let rank = (0.99 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}
