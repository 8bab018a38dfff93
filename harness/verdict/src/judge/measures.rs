//! What a run comes to in numbers, for comparing it with others.
//!
//! These are the values that findings are about, without their limits. How far each may lie beside the truth, as far as
//! one run can tell, goes with it; how much runs of the same service differ no run can tell.

use std::collections::BTreeMap;

use scenario::Plan;
use timeline::{CountedFrom, Elapsed, LatencyInterval, Subject, Timeline};

use super::requests::{FEWEST_BEYOND, Totals};
use super::scale::Scale;
use super::{Case, Terms, source_of};
use crate::compare::{Measurement, Quantity};
use crate::growth::Tolerance;
use crate::stats::{NORMAL_99, variance_of_counts};

/// Half an interval of growth over this is at most its standard error: the bounds lie at least so many away.
const GROWTH_REACH: f64 = 3.0;
/// After the load, memory that moves by less than this stands still, in bytes.
const STILL: f64 = 5_242_880.0;

/// What the run of `plan` that saw `timeline` comes to. What it did not see is not there.
pub fn measure(plan: &Plan, timeline: &Timeline) -> BTreeMap<Quantity, Measurement> {
    let case = Case { plan, timeline, terms: Terms::at_the_end(plan) };
    let mut all = BTreeMap::new();
    case.measure_memory(&mut all);
    case.measure_growth(&mut all);
    case.measure_pauses(&mut all);
    case.measure_requests(&mut all);
    all.retain(|_, measurement: &mut Measurement| measurement.value.is_finite());
    all
}

impl Case<'_> {
    fn measure_memory(self, all: &mut BTreeMap<Quantity, Measurement>) {
        if let Ok((metric, series)) = self.held_by_system() {
            let source = || source_of(metric, series);
            let mut put = |quantity, level: super::level::Level| {
                all.insert(quantity, Measurement::new(level.value, level.margin / NORMAL_99, source()));
            };
            if let Ok(level) = self.baseline_level(series) {
                put(Quantity::Baseline, level);
            }
            if let Some(level) = self.settled().and_then(|phase| super::baseline::settle(phase, series, STILL)) {
                put(Quantity::Settled, level);
            }
        }
        let whole = self.timeline.phases.first().map(|first| (first.start, self.timeline.end));
        let peak = self.ceiling_series().ok().zip(whole).and_then(|((metric, series), window)| {
            let highest = super::ceilings::highest(series, window).ok()?;
            Some(Measurement::new(highest, 0.0, source_of(metric, series)))
        });
        all.extend(peak.filter(|_| self.completed()).map(|peak| (Quantity::Peak, peak)));
    }

    /// By the witness whose numbers a finding prefers. What is tolerated of growth in one run is no change either.
    fn measure_growth(self, all: &mut BTreeMap<Quantity, Measurement>) {
        let metrics = self.held_memory(&Subject::Target);
        let Ok(heard) = self.hear(&Subject::Target, &metrics, Tolerance::default(), false) else { return };
        let Some(witness) = heard.witnesses.first() else { return };
        let tolerated = Tolerance::default().practical(witness.level) / self.plan.load_length().as_secs_f64();
        for scale in Scale::all(self, &heard.work) {
            let quantity = match scale.unit {
                timeline::Unit::BytesPerRequest => Quantity::GrowthPerRequest,
                timeline::Unit::BytesPerHour => Quantity::Growth,
                _ => continue,
            };
            let reach = (witness.pace.upper - witness.pace.lower) / 2.0 / GROWTH_REACH;
            let measured =
                Measurement::new(witness.pace.slope * scale.seconds, reach * scale.seconds, witness.source.clone());
            all.insert(quantity, Measurement { tolerated: Some(tolerated * scale.seconds), ..measured });
        }
    }

    fn measure_pauses(self, all: &mut BTreeMap<Quantity, Measurement>) {
        let Some((values, source)) = self.pauses_measured() else { return };
        for (quantity, (least, most)) in values {
            // A value that is as likely anywhere between its bounds.
            let error = (most - least) / 12.0_f64.sqrt();
            all.insert(quantity, Measurement::new(f64::midpoint(least, most), error, source.clone()));
        }
    }

    fn measure_requests(self, all: &mut BTreeMap<Quantity, Measurement>) {
        let totals = Totals::of(&self.timeline.latency);
        let (requests, failed) = (totals.requests as f64, totals.failed as f64);
        if totals.requests == 0 {
            return;
        }
        let of = |what: &str| format!("{what} of all steps");
        let share = failed / requests;
        // One more failure than there was, so that none is no certainty.
        let error = ((share + 1.0 / requests) / requests).sqrt();
        all.insert(Quantity::Errors, Measurement::new(share, error, of("requests")));
        // Where the load was not offered, the rest is the harness's own.
        if self.fell_behind().is_some() {
            return;
        }
        let loaded = self.timeline.phases.iter().filter(|phase| phase.loaded);
        let seconds: f64 = loaded.map(|phase| phase.end.since(phase.start).as_secs_f64()).sum();
        let right = requests - failed;
        let throughput = Measurement::new(right / seconds, right.sqrt() / seconds, of("right answers"));
        all.insert(Quantity::Throughput, throughput);
        let counted_from = CountedFrom::of(&self.timeline.latency).to_string();
        for (quantity, share) in [(Quantity::LatencyP50, 0.5), (Quantity::LatencyP99, 0.99)] {
            let measured = self.percentile(share, &counted_from);
            all.extend(measured.map(|measured| (quantity, measured)));
        }
    }

    /// A percentile with the standard error of its order statistics, `sqrt(n p (1-p))` ranks, widened where the
    /// requests beyond it come in clusters.
    fn percentile(self, share: f64, counted_from: &str) -> Option<Measurement> {
        let (all, _) = self.merged()?;
        let count = all.len() as f64;
        if count * (1.0 - share) < FEWEST_BEYOND {
            return None;
        }
        let value = all.value_at_quantile(share);
        let inflation = variance_of_counts(&self.beyond(value), 1.0 - share).max(1.0);
        let ranks = (count * share * (1.0 - share) * inflation).sqrt();
        let at = |rank: f64| all.value_at_quantile((rank / count).clamp(0.0, 1.0)) as f64 / 1e6;
        let (low, high) = (at(count * share - ranks), at(count * share + ranks));
        Some(Measurement::new(value as f64 / 1e6, (high - low) / 2.0, counted_from.to_owned()))
    }

    /// For each interval of the load, how many requests took longer than `value`, and of how many.
    fn beyond(self, value: u64) -> Vec<(f64, f64)> {
        let mut counts: BTreeMap<Elapsed, (f64, f64)> = BTreeMap::new();
        for interval in &self.timeline.latency {
            let Some(histogram) = interval.times().decode() else { continue };
            let (beyond, all) = counts.entry(interval.start).or_default();
            let unanswered = unanswered(interval, histogram.len());
            *beyond += (histogram.count_between(value + 1, histogram.high()) + unanswered) as f64;
            *all += (histogram.len() + unanswered) as f64;
        }
        counts.into_values().collect()
    }
}

fn unanswered(interval: &LatencyInterval, answered: u64) -> u64 {
    interval.requests.saturating_sub(answered + interval.unawaited)
}
