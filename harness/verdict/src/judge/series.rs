//! Rules on series, and on the ratio of two.

use std::time::Duration;

use scenario::{During, Quantity, ScrapePlan, Scraped, SeriesRule};
use timeline::{Amount, Elapsed, Happening, Metric, Sample, Series, Subject, Unit};

use super::counts::tolerance;
use super::leak::{Ruling, shape_name};
use super::level::Level;
use super::scale::{Pace, Scale};
use super::seen::Gaps;
use super::sketch::key;
use super::witness::{Place, Witness};
use super::{Case, Judgement, Window, below, code_of, source_of, untold};
use crate::finding::{Evidence, Verdict};
use crate::trace::{Mark, Stroke, Trace};

/// So many types of active resources are named.
const KINDS_NAMED: usize = 3;

/// A limit in one direction.
#[derive(Clone, Copy)]
enum Bound {
    Max(f64),
    Min(f64),
}

impl Case<'_> {
    pub(super) fn series_rule(self, of: Quantity, rule: &SeriesRule) -> Judgement {
        let mut judgement = self.try_series_rule(of, rule).unwrap_or_else(|judgement| *judgement);
        judgement.evidence.notes.extend(of.needs().into_iter().flat_map(|metric| self.what_is_known_of(metric)));
        judgement
    }

    fn try_series_rule(self, of: Quantity, rule: &SeriesRule) -> Result<Judgement, Box<Judgement>> {
        let series = self.series_for(of)?;
        let metric = of.metric();
        match *rule {
            SeriesRule::Max { limit, during } => self.bound(of, &series, Bound::Max(limit), during),
            SeriesRule::Min { limit, during } => self.bound(of, &series, Bound::Min(limit), during),
            SeriesRule::Growth { below: Some(limit), during: part @ (During::Idle | During::Settle) } => {
                self.growth_at_rest(metric, &series, limit, part)
            }
            SeriesRule::GrowthPerCycle { below } => self.series_per_cycle(metric, &series, below),
            SeriesRule::Growth { below: None, .. } if metric.unit() == Unit::Count => {
                Ok(self.growth_of_count(metric, &series))
            }
            SeriesRule::Growth { below, .. } => self.growth_of_series(metric, &series, below),
            SeriesRule::ReturnsToBaseline { within } => {
                self.returns(&format!("`{metric}`"), (metric, &series), within, None)
            }
            SeriesRule::Rate { below, during } => self.rate(metric, &series, below, during),
        }
    }

    /// The series of a quantity: of a ratio, that of its values.
    fn series_for(self, of: Quantity) -> Result<Series, Box<Judgement>> {
        let told = |metric| self.target_series(metric).ok_or_else(|| untold(&format!("nothing told `{metric}`")));
        let series = match of {
            Quantity::Metric(metric) => told(metric)?.clone(),
            Quantity::Ratio(one, other) => {
                let (one, other) = ((one, told(one)?), (other, told(other)?));
                ratio(one, other, self.plan.probes.every)
            }
        };
        if series.samples.is_empty() {
            return Err(untold(&format!("the two of `{of}` were never told at one time")));
        }
        Ok(series)
    }

    fn bound(self, of: Quantity, series: &Series, bound: Bound, during: During) -> Result<Judgement, Box<Judgement>> {
        let window = self.part(during).ok_or_else(|| untold("that part of the run was never reached"))?;
        let samples = series.within(window);
        let by_value = |a: &&Sample, b: &&Sample| a.value.total_cmp(&b.value);
        let (limit, extreme) = match bound {
            Bound::Max(limit) => (limit, samples.iter().rev().max_by(by_value)),
            Bound::Min(limit) => (limit, samples.iter().min_by(by_value)),
        };
        let extreme = *extreme.ok_or_else(|| untold(&format!("`{of}` was not told then")))?;
        let verdict = match bound {
            Bound::Max(limit) => below(limit, (extreme.value, extreme.value)),
            Bound::Min(limit) if extreme.value < limit => Verdict::Fail,
            Bound::Min(_) => Verdict::Pass,
        };
        let (verdict, code) = self.unless_cut_short(verdict, window);
        let gaps = self.gaps(of, window).filter(|gaps| verdict == Verdict::Pass && gaps.are_many());
        let (verdict, code) = if gaps.is_some() { (Verdict::Inconclusive, "gaps") } else { (verdict, code) };
        let code = if let (Bound::Min(_), "exceeded") = (bound, code) { "too_low" } else { code };
        let unit = of.metric().unit();
        let shown = |value| Amount { value, unit };
        let at = extreme.taken;
        let (value, limited) = (shown(extreme.value), format!("(limit {})", shown(limit)));
        let (broken, kept) = if let Bound::Max(_) = bound { ("rises to", "at most") } else { ("falls to", "at least") };
        let summary = match verdict {
            Verdict::Fail => format!("`{of}` {broken} {value} at {at} {limited}"),
            Verdict::Pass => format!("`{of}` is {kept} {value} {limited}"),
            Verdict::Inconclusive => format!("cannot tell: `{of}` was {kept} {value} as far as it was seen {limited}"),
        };
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(shown(extreme.value)),
            limit: Some(shown(limit)),
            window: Some(window),
            samples: samples.len() as u64,
            source: Some(source_of(of.metric(), series)),
            trace: self.target_series(of.metric()).map(|_| allowed(of.metric(), limit, window)),
            notes: gaps.map(|gaps| gaps.told()).into_iter().chain(self.parts_of(of, at)).collect(),
            ..Evidence::default()
        }))
    }

    /// The stretch of a part of the run, as far as it was reached.
    pub(super) fn part(self, during: During) -> Option<Window> {
        match during {
            During::Run => Some((self.timeline.phases.first()?.start, self.timeline.phases.last()?.end)),
            During::Idle => self.baseline().map(|phase| (phase.start, phase.end)),
            During::Load => self.timeline.loaded_window(),
            During::Settle => self.settled().map(|phase| (phase.start, phase.end)),
        }
    }

    /// How well what a quantity is made of was seen.
    fn gaps(self, of: Quantity, window: Window) -> Option<Gaps> {
        let gaps = of.needs().into_iter().filter_map(|metric| self.gaps_of(metric, window));
        gaps.max_by_key(|gaps| gaps.longest)
    }

    /// What the two of a ratio were; of active resources, of which types most of them were.
    fn parts_of(self, of: Quantity, at: Elapsed) -> Option<String> {
        let (one, other) = match of {
            Quantity::Ratio(one, other) => (one, other),
            Quantity::Metric(Metric::ActiveResources) => return self.kinds_of_active_resources(at),
            Quantity::Metric(_) => return None,
        };
        let then = |metric: Metric| {
            let sample = nearest(&self.target_series(metric)?.samples, at)?;
            Some(format!("{metric} {}", Amount { value: sample.value, unit: metric.unit() }))
        };
        Some(format!("{} to {}", then(one)?, then(other)?))
    }

    /// `of these TCPSocketWrap 938, Timeout 3`
    fn kinds_of_active_resources(self, at: Elapsed) -> Option<String> {
        let kinds = self.timeline.series.iter().filter_map(|(key, series)| {
            let kind = key.metric.kind_of_active_resources()?;
            Some((kind, nearest(&series.samples, at)?.value))
        });
        let mut kinds: Vec<(&str, f64)> = kinds.filter(|(_, count)| *count > 0.0).collect();
        kinds.sort_by(|one, other| other.1.total_cmp(&one.1));
        let told: Vec<String> = kinds.iter().take(KINDS_NAMED).map(|(kind, count)| format!("{kind} {count}")).collect();
        (!told.is_empty()).then(|| format!("of these {}", told.join(", ")))
    }

    fn growth_of_series(
        self,
        metric: Metric,
        series: &Series,
        limit: Option<Amount>,
    ) -> Result<Judgement, Box<Judgement>> {
        let unit = metric.unit();
        let mut heard = self.hear_series(&[(metric, series)], tolerance(unit, &series.samples), false)?;
        // What is counted rests without noise: the least step would be a climb.
        heard.witnesses.retain(|one| unit == Unit::Bytes || one.place == Place::Load);
        let scale = Scale::hour(unit);
        let per_second = limit.map(|limit| limit.value / scale.seconds);
        let ruling = Ruling::new(&heard.witnesses, per_second).ok_or_else(|| untold("nothing speaks of growth"))?;
        let Ruling { verdict, code, witness } = ruling;
        let limit_shown = limit.map_or_else(String::new, |limit| format!(" (limit {limit})"));
        let summary = growth_summary(metric, verdict, witness, &scale) + &limit_shown;
        let shape = heard.witnesses.iter().find_map(|one| one.shape).map(shape_name);
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            limit,
            window: Some(witness.window),
            samples: witness.samples,
            source: Some(witness.source.clone()),
            // A ratio is no series that was kept.
            trace: self.target_series(metric).map(|_| witness.trace(&Subject::Target, &heard.work, per_second)),
            settled_by: witness.settled_by(per_second).filter(|_| verdict == Verdict::Inconclusive),
            shape: shape.map(str::to_owned),
            notes: shape.map(|shape| format!("shape: {shape}")).into_iter().collect(),
            ..scale.evidence(&witness.pace)
        }))
    }

    /// Whether it still grows in an idle phase: a line through its floors there, once it has settled.
    fn growth_at_rest(
        self,
        metric: Metric,
        series: &Series,
        limit: Amount,
        part: During,
    ) -> Result<Judgement, Box<Judgement>> {
        let phase = if part == During::Idle { self.baseline() } else { self.settled() };
        let phase = phase.ok_or_else(|| untold("that part of the run was never reached"))?;
        let level = Level::at_end_of(phase, series).ok_or_else(|| untold("there are too few samples then"))?;
        let line = level.trend.ok_or_else(|| untold("there are too few samples then"))?;
        let scale = Scale::hour(metric.unit());
        let (lower, upper) = line.bounds(self.terms.alpha);
        let pace = Pace { slope: line.slope, lower, upper, runaway: None };
        let interval = (lower * scale.seconds, upper * scale.seconds);
        let verdict = below(limit.value, interval);
        let [slope, most] = [line.slope, upper].map(|pace| scale.amount(pace));
        let part = part.name();
        let summary = match verdict {
            Verdict::Fail => format!("`{metric}` grows by {slope} with nothing to do ({part}; limit {limit})"),
            Verdict::Pass => format!("`{metric}` grows by at most {most} with nothing to do ({part}; limit {limit})"),
            Verdict::Inconclusive => {
                format!("cannot tell: `{metric}` may grow by up to {most} with nothing to do ({part}; limit {limit})")
            }
        };
        let (verdict, code) = self.unless_cut_short(verdict, level.window);
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            limit: Some(limit),
            window: Some(level.window),
            samples: level.samples,
            source: Some(source_of(metric, series)),
            ..scale.evidence(&pace)
        }))
    }

    /// How fast it counts in a part of the run, under load where none is said. Where it falls, it began anew.
    fn rate(
        self,
        metric: Metric,
        series: &Series,
        limit: f64,
        during: Option<During>,
    ) -> Result<Judgement, Box<Judgement>> {
        let window = during.map_or_else(|| self.judged_window(), |part| self.part(part));
        let window = window.ok_or_else(|| untold("that part of the run was never reached"))?;
        let then = match during {
            None | Some(During::Load) => "under load",
            Some(During::Run) => "over the run",
            Some(During::Idle) => "before the load",
            Some(During::Settle) => "after the load",
        };
        let samples = series.within(window);
        let (Some(first), Some(last)) = (samples.first(), samples.last().filter(|_| samples.len() > 1)) else {
            return Err(untold(&format!("`{metric}` was not told twice {then}")));
        };
        let step = |pair: &[Sample]| {
            let step = pair[1].value - pair[0].value;
            if step < 0.0 { pair[1].value } else { step }
        };
        let counted: f64 = samples.windows(2).map(step).sum();
        let rate = counted / last.taken.since(first.taken).as_secs_f64().max(f64::MIN_POSITIVE);
        let (verdict, code) = match below(limit, (rate, rate)) {
            verdict if during.is_some() => self.unless_cut_short(verdict, window),
            Verdict::Pass if !self.completed() => (Verdict::Inconclusive, "cut_short"),
            verdict => (verdict, code_of(verdict)),
        };
        let [value, limit] = [rate, limit].map(|value| Amount { value, unit: Unit::PerSecond });
        let summary = format!("`{metric}` counts {value} {then} (limit {limit})");
        Ok(Judgement::new(verdict, code, summary).with(Evidence {
            value: Some(value),
            limit: Some(limit),
            window: Some(window),
            samples: samples.len() as u64,
            source: Some(source_of(metric, series)),
            ..Evidence::default()
        }))
    }

    /// What was said of a series, and why its numbers are not to be trusted.
    fn what_is_known_of(self, metric: Metric) -> Vec<String> {
        let of_probe = self.page_of(metric).map(ScrapePlan::name);
        let said = self.timeline.events.iter().filter_map(|event| match &event.what {
            Happening::SeriesNoted { series, note } if series == metric.name() => Some(format!("`{series}`: {note}")),
            Happening::ProbeFailed { probe, reason } if Some(probe) == of_probe.as_ref() => {
                Some(format!("at {}: {probe} failed: {reason}", event.at))
            }
            _ => None,
        });
        let kept = self.plan.probes.scraped().find(|kept| kept.metric() == metric);
        let doubt = kept.and_then(Scraped::doubt).map(|doubt| format!("`{metric}`: {doubt}"));
        said.chain(doubt).collect()
    }
}

