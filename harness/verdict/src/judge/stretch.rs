//! Restarts: a series is never joined across one.
//!
//! A process that was started anew has forgotten what it leaked, and warms up again: joined, the drop would hide a
//! leak, and the new warm-up would look like one.

use timeline::{Elapsed, Happening};

use super::work::Work;
use super::{Case, Window};

/// Of the planned load a stretch has to have at least this share before anything is decided on it.
const LEAST_SHARE: f64 = 0.5;

/// A part of the judged window in which the target was not started anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) window: Window,
    /// The work that had been done when it began, seconds of load.
    pub(super) begins: f64,
    /// The work that was done in it.
    pub(super) seconds: f64,
}

impl Stretch {
    /// The time, in seconds of load, within which warm-ups are assumed to end: what is told of a target that was never
    /// started anew.
    pub(super) fn warm_seconds(&self, planned_seconds: f64, unbroken: Option<f64>) -> f64 {
        unbroken.unwrap_or_else(|| self.seconds.max(LEAST_SHARE * planned_seconds))
    }
}

impl Case<'_> {
    /// When the target was started anew after the first phase had begun.
    pub(super) fn restarts(self) -> Vec<Elapsed> {
        let Some(first) = self.timeline.phases.first() else { return Vec::new() };
        let anew =
            |event: &&timeline::Event| matches!(event.what, Happening::Launched { .. }) && event.at > first.start;
        self.timeline.events.iter().filter(anew).map(|event| event.at).collect()
    }

    /// Was the target started anew between the two?
    pub(super) fn restarted_within(self, (from, to): Window) -> bool {
        self.restarts().iter().any(|restart| from < *restart && *restart < to)
    }

    /// The parts of `window` between restarts, the one with the most work first.
    pub(super) fn stretches(self, window: Window, work: &Work) -> Vec<Stretch> {
        let within = self.restarts().into_iter().filter(|restart| window.0 < *restart && *restart < window.1);
        let cuts: Vec<Elapsed> = std::iter::once(window.0).chain(within).chain([window.1]).collect();
        let stretch = |ends: &[Elapsed]| {
            let begins = work.done_by(ends[0]);
            Stretch { window: (ends[0], ends[1]), begins, seconds: work.done_by(ends[1]) - begins }
        };
        let mut stretches: Vec<Stretch> = cuts.windows(2).map(stretch).collect();
        stretches.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
        stretches
    }
}
