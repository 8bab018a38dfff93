//! The ways in which memory is lost.

use crate::random::Random;

/// All kinds.
pub const KINDS: [Kind; 9] = [
    Kind::Linear,
    Kind::Staircase,
    Kind::Late,
    Kind::Exponential,
    Kind::Bursty,
    Kind::Ramps,
    Kind::UnderDecrease,
    Kind::ThroughRestart,
    Kind::AfterPlateau,
];

/// A leak and its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leak {
    /// How it goes.
    pub kind: Kind,
    /// What is leaked in the whole run, in standard deviations of the stationary part.
    pub size: f64,
}

/// How a leak goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// With time.
    Linear,
    /// 12 to 40 equal steps: a block every so many requests.
    Staircase,
    /// From 25 to 55 % of the run on.
    Late,
    /// Ever faster: by a factor of 7 to 55 in its rate.
    Exponential,
    /// Only while the load is on: 6 to 20 times.
    Bursty,
    /// 3 to 8 ramps, each of which gives back 50 to 80 % of what it added.
    Ramps,
    /// While something else shrinks, by 0.3 to 0.8 of what is leaked, and settles.
    UnderDecrease,
    /// Through a restart at 35 to 65 % of the run, which gives everything back.
    ThroughRestart,
    /// After a rise that settled, and a plateau up to 40 to 60 % of the run.
    AfterPlateau,
}

/// What a leak adds to the memory in the course of a run.
pub(crate) struct Course {
    /// By the share of the run that is over: what is added, in what is leaked in all.
    pub(crate) share: Box<dyn Fn(f64) -> f64>,
    /// Its slope at the end, steps smoothed, in what is leaked in all per run.
    pub(crate) slope: f64,
}

fn course(slope: f64, share: impl Fn(f64) -> f64 + 'static) -> Course {
    Course { share: Box::new(share), slope }
}

impl Kind {
    pub(crate) fn course(self, random: &mut Random) -> Course {
        match self {
            Self::Linear => course(1.0, |v| v),
            Self::Staircase => {
                let steps = f64::from(random.count(12, 40));
                course(1.0, move |v| (v * steps).floor() / steps)
            }
            Self::Late => from(random.between(0.25, 0.55), |_| 0.0),
            Self::Exponential => {
                let rate = random.between(2.0, 4.0);
                course(rate * rate.exp() / rate.exp_m1(), move |v| (rate * v).exp_m1() / rate.exp_m1())
            }
            Self::Bursty => {
                let (times, on) = (f64::from(random.count(6, 20)), random.between(0.3, 0.7));
                course(1.0, move |v| ((v * times).floor() + ((v * times).fract() / on).min(1.0)) / times)
            }
            Self::Ramps => {
                let (ramps, kept) = (f64::from(random.count(3, 8)), 1.0 - random.between(0.5, 0.8));
                course(1.0, move |v| ((v * ramps).floor() + (v * ramps).fract() / kept) / ramps)
            }
            Self::UnderDecrease => {
                let (shrinks, tau) = (random.between(0.3, 0.8), random.between(0.1, 0.3));
                course(1.0 - shrinks / tau * (-1.0 / tau).exp(), move |v| v + shrinks * (-v / tau).exp_m1())
            }
            Self::ThroughRestart => {
                let restart = random.between(0.35, 0.65);
                course(1.0, move |v| if v < restart { v } else { v - restart })
            }
            Self::AfterPlateau => {
                let (rise, tau) = (random.between(0.3, 1.0), random.between(0.02, 0.06));
                from(random.between(0.4, 0.6), move |v| -rise * (-v / tau).exp_m1())
            }
        }
    }
}

/// A straight line from a share of the run on, beside something that settles.
fn from(start: f64, beside: impl Fn(f64) -> f64 + 'static) -> Course {
    let slope = 1.0 / (1.0 - start);
    course(slope, move |v| slope * (v - start).max(0.0) + beside(v))
}
