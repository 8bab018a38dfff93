//! What one user costs: of a server of sockets, the memory per connected client.
//!
//! Where the number of users varies under load, as on a ramp, it is the slope of memory's floors against the users
//! at work. The work done by then goes beside it, so that a leak does not count as the cost of users, and what the load
//! costs once (pools, compiled code) falls out too. Where it does not vary it is the rise from the
//! baseline to the level under load, per user; that includes what the load costs once, and the finding says so.

use timeline::{Amount, Elapsed, LoadInterval, PhaseSpan, Series, Unit};

use super::level::Level;
use super::work::Work;
use super::{Case, Judgement, Window, below, bytes, code_of, source_of, untold};
use crate::finding::{Evidence, Verdict};
use crate::stats::{Line, mean};

/// Into how many windows the load is cut.
const WINDOWS: u64 = 40;
/// Fewer windows with users at work than this are no regression.
const FEWEST: usize = 12;
/// The number of users has to range over this share of its largest.
const LEAST_RANGE: f64 = 0.3;
/// The chance that the true cost lies beyond one end of the interval.
const ALPHA: f64 = 0.005;

/// What one user costs, bytes.
struct Cost {
    value: f64,
    interval: (f64, f64),
    window: Window,
    samples: u64,
    /// How it was found.
    note: String,
}

impl Case<'_> {
    pub(super) fn growth_per_user(self, limit: f64) -> Judgement {
        self.try_growth_per_user(limit).unwrap_or_else(|judgement| *judgement)
    }

    fn try_growth_per_user(self, limit: f64) -> Result<Judgement, Box<Judgement>> {
        let (metric, series) = self.held_by_system()?;
        let cost = self.cost_by_ramp(series).map_or_else(|| self.cost_by_levels(series), Ok)?;
        let amount = |value| Amount { value, unit: Unit::BytesPerUser };
        let verdict = below(limit, cost.interval);
        let (value, limit) = (amount(cost.value), amount(limit));
        let summary = match verdict {
            Verdict::Inconclusive => format!("cannot tell: memory grows by about {value} (limit {limit})"),
            Verdict::Pass | Verdict::Fail => format!("memory grows by {value} at work (limit {limit})"),
        };
        Ok(Judgement::new(verdict, code_of(verdict), summary).with(Evidence {
            value: Some(value),
            limit: Some(limit),
            interval: Some((amount(cost.interval.0), amount(cost.interval.1))),
            window: Some(cost.window),
            samples: cost.samples,
            source: Some(source_of(metric, series)),
            notes: vec![cost.note],
            ..Evidence::default()
        }))
    }

    /// By the slope against the users, where their number varies enough under load.
    fn cost_by_ramp(self, series: &Series) -> Option<Cost> {
        let window = self.timeline.loaded_window().filter(|window| !self.restarted_within(*window))?;
        let floors = self.floors_with_users(series, window);
        let users = || floors.iter().map(|floor| floor.users);
        let (least, most) = (users().reduce(f64::min)?, users().reduce(f64::max)?);
        if floors.len() < FEWEST || most - least < LEAST_RANGE * most {
            return None;
        }
        let points: Vec<(f64, f64)> = floors.iter().map(|floor| (floor.users, floor.value)).collect();
        let work = Work::new(self.timeline);
        let done: Vec<f64> = floors.iter().map(|floor| work.done_by(floor.at)).collect();
        let line = Line::beside(&points, &done)?;
        let note = format!(
            "the slope of memory's floors against {least:.0} to {most:.0} users at work, apart from what grows with the work"
        );
        let samples = series.within(window).len() as u64;
        Some(Cost { value: line.slope, interval: line.bounds(ALPHA), window, samples, note })
    }

    /// The least sample of each window of the load, with the users who were at work then.
    fn floors_with_users(self, series: &Series, (from, to): Window) -> Vec<Floor> {
        let width = to.since(from) / WINDOWS as u32;
        let floor = |index: u64| {
            let start = from + width * index as u32;
            let samples = series.within((start, start + width));
            let least = samples.iter().min_by(|one, other| one.value.total_cmp(&other.value))?;
            let at_work = |interval: &&LoadInterval| interval.start <= least.taken && least.taken < interval.end;
            let users = self.timeline.load.iter().find(at_work)?.users_active;
            (users > 0).then_some(Floor { users: users as f64, at: least.taken, value: least.value })
        };
        // In the first, what the load costs once may not have been paid yet.
        (1..WINDOWS).filter_map(floor).collect()
    }

    /// By the rise over the baseline in the last phase that held its users.
    fn cost_by_levels(self, series: &Series) -> Result<Cost, Box<Judgement>> {
        let baseline = self.baseline_level(series)?;
        let held = |phase: &&PhaseSpan| phase.loaded && self.users_in(phase).is_some();
        let phase = self.timeline.phases.iter().rfind(held).ok_or_else(|| untold("no users were at work"))?;
        let users = self.users_in(phase).unwrap_or(1.0);
        let level = Level::at_end_of(phase, series).ok_or_else(|| untold("there are too few samples under load"))?;
        if self.restarted_within((baseline.window.0, level.window.1)) {
            return Err(untold("the target was started anew between the baseline and the load"));
        }
        let (rise, margin) = (level.value - baseline.value, level.margin.hypot(baseline.margin));
        let (before, under_load) = (bytes(baseline.value), bytes(level.value));
        let note = format!(
            "from {before} before the load to {under_load} with {users:.0} users at work, what the load costs once \
             included: a ramp of users would set that apart"
        );
        let interval = ((rise - margin) / users, (rise + margin) / users);
        Ok(Cost {
            value: rise / users,
            interval,
            window: level.window,
            samples: level.samples + baseline.samples,
            note,
        })
    }

    /// The mean number of users at work in the settled part of a phase, if there were any.
    fn users_in(self, phase: &PhaseSpan) -> Option<f64> {
        let middle = phase.start + phase.end.since(phase.start) / 2;
        let within = |interval: &&LoadInterval| interval.start >= middle && interval.end <= phase.end;
        let users: Vec<f64> =
            self.timeline.load.iter().filter(within).map(|interval| interval.users_active as f64).collect();
        Some(mean(&users)).filter(|users| *users > 0.0)
    }
}

/// A floor, and how many users were at work then.
struct Floor {
    users: f64,
    at: Elapsed,
    value: f64,
}
