//! What has changed from one set of runs to another.
//!
//! The reference and the candidate are runs of one scenario under one condition: mostly the same service at two commits.
//! The run is the unit, for runs of the same commit differ by more than their requests tell. A quantity has a
//! [`Regression`](Change::Regression) where, with an error of [`ALPHA`] for all quantities together, it is worse by more
//! than counts for nothing. With one run a side how much runs differ cannot be seen: it is assumed, and said.

mod quantity;
#[cfg(test)]
pub(crate) mod tests;
mod welch;

use std::collections::{BTreeMap, BTreeSet};

pub use quantity::{Quantity, Scale};
use serde::{Deserialize, Serialize};
use timeline::{Amount, Outcome};
use welch::{Difference, Sample, holm};

use crate::Verdict;
pub use crate::judge::measure;

/// The chance that anything is called a regression where nothing has changed.
pub const ALPHA: f64 = 0.01;
/// The chance that what is called unchanged is worse by twice what counts for nothing.
const OVERLOOKED: f64 = 0.05;

/// One value of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The value, in the quantity's unit.
    pub value: f64,
    /// Its standard error, as far as the run itself can tell; infinite where it cannot.
    pub error: f64,
    /// What of it counts for nothing, where that depends on the run: in the quantity's unit.
    pub tolerated: Option<f64>,
    /// What it was read from. Values of different sources are not compared.
    pub source: String,
}

impl Measurement {
    /// A value with its standard error.
    pub fn new(value: f64, error: f64, source: String) -> Self {
        Self { value, error, tolerated: None, source }
    }
}

/// A run, as far as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What it is called.
    pub name: String,
    /// What has to be the same of all runs: `scenario`, `limits`, `machine` and the like.
    pub conditions: BTreeMap<&'static str, String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What it came to, from [`measure`].
    pub measured: BTreeMap<Quantity, Measurement>,
}

/// What is said of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is better by more than counts for nothing.
    Improvement,
    /// It is not worse by twice what counts for nothing.
    Unchanged,
    /// The two sides cannot be held against each other.
    Incomparable,
    /// The runs are too few, or differ too much, to tell.
    Inconclusive,
    /// It is worse by more than counts for nothing.
    Regression,
}

impl Change {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Improvement => "improvement",
            Self::Unchanged => "unchanged",
            Self::Incomparable => "incomparable",
            Self::Inconclusive => "inconclusive",
            Self::Regression => "regression",
        }
    }

    /// What it means for a gate.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Improvement | Self::Unchanged => Verdict::Pass,
            Self::Incomparable | Self::Inconclusive => Verdict::Inconclusive,
            Self::Regression => Verdict::Fail,
        }
    }
}

/// One side's values of a quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Their mean: the geometric one where ratios are compared.
    pub mean: Amount,
    /// The value of each run, in the order of the runs.
    pub values: Vec<f64>,
}

/// What has changed of a quantity. Changes are shares where ratios are compared, else in the quantity's unit; they are
/// positive where there is more of it, be that better or worse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Which.
    pub quantity: Quantity,
    /// What is said of it.
    pub change: Change,
    /// The reference, where it has values.
    pub reference: Option<Side>,
    /// The candidate, where it has values.
    pub candidate: Option<Side>,
    /// By how much it has changed.
    pub difference: Option<Amount>,
    /// Between what bounds the true change lies, with 98 % for this quantity by itself.
    pub interval: Option<(Amount, Amount)>,
    /// Up to what it counts for nothing.
    pub tolerated: Option<Amount>,
    /// What would probably have been found; 9 in 10 of such changes are.
    pub resolution: Option<Amount>,
    /// How many runs a side would find twice of what is tolerated, where these are too few and tell how much runs differ.
    pub runs_needed: Option<usize>,
    /// Why it is not comparable, where it is not.
    pub reason: Option<String>,
}

/// A condition that is not the same everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Which: `scenario`, `machine`.
    pub condition: String,
    /// What the reference has.
    pub reference: Vec<String>,
    /// What the candidate has.
    pub candidate: Vec<String>,
}

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The runs of the reference that count.
    pub reference: Vec<String>,
    /// Those of the candidate.
    pub candidate: Vec<String>,
    /// The runs that did not run to their end, and how they ended: they do not count.
    pub left_out: Vec<(String, Outcome)>,
    /// Why they should not be compared.
    pub mismatches: Vec<Mismatch>,
    /// Does the candidate die, and the reference does not? That is a regression, whatever else there is.
    pub dies: bool,
    /// Each quantity that either side has.
    pub compared: Vec<Compared>,
}

