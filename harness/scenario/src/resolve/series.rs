//! Rules on series: each name has to be told by something, each limit has to be in the unit of what it limits.

use std::collections::BTreeSet;

use timeline::{Amount, Metric, Unit};

use super::Resolver;
use crate::decode::did_you_mean;
use crate::plan::{Assertion, During, Phase, Plan, Quantity, SeriesRule, Tolerance};
use crate::quantity::Limit;
use crate::short::Short;
use crate::spec::SeriesRuleSpec;

/// Short names that are in use everywhere.
const ALIASES: [(&str, Metric); 2] = [("rss", Metric::ResidentMemory), ("external", Metric::ExternalMemory)];
const RULE_HINT: &str = "`{metric: open_files, max: 500}` or `{ratio: [external, rss], max: 200%}`";

impl Resolver<'_> {
    pub(super) fn series_rules(&mut self, rules: &[SeriesRuleSpec], plan: &Plan) -> Vec<Assertion> {
        let mut ids = BTreeSet::new();
        let mut all = Vec::new();
        for (index, written) in rules.iter().enumerate() {
            let index = index.to_string();
            let place = ["assert", "series", &index];
            let Some(of) = self.quantity(&place, written, plan) else { continue };
            let limits = self.limits(&place, written, of, plan);
            if limits.is_empty() && !self.is_known_bad(&place) {
                self.refuse(&place, format!("nothing is said of `{of}`"), "`max: 100`, or `growth: none`");
            }
            for rule in limits {
                let graded = self.graded(&place, written, of, rule);
                if ids.insert(graded.rule.id()) {
                    all.push(graded);
                } else {
                    self.refuse(&place, "this stands here twice", "leave one of the two out");
                }
            }
        }
        all
    }

    fn quantity(&mut self, place: &[&str], written: &SeriesRuleSpec, plan: &Plan) -> Option<Quantity> {
        match (&written.metric, written.ratio.as_deref()) {
            (Some(name), None) => self.series(&[place, &["metric"]].concat(), name, plan).map(Quantity::Metric),
            (None, Some([of, to])) => {
                let of = self.series(&[place, &["ratio", "0"]].concat(), of, plan);
                let to = self.series(&[place, &["ratio", "1"]].concat(), to, plan);
                let (of, to) = of.zip(to)?;
                if of.unit() != to.unit() {
                    let message = format!("`{of}` is in {}, and `{to}` in {}", words(of.unit()), words(to.unit()));
                    self.refuse(&[place, &["ratio"]].concat(), message, "a ratio is of two series in one unit");
                }
                Some(Quantity::Ratio(of, to))
            }
            _ if self.is_known_bad(place) => None,
            _ => {
                self.refuse(place, "a rule on series is on one `metric`, or on the `ratio` of two", RULE_HINT);
                None
            }
        }
    }

    /// The series that bears a name: of the scenario, else of ours.
    fn series(&mut self, place: &[&str], name: &str, plan: &Plan) -> Option<Metric> {
        let named = plan.probes.named();
        let found = find(name, &named);
        match found {
            None => {
                let ours = Metric::ALL.iter().map(|metric| metric.name());
                let known = named.iter().map(|metric| metric.name()).chain(ours);
                let hint = did_you_mean(name, known).unwrap_or_else(|| {
                    "keep it: `probes: {scrape: [...]}` or `probes: {logs: [...]}`, or name what is always read, such as \
                     `open_files`"
                        .to_owned()
                });
                self.refuse(place, format!("there is no series `{name}`"), hint);
            }
            Some(metric) if plan.only_address().is_some() && !named.contains(&metric) => {
                let hint = "attach by `pid` or `container`, or scrape it: `probes: {scrape: [...]}`";
                self.refuse(place, format!("of a target that is only an address, `{name}` cannot be seen"), hint);
            }
            Some(_) => {}
        }
        found
    }

    fn limits(&mut self, place: &[&str], written: &SeriesRuleSpec, of: Quantity, plan: &Plan) -> Vec<SeriesRule> {
        let during = written.during.map(|part| part.0).unwrap_or_default();
        let bounds = [("max", written.max), ("min", written.min)];
        let limited = written.max.is_some() || written.min.is_some() || written.rate.is_some();
        if written.during.is_some() && written.growth.is_none() && !limited {
            let message = "it is of `max`, `min`, `rate` and `growth`, and none of them is said";
            self.refuse(&[place, &["during"]].concat(), message, "leave it out");
        }
        self.has_part(place, during, &plan.phases);
        self.grades_have_a_limit(place, written);
        let mut rules = Vec::new();
        for (key, bound) in bounds {
            let Some(limit) = bound.and_then(|bound| self.in_unit_of(&[place, &[key]].concat(), bound, of)) else {
                continue;
            };
            rules.push(if key == "max" {
                SeriesRule::Max { limit, during }
            } else {
                SeriesRule::Min { limit, during }
            });
        }
        rules.extend(self.growth_of(place, written, of, plan));
        if let Some(limit) = &written.growth_per_cycle {
            rules.extend(self.growth_per_cycle_of(&[place, &["growth_per_cycle"]].concat(), limit.below.0, of, plan));
        }
        if let Some(within) = &written.returns_to_baseline {
            self.has_part(place, During::Idle, &plan.phases);
            self.has_part(place, During::Settle, &plan.phases);
            rules.extend(self.near(&[place, &["returns_to_baseline"]].concat(), within.within.0, of));
        }
        if let Some(rate) = &written.rate {
            rules.push(SeriesRule::Rate { below: rate.below.0, during: written.during.map(|part| part.0) });
        }
        rules
    }

    /// The value of a limit, which has to be in the unit of what it limits.
    pub(super) fn in_unit_of(&mut self, place: &[&str], limit: Limit, of: Quantity) -> Option<f64> {
        let Limit(Amount { value, unit }) = limit;
        let wanted = of.metric().unit();
        // A share may be written as the number that it is.
        if unit == wanted || (wanted == Unit::Share && unit == Unit::Count) {
            return Some(value);
        }
        let hint = format!("write {}, or say the unit where `{of}` is kept: `unit: B`", example(wanted));
        self.refuse(place, format!("`{of}` is in {}, and the limit is in {}", words(wanted), words(unit)), hint);
        None
    }

    fn growth_of(&mut self, place: &[&str], written: &SeriesRuleSpec, of: Quantity, plan: &Plan) -> Option<SeriesRule> {
        let below = match written.growth.as_ref()? {
            Short::Short(growing) => growing.0,
            Short::Long(long) => long.below.0,
        };
        let place = [place, &["growth"]].concat();
        if let Some(name) = of.needs().into_iter().find(|metric| plan.probes.counts_up(*metric)) {
            let hint = "limit how fast it counts: `rate: {below: 5/s}`";
            self.refuse(&place, format!("`{name}` counts up by its nature, and that is no growth"), hint);
        }
        let fits = match (below.map(|below| below.unit), of.metric().unit()) {
            (None, _) | (Some(Unit::BytesPerHour), Unit::Bytes) => true,
            (Some(Unit::PerHour), unit) => unit == Unit::Count,
            _ => false,
        };
        if !fits {
            let message = format!("`{of}` is in {}, and the limit is not", words(of.metric().unit()));
            self.refuse(&place, message, "`growth: none`; in bytes `{below: 1MiB/h}`, of counts `{below: 10/h}`");
        }
        // Growth is one under load where nothing else is said.
        let during = written.during.map(|part| part.0).filter(|part| matches!(part, During::Idle | During::Settle));
        if during.is_some() && below.is_none() {
            let hint = "say how much: `growth: {below: 1MiB/min}`";
            self.refuse(&place, "`none` is judged under load, beyond warm-up and noise", hint);
        }
        Some(SeriesRule::Growth { below, during: during.unwrap_or_default() })
    }

    fn growth_per_cycle_of(&mut self, place: &[&str], below: f64, of: Quantity, plan: &Plan) -> Option<SeriesRule> {
        let unit = of.metric().unit();
        if unit != Unit::Bytes {
            let message = format!("`{of}` is in {}, and the limit is in bytes", words(unit));
            self.refuse(place, message, "`growth: none`, or `growth: {below: 10/h}`");
            return None;
        }
        self.cycles_have_rests(place, plan);
        Some(SeriesRule::GrowthPerCycle { below })
    }

    fn near(&mut self, place: &[&str], within: Tolerance, of: Quantity) -> Option<SeriesRule> {
        if matches!(within, Tolerance::Bytes(_)) && of.metric().unit() != Unit::Bytes {
            self.refuse(place, format!("`{of}` is in {}", words(of.metric().unit())), "a share: `{within: 10%}`");
            return None;
        }
        Some(SeriesRule::ReturnsToBaseline { within })
    }

    /// A part of the run that is judged has to be there.
    pub(super) fn has_part(&mut self, place: &[&str], during: During, phases: &[Phase]) {
        let is_idle = |phase: Option<&Phase>| phase.is_some_and(|phase| !phase.loaded());
        let (missing, hint) = match during {
            During::Idle if !is_idle(phases.first()) => {
                ("there is no idle phase before the load", "begin `load.phases` with `{name: baseline, for: 30s}`")
            }
            During::Settle if phases.len() < 2 || !is_idle(phases.last()) => {
                ("there is no idle phase after the load", "end `load.phases` with `{name: settle, for: 30s}`")
            }
            _ => return,
        };
        if !phases.is_empty() {
            self.refuse(place, missing, hint);
        }
    }
}

fn find(name: &str, named: &[Metric]) -> Option<Metric> {
    let ours = || Metric::ALL.into_iter().find(|metric| metric.name() == name);
    let connections = || {
        let metric = Metric::connections_to(name.strip_prefix("connections to :")?.parse().ok()?);
        (metric.name() == name).then_some(metric)
    };
    let active = || name.strip_prefix("active_resources ").map(Metric::active_resources_of);
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, metric)| *metric);
    let kept = named.iter().copied().find(|metric| metric.name() == name);
    kept.or_else(ours).or_else(connections).or_else(active).or_else(alias)
}

fn words(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes",
        Unit::Seconds => "time",
        Unit::Share => "shares",
        _ => "plain numbers",
    }
}

fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "a size: `200MiB`",
        Unit::Seconds => "a time: `50ms`",
        Unit::Share => "a share: `200%`",
        _ => "a number: `100`",
    }
}
