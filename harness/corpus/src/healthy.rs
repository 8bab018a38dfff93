//! The benign families of the literature.

use crate::family::Family;
use crate::process::{
    Process, bursts, coupons, each_second, filling, highest, remembering, saturation, sawtooth, sine, steps, white,
};
use crate::random::Random;
use crate::service::{Scale, Service};

pub(crate) fn service(family: Family, random: &mut Random, scale: Scale) -> Service {
    let Scale { length, base, noise, height, tau } = scale;
    let service = Service::new(random, scale);
    match family {
        Family::Remembering => {
            let memory = seconds_of_memory(random);
            service.noise(remembering(random.fork(), noise, memory))
        }
        Family::Sawtooth => service.stationary(collector(random, base)),
        Family::Generations => generations(service, random, base),
        Family::WarmUp => service.passing(saturation(height, 0.0, tau)),
        Family::WarmSawtooth => service.passing(saturation(height, 0.0, tau)).stationary(collector(random, base)),
        Family::WarmTwice => warm_twice(service, random, scale),
        Family::CacheToCap => service.passing(filling(height, length * random.between(0.1, 0.6))),
        Family::Coupons => service.passing(coupons(random.fork(), height, tau)),
        Family::StepAtStart => service.passing(steps(vec![(length * random.between(0.0, 0.05), height)])),
        Family::Fragmentation => {
            let early = length * random.scale(0.001, 0.1);
            let whole = 0.35 * height / (length / early).ln_1p();
            service.passing(Box::new(move |at| whole * (at / early).ln_1p()))
        }
        Family::LoadWave => {
            let (period, phase) = (length / random.between(3.0, 12.0), random.share());
            service.stationary(sine(0.15 * height, period, phase))
        }
        Family::Arenas => {
            let (arena, memory) = (random.scale(1.0, 16.0), length * random.between(0.01, 0.05));
            service.stationary(remembering(random.fork(), 2.0 * noise, memory)).quantum(arena)
        }
        Family::Quantised => {
            let page = random.scale(1.0, 64.0);
            service.noise(Box::new(|_| 0.0)).stationary(white(random.fork(), noise)).quantum(page)
        }
        Family::HighWater => {
            let memory = seconds_of_memory(random);
            let level = highest(remembering(random.fork(), 2.0 * noise, memory));
            service.noise(Box::new(|_| 0.0)).hidden(noise).passing(level)
        }
        Family::Spikes => {
            let often = random.between(0.01, 0.1);
            let draw = move |random: &mut Random| {
                if random.share() < often { height * random.share() } else { 0.0 }
            };
            service.stationary(each_second(random.fork(), draw))
        }
        Family::LateStep => service.passing(steps(vec![(length * random.between(0.3, 0.8), 0.4 * height)])),
        Family::Decreasing => service.passing(Box::new(move |at| -0.3 * height * at / length)),
        Family::PageCache => service.stationary(bursts(random.fork(), 40.0, -3.0 * noise, 5.0)),
        _ => service,
    }
}

/// 0.5 to 0.95 of the value from one second to the next.
fn seconds_of_memory(random: &mut Random) -> f64 {
    -1.0 / random.between(0.5, 0.95).ln()
}

fn collector(random: &mut Random, base: f64) -> Process {
    let (period, height) = (random.between(5.0, 60.0), base * random.between(0.05, 0.6));
    sawtooth(random.fork(), period, height)
}

/// Small collections every 3 to 10 s leave something behind, which every fourth to tenth of them takes away.
fn generations(service: Service, random: &mut Random, base: f64) -> Service {
    let (young, old) = (base * random.between(0.05, 0.2), base * random.between(0.05, 0.3));
    let (minor, many) = (random.between(3.0, 10.0), f64::from(random.count(4, 10)));
    let start = random.between(0.0, minor * many);
    service.stationary(Box::new(move |at| {
        let round = (at + start) / minor;
        young * round.fract() + old * (round.floor() % many) / many
    }))
}

fn warm_twice(service: Service, random: &mut Random, scale: Scale) -> Service {
    let Scale { length, height, .. } = scale;
    let (fast, slow) = (length * random.between(0.01, 0.05), length * random.between(0.08, 0.25));
    let part = height * random.between(0.3, 0.7);
    service.passing(saturation(part, 0.0, fast)).passing(saturation(height - part, 0.0, slow))
}