/// The limit, beside the series that it is of.
fn allowed(metric: Metric, limit: f64, window: Window) -> Trace {
    Trace { series: key(&Subject::Target, metric), strokes: vec![Stroke::level(Mark::Allowed, limit, window)] }
}

fn growth_summary(metric: Metric, verdict: Verdict, witness: &Witness, scale: &Scale) -> String {
    let (slope, most) = (scale.amount(witness.pace.slope), scale.amount(witness.pace.most()));
    match (verdict, witness.place) {
        (Verdict::Fail, Place::Load) => {
            format!("`{metric}` keeps growing by {slope} under load, beyond warm-up and noise")
        }
        (Verdict::Fail, Place::Rests) => {
            format!("`{metric}` falls back to a higher level after each cycle: it keeps growing by {slope}")
        }
        (Verdict::Pass, _) => format!("`{metric}` does not keep growing: at most {most}"),
        (Verdict::Inconclusive, _) if most.value.is_finite() => {
            format!("cannot tell yet: `{metric}` may grow by up to {most}")
        }
        (Verdict::Inconclusive, _) => format!("cannot tell yet whether `{metric}` keeps growing"),
    }
}

/// One series divided by another: each sample by the nearest in time, where one is near. What is divided by nothing has
/// no ratio.
fn ratio((of, one): (Metric, &Series), (to, other): (Metric, &Series), every: Duration) -> Series {
    let near = typical_gap(&other.samples).max(every);
    let divide = |sample: &Sample| {
        let by =
            nearest(&other.samples, sample.due).filter(|by| apart(by.due, sample.due) <= near && by.value > 0.0)?;
        Some(Sample { value: sample.value / by.value, ..*sample })
    };
    let source = format!("{of} from {}, {to} from {}", one.source, other.source);
    Series { source, samples: one.samples.iter().filter_map(divide).collect() }
}

fn nearest(samples: &[Sample], at: Elapsed) -> Option<&Sample> {
    let after = samples.partition_point(|sample| sample.due < at);
    let beside = samples[after.saturating_sub(1)..].iter().take(2);
    beside.min_by_key(|sample| apart(sample.due, at))
}

fn apart(one: Elapsed, other: Elapsed) -> Duration {
    one.since(other).max(other.since(one))
}

/// The median of the times between two samples.
fn typical_gap(samples: &[Sample]) -> Duration {
    let mut gaps: Vec<Duration> = samples.windows(2).map(|pair| pair[1].due.since(pair[0].due)).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or_default()
}
