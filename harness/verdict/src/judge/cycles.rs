//! Growth from cycle to cycle: what memory falls back to in the rests.

use timeline::{Amount, Metric, Series, Subject, Unit};

use super::scale::Scale;
use super::witness::{Place, Testimony, Witness};
use super::{Case, Judgement, untold};
use crate::finding::{Evidence, Verdict};
use crate::growth::{Tolerance, Trend};

impl Case<'_> {
    pub(super) fn growth_per_cycle(self, limit: f64) -> Judgement {
        self.try_growth_per_cycle(limit).unwrap_or_else(|judgement| *judgement)
    }

    fn try_growth_per_cycle(self, limit: f64) -> Result<Judgement, Box<Judgement>> {
        let metrics = self.held_memory(&Subject::Target);
        let heard = self.hear(&Subject::Target, &metrics[..1], Tolerance::default(), true)?;
        self.by_cycle("memory", &heard, limit)
    }

    /// The same of a series in bytes.
    pub(super) fn series_per_cycle(
        self,
        metric: Metric,
        series: &Series,
        limit: f64,
    ) -> Result<Judgement, Box<Judgement>> {
        let heard = self.hear_series(&[(metric, series)], Tolerance::default(), true)?;
        self.by_cycle(&format!("`{metric}`"), &heard, limit)
    }

    fn by_cycle(self, what: &str, heard: &Testimony, limit: f64) -> Result<Judgement, Box<Judgement>> {
        let few = || self.too_few_cycles();
        let rests = heard.witnesses.iter().find(|one| one.place == Place::Rests).ok_or_else(few)?;
        let scale = Scale::cycle(self, &heard.work).ok_or_else(few)?;
        let limit = Amount { value: limit, unit: Unit::BytesPerCycle };
        let (verdict, code) = match rests.says(Some(limit.value / scale.seconds)) {
            Trend::Leak => (Verdict::Fail, "exceeded"),
            Trend::Bounded => (Verdict::Pass, "holds"),
            Trend::Unclear => (Verdict::Inconclusive, "unclear"),
        };
        let others = Scale::all(self, &heard.work).into_iter().filter(|other| other.unit != scale.unit);
        Ok(Judgement::new(verdict, code, summary(what, verdict, rests, &scale, limit)).with(Evidence {
            limit: Some(limit),
            window: Some(rests.window),
            samples: rests.samples,
            source: Some(rests.source.clone()),
            trace: Some(rests.trace(&Subject::Target, &heard.work, Some(limit.value / scale.seconds))),
            also: others.filter_map(|other| other.estimate(&rests.pace)).collect(),
            ..scale.evidence(&rests.pace)
        }))
    }

    fn too_few_cycles(self) -> Box<Judgement> {
        match (&self.plan.cycles, self.cycles().len()) {
            (Some(pattern), 0) => untold(&format!(
                "the target ended no cycle of its own: nothing in its log matches `{}`",
                pattern.as_str()
            )),
            (Some(_), count) => {
                untold(&format!("the target went through {count} cycles of its own, which are too few"))
            }
            (None, _) => untold("too few cycles ended in a rest"),
        }
    }
}

fn summary(what: &str, verdict: Verdict, rests: &Witness, scale: &Scale, limit: Amount) -> String {
    let (slope, most) = (scale.amount(rests.pace.slope), scale.amount(rests.pace.most()));
    match verdict {
        Verdict::Fail => format!("{what} falls back to a higher level after each cycle: by {slope} (limit {limit})"),
        Verdict::Pass => {
            format!("{what} falls back to the same level after each cycle: at most {most} (limit {limit})")
        }
        Verdict::Inconclusive => {
            format!("cannot tell: what {what} falls back to may grow by up to {most} (limit {limit})")
        }
    }
}
