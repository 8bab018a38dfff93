//! Benign families beyond those of the literature.

use crate::family::Family;
use crate::process::{Process, Round, bursts, heavy_tailed, remembering, rounds, saturation, sawtooth, sine, steps};
use crate::random::Random;
use crate::service::{Scale, Service};

pub(crate) fn service(family: Family, random: &mut Random, scale: Scale) -> Service {
    let Scale { length, noise, height, tau, .. } = scale;
    let service = Service::new(random, scale);
    match family {
        Family::SquareLoad => service.stationary(square(random, 0.4 * height)),
        Family::SineLoad => {
            let (period, phase) = (random.between(10.0, 60.0), random.share());
            service.stationary(sine(0.2 * height, period, phase))
        }
        Family::TwoSteps => {
            let [first, second] = [(0.1, 0.45), (0.5, 0.85)].map(|(low, high)| length * random.between(low, high));
            let [low, high] = [(); 2].map(|()| height * random.between(0.15, 0.4));
            service.passing(steps(vec![(first, low), (second, high)]))
        }
        Family::BallastFreed => service.passing(steps(vec![(length * random.between(0.5, 0.9), -0.5 * height)])),
        Family::CacheBursts => {
            let (apart, fades) = (random.between(15.0, 60.0), random.between(3.0, 20.0));
            service.stationary(bursts(random.fork(), apart, height, fades))
        }
        Family::Processes => processes(service, random, scale),
        Family::Restart => {
            let (again, tau) = (length * random.between(0.25, 0.6), 0.5 * tau);
            let (mut before, mut after) = (saturation(height, 0.0, tau), saturation(height, again, tau));
            service.passing(Box::new(move |at| if at < again { before(at) } else { after(at) }))
        }
        Family::GrowingSawtooth => {
            let (period, growth) = (random.between(5.0, 40.0), random.between(0.3, 1.0) / length);
            let draw = move |random: &mut Random, start: f64| {
                (period * random.between(0.9, 1.1), 0.4 * height * (1.0 + growth * start))
            };
            service.stationary(rounds(random.fork(), draw, floored_tooth(0.4 * height)))
        }
        Family::WarmThenDecreasing => {
            let fall = height * random.between(0.1, 0.3) / length;
            service.passing(saturation(height, 0.0, tau)).passing(Box::new(move |at| -fall * at))
        }
        Family::SlowingSteps => slowing_steps(service, random, scale),
        Family::DailyWave => {
            let mut wave = sine(0.3 * height, length / random.between(2.0, 5.0), random.share());
            let cut = 0.3 * height * random.between(0.3, 0.7);
            service.stationary(Box::new(move |at| wave(at).clamp(-cut, cut)))
        }
        Family::AdaptiveHeap => adaptive_heap(service, random, height),
        Family::HeavyTails => service.noise(heavy_tailed(random.fork(), noise)),
        Family::SlowNoise => {
            let memory = random.scale(10.0, 60.0);
            service.noise(remembering(random.fork(), noise, memory))
        }
        _ => service,
    }
}

fn square(random: &mut Random, height: f64) -> Process {
    let (period, on, phase) = (random.between(10.0, 60.0), random.between(0.3, 0.7), random.share());
    Box::new(move |at| if (at / period + phase).fract() < on { height } else { 0.0 })
}

/// A tooth whose floor is a share of the usual height, whatever its own.
fn floored_tooth(usual: f64) -> impl Fn(&Round, f64) -> f64 {
    move |round, at| {
        let floor = usual * round.left;
        floor + (round.height - floor) * (at - round.start) / round.seconds
    }
}

/// Three to eight processes, by turns one that warms up, one that collects and one that is restarted now and then.
fn processes(mut service: Service, random: &mut Random, scale: Scale) -> Service {
    let Scale { length, height, .. } = scale;
    let many = random.count(3, 8);
    for at in 0..many {
        let height = height * random.between(0.5, 1.5) / f64::from(many);
        service = match at % 3 {
            0 => {
                let (start, tau) = (length * random.between(0.0, 0.1), length * random.between(0.02, 0.15));
                service.passing(saturation(height, start, tau))
            }
            1 => {
                let period = random.between(5.0, 60.0);
                service.stationary(sawtooth(random.fork(), period, height))
            }
            _ => service.stationary(restarting(random, length, height)),
        };
    }
    service
}

/// A process that is restarted each 5 to 20 % of the run, and warms up in a part of that.
fn restarting(random: &mut Random, length: f64, height: f64) -> Process {
    let (life, part) = (length * random.between(0.05, 0.2), random.between(0.05, 0.3));
    let draw = move |random: &mut Random, _| (life * random.between(0.5, 1.5), height);
    rounds(random.fork(), draw, move |round, at| -round.height * (-(at - round.start) / (part * life)).exp_m1())
}

/// Steps at times that are multiples of each other, from 0.5 % of the run on.
fn slowing_steps(service: Service, random: &mut Random, scale: Scale) -> Service {
    let Scale { length, height, .. } = scale;
    let mut times = vec![length * random.between(0.003, 0.01)];
    while let Some(last) = times.last().filter(|last| **last < length) {
        times.push(last * random.between(1.4, 2.2));
    }
    let each = 0.35 * height / times.len() as f64;
    service.passing(steps(times.into_iter().map(|at| (at, each * random.between(0.5, 1.5))).collect()))
}

/// Rounds whose height wanders by a factor of up to two or so, and takes as much longer to be reached.
fn adaptive_heap(service: Service, random: &mut Random, height: f64) -> Service {
    let (period, usual) = (random.between(5.0, 30.0), 0.3 * height);
    let mut target = remembering(random.fork(), 0.35, 10.0 * period);
    let draw = move |random: &mut Random, start: f64| {
        let factor = target(start).exp();
        (period * factor * random.between(0.95, 1.05), usual * factor)
    };
    service.stationary(rounds(random.fork(), draw, floored_tooth(usual)))
}
