//! How the target is watched: often enough for what is asked.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Resolver, judged_seconds};
use crate::plan::{HeartbeatPlan, Phase, ProbePlan, ReadyWhen, ServicePlan, TargetPlan};
use crate::spec::{PausesSpec, Spec};

/// A run gives this many samples by default, where it is short of five minutes.
const SAMPLES_OF_A_SHORT_RUN: f64 = 300.0;
pub(super) const FASTEST: Duration = Duration::from_millis(20);
pub(super) const SLOWEST: Duration = Duration::from_mins(1);
/// To see every pause of length d at a threshold of d/2 takes a beat per d/2.
const BEATS_PER_BUDGET: f64 = 2.0;
const FASTEST_BEAT: Duration = Duration::from_millis(1);
/// Shorter stops are not told from the noise; a runtime tells of them.
const SHORTEST_STALL: Duration = Duration::from_millis(2);
/// Where no length is limited: good enough to see what holds users up.
const USUAL_BEAT: Duration = Duration::from_millis(10);

impl Resolver<'_> {
    pub(super) fn probes(
        &mut self,
        spec: &Spec,
        target: &TargetPlan,
        services: &[ServicePlan],
        phases: &[Phase],
    ) -> ProbePlan {
        let written = spec.probes.as_ref().and_then(|probes| probes.every);
        let every = written.map_or_else(|| default_cadence(phases), |span| span.0);
        if !(FASTEST..=SLOWEST).contains(&every) {
            self.refuse(&["probes", "every"], "the cadence is out of reach", "from `20ms` to `60s`");
        }
        let logs = spec.probes.as_ref().map(|probes| probes.logs.as_slice()).unwrap_or_default();
        let mut names = BTreeSet::new();
        let logs = self.kept(logs, target, &mut names);
        let scrapes = self.scrapes(spec, services, every, &mut names);
        ProbePlan { every, heartbeat: self.heartbeat(spec, target), logs, scrapes }
    }

    /// A heartbeat where one is written, or where pauses have a limit: it sees them where the runtime does not tell.
    fn heartbeat(&mut self, spec: &Spec, target: &TargetPlan) -> Option<HeartbeatPlan> {
        let rules = spec.assertions.as_ref();
        let written = spec.probes.as_ref().and_then(|probes| probes.heartbeat.as_ref());
        let (pauses, stalls) =
            (rules.and_then(|rules| rules.pauses.as_ref()), rules.and_then(|rules| rules.stalls.as_ref()));
        let shortest = |budgets: Option<&PausesSpec>| {
            budgets.and_then(|one| one.max.into_iter().chain(one.p99).min_by_key(|span| span.0))
        };
        let budget = shortest(stalls).into_iter().chain(shortest(pauses)).map(|span| span.0).min();
        if let Some(budget) = shortest(stalls).filter(|budget| budget.0 < SHORTEST_STALL) {
            let hint = "from outside, pauses can be told from `2ms` up";
            self.refuse(&["assert", "stalls"], format!("{:?} is too short to be seen", budget.0), hint);
        }
        let slowest = budget.filter(|budget| *budget >= SHORTEST_STALL).map(|budget| budget.div_f64(BEATS_PER_BUDGET));
        let Some(written) = written else {
            return (pauses.is_some() || stalls.is_some()).then(|| HeartbeatPlan {
                path: ready_path(target),
                host: None,
                period: slowest.unwrap_or(USUAL_BEAT).max(FASTEST_BEAT),
            });
        };
        self.path(&["probes", "heartbeat", "get"], &written.get);
        let period = written.rate.map_or_else(
            || slowest.unwrap_or(Duration::from_millis(100)),
            |rate| Duration::try_from_secs_f64(1.0 / rate.0).unwrap_or(SLOWEST),
        );
        self.heartbeat_rate(period, slowest);
        Some(HeartbeatPlan { path: written.get.clone(), host: None, period: period.max(FASTEST_BEAT) })
    }

    fn heartbeat_rate(&mut self, period: Duration, slowest: Option<Duration>) {
        let place = ["probes", "heartbeat", "rate"];
        if !(FASTEST_BEAT..=SLOWEST).contains(&period) {
            self.refuse(&place, "the heartbeat's rate is out of reach", "from `1/min` to `1000/s`");
        } else if let Some(slowest) = slowest.filter(|slowest| period > *slowest) {
            let hint = format!("at least `{:.0}/s`, or leave the rate out", (1.0 / slowest.as_secs_f64()).ceil());
            self.refuse(&place, "the heartbeat is too slow to see the pauses that `assert` limits", hint);
        }
    }
}

/// The path that is asked for readiness is the cheapest one known.
fn ready_path(target: &TargetPlan) -> String {
    match &target.ready.when {
        ReadyWhen::Http(path) => path.clone(),
        _ => "/".to_owned(),
    }
}

fn default_cadence(phases: &[Phase]) -> Duration {
    Duration::from_secs_f64((judged_seconds(phases) / SAMPLES_OF_A_SHORT_RUN).clamp(0.1, 1.0))
}
