//! One floor series against every curve of the dictionary: a line plus a share of the curve (and a season, where
//! there is one), by least squares.

use std::mem::{Discriminant, discriminant};

use super::forms::{Form, Grain, Point, accelerating, benign, unfinished};
use super::season::{Basis, Season};
use super::stats::variance_inflation;
use crate::stats::product;

/// What the fitting of slope and curve costs in freedom: level, slope, height, and two for the choice of the curve.
const PARAMETERS: f64 = 5.0;

/// A line plus `height` times a curve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shaped {
    /// The curve.
    pub(super) form: Form,
    /// The slope beside the curve, per segment.
    pub(super) slope: f64,
    /// The height of the curve; below 0 where it would have to be turned over.
    pub(super) height: f64,
    /// The sum of squared residuals.
    pub(super) rss: f64,
    /// The sum of squares of the curve around its mean.
    pub(super) sgg: f64,
    /// The sum of products of curve and place.
    pub(super) sug: f64,
    /// The sum of products of curve and floors.
    pub(super) sgz: f64,
    /// The determinant of the two-variable system.
    pub(super) determinant: f64,
    /// The curve's highest less its lowest value in the segment.
    pub(super) range: f64,
}

/// Everything the fits of one floor series say.
pub(super) struct Fit {
    /// How many windows were fitted.
    pub(super) count: f64,
    /// The sum of squares of the places around their mean.
    pub(super) suu: f64,
    /// The sum of squares of the floors around their mean.
    pub(super) szz: f64,
    /// The slope of the plain line, per segment.
    pub(super) line_slope: f64,
    /// The plain line's sum of squared residuals.
    pub(super) line_rss: f64,
    /// The benign curves.
    pub(super) shaped: Vec<Shaped>,
    /// Saturations that outlast the warm window.
    pub(super) unfinished: Vec<Shaped>,
    /// The accelerating curves whose height is positive.
    pub(super) accelerating: Vec<Shaped>,
    /// The inflation of variances for residuals that remember.
    pub(super) inflation: f64,
    /// The variance that rounding alone gives a floor.
    pub(super) rounding: f64,
    /// The degrees of freedom left.
    pub(super) freedom: f64,
    /// The parameters that were fitted.
    pub(super) spent: f64,
    /// What the best fit leaves of the floors.
    pub(super) residuals: Vec<f64>,
    /// The floors without their season, from some level.
    pub(super) steady: Vec<f64>,
}

impl Fit {
    /// Fits floors (in any unit) at their points; `rounding` is the variance below which nothing can be seen.
    pub(super) fn new(
        points: &[Point],
        floors: &[f64],
        windows: usize,
        rounding: f64,
        grain: Grain,
        season: Option<Season>,
    ) -> Self {
        let sums = Cleaned::new(points, floors, season);
        let (line_slope, line_rss) = sums.line();
        let [shaped, unfinished] = [benign(windows, grain), unfinished(grain)].map(|forms| sums.all(forms, grain));
        let accelerating = accelerating(grain).into_iter().filter_map(|form| sums.shaped(form));
        let accelerating: Vec<Shaped> = accelerating.filter(|fit| fit.height > 0.0).collect();
        let best = best(shaped.iter().chain(&accelerating).copied());
        let explained = sums.explained(best);
        let rests: Vec<f64> = floors.iter().zip(&explained).map(|(floor, part)| floor - part).collect();
        let residuals = sums.basis.clean(&rests);
        let steady = explained.iter().zip(&residuals).map(|(part, rest)| part + rest).collect();
        let inflation = variance_inflation(&residuals);
        let count = points.len() as f64;
        let spent = PARAMETERS + season.map_or(0.0, Season::parameters);
        let freedom = ((count - spent) / inflation).max(1.0);
        let (suu, szz) = (sums.suu, sums.szz);
        Self {
            count,
            suu,
            szz,
            line_slope,
            line_rss,
            shaped,
            unfinished,
            accelerating,
            inflation,
            rounding,
            freedom,
            spent,
            residuals,
            steady,
        }
    }

    /// The smallest sum of squared residuals of all fits.
    pub(super) fn least_rss(&self) -> f64 {
        let all = self.shaped.iter().chain(&self.accelerating).map(|fit| fit.rss);
        all.fold(self.line_rss, f64::min)
    }

    /// The smallest sum of squared residuals of what is straight or accelerates.
    pub(super) fn unbent_rss(&self) -> f64 {
        let overturned = self.shaped.iter().filter(|fit| fit.height < 0.0 && !fit.form.is_step());
        let all = overturned.chain(&self.accelerating).map(|fit| fit.rss);
        all.fold(self.line_rss, f64::min)
    }

