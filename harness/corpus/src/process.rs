//! What memory is made of: quantities that vary with time.

use std::f64::consts::TAU;

use crate::random::Random;

/// A quantity by time: asked at seconds since the load began that never go back, it answers in MiB.
pub(crate) type Process = Box<dyn FnMut(f64) -> f64>;

/// The memory of what is called white noise, seconds: none from one second to the next, but some within.
const FORGETS: f64 = 0.25;

/// Normal noise, white at 1 Hz.
pub(crate) fn white(random: Random, deviation: f64) -> Process {
    remembering(random, deviation, FORGETS)
}

/// Normal noise with an exponential memory (Ornstein and Uhlenbeck 1930), exact at any spacing.
pub(crate) fn remembering(mut random: Random, deviation: f64, memory: f64) -> Process {
    let (mut last, mut value) = (0.0, random.normal());
    Box::new(move |at| {
        let kept = (-(at - last) / memory).exp();
        value = kept * value + (1.0 - kept * kept).sqrt() * random.normal();
        last = at;
        deviation * value
    })
}

/// Noise of Student's t with 3 degrees of freedom, white at 1 Hz: a normal over the root of a sum of three squares.
pub(crate) fn heavy_tailed(mut random: Random, deviation: f64) -> Process {
    let mut parts = [(); 4].map(|()| white(random.fork(), 1.0));
    Box::new(move |at| {
        let [normal, squares @ ..] = parts.each_mut().map(|part| part(at));
        deviation * normal / squares.iter().map(|value| value * value).sum::<f64>().sqrt()
    })
}

/// A sum of normal steps: of this standard deviation after so many seconds.
pub(crate) fn walk(mut random: Random, deviation: f64, seconds: f64) -> Process {
    let (mut last, mut value) = (0.0, 0.0);
    Box::new(move |at| {
        value += deviation * ((at - last) / seconds).sqrt() * random.normal();
        last = at;
        value
    })
}

/// The highest that a process has been, looked at each second.
pub(crate) fn highest(mut process: Process) -> Process {
    let (mut second, mut highest) = (0.0, 0.0_f64);
    Box::new(move |at| {
        while second <= at {
            highest = highest.max(process(second));
            second += 1.0;
        }
        highest
    })
}

/// A value drawn anew each second.
pub(crate) fn each_second(mut random: Random, draw: impl Fn(&mut Random) -> f64 + 'static) -> Process {
    let (mut second, mut value) = (0.0, draw(&mut random));
    Box::new(move |at| {
        if at.floor() > second {
            second = at.floor();
            value = draw(&mut random);
        }
        value
    })
}

/// Jumps that come by chance, so many seconds apart on average, and fade with a time constant.
pub(crate) fn bursts(mut random: Random, apart: f64, height: f64, fades: f64) -> Process {
    let mut last = -5.0 * fades;
    let (mut value, mut next) = (0.0, last + random.exponential(apart));
    Box::new(move |at| {
        while next <= at {
            value = value * (-(next - last) / fades).exp() + height * random.share();
            last = next;
            next += random.exponential(apart);
        }
        value *= (-(at - last) / fades).exp();
        last = at;
        value
    })
}

/// One round of something that comes again and again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// When it began, seconds.
    pub(crate) start: f64,
    /// How long it lasts, seconds.
    pub(crate) seconds: f64,
    /// Its size, MiB.
    pub(crate) height: f64,
    /// What is left from the round before, as a share of the size: up to 5 %.
    pub(crate) left: f64,
}

/// Rounds: `draw` says how long and how high the one is that begins at a time; `value` what it has at a time.
pub(crate) fn rounds(
    mut random: Random,
    mut draw: impl FnMut(&mut Random, f64) -> (f64, f64) + 'static,
    value: impl Fn(&Round, f64) -> f64 + 'static,
) -> Process {
    let mut begin = move |start| {
        let (seconds, height) = draw(&mut random, start);
        let round = Round { start, seconds, height, left: random.between(0.0, 0.05) };
        (round, random.share())
    };
    let (mut round, phase) = begin(0.0);
    round.start -= phase * round.seconds;
    Box::new(move |at| {
        while at >= round.start + round.seconds {
            round = begin(round.start + round.seconds).0;
        }
        value(&round, at)
    })
}

/// The tooth of a collection: straight up to the height of its round.
pub(crate) fn tooth(round: &Round, at: f64) -> f64 {
    round.height * (round.left + (1.0 - round.left) * (at - round.start) / round.seconds)
}

/// A collector: straight up and down at once, with a period of so many seconds give or take a tenth.
pub(crate) fn sawtooth(random: Random, period: f64, height: f64) -> Process {
    rounds(random, move |random, _| (period * random.between(0.9, 1.1), height), tooth)
}

/// A sine around 0.
pub(crate) fn sine(height: f64, period: f64, phase: f64) -> Process {
    Box::new(move |at| height * (TAU * (at / period + phase)).sin())
}

/// An exponential saturation that begins at a time.
pub(crate) fn saturation(height: f64, start: f64, tau: f64) -> Process {
    Box::new(move |at| -height * (-(at - start).max(0.0) / tau).exp_m1())
}

/// A straight line up to a cap at a time.
pub(crate) fn filling(height: f64, full: f64) -> Process {
    Box::new(move |at| height * (at / full).min(1.0))
}

/// Jumps: when, and by how much.
pub(crate) fn steps(steps: Vec<(f64, f64)>) -> Process {
    Box::new(move |at| steps.iter().filter(|(start, _)| at >= *start).map(|(_, height)| height).sum())
}

/// A cache filled by random keys: each key comes first after an exponential time.
pub(crate) fn coupons(mut random: Random, height: f64, tau: f64) -> Process {
    let keys = random.scale(100.0, 5_000.0) as usize;
    let mut firsts: Vec<f64> = (0..keys).map(|_| random.exponential(tau)).collect();
    firsts.sort_by(f64::total_cmp);
    Box::new(move |at| height * firsts.partition_point(|first| *first <= at) as f64 / keys as f64)
}
