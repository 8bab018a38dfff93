//! A service: what its memory is made of, and what is seen of it.

use crate::process::{self, Process};
use crate::random::Random;

/// The sizes and times of one service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// The length of the run, seconds.
    pub(crate) length: f64,
    /// The memory before the load, MiB.
    pub(crate) base: f64,
    /// The standard deviation of the noise, MiB: 0.25 to 1.5 % of the base.
    pub(crate) noise: f64,
    /// What a benign growth adds, MiB: 10 to 80 % of the base.
    pub(crate) height: f64,
    /// The time constant of a benign growth, seconds: 2 to 20 % of the run.
    pub(crate) tau: f64,
}

impl Scale {
    pub(crate) fn draw(random: &mut Random, length: f64) -> Self {
        let base = random.scale(30.0, 800.0);
        let noise = base * random.between(0.0025, 0.015);
        let height = base * random.between(0.1, 0.8);
        Self { length, base, noise, height, tau: length * random.between(0.02, 0.2) }
    }
}

/// What the memory of one service is made of, MiB.
pub(crate) struct Service {
    base: f64,
    /// What happens once: warm-ups, steps, fillings.
    passing: Vec<Process>,
    /// What goes on as it is: collections, waves of load.
    stationary: Vec<Process>,
    noise: Process,
    /// Memory is held in multiples of this, the noise on top not; 0 where any size can be.
    quantum: f64,
    /// The standard deviation of what goes on and is not seen, as memory is held more coarsely.
    hidden: f64,
}

/// What a service has at one moment, MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    held: f64,
    noise: f64,
}

/// A service seen through a run.
pub(crate) struct Seen {
    pub(crate) moments: Vec<Moment>,
    /// The standard deviation of its stationary part, MiB.
    pub(crate) sigma: f64,
    quantum: f64,
}

impl Service {
    /// A level and white noise.
    pub(crate) fn new(random: &mut Random, scale: Scale) -> Self {
        let noise = process::white(random.fork(), scale.noise);
        Self { base: scale.base, passing: Vec::new(), stationary: Vec::new(), noise, quantum: 0.0, hidden: 0.0 }
    }

    pub(crate) fn passing(mut self, process: Process) -> Self {
        self.passing.push(process);
        self
    }

    pub(crate) fn stationary(mut self, process: Process) -> Self {
        self.stationary.push(process);
        self
    }

    pub(crate) fn noise(self, noise: Process) -> Self {
        Self { noise, ..self }
    }

    /// Rounding up to a quantum hides what is even over the quantum.
    pub(crate) fn quantum(self, quantum: f64) -> Self {
        Self { quantum, hidden: quantum / 12.0_f64.sqrt(), ..self }
    }

    pub(crate) fn hidden(self, hidden: f64) -> Self {
        Self { hidden, ..self }
    }

    /// What is seen of it at these times, seconds, which never go back.
    pub(crate) fn observe(mut self, times: &[f64]) -> Seen {
        let (mut moments, mut stationary) = (Vec::with_capacity(times.len()), Vec::with_capacity(times.len()));
        for at in times {
            let passing = sum(&mut self.passing, *at);
            let lasting = sum(&mut self.stationary, *at);
            let noise = (self.noise)(*at);
            moments.push(Moment { held: self.base + passing + lasting, noise });
            stationary.push(lasting + noise);
        }
        let sigma = (variance(&stationary) + self.hidden.powi(2)).sqrt();
        Seen { moments, sigma, quantum: self.quantum }
    }
}

impl Seen {
    /// The memory at a moment when so much of it is leaked, MiB.
    pub(crate) fn value(&self, moment: Moment, leaked: f64) -> f64 {
        let held = moment.held + leaked;
        let held = if self.quantum > 0.0 { (held / self.quantum).ceil() * self.quantum } else { held };
        (held + moment.noise).max(0.0)
    }
}

fn sum(processes: &mut [Process], at: f64) -> f64 {
    processes.iter_mut().map(|process| process(at)).sum()
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
}