    /// The variance of one floor that belongs to a sum of squared residuals.
    pub(super) fn variance(&self, rss: f64) -> f64 {
        (rss / (self.count - self.spent) + self.rounding) * self.inflation
    }

    /// The negative logarithm of the likelihood, up to a constant: K / (2 vif) ln(RSS + K q^2).
    pub(super) fn unlikelihood(&self, rss: f64) -> f64 {
        self.unlikelihood_per_log() * (rss + self.rounding * self.count).ln()
    }

    /// Half the number of floors that would say as much if they did not remember.
    pub(super) fn unlikelihood_per_log(&self) -> f64 {
        self.count / (2.0 * self.inflation)
    }
}

/// The fit with the smallest sum of squared residuals.
pub(super) fn best(fits: impl Iterator<Item = Shaped>) -> Option<Shaped> {
    fits.min_by(|one, other| one.rss.total_cmp(&other.rss))
}

/// Places and floors without their level and season.
struct Cleaned<'a> {
    points: &'a [Point],
    basis: Basis,
    places: Vec<f64>,
    floors: Vec<f64>,
    suu: f64,
    suz: f64,
    szz: f64,
}

impl<'a> Cleaned<'a> {
    fn new(points: &'a [Point], floors: &[f64], season: Option<Season>) -> Self {
        let places: Vec<f64> = points.iter().map(|point| point.place).collect();
        let basis = Basis::new(&places, season);
        let (places, floors) = (basis.clean(&places), basis.clean(floors));
        let (suu, suz) = (product(&places, &places), product(&places, &floors));
        let szz = product(&floors, &floors);
        Self { points, basis, places, floors, suu, suz, szz }
    }

    fn line(&self) -> (f64, f64) {
        let slope = self.suz / self.suu;
        (slope, (self.szz - slope * self.suz).max(0.0))
    }

    /// The two-variable fit; `None` where the curve is flat over the segment and so says nothing.
    fn shaped(&self, form: Form) -> Option<Shaped> {
        let curve: Vec<f64> = self.points.iter().map(|point| form.at(point)).collect();
        let cleaned = self.basis.clean(&curve);
        let sgg = product(&cleaned, &cleaned);
        if sgg < 1e-18 {
            return None;
        }
        let (sug, sgz) = (product(&self.places, &cleaned), product(&self.floors, &cleaned));
        // A curve that cannot be told from the line gives a bound that is useless, and says so by its width.
        let determinant = (self.suu * sgg - sug * sug).max(1e-9 * self.suu * sgg);
        let slope = (self.suz * sgg - sgz * sug) / determinant;
        let height = (sgz * self.suu - self.suz * sug) / determinant;
        let rss = (self.szz - slope * self.suz - height * sgz).max(0.0);
        let highest = curve.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = highest - curve.iter().copied().fold(f64::INFINITY, f64::min);
        Some(Shaped { form, slope, height, rss, sgg, sug, sgz, determinant, range })
    }

    fn all(&self, forms: Vec<Form>, grain: Grain) -> Vec<Shaped> {
        let mut shaped = forms.into_iter().filter_map(|form| self.shaped(form)).collect();
        if grain == Grain::Fine {
            self.refine(&mut shaped);
        }
        shaped
    }

    /// Adds curves between the best of each kind and its neighbours, closer each time: where noise is small, any
    /// dictionary is too coarse.
    fn refine(&self, shaped: &mut Vec<Shaped>) {
        let mut kinds: Vec<Discriminant<Form>> = shaped.iter().map(|shaped| discriminant(&shaped.form)).collect();
        kinds.dedup();
        for kind in kinds {
            for factor in [1.24, 1.12, 1.06, 1.03, 1.015, 1.008] {
                let kin = shaped.iter().filter(|one| discriminant(&one.form) == kind && one.height > 0.0);
                let Some(best) = best(kin.copied()) else { break };
                let neighbours = [factor, 1.0 / factor].into_iter().filter_map(|factor| best.form.stretched(factor));
                let alike = neighbours.filter(|form| form.ends_in_time() == best.form.ends_in_time());
                shaped.extend(alike.filter_map(|form| self.shaped(form)));
            }
        }
    }

    /// What line and curve of a fit (the line, where there is none) explain, from some level.
    fn explained(&self, fit: Option<Shaped>) -> Vec<f64> {
        let slope = fit.map_or(self.line().0, |fit| fit.slope);
        let curve = |point: &Point| fit.map_or(0.0, |fit| fit.height * fit.form.at(point));
        self.points.iter().map(|point| slope * point.place + curve(point)).collect()
    }
}
