//! A periodic part of the floors: waves of the load, long collections, ramps that are partly given back. It is fitted
//! beside line and curve, for what grows from cycle to cycle is seen best when the cycle is taken out.

use std::f64::consts::TAU;

use crate::stats::product;

/// Fewer than this in a segment are no rhythm.
const FEWEST_CYCLES: f64 = 3.0;
/// The step in which rhythms are tried, in cycles per segment.
const STEP: f64 = 0.25;
/// The most harmonics: enough for teeth.
const MOST_HARMONICS: u32 = 4;
/// A rhythm needs so many floors per cycle of its highest harmonic.
const FLOORS_PER_CYCLE: f64 = 2.5;

/// A rhythm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Season {
    /// How often it comes in the segment.
    cycles: f64,
    /// Of how many harmonics it is made.
    harmonics: u32,
}

impl Season {
    /// For each number of harmonics the rhythm that explains most of `residuals`, at `places` in the segment (0 to 1).
    pub(super) fn heard(places: &[f64], residuals: &[f64]) -> impl Iterator<Item = Self> {
        let unexplained = |season: &Self| {
            let rest = Basis::new(places, Some(*season)).clean(residuals);
            product(&rest, &rest)
        };
        let loudest = move |harmonics| {
            let rhythms = rhythms(places.len(), harmonics).map(|season| (unexplained(&season), season));
            rhythms.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, season)| season)
        };
        (1..=MOST_HARMONICS).filter_map(loudest)
    }

    /// What it costs in freedom: two for each harmonic, one for the choice of the rhythm.
    pub(super) fn parameters(self) -> f64 {
        f64::from(2 * self.harmonics + 1)
    }
}

/// The rhythms that so many floors can show.
fn rhythms(floors: usize, harmonics: u32) -> impl Iterator<Item = Season> {
    let fastest = floors as f64 / (FLOORS_PER_CYCLE * f64::from(harmonics));
    let steps = (0..floors * 4).map(|at| FEWEST_CYCLES + at as f64 * STEP);
    steps.take_while(move |cycles| *cycles <= fastest).map(move |cycles| Season { cycles, harmonics })
}

/// What is taken out of everything before it is compared: the level and the season.
pub(super) struct Basis {
    /// Vectors of length 1, at right angles to each other.
    vectors: Vec<Vec<f64>>,
}

impl Basis {
    /// The level and, where there is one, the season, at `places` in the segment (0 to 1).
    pub(super) fn new(places: &[f64], season: Option<Season>) -> Self {
        let mut basis = Self { vectors: Vec::new() };
        basis.add(&vec![1.0; places.len()]);
        for harmonic in 1..=season.map_or(0, |season| season.harmonics) {
            let turns = TAU * f64::from(harmonic) * season.map_or(0.0, |season| season.cycles);
            let (sines, cosines): (Vec<f64>, Vec<f64>) = places.iter().map(|place| (turns * place).sin_cos()).unzip();
            basis.add(&sines);
            basis.add(&cosines);
        }
        basis
    }

    /// Adds what is new in `vector` (Gram and Schmidt).
    fn add(&mut self, vector: &[f64]) {
        let rest = self.clean(vector);
        let length = product(&rest, &rest).sqrt();
        if length > 1e-6 * product(vector, vector).sqrt() {
            self.vectors.push(rest.iter().map(|part| part / length).collect());
        }
    }

    /// The values without their level and season.
    pub(super) fn clean(&self, values: &[f64]) -> Vec<f64> {
        let mut rest = values.to_vec();
        for vector in &self.vectors {
            let share = product(&rest, vector);
            rest.iter_mut().zip(vector).for_each(|(value, part)| *value -= share * part);
        }
        rest
    }
}
