//! The leak verdict on memory.

use std::time::Duration;

use timeline::{Amount, Elapsed, Metric, Unit};

use super::work::Work;
use super::{Case, Judgement, Window, untold};
use crate::finding::{Evidence, Verdict};
use crate::growth::{self, Growth, Question, Shape, Tolerance, TooLittle, Trend};

/// The chance of a false alarm that is taken per series, from VERDICT section 5's table.
pub(super) const ALPHA: f64 = 0.002;

/// A series judged for growth.
pub(super) struct Judged {
    pub(super) growth: Growth,
    pub(super) work: Work,
    pub(super) samples: u64,
    pub(super) window: Window,
    pub(super) source: String,
}

impl Case<'_> {
    /// Judges the growth of a metric of the target under load.
    pub(super) fn judge_growth(self, metric: Metric, tolerance: Tolerance) -> Result<Judged, Box<Judgement>> {
        let series = self.target_series(metric).ok_or_else(|| untold("no sample was taken"))?;
        let window = self.judged_window().ok_or_else(|| untold("no phase was reached"))?;
        let work = Work::new(&self.timeline.phases, &self.timeline.latency);
        let samples = work.place(series.within(window));
        let planned_seconds = self.planned_load_seconds();
        let question =
            Question { samples: &samples, planned_seconds, warm_seconds: planned_seconds, alpha: ALPHA, tolerance };
        let growth = growth::assess(&question).map_err(|little| too_little(little, window))?;
        let source = format!("{metric} from {}", series.source);
        Ok(Judged { growth, work, samples: samples.len() as u64, window, source })
    }

    /// Seconds of load that the plan has; all of them, where it has none.
    fn planned_load_seconds(self) -> f64 {
        let any_load = self.plan.phases.iter().any(scenario::Phase::loaded);
        let counted = self.plan.phases.iter().filter(|phase| phase.loaded() || !any_load);
        counted.map(|phase| phase.length.as_secs_f64()).sum()
    }

    pub(super) fn growth(self, limit: Option<Amount>) -> Judgement {
        match self.judge_growth(Metric::AnonymousMemory, Tolerance::default()) {
            Ok(judged) => conclude(&judged, limit),
            Err(judgement) => *judgement,
        }
    }
}

fn too_little(little: TooLittle, window: Window) -> Box<Judgement> {
    let summary = format!(
        "cannot tell: {} samples under load, and growth needs {}: load for longer, or sample more often",
        little.samples, little.samples_needed
    );
    let evidence = Evidence { window: Some(window), samples: little.samples as u64, ..Evidence::default() };
    Box::new(Judgement::new(Verdict::Inconclusive, "too_few_samples", summary).with(evidence))
}

/// The scale in which growth is told: of the limit, else per request where there were enough.
struct Scale {
    per_second: f64,
    unit: Unit,
}

impl Scale {
    fn new(judged: &Judged, limit: Option<Amount>) -> Self {
        let per_request = limit.map_or(judged.work.requests >= 1000, |limit| limit.unit == Unit::BytesPerRequest);
        if per_request && judged.work.requests > 0 {
            let seconds_per_request = judged.work.seconds / judged.work.requests as f64;
            Self { per_second: seconds_per_request, unit: Unit::BytesPerRequest }
        } else {
            Self { per_second: 3600.0, unit: Unit::BytesPerHour }
        }
    }

    fn amount(&self, bytes_per_second: f64) -> Amount {
        Amount { value: bytes_per_second * self.per_second, unit: self.unit }
    }
}

fn conclude(judged: &Judged, limit: Option<Amount>) -> Judgement {
    let growth = &judged.growth;
    let scale = Scale::new(judged, limit);
    let trend = limit.map_or(growth.verdict, |limit| growth.against(limit.value / scale.per_second));
    let (verdict, code) = match trend {
        Trend::Leak => (Verdict::Fail, "exceeded"),
        Trend::Bounded => (Verdict::Pass, "holds"),
        Trend::Unclear if !growth.mature => (Verdict::Inconclusive, "too_short"),
        Trend::Unclear => (Verdict::Inconclusive, "unclear"),
    };
    let evidence = evidence(judged, &scale, limit, verdict);
    Judgement::new(verdict, code, summary(judged, &scale, limit, verdict)).with(evidence)
}

fn summary(judged: &Judged, scale: &Scale, limit: Option<Amount>, verdict: Verdict) -> String {
    let growth = &judged.growth;
    let (slope, most) = (scale.amount(growth.slope_per_second), scale.amount(growth.upper));
    let limit = limit.map_or_else(String::new, |limit| format!(" (limit {limit})"));
    match verdict {
        Verdict::Fail => format!("memory keeps growing by {slope} under load, beyond warm-up and noise{limit}"),
        Verdict::Pass => format!("memory does not keep growing: at most {most}{limit}"),
        Verdict::Inconclusive if !growth.upper.is_finite() => {
            format!("cannot tell yet whether memory keeps growing{limit}")
        }
        Verdict::Inconclusive => format!("cannot tell yet: memory may grow by up to {most}{limit}"),
    }
}

fn evidence(judged: &Judged, scale: &Scale, limit: Option<Amount>, verdict: Verdict) -> Evidence {
    let growth = &judged.growth;
    let bounded = growth.lower.is_finite() && growth.upper.is_finite();
    Evidence {
        value: growth.slope_per_second.is_finite().then(|| scale.amount(growth.slope_per_second)),
        limit,
        interval: bounded.then(|| (scale.amount(growth.lower), scale.amount(growth.upper))),
        resolution: growth.upper.is_finite().then(|| scale.amount(growth.upper)),
        window: Some(judged.window),
        samples: judged.samples,
        source: Some(judged.source.clone()),
        settled_by: growth
            .settles_after
            .filter(|_| verdict == Verdict::Inconclusive)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        notes: notes(judged, scale),
    }
}

fn notes(judged: &Judged, scale: &Scale) -> Vec<String> {
    let growth = &judged.growth;
    let per_hour = Amount { value: growth.slope_per_second * 3600.0, unit: Unit::BytesPerHour };
    let load = Elapsed::from_seconds(judged.work.seconds);
    let mut notes = vec![format!(
        "shape: {}; {} requests in {load} of load, settled level {}",
        shape_name(growth.shape),
        judged.work.requests,
        super::bytes(growth.level)
    )];
    if scale.unit == Unit::BytesPerRequest {
        notes.push(format!("at this rate of requests that is {per_hour}"));
    }
    notes
}

/// The shape in words.
pub(super) fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Stable => "stable",
        Shape::Sawtooth => "sawtooth",
        Shape::RisingSawtooth => "sawtooth on a rising floor",
        Shape::WarmUpThenPlateau => "warm-up, then a plateau",
        Shape::Step => "one step",
        Shape::Linear => "linear",
        Shape::Accelerating => "accelerating",
        Shape::Decreasing => "decreasing",
    }
}
