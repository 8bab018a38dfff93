//! How fast memory grows while the run goes on.

use std::time::Duration;

use scenario::{Assertion, Plan, Rule};
use timeline::{Amount, Elapsed, Unit};
use verdict::Outlook;

use crate::progress::Growth;

/// Growth by less than this share of memory in an hour is not worth a word.
const NEWS: f64 = 0.02;
const HOUR: f64 = 3600.0;

/// What is seen of it.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    outlook: Outlook,
    /// The time of the load by then.
    load: Duration,
}

impl Growing {
    /// Takes the memory, bytes, at a moment by the plan, and tells of its growth where there is some.
    pub(crate) fn take(&mut self, plan: &Plan, at: Elapsed, memory: f64) -> Option<Growth> {
        let load = plan.load_by(at);
        if load > self.load {
            self.load = load;
            self.outlook.push(load.as_secs_f64(), memory);
        }
        let pace = self.outlook.pace().filter(|pace| pace * HOUR > NEWS * memory)?;
        let limit = plan.target.launch.resources().memory;
        let room = limit.map(|limit| (limit as f64 - memory).max(0.0));
        let full_in = room.and_then(|room| Duration::try_from_secs_f64(room / pace).ok());
        Some(Growth { pace, grade: grade(plan, pace), full_in })
    }
}

/// What the scenario calls growth of so many bytes per second.
fn grade(plan: &Plan, pace: f64) -> Option<String> {
    let per_hour = |rule: &Rule| matches!(rule, Rule::Growth { below: Some(Amount { unit: Unit::BytesPerHour, .. }) });
    let assertion: &Assertion = plan.assertions.iter().find(|one| per_hour(&one.rule))?;
    assertion.grade(pace * HOUR).map(|grade| grade.name.clone())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn growth_is_told_with_its_grade_and_the_time_until_memory_is_full() {
        let source = "name: test\ntarget: {process: {command: [a], memory: 1GiB}}\nload:\n  journeys: [{name: a, steps: [{get: /}]}]\n  \
                      phases: [{for: 10s}, {for: 100s, users: 1}]\nassert:\n  memory: {growth: {below: 1MiB/min, grades: {slow: 1MiB/min, \
                      active: 50MiB/min, critical: 500MiB/min}}}";
        let plan = scenario::load(source, Path::new("/"), &|_| None).unwrap();
        let mut growing = Growing::default();
        let mib = |value: f64| value * 1_048_576.0;
        let told: Vec<Option<Growth>> = (0..110)
            .map(|second| growing.take(&plan, Elapsed::from_seconds(f64::from(second)), mib(f64::from(second) * 2.0)))
            .collect();
        assert_eq!(told[20], None, "too little of the load was seen");
        let last = told[109].clone().unwrap();
        assert!((last.pace - mib(2.0)).abs() < mib(0.01), "{last:?}");
        assert_eq!(last.grade.as_deref(), Some("active"), "120 MiB/min");
        let left = last.full_in.unwrap().as_secs_f64();
        assert!((left - (1024.0 - 218.0) / 2.0).abs() < 5.0, "{left}");
    }
}
