//! The rules: those of the scenario, and those that always hold.

use std::collections::BTreeSet;

use timeline::{Amount, Metric, Unit};

use super::{Resolver, grades, judged_seconds};
use crate::plan::{Assertion, During, Phase, Plan, ProbePlan, Rule, Tolerance, Users, Watcher};
use crate::spec::{AssertSpec, LatencySpec, MemorySpec, PausesSpec};

/// With fewer samples than this under load, growth cannot be judged.
const LEAST_GROWTH_SAMPLES: f64 = 48.0;
/// A line through the rests of the last five of them is the least that shows growth.
const LEAST_CYCLES: usize = 8;

impl Resolver<'_> {
    pub(super) fn assertions(&mut self, rules: Option<&AssertSpec>, plan: &Plan) -> Vec<Assertion> {
        let default = AssertSpec::default();
        let rules = rules.unwrap_or(&default);
        self.is_in_reach(rules, plan);
        let mut asked = Vec::new();
        let mut grades = Vec::new();
        if let Some(memory) = &rules.memory {
            self.memory_needs(memory, plan);
            let peak = self.peak(memory, plan);
            asked.extend(memory_rules(memory, peak));
            grades.extend(memory.growth.iter().flat_map(|growth| grades::of_memory(&growth.grades)));
        }
        for (watcher, budgets) in [(Watcher::Best, &rules.pauses), (Watcher::Heartbeat, &rules.stalls)] {
            let Some(budgets) = budgets else { continue };
            asked.extend(pause_rules(budgets, watcher, During::Run));
            if let Some(idle) = &budgets.idle {
                self.has_part(&["assert", watcher.key(), "idle"], During::Idle, &plan.phases);
                asked.extend(pause_rules(&idle.limits(), watcher, During::Idle));
            }
        }
        asked.extend(rules.latency.iter().flat_map(latency_rules));
        asked.extend(rules.errors.as_ref().map(|errors| Rule::Errors { below: errors.below.0 }));
        asked.extend(rules.throughput.as_ref().map(|throughput| Rule::Throughput { above: throughput.above.0 }));
        let implied = implied(&asked, plan).into_iter().map(|rule| Assertion { asked_for: false, ..asked_for(rule) });
        let series = self.series_rules(&rules.series, plan);
        let logs = self.log_rules(&rules.logs, &plan.target);
        let before = asked.into_iter().map(|rule| {
            let grades = if is_on_growth(&rule) { grades.clone() } else { Vec::new() };
            Assertion { grades, ..asked_for(rule) }
        });
        implied.chain(before).chain(series).chain(logs.into_iter().map(asked_for)).collect()
    }

    /// Rules about a baseline need one; rules about a settled level need one too.
    fn memory_needs(&mut self, memory: &MemorySpec, plan: &Plan) {
        let phases = plan.phases.as_slice();
        let has_baseline = phases.first().is_some_and(|phase| !phase.loaded());
        let settles = phases.len() > 1 && phases.last().is_some_and(|phase| !phase.loaded());
        let wants_baseline = [
            ("returns_to_baseline", memory.returns_to_baseline.is_some()),
            ("above_baseline", memory.above_baseline.is_some()),
            ("idle", memory.idle.is_some()),
        ];
        for (key, wanted) in wants_baseline {
            if wanted && !has_baseline && !phases.is_empty() {
                let hint = "begin `load.phases` with `{name: baseline, for: 30s}`";
                self.refuse(&["assert", "memory", key], "there is no idle phase before the load", hint);
            }
        }
        if memory.returns_to_baseline.is_some() && !settles && !phases.is_empty() {
            let hint = "end `load.phases` with `{name: settle, for: 30s}`";
            self.refuse(&["assert", "memory", "returns_to_baseline"], "there is no idle phase after the load", hint);
        }
        self.growth_needs_samples(memory, phases, &plan.probes);
        if memory.growth_per_cycle.is_some() {
            self.cycles_have_rests(&["assert", "memory", "growth_per_cycle"], plan);
        }
        if plan.makes_load() {
            self.growth_per_user_needs_users(memory, phases);
        }
    }

    /// The ceiling in bytes; a share needs a limit of which it is one.
    fn peak(&mut self, memory: &MemorySpec, plan: &Plan) -> Option<f64> {
        let limit = plan.target.launch.resources().memory;
        match (memory.peak.as_ref()?.below.0, limit) {
            (Tolerance::Bytes(bytes), _) => Some(bytes),
            (Tolerance::Share(share), Some(limit)) => Some(share * limit as f64),
            (Tolerance::Share(_), None) => {
                let hint = "give it one: `memory: 512MiB`; or write a size";
                let message = "the target has no memory limit of which that is a share";
                self.refuse(&["assert", "memory", "peak"], message, hint);
                None
            }
        }
    }

    /// Growth per cycle is read off the idle phases of the cycles, unless the target makes cycles of its own.
    pub(super) fn cycles_have_rests(&mut self, place: &[&str], plan: &Plan) {
        let idle = plan.phases.iter().filter(|phase| !phase.loaded());
        let rests: BTreeSet<u32> = idle.filter_map(|phase| phase.cycle).collect();
        if plan.cycles.is_none() && rests.len() < LEAST_CYCLES && !plan.phases.is_empty() {
            let message = format!("{} cycles end in rest, and growth per cycle needs {LEAST_CYCLES}", rests.len());
            let hint = "`{repeat: 12, phases: [{for: 25s, users: 10}, {for: 12s}]}`";
            self.refuse(place, message, hint);
        }
    }

    /// What a user costs shows where the number of users changes.
    fn growth_per_user_needs_users(&mut self, memory: &MemorySpec, phases: &[Phase]) {
        let has_baseline = phases.first().is_some_and(|phase| !phase.loaded());
        let varies = phases.iter().any(|phase| phase.users.from != phase.users.to);
        let anybody = phases.iter().any(|phase| phase.users != Users::default());
        let hint = "begin `load.phases` with `{name: baseline, for: 30s}`, or with a ramp: `users: 0..50`";
        if memory.growth_per_user.is_some() && !phases.is_empty() && !(anybody && (has_baseline || varies)) {
            let message = "the number of users never changes, so what one of them costs cannot be seen";
            self.refuse(&["assert", "memory", "growth_per_user"], message, hint);
        }
    }

    fn growth_needs_samples(&mut self, memory: &MemorySpec, phases: &[Phase], probes: &ProbePlan) {
        let samples = judged_seconds(phases) / probes.every.as_secs_f64();
        let key = match (&memory.growth, &memory.growth_per_request) {
            (Some(_), _) => "growth",
            (None, Some(_)) => "growth_per_request",
            _ => return,
        };
        if samples < LEAST_GROWTH_SAMPLES && !phases.is_empty() {
            let message = format!("the load gives {samples:.0} samples, and growth needs {LEAST_GROWTH_SAMPLES}");
            self.refuse(&["assert", "memory", key], message, "lengthen the load, or shorten `probes.every`");
        }
    }
}

