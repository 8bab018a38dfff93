//! What the target logs: numbers that are kept, and rules on lines.

use std::collections::BTreeSet;

use timeline::Metric;

use super::Resolver;
use crate::line_pattern::LinePattern;
use crate::plan::{AttachPlan, Kept, Launch, Rule, TargetPlan};
use crate::short::Short;
use crate::spec::{KeepSpec, LogProbeSpec, LogRuleSpec};

/// The longest name of a series, bytes: it stands in tables.
const LONGEST_NAME: usize = 80;

impl Resolver<'_> {
    /// The numbers that are kept, in the order in which they are written.
    pub(super) fn kept(
        &mut self,
        probes: &[LogProbeSpec],
        target: &TargetPlan,
        names: &mut BTreeSet<String>,
    ) -> Vec<Kept> {
        if !probes.is_empty() {
            self.log_is_in_reach(&["probes", "logs"], target);
        }
        let mut kept = Vec::new();
        for (index, probe) in probes.iter().enumerate() {
            let index = index.to_string();
            for (name, written) in &probe.keep {
                let place = ["probes", "logs", &index, "keep", name];
                self.new_series(&place, name, names);
                kept.push(self.one_kept(&place, name, written));
            }
        }
        kept
    }

    fn one_kept(&mut self, place: &[&str], name: &str, written: &Short<LinePattern, KeepSpec>) -> Kept {
        let (pattern, unit) = match written {
            Short::Short(pattern) => (pattern, None),
            Short::Long(long) => (&long.pattern, long.unit.as_deref()),
        };
        self.marks_a_number(place, pattern);
        let (unit, scale) = self.told_unit(place, unit).unwrap_or_else(|| pattern.measure());
        Kept { name: name.to_owned(), pattern: pattern.clone(), unit, scale }
    }

    pub(super) fn marks_a_number(&mut self, place: &[&str], pattern: &LinePattern) {
        if !pattern.marks_a_number() {
            let hint = r"name its group: `'External: (?<value>[0-9.]+)MB'`";
            self.refuse(place, "the pattern does not say which number it is", hint);
        }
    }

    /// A series that the scenario names is told apart from all others. What only some runtimes tell it may tell itself.
    pub(super) fn new_series(&mut self, place: &[&str], name: &str, names: &mut BTreeSet<String>) {
        let of_system = |metric: &&Metric| !metric.is_of_runtime() || **metric == Metric::LiveHeap;
        if !names.insert(name.to_owned()) {
            self.refuse(place, format!("there are two series `{name}`"), "give each a name of its own");
        } else if Metric::ALL.iter().filter(of_system).any(|metric| metric.name() == name) {
            self.refuse(place, format!("`{name}` is what is read from the system"), "give it another name");
        } else if name.trim() != name || name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control)
        {
            self.refuse(place, "that is no name for a series", "a short one, such as `external` or `jobs_waiting`");
        }
    }

    /// The rules on lines.
    pub(super) fn log_rules(&mut self, rules: &[LogRuleSpec], target: &TargetPlan) -> Vec<Rule> {
        if !rules.is_empty() {
            self.log_is_in_reach(&["assert", "logs"], target);
        }
        let mut ids = BTreeSet::new();
        let mut all = Vec::new();
        for (index, written) in rules.iter().enumerate() {
            let index = index.to_string();
            let place = ["assert", "logs", &index];
            let Some(rule) = self.log_rule(&place, written) else { continue };
            if ids.insert(rule.id()) {
                all.push(rule);
            } else {
                self.refuse(&place, "this stands here twice", "leave one of the two out");
            }
        }
        all
    }

    fn log_rule(&mut self, place: &[&str], written: &LogRuleSpec) -> Option<Rule> {
        let LogRuleSpec { forbid, require, rate, below } = written;
        let rule = match (forbid, require, rate, below) {
            (Some(pattern), None, None, None) => Rule::LogForbid { pattern: pattern.clone() },
            (None, Some(pattern), None, None) => Rule::LogRequire { pattern: pattern.clone() },
            (None, None, Some(pattern), Some(below)) => Rule::LogRate { pattern: pattern.clone(), below: below.0 },
            (None, None, Some(_), None) => {
                self.refuse(place, "the rate has no limit", "`{rate: 'slow query', below: 10/s}`");
                return None;
            }
            // What could not be read was told.
            _ if self.is_known_bad(place) => return None,
            _ => {
                let hint = "`{forbid: 'panic'}`, `{require: 'ready'}` or `{rate: 'slow query', below: 10/s}`";
                self.refuse(place, "a rule on lines says one thing of them", hint);
                return None;
            }
        };
        Some(rule)
    }

    /// Refuses what needs a log that is not seen.
    pub(super) fn log_is_in_reach(&mut self, place: &[&str], target: &TargetPlan) {
        if let Launch::Attach(AttachPlan::Process { .. } | AttachPlan::Url(_)) = target.launch {
            let hint = "launch the target as a `process` or a `container`, or attach to its container";
            self.refuse(place, "the log of what runs elsewhere is out of reach", hint);
        }
    }
}
