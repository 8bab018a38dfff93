//! When arrivals come: a schedule that is a value.
//!
//! The expected number of arrivals until t is the integral of the rate; arrival k comes where that integral reaches
//! its mark. Marks lie 1 apart for uniform arrivals, and as far apart as exponential draws of mean 1 for a Poisson
//! process (time-rescaling: Cinlar 1975, chapter 4.7). No time is the sum of others, so nothing drifts in a day.

use std::time::Duration;

use scenario::{Phase, Process};

use crate::random::Random;

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Its number in the whole plan, from 0.
    pub number: u64,
    /// When it is due, counted from the start of the first phase.
    pub due: Duration,
}

/// One of `of` equal shares of a plan: every `of`-th arrival, from `index` on. The shares of a plan make up the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, of: 1 };
}

/// A stretch of time whose rate changes evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    /// Seconds since the start of the first phase.
    start: f64,
    /// Seconds.
    length: f64,
    /// Arrivals per second at its start.
    from: f64,
    /// Arrivals per second at its end.
    to: f64,
}

impl Piece {
    /// How many arrivals are expected in it.
    fn mass(&self) -> f64 {
        self.length * f64::midpoint(self.from, self.to)
    }

    /// Seconds into it at which so many are expected: the root of from·x + (to − from)/(2·length)·x² = mass.
    fn reaches(&self, mass: f64) -> f64 {
        let bend = 2.0 * (self.to - self.from) / self.length;
        // In this form nothing cancels, and a rate that does not change is no special case.
        2.0 * mass / (self.from + (self.from * self.from + bend * mass).max(0.0).sqrt())
    }
}

/// The arrivals of a plan, or of a share of it, in order of time; an iterator over them.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Those with arrivals, the next one last.
    pieces: Vec<Piece>,
    /// What is expected before the piece that is on.
    before: f64,
    marks: Marks,
    shard: Shard,
    /// The number of the next arrival of the plan.
    number: u64,
}

#[derive(Clone, Debug)]
enum Marks {
    Uniform,
    Poisson {
        random: Random,
        /// The mark of the last arrival.
        mark: f64,
    },
}

impl Schedule {
    /// The arrivals that `phases` ask for; `seed` is of use to a Poisson process only.
    pub fn new(phases: &[Phase], process: Process, seed: u64) -> Self {
        let piece = |phase: &Phase| Piece {
            start: phase.start.seconds(),
            length: phase.length.as_secs_f64(),
            from: phase.rate.from,
            to: phase.rate.to,
        };
        let mut pieces: Vec<Piece> = phases.iter().map(piece).filter(|piece| piece.mass() > 0.0).collect();
        pieces.reverse();
        let marks = match process {
            Process::Uniform => Marks::Uniform,
            Process::Poisson => Marks::Poisson { random: Random::seeded(seed), mark: 0.0 },
        };
        Self { pieces, before: 0.0, marks, shard: Shard::WHOLE, number: 0 }
    }

    /// One share of it.
    #[must_use]
    pub fn shard(self, shard: Shard) -> Self {
        Self { shard, ..self }
    }

    /// Are no arrivals asked for, or none any more?
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The moments from which on none are asked for, for a while or for good.
    pub(crate) fn rests(&self) -> Vec<Duration> {
        let ends = self.pieces.iter().rev().map(|piece| piece.start + piece.length);
        let starts = self.pieces.iter().rev().skip(1).map(|piece| piece.start).chain([f64::INFINITY]);
        let rests = ends.zip(starts).filter(|(end, start)| start - end > 1e-6);
        rests.map(|(end, _)| Duration::from_secs_f64(end)).collect()
    }