impl Comparison {
    /// The worst of all.
    pub fn verdict(&self) -> Verdict {
        let worst = self.compared.iter().map(|one| one.change.verdict()).max().unwrap_or(Verdict::Inconclusive);
        let dies = if self.dies { Verdict::Fail } else { Verdict::Pass };
        let differ = if self.mismatches.is_empty() { Verdict::Pass } else { Verdict::Inconclusive };
        worst.max(dies).max(differ)
    }

    /// Is the spread of runs assumed, since a side has but one?
    pub fn assumes_spread(&self) -> bool {
        self.reference.len() < 2 || self.candidate.len() < 2
    }
}

/// Compares `candidate` with `reference` at the chance of error `alpha`, which is [`ALPHA`] where they are compared once.
/// Where it is a share of that, the chance to overlook a change is the same share of what it is else.
pub fn compare(reference: &[Run], candidate: &[Run], alpha: f64) -> Comparison {
    let [kept, new] = [reference, candidate].map(whole);
    let died = |runs: &[Run]| runs.iter().any(|run| matches!(run.outcome, Outcome::TargetDied(_)));
    let left_out = reference.iter().chain(candidate).filter(|run| !is_whole(run));
    let cases: Vec<Case> = Quantity::ALL.iter().filter_map(|one| Case::new(*one, &kept, &new)).collect();
    let names = |runs: &[&Run]| runs.iter().map(|run| run.name.clone()).collect();
    Comparison {
        reference: names(&kept),
        candidate: names(&new),
        left_out: left_out.map(|run| (run.name.clone(), run.outcome.clone())).collect(),
        mismatches: mismatches(reference, candidate),
        dies: died(candidate) && !died(reference),
        compared: decide(&cases, alpha),
    }
}

/// Those that ran to their end, or proved a leak before.
fn whole(runs: &[Run]) -> Vec<&Run> {
    runs.iter().filter(|run| is_whole(run)).collect()
}

fn is_whole(run: &Run) -> bool {
    matches!(run.outcome, Outcome::Completed | Outcome::StoppedEarly { .. })
}

/// The conditions that differ within a side or between them.
pub fn mismatches(reference: &[Run], candidate: &[Run]) -> Vec<Mismatch> {
    let names: BTreeSet<&str> =
        reference.iter().chain(candidate).flat_map(|run| run.conditions.keys().copied()).collect();
    let told = |runs: &[Run], name: &str| {
        let all: BTreeSet<String> = runs.iter().filter_map(|run| run.conditions.get(name).cloned()).collect();
        Vec::from_iter(all)
    };
    let sides = names.into_iter().map(|name| (name, told(reference, name), told(candidate, name)));
    let differ = sides.filter(|(_, reference, candidate)| reference != candidate || reference.len() > 1);
    differ.map(|(name, reference, candidate)| Mismatch { condition: name.to_owned(), reference, candidate }).collect()
}

/// One quantity of both sides.
struct Case {
    quantity: Quantity,
    reference: Vec<Measurement>,
    candidate: Vec<Measurement>,
    /// Where they can be compared, by how much they differ, and what is tolerated.
    held: Result<(Difference, f64), String>,
}

impl Case {
    /// `None` where neither side has it.
    fn new(quantity: Quantity, reference: &[&Run], candidate: &[&Run]) -> Option<Self> {
        let of = |runs: &[&Run]| -> Vec<Measurement> {
            runs.iter().filter_map(|run| run.measured.get(&quantity).cloned()).collect()
        };
        let (reference, candidate) = (of(reference), of(candidate));
        if reference.is_empty() && candidate.is_empty() {
            return None;
        }
        let held = hold(quantity, &reference, &candidate);
        Some(Self { quantity, reference, candidate, held })
    }

    /// Has a side but one run, so that the spread of runs is assumed?
    fn assumed(&self) -> bool {
        self.reference.len() < 2 || self.candidate.len() < 2
    }

    /// `overlooked` is the chance at which a change may be called none.
    fn change(&self, regression: bool, improvement: bool, overlooked: f64) -> Change {
        match &self.held {
            Err(_) => Change::Incomparable,
            Ok(_) if regression => Change::Regression,
            Ok(_) if improvement => Change::Improvement,
            Ok((difference, tolerated)) if difference.bounds(overlooked).1 < 2.0 * tolerated => Change::Unchanged,
            Ok(_) => Change::Inconclusive,
        }
    }

