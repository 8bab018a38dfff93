//! The leak verdict on memory.

use timeline::{Amount, Elapsed, Metric, Subject};

use super::scale::Scale;
use super::witness::{Place, Testimony, Weight, Witness};
use super::{Case, Judgement, Window, ratchet};
use crate::finding::{Estimate, Evidence, Verdict};
use crate::growth::{FEWEST_SAMPLES, Shape, Tolerance, Trend};

/// The last part of the window, as a share of it, in which a live heap has to have been told.
const RECENTLY: f64 = 0.2;

/// What the witnesses come to.
pub(super) struct Ruling<'a> {
    pub(super) verdict: Verdict,
    /// The last part of the code.
    pub(super) code: &'static str,
    /// The one whose numbers are told.
    pub(super) witness: &'a Witness,
}

impl<'a> Ruling<'a> {
    /// One that proves growth is enough, and one that may exclude it where none proves it. The numbers are those of
    /// the strongest proof, of the tightest exclusion, else of the preferred witness.
    pub(super) fn new(witnesses: &'a [Witness], limit: Option<f64>) -> Option<Self> {
        let say = |trend| witnesses.iter().filter(move |one| one.says(limit) == trend);
        let proof = say(Trend::Leak)
            .filter(|one| one.weight >= Weight::Convicts)
            .max_by(|a, b| a.pace.lower.total_cmp(&b.pace.lower));
        let beside = say(Trend::Leak).find(|one| one.weight < Weight::Convicts);
        let clearance = say(Trend::Bounded)
            .filter(|one| one.weight == Weight::Decides)
            .min_by(|a, b| a.pace.upper.total_cmp(&b.pace.upper));
        let (verdict, code, witness) = match (proof, beside, clearance) {
            (Some(proof), ..) => (Verdict::Fail, "exceeded", proof),
            (None, Some(beside), _) => (Verdict::Inconclusive, "beside_the_heap", beside),
            (None, None, Some(clearance)) => (Verdict::Pass, "holds", clearance),
            (None, None, None) => {
                let first = witnesses.first()?;
                (Verdict::Inconclusive, if first.mature { "unclear" } else { "too_short" }, first)
            }
        };
        Some(Self { verdict, code, witness })
    }
}

impl Case<'_> {
    /// Whether the memory of `subject` keeps growing with the load: the live heap where it is told, else what the
    /// system holds. Where both are, the second can leave open what the first excludes: memory outside the heap.
    pub(super) fn growth(self, subject: &Subject, limit: Option<Amount>) -> Judgement {
        let heard = self.hear(subject, &self.held_memory(subject), Tolerance::default(), false);
        heard.map_or_else(|judgement| *judgement, |heard| self.conclude(subject, &heard, limit))
    }

    /// The preferred metric of what is held on to, and beside a live heap what the system holds.
    pub(super) fn held_memory(self, subject: &Subject) -> Vec<Metric> {
        let mut told = Metric::HELD_MEMORY.into_iter().filter(|metric| self.is_told_of(*metric, subject));
        let preferred = told.next().unwrap_or(Metric::AnonymousMemory);
        let beside = told.next().filter(|metric| preferred == Metric::LiveHeap && *metric == Metric::AnonymousMemory);
        std::iter::once(preferred).chain(beside).collect()
    }

    /// Is it told often enough to judge by it? A live heap is told by collections, which some runtimes make seldom, or
    /// only for a while: what the system holds speaks then. One that is collected in each rest needs no more.
    fn is_told_of(self, metric: Metric, subject: &Subject) -> bool {
        let Some(series) = self.series_of(subject, metric) else { return false };
        let window = self.judged_window();
        let often = |window: Window| {
            let samples = series.within(window);
            let recent = window.1 - window.1.since(window.0).mul_f64(RECENTLY);
            samples.len() >= FEWEST_SAMPLES && samples.last().is_some_and(|last| last.taken >= recent)
        };
        metric != Metric::LiveHeap || window.is_none_or(often) || self.is_collected_at_rest(series)
    }

    fn conclude(self, subject: &Subject, heard: &Testimony, limit: Option<Amount>) -> Judgement {
        let scale = Scale::choose(&heard.work, limit);
        let per_second = limit.map(|limit| limit.value / scale.seconds);
        let Some(ruling) = Ruling::new(&heard.witnesses, per_second) else {
            return Judgement::no_data("nothing speaks of growth");
        };
        let (verdict, witness) = (ruling.verdict, ruling.witness);
        let exhaustion = self.exhaustion(subject, witness, &heard.work, verdict);
        let mut notes = vec![facts(heard, witness)];
        let too_soon = "the load ended before a warm-up is assumed to: `load.warm_up`, else all of the planned load";
        notes.extend((!witness.mature).then(|| too_soon.to_owned()));
        notes.extend(exhaustion.map(|exhaustion| exhaustion.told(&witness.pace, self.name_of_limit())));
        notes.extend(self.restart_note());
        notes.extend(self.few_rests(heard).filter(|_| verdict == Verdict::Inconclusive));
        notes.extend(self.what_stays().filter(|_| *subject == Subject::Target && verdict != Verdict::Fail));
        let settled_by = heard.witnesses.iter().find_map(|one| one.settled_by(per_second));
        let others = Scale::all(self, &heard.work).into_iter().filter(|other| other.unit != scale.unit);
        let also: Vec<Estimate> = others.filter_map(|other| other.estimate(&witness.pace)).collect();
        notes.extend(in_other_units(&also).filter(|_| verdict == Verdict::Fail));
        Judgement::new(verdict, ruling.code, summary(&ruling, &scale, limit)).with(Evidence {
            limit,
            window: Some(witness.window),
            samples: witness.samples,
            source: Some(witness.source.clone()),
            settled_by: settled_by.filter(|_| verdict == Verdict::Inconclusive),
            shape: shape_told(heard, witness).map(|shape| shape_name(shape).to_owned()),
            also,
            exhaustion,
            notes,
            trace: Some(witness.trace(subject, &heard.work, per_second)),
            ..scale.evidence(&witness.pace)
        })
    }

    /// What the cycles lacked, where their rests could have told but were too few.
    fn few_rests(self, heard: &Testimony) -> Option<String> {
        let rests = self.rests();
        let spoken = heard.witnesses.iter().any(|one| one.place == Place::Rests);
        let cycles = ratchet::cycles_for_a_line();
        (rests > 0 && rests < cycles && !spoken).then(|| {
            let fewest = ratchet::FEWEST;
            format!("{rests} cycles are too few to judge by their rests: {fewest} have to come after the warm-up, so `repeat: {cycles}`")
        })
    }

    fn restart_note(self) -> Option<String> {
        let window = self.judged_window()?;
        let count = self.restarts().iter().filter(|restart| window.0 < **restart && **restart < window.1).count();
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        (count > 0).then(|| format!("the target was started anew {times} under load; each stretch is judged by itself"))
    }
}