/// A rule that the scenario has written, without grades.
pub(super) fn asked_for(rule: Rule) -> Assertion {
    Assertion { rule, asked_for: true, grades: Vec::new() }
}

/// Is it `memory.growth`, which is per time?
fn is_on_growth(rule: &Rule) -> bool {
    matches!(rule, Rule::Growth { below: Some(Amount { unit: Unit::BytesPerHour, .. }) })
}

fn memory_rules(memory: &MemorySpec, peak: Option<f64>) -> Vec<Rule> {
    let growth = |value, unit| Rule::Growth { below: Some(Amount { value, unit }) };
    [
        memory.growth.as_ref().map(|limit| growth(limit.below.0, Unit::BytesPerHour)),
        memory.growth_per_request.as_ref().map(|limit| growth(limit.below.0, Unit::BytesPerRequest)),
        memory.growth_per_cycle.as_ref().map(|limit| Rule::GrowthPerCycle { below: limit.below.0 }),
        memory.growth_per_user.as_ref().map(|limit| Rule::GrowthPerUser { below: limit.below.0 }),
        memory.returns_to_baseline.as_ref().map(|limit| Rule::ReturnsToBaseline { within: limit.within.0 }),
        memory.above_baseline.as_ref().map(|limit| Rule::AboveBaseline { below: limit.below.0 }),
        memory.idle.as_ref().map(|limit| Rule::Idle { below: limit.below.0 }),
        peak.map(|below| Rule::Peak { below }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pause_rules(pauses: &PausesSpec, watcher: Watcher, during: During) -> impl Iterator<Item = Rule> {
    let rules = [
        pauses.max.map(|max| Rule::PauseMax { limit: max.0, watcher, during }),
        pauses.p99.map(|p99| Rule::PauseP99 { limit: p99.0, watcher, during }),
        pauses.share.map(|share| Rule::PauseShare { below: share.0, watcher, during }),
        pauses.per_minute.map(|most| Rule::PausesPerMinute { most, watcher, during }),
    ];
    rules.into_iter().flatten()
}

fn latency_rules(latency: &LatencySpec) -> Vec<Rule> {
    let limits = [
        (50.0, latency.p50),
        (90.0, latency.p90),
        (95.0, latency.p95),
        (99.0, latency.p99),
        (99.9, latency.p99_9),
        (100.0, latency.max),
    ];
    limits.into_iter().filter_map(|(percentile, limit)| Some(Rule::Latency { percentile, below: limit?.0 })).collect()
}

/// What is judged whether it was asked for or not. The leak verdict is among it, unless the scenario gives growth a
/// limit of its own, or there is no memory to see.
fn implied(asked: &[Rule], plan: &Plan) -> Vec<Rule> {
    let samples = plan.only_address().is_none();
    let mut rules = vec![Rule::TargetAlive];
    rules.extend((!plan.services.is_empty()).then_some(Rule::ServicesAlive));
    rules.extend(samples.then_some(Rule::Coverage));
    if plan.makes_load() || plan.command.is_some() {
        rules.push(Rule::GeneratorHealth);
    }
    if samples && !asked.iter().any(|rule| matches!(rule, Rule::Growth { .. })) {
        rules.push(Rule::Growth { below: None });
    }
    rules.extend(Metric::COUNTS.map(|metric| Rule::CountGrowth { metric }).into_iter().filter(|_| samples));
    rules.extend(samples.then_some(Rule::ConnectionGrowth));
    rules
}
