//! Families that grow up to the end as a leak does: one trace cannot tell.

use crate::family::Family;
use crate::process::{Process, coupons, filling, saturation, sine, walk};
use crate::random::Random;
use crate::service::{Scale, Service};

pub(crate) fn service(family: Family, random: &mut Random, scale: Scale) -> Service {
    let Scale { length, height, .. } = scale;
    let service = Service::new(random, scale);
    let process: Process = match family {
        Family::LongWarmUp => saturation(height, 0.0, length * random.between(0.3, 1.5)),
        Family::LongFilling => filling(height, length * random.between(1.05, 3.0)),
        Family::LongCoupons => {
            let tau = length * random.between(0.7, 2.0);
            coupons(random.fork(), height, tau)
        }
        Family::MajorCollection => {
            let (period, phase): (f64, f64) = (length * random.between(1.1, 2.5), random.share());
            Box::new(move |at| height * (at / period + phase).fract())
        }
        Family::LongWave => sine(0.15 * height, length * random.between(1.2, 3.0), random.share()),
        _ => {
            let far = 0.15 * height;
            walk(random.fork(), far, length)
        }
    };
    service.passing(process)
}
