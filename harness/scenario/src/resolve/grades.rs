//! What values are called from some value on.

use std::collections::BTreeMap;

use timeline::{Amount, Unit};

use super::Resolver;
use super::assertions::asked_for;
use crate::plan::{Assertion, Grade, Quantity, Rule, SeriesRule};
use crate::quantity::{Growing, GrowthPerHour};
use crate::short::Short;
use crate::spec::SeriesRuleSpec;

/// The grades of memory's growth.
pub(super) fn of_memory(written: &BTreeMap<String, GrowthPerHour>) -> Vec<Grade> {
    let amount = |growth: &GrowthPerHour| Amount { value: growth.0, unit: Unit::BytesPerHour };
    in_order(written.iter().map(|(name, growth)| (name, amount(growth))))
}

impl Resolver<'_> {
    /// The rule on `of` that stands at `place`, with the grades that are written beside its limit.
    pub(super) fn graded(
        &mut self,
        place: &[&str],
        written: &SeriesRuleSpec,
        of: Quantity,
        rule: SeriesRule,
    ) -> Assertion {
        let grades = match (&rule, &written.growth) {
            (SeriesRule::Max { .. }, _) => self.of_highest(place, written, of),
            (SeriesRule::Growth { below: Some(limit), .. }, Some(Short::Long(growth))) => {
                self.of_growth(place, &growth.grades, *limit)
            }
            _ => Vec::new(),
        };
        Assertion { grades, ..asked_for(Rule::Series { of, rule }) }
    }

    /// What is graded needs a limit beside it.
    pub(super) fn grades_have_a_limit(&mut self, place: &[&str], written: &SeriesRuleSpec) {
        if !written.grades.is_empty() && written.max.is_none() {
            let hint = "say `max` too, or grade growth: `growth: {below: 10MiB/min, grades: {...}}`";
            self.refuse(&[place, &["grades"]].concat(), "they grade `max`, and it is not said", hint);
        }
    }

    fn of_highest(&mut self, place: &[&str], written: &SeriesRuleSpec, of: Quantity) -> Vec<Grade> {
        let unit = of.metric().unit();
        let mut grades = Vec::new();
        for (name, limit) in &written.grades {
            let value = self.in_unit_of(&[place, &["grades", name]].concat(), *limit, of);
            grades.extend(value.map(|value| (name, Amount { value, unit })));
        }
        in_order(grades.into_iter())
    }

    fn of_growth(&mut self, place: &[&str], written: &BTreeMap<String, Growing>, limit: Amount) -> Vec<Grade> {
        let mut grades = Vec::new();
        for (name, growing) in written {
            match growing.0 {
                Some(from) if from.unit == limit.unit => grades.push((name, from)),
                _ => {
                    let place = [place, &["growth", "grades", name]].concat();
                    self.refuse(&place, "it is not in the unit of the limit", format!("such as `{limit}`"));
                }
            }
        }
        in_order(grades.into_iter())
    }
}

/// From the lowest to the highest.
fn in_order<'a>(grades: impl Iterator<Item = (&'a String, Amount)>) -> Vec<Grade> {
    let mut grades: Vec<Grade> = grades.map(|(name, from)| Grade { name: name.clone(), from }).collect();
    grades.sort_by(|one, other| one.from.value.total_cmp(&other.from.value));
    grades
}