fn summary(ruling: &Ruling, scale: &Scale, limit: Option<Amount>) -> String {
    let witness = ruling.witness;
    let (slope, most) = (scale.amount(witness.pace.slope), scale.amount(witness.pace.most()));
    let limit = limit.map_or_else(String::new, |limit| format!(" (limit {limit})"));
    let memory = if witness.metric == Metric::LiveHeap { "the live heap" } else { "memory" };
    match (ruling.verdict, witness.place) {
        (Verdict::Fail, Place::Load) => {
            let faster = if witness.pace.runaway.is_some() { ", ever faster," } else { "" };
            format!("{memory} keeps growing by {slope}{faster} under load, beyond warm-up and noise{limit}")
        }
        (Verdict::Fail, Place::Rests) => {
            format!("{memory} falls back to a higher level after each cycle: it keeps growing by {slope}{limit}")
        }
        (Verdict::Pass, _) => format!("{memory} does not keep growing: at most {most}{limit}"),
        (Verdict::Inconclusive, _) if ruling.code == "beside_the_heap" => format!(
            "cannot tell: the live heap is not seen to grow, but {memory} grows by {slope}: native memory, fragments, \
             or a heap that has not found its size{limit}"
        ),
        (Verdict::Inconclusive, _) if !witness.pace.upper.is_finite() => {
            format!("cannot tell yet whether {memory} keeps growing{limit}")
        }
        (Verdict::Inconclusive, _) => format!("cannot tell yet: {memory} may grow by up to {most}{limit}"),
    }
}

fn facts(heard: &Testimony, witness: &Witness) -> String {
    let shape = shape_told(heard, witness).map_or_else(String::new, |shape| format!("shape: {}; ", shape_name(shape)));
    let (requests, load) = (heard.work.requests, Elapsed::from_seconds(heard.work.seconds));
    let level = super::bytes(witness.level);
    format!("{shape}{requests} requests in {load} of load, settled level {level}")
}

/// Its own where it has one. Floors at rest are too few to look like anything; where they prove growth, what the load
/// looks like is beside the point.
fn shape_told(heard: &Testimony, witness: &Witness) -> Option<Shape> {
    let proved_at_rest = witness.place == Place::Rests && witness.guarded && witness.pace.lower > 0.0;
    witness.shape.or_else(|| heard.witnesses.iter().find_map(|one| one.shape).filter(|_| !proved_at_rest))
}

/// `that is 5.9 GiB/h, 6.9 MiB/cycle`.
fn in_other_units(also: &[Estimate]) -> Option<String> {
    let values: Vec<String> = also.iter().map(|estimate| estimate.value.to_string()).collect();
    (!values.is_empty()).then(|| format!("that is {}", values.join(", ")))
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
        Shape::PlateauThenGrowth => "a plateau, then growth",
        Shape::Exponential => "exponential",
        Shape::Decreasing => "decreasing",
    }
}