    /// The highest rate of the stretch of time that is on.
    pub(crate) fn most_per_second(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.from.max(piece.to)) / self.shard.of as f64
    }

    /// The next arrival of the plan.
    fn advance(&mut self) -> Option<Arrival> {
        let mark = match &mut self.marks {
            // Half-way between the marks, so that 10 a second for a second are 10.
            Marks::Uniform => self.number as f64 + 0.5,
            Marks::Poisson { random, mark } => {
                *mark += random.exponential();
                *mark
            }
        };
        while let Some(piece) = self.pieces.last() {
            let within = mark - self.before;
            if within < piece.mass() {
                let due = Duration::from_secs_f64(piece.start + piece.reaches(within).min(piece.length));
                let number = self.number;
                self.number += 1;
                return Some(Arrival { number, due });
            }
            self.before += piece.mass();
            self.pieces.pop();
        }
        None
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            let arrival = self.advance()?;
            if arrival.number % self.shard.of == self.shard.index {
                return Some(arrival);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::RateRamp;
    use timeline::Elapsed;

    fn phases(of: &[(u64, f64, f64)]) -> Vec<Phase> {
        let mut start = Elapsed::ZERO;
        let phase = |&(seconds, from, to): &(u64, f64, f64)| {
            let length = Duration::from_secs(seconds);
            let phase = Phase { start, length, rate: RateRamp { from, to }, ..Phase::default() };
            start = phase.end();
            phase
        };
        of.iter().map(phase).collect()
    }

    fn uniform(of: &[(u64, f64, f64)]) -> Vec<f64> {
        Schedule::new(&phases(of), Process::Uniform, 0).map(|arrival| arrival.due.as_secs_f64()).collect()
    }

    #[test]
    fn uniform_arrivals_are_as_many_as_the_rate_says_and_as_far_apart() {
        let due = uniform(&[(10, 200.0, 200.0)]);
        assert_eq!(due.len(), 2000);
        assert!(due.windows(2).all(|pair| (pair[1] - pair[0] - 0.005).abs() < 2e-9));
        assert_eq!(uniform(&[(30, 0.1, 0.1)]), [5.0, 15.0, 25.0]);
    }

    #[test]
    fn a_ramp_has_the_rate_of_every_moment() {
        for (from, to) in [(0.0, 100.0), (100.0, 0.0), (50.0, 150.0)] {
            let due = uniform(&[(100, from, to)]);
            assert_eq!(due.len(), (50.0 * (from + to)) as usize);
            for second in [0.0, 10.0, 50.0, 99.0] {
                let got = due.iter().filter(|due| (second..second + 1.0).contains(*due)).count() as f64;
                let rate = from + (to - from) * (second + 0.5) / 100.0;
                assert!((got - rate).abs() <= 1.0, "{from} to {to} at {second}: {got} for {rate}");
            }
        }
    }

    #[test]
    fn idle_phases_are_left_out_and_nothing_is_lost_at_their_edges() {
        let due = uniform(&[(3, 0.0, 0.0), (1, 10.0, 10.0), (5, 0.0, 0.0), (2, 10.0, 10.0), (4, 0.0, 0.0)]);
        assert_eq!(due.len(), 30);
        assert!(due.iter().all(|due| (3.0..4.0).contains(due) || (9.0..11.0).contains(due)), "{due:?}");
        // A rate that makes less than one arrival in a phase makes it in a later one.
        assert_eq!(uniform(&[(1, 0.4, 0.4), (1, 0.0, 0.0), (1, 0.4, 0.4)]).len(), 1);
    }

    #[test]
    fn a_day_at_the_most_a_core_can_do_does_not_drift() {
        let plan = phases(&[(86_400, 20_000.0, 20_000.0)]);
        let mut schedule = Schedule::new(&plan, Process::Uniform, 0);
        schedule.number = 1_727_999_999;
        let last = schedule.next().expect("the last of them");
        assert!((last.due.as_secs_f64() - (86_400.0 - 0.5 / 20_000.0)).abs() < 1e-6, "{last:?}");
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn poisson_arrivals_have_gaps_of_their_mean_and_of_as_much_deviation_and_repeat() {
        let plan = phases(&[(200, 100.0, 100.0)]);
        let draw = |seed| -> Vec<f64> {
            Schedule::new(&plan, Process::Poisson, seed).map(|arrival| arrival.due.as_secs_f64()).collect()
        };
        let due = draw(7);
        assert!((19_400..20_600).contains(&due.len()), "{}", due.len());
        let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let variation = variance.sqrt() / mean;
        assert!((0.97..1.03).contains(&variation), "{variation}");
        assert_eq!(due, draw(7));
        assert_ne!(due, draw(8));
    }

    #[test]
    fn the_shares_of_a_plan_make_up_the_plan() {
        let plan = phases(&[(5, 0.0, 300.0), (5, 300.0, 300.0)]);
        for process in [Process::Uniform, Process::Poisson] {
            let whole: Vec<Arrival> = Schedule::new(&plan, process, 3).collect();
            let share = |index| Schedule::new(&plan, process, 3).shard(Shard { index, of: 4 });
            let mut shares: Vec<Arrival> = (0..4).flat_map(share).collect();
            shares.sort_by_key(|arrival| arrival.number);
            assert_eq!(whole, shares);
        }
    }
}