    fn tell(&self, change: Change, alpha: f64) -> Compared {
        let quantity = self.quantity;
        let side = |measurements: &[Measurement]| {
            let values: Vec<f64> = measurements.iter().map(|one| one.value).collect();
            let mean = scaled_mean(quantity, measurements);
            (!values.is_empty()).then(|| Side { mean: quantity.amount(quantity.off_scale(mean)), values })
        };
        let told = Compared {
            quantity,
            change,
            reference: side(&self.reference),
            candidate: side(&self.candidate),
            difference: None,
            interval: None,
            tolerated: None,
            resolution: None,
            runs_needed: None,
            reason: self.held.as_ref().err().cloned(),
        };
        let Ok((difference, tolerated)) = &self.held else { return told };
        let amount = |scaled: f64| scaled.is_finite().then(|| quantity.change(as_change(quantity, scaled)));
        let (least, most) = difference.bounds(ALPHA);
        let (low, high) = if quantity.more_is_better() { (most, least) } else { (least, most) };
        Compared {
            difference: amount(difference.value),
            interval: amount(low).zip(amount(high)),
            tolerated: amount(*tolerated),
            resolution: amount(difference.smallest(*tolerated, alpha)),
            runs_needed: (change == Change::Inconclusive && !self.assumed())
                .then(|| difference.runs_needed(*tolerated, alpha))
                .flatten(),
            ..told
        }
    }
}

/// What is said of each quantity, all together at the chance of error `alpha`.
fn decide(cases: &[Case], alpha: f64) -> Vec<Compared> {
    let comparable = || cases.iter().filter_map(|case| case.held.as_ref().ok());
    let above: Vec<f64> = comparable().map(|(difference, tolerated)| difference.chance_above(*tolerated)).collect();
    let below: Vec<f64> = comparable().map(|(difference, tolerated)| difference.chance_below(*tolerated)).collect();
    let (mut worse, mut better) = (holm(&above, alpha).into_iter(), holm(&below, alpha).into_iter());
    let each = alpha / above.len().max(1) as f64;
    let overlooked = OVERLOOKED * alpha / ALPHA;
    let told = cases.iter().map(|case| {
        let mut next = || case.held.is_ok().then(|| (worse.next(), better.next()));
        let (worse, better) = next().unwrap_or_default();
        case.tell(case.change(worse == Some(true), better == Some(true), overlooked), each)
    });
    told.collect()
}

fn hold(quantity: Quantity, reference: &[Measurement], candidate: &[Measurement]) -> Result<(Difference, f64), String> {
    if reference.is_empty() || candidate.is_empty() {
        let side = if reference.is_empty() { "reference" } else { "candidate" };
        return Err(format!("the {side} has no value of it"));
    }
    let sources: BTreeSet<&str> = reference.iter().chain(candidate).map(|one| one.source.as_str()).collect();
    if sources.len() > 1 {
        return Err(format!("it was read in different ways: {}", Vec::from_iter(sources).join("; ")));
    }
    let level = quantity.off_scale(scaled_mean(quantity, reference));
    let told: Vec<f64> = reference.iter().chain(candidate).filter_map(|one| one.tolerated).collect();
    let tolerated = quantity.tolerated(level, (!told.is_empty()).then(|| crate::stats::mean(&told)));
    let tolerated = if quantity.scale() == Scale::Ratio { tolerated.ln_1p() } else { tolerated };
    let assumed = reference.len() < 2 || candidate.len() < 2;
    let usual = assumed.then(|| quantity.usual_spread(level).powi(2));
    let scaled = |side: &[Measurement]| -> Vec<f64> { side.iter().map(|one| quantity.on_scale(one.value)).collect() };
    let grain = welch::grain([scaled(reference), scaled(candidate)].concat());
    let sample = |side: &[Measurement]| {
        let values: Vec<(f64, f64)> =
            side.iter().map(|one| (quantity.on_scale(one.value), own(quantity, one))).collect();
        Sample::of(&values, usual, grain)
    };
    let (one, other) = (sample(reference), sample(candidate));
    if !one.variance.is_finite() || !other.variance.is_finite() {
        return Err("a run by itself does not tell it well enough: run longer, or more often".to_owned());
    }
    Ok((Difference::new(&one, &other, assumed), tolerated))
}

/// What a run tells of the variance of its own value, on the scale.
fn own(quantity: Quantity, one: &Measurement) -> f64 {
    match quantity.scale() {
        Scale::Ratio if one.value > 0.0 => (one.error / one.value).powi(2),
        Scale::Ratio => 0.0,
        Scale::Difference => one.error.powi(2),
    }
}

pub(crate) fn scaled_mean(quantity: Quantity, side: &[Measurement]) -> f64 {
    crate::stats::mean(&side.iter().map(|one| quantity.on_scale(one.value)).collect::<Vec<_>>())
}

/// A difference on the scale as a change of the quantity.
pub(crate) fn as_change(quantity: Quantity, scaled: f64) -> f64 {
    let more = if quantity.more_is_better() { -scaled } else { scaled };
    if quantity.scale() == Scale::Ratio { more.exp_m1() } else { more }
}
