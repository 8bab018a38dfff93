//! Looks at a run under way: when they are taken, and what chance of error each may take.
//!
//! Who looks often enough at noise sees a trend, so all looks and the end share the chance of error of one judgement
//! ([`share_of_look`]). Only a leak is heard: that there is none yet says nothing of one that begins later.
//!
//! A look tolerates in what it has seen what the end tolerates in the whole run. Were it the same pace, the first looks
//! would have to tell from noise a growth that has hardly begun: of 1,980 healthy hours they stopped 8, and so it is 3.

use scenario::Plan;
use timeline::Elapsed;

use super::Terms;
use super::witness::ALPHA;
use crate::stats::{SHARE_OF_THE_END, share_of_look};

/// Each look sees so much more of the load than the one before.
const STRIDE: f64 = 1.35;
/// The share of the planned load after which the first look is taken where the warm-up is not known: what the
/// judgement at the end takes for a warm-up is over by then.
const WARM_SHARE: f64 = 0.64;
/// A look so near to the end, as a share of the load, is not worth its chance.
const NEAR_THE_END: f64 = 0.95;

/// One look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Its place among the looks, from 1.
    pub number: u32,
    /// When it is due, by the plan.
    pub at: Elapsed,
}

/// The looks at a run by this plan, in order; none where it does not stop early.
pub fn looks(plan: &Plan) -> Vec<Look> {
    let end = NEAR_THE_END * plan.load_length().as_secs_f64();
    let moments = std::iter::successors(Some(first_seconds(plan)), |seconds| Some(seconds * STRIDE));
    let due = moments.take_while(|seconds| plan.stop_early && *seconds < end && *seconds > 0.0);
    due.zip(1..).filter_map(|(seconds, number)| Some(Look { number, at: after(plan, seconds)? })).collect()
}

/// The seconds of load after which the first look is taken, before which warm-ups are assumed to end.
fn first_seconds(plan: &Plan) -> f64 {
    plan.warm_up.map_or_else(|| WARM_SHARE * plan.load_length().as_secs_f64(), |warm_up| warm_up.as_secs_f64())
}

/// The moment by which so many seconds of load are done.
fn after(plan: &Plan, seconds: f64) -> Option<Elapsed> {
    let mut left = seconds;
    for phase in plan.load_phases() {
        let length = phase.length.as_secs_f64();
        if left <= length {
            return Some(phase.start + phase.length.mul_f64(left / length));
        }
        left -= length;
    }
    None
}

impl Terms {
    /// Those of the look with this number.
    pub(super) fn of_look(plan: &Plan, number: u32) -> Self {
        let warm_seconds = first_seconds(plan);
        let seen = warm_seconds * STRIDE.powf(f64::from(number) - 1.0);
        let patience = plan.load_length().as_secs_f64() / seen;
        Self { alpha: ALPHA * share_of_look(number), warm_seconds, patience }
    }

    /// Those of the judgement at the end.
    pub(super) fn at_the_end(plan: &Plan) -> Self {
        let warm_up = plan.warm_up.unwrap_or_else(|| plan.load_length());
        let alpha = if plan.stop_early { ALPHA * SHARE_OF_THE_END } else { ALPHA };
        Self { alpha, warm_seconds: warm_up.as_secs_f64(), patience: 1.0 }
    }
}
