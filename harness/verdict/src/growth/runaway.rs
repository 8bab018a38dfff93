//! Growth that feeds on itself: how it goes on.

use super::bounds::margin;
use super::fit::{Fit, Shaped};
use super::shape::alone;

/// How growth goes on that rises ever faster: by the curve that is the most likely, and by the steepest and the
/// flattest of those that are about as likely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runaway {
    steepest: Course,
    likeliest: Course,
    flattest: Course,
}

/// t seconds after the end of the judged window, pace * folding * (exp(t / folding) - 1) more has grown.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Course {
    /// The slope at the end of the window, in the series' unit per second.
    pace: f64,
    /// The seconds in which the pace grows by a factor of e.
    folding: f64,
}

impl Course {
    /// That of a curve through floors that are counted in `unit`, over so many seconds.
    fn new(curve: &Shaped, unit: f64, seconds: f64) -> Option<Self> {
        let rate = curve.form.rate()?;
        let height = unit * curve.sgz / curve.sgg;
        Some(Self { pace: height * rate * rate.exp() / seconds, folding: seconds / rate })
    }

    fn seconds_until(&self, more: f64) -> f64 {
        self.folding * (more / (self.pace * self.folding)).ln_1p()
    }
}

impl Runaway {
    /// What floors do that rise ever faster: they are counted in `unit`, and span so many seconds.
    pub(super) fn new(fit: &Fit, unit: f64, seconds: f64) -> Option<Self> {
        // From the flattest to the steepest, as the dictionary has them.
        let curves = fit.accelerating.iter().filter(|curve| curve.form.rate().is_some() && curve.sgz > 0.0);
        let (curves, unlikely): (Vec<&Shaped>, Vec<f64>) =
            curves.map(|curve| (curve, fit.unlikelihood(alone(fit, curve)))).unzip();
        let likeliest = (0..curves.len()).min_by(|one, other| unlikely[*one].total_cmp(&unlikely[*other]))?;
        let plausible = |at: &usize| unlikely[*at] <= unlikely[likeliest] + margin(fit);
        // The truth may lie between a plausible curve and the next, so that is taken in.
        let flattest = (0..curves.len()).find(plausible)?.saturating_sub(1);
        let steepest = (0..curves.len()).rfind(plausible)?.saturating_add(1).min(curves.len() - 1);
        let course = |at: usize| Course::new(curves[at], unit, seconds);
        Some(Self { steepest: course(steepest)?, likeliest: course(likeliest)?, flattest: course(flattest)? })
    }

    /// The seconds of load after the end of the judged window until so much more has grown, in the series' unit, if it
    /// goes on so: at the soonest, most likely, and at the latest.
    pub fn seconds_until(&self, more: f64) -> [f64; 3] {
        [self.steepest, self.likeliest, self.flattest].map(|course| course.seconds_until(more))
    }
}
