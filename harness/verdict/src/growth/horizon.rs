//! How long a run would have to be to tell.

use super::bounds::Bounds;

/// By how much longer a run narrows the bounds more.
const POWER: f64 = 1.5;
/// In standard errors of the bounds, what a power of 0.9 takes.
const SURELY: f64 = 1.41;
/// The length that is told, over that which would probably do.
const MARGIN: f64 = 1.6;
/// Where not the bounds but the guards are in doubt, half as much again shows another half.
const LEAST: f64 = 1.5;

/// The load that a run has seen, seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon {
    /// When the first sample was taken, since the load began.
    pub(super) begins: f64,
    /// From the first sample to the last.
    pub(super) seconds: f64,
    /// The time within which warm-ups are assumed to end.
    pub(super) warm_seconds: f64,
}

impl Horizon {
    /// The length of load, seconds, after which growth above `leak` would probably be proved, or excluded above
    /// `accepted`; `None` where no length tells. All in one unit.
    pub(super) fn settles_after(&self, bounds: &Bounds, leak: f64, accepted: f64) -> Option<f64> {
        let Bounds { slope, lower, upper } = *bounds;
        let length = |doubt: f64, distance: f64| {
            let stretch = (doubt * SURELY / distance).powf(1.0 / POWER);
            if distance > 0.0 { self.seconds * stretch } else { f64::INFINITY }
        };
        let (proof, clearance) = (length(slope - lower, slope - leak), length(upper - slope, accepted - slope));
        let seconds = (MARGIN * proof.min(clearance)).max(LEAST * self.seconds);
        let run = (self.begins.max(0.0) + seconds).max(self.warm_seconds);
        run.is_finite().then_some(run)
    }

    /// The same of a limit, all in the series' unit per second.
    pub fn settles_against(&self, limit: f64, (slope, lower, upper): (f64, f64, f64)) -> Option<f64> {
        self.settles_after(&Bounds { slope, lower, upper }, limit, limit)
    }
}
