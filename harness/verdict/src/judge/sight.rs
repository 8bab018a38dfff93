//! What has been seen of a run that is under way, as far as looks need it, in bounded room.
//!
//! The same is made of a sealed record again, so that a look can be repeated: what a look sees is all that was taken up
//! to a moment, and nothing of what came later has any part in it.

use std::collections::BTreeMap;

use scenario::{Plan, Rule};
use timeline::{
    Elapsed, Event, Happening, LatencyInterval, Metric, Observation, Outcome, PhaseSpan, Sample, Series, SeriesKey,
    Subject, Timeline,
};

use super::thinned::Thinned;
use super::{Case, Terms};
use crate::finding::{Finding, Verdict};

/// What speaks of growth in a run.
#[derive(Debug, Default)]
pub struct Sight {
    series: BTreeMap<SeriesKey, Watched>,
    phases: Vec<PhaseSpan>,
    /// Requests by interval, all steps together and without their times.
    work: Vec<LatencyInterval>,
    events: Vec<Event>,
}

/// A series, thinned up to some moment.
#[derive(Debug, Default)]
struct Watched {
    source: String,
    settled: Thinned,
    /// What was taken after that.
    fresh: Vec<Sample>,
}

impl Sight {
    /// Adds what was seen, where it speaks of growth.
    pub fn push(&mut self, seen: &Observation) {
        match seen {
            Observation::Sample { key, source, sample } if speaks_of_growth(key) => self.sample(key, source, *sample),
            Observation::Latency(interval) => self.interval(interval),
            Observation::Phase(span) => self.phases.push(span.clone()),
            Observation::Event(event) => self.event(event),
            Observation::Sample { .. }
            | Observation::Load(_)
            | Observation::Beat(_)
            | Observation::Hold(_)
            | Observation::Pause(_) => {}
        }
    }

    /// Settles what was taken up to `until`: from then on it takes bounded room, and no earlier moment can be looked at.
    /// Of the load, an entry of 150 bytes is kept for each interval: 1.3 MB of a day.
    pub fn settle(&mut self, until: Elapsed) {
        for watched in self.series.values_mut() {
            let count = watched.fresh.partition_point(|sample| sample.taken <= until);
            watched.fresh.drain(..count).for_each(|sample| watched.settled.push(sample));
        }
    }

    /// What of memory is proved to leak by what was taken up to `until`, at the chance of error of the look with this
    /// number: the finding in a line. The judgement of a run that it ended says the same.
    pub fn look(&mut self, plan: &Plan, number: u32, until: Elapsed) -> Option<String> {
        let seen = self.until(until);
        let case = Case { plan, timeline: &seen, terms: Terms::of_look(plan, number) };
        let rules = plan.assertions.iter().map(|assertion| &assertion.rule).filter(|rule| is_on_leaks(rule));
        let mut findings = rules.flat_map(|rule| case.findings(rule));
        findings.find(|finding: &Finding| finding.verdict == Verdict::Fail).map(|finding| finding.summary)
    }

    /// What the look saw that ended this run, and what chance it took; `None` where no look did.
    pub(super) fn of_stopped(plan: &Plan, timeline: &Timeline) -> Option<(Timeline, Terms)> {
        let Outcome::StoppedEarly { look, seen, .. } = &timeline.outcome else { return None };
        let mut sight = Self::default();
        for (key, series) in timeline.series.iter().filter(|(key, _)| speaks_of_growth(key)) {
            series.samples.iter().for_each(|sample| sight.sample(key, &series.source, *sample));
        }
        timeline.latency.iter().for_each(|interval| sight.interval(interval));
        timeline.events.iter().for_each(|event| sight.event(event));
        sight.phases.clone_from(&timeline.phases);
        Some((sight.until(*seen), Terms::of_look(plan, *look)))
    }

    fn sample(&mut self, key: &SeriesKey, source: &str, sample: Sample) {
        if !self.series.contains_key(key) {
            let watched = Watched { source: source.to_owned(), ..Watched::default() };
            self.series.insert(key.clone(), watched);
        }
        if let Some(watched) = self.series.get_mut(key) {
            watched.fresh.push(sample);
        }
    }

    fn interval(&mut self, interval: &LatencyInterval) {
        match self.work.last_mut() {
            Some(last) if last.end == interval.end => last.requests += interval.requests,
            _ => self.work.push(LatencyInterval {
                start: interval.start,
                end: interval.end,
                requests: interval.requests,
                ..LatencyInterval::default()
            }),
        }
    }

    fn event(&mut self, event: &Event) {
        if let Happening::Entered { .. }
        | Happening::Launched { .. }
        | Happening::Requests { .. }
        | Happening::CycleEnded { .. } = event.what
        {
            self.events.push(event.clone());
        }
    }

    /// The run as far as it was seen at `until`.
    fn until(&mut self, until: Elapsed) -> Timeline {
        self.settle(until);
        let series = self.series.iter().map(|(key, watched)| {
            let samples = watched.settled.samples();
            (key.clone(), Series { source: watched.source.clone(), samples })
        });
        let mut seen = Timeline {
            series: series.collect(),
            phases: self.phases.iter().filter(|phase| phase.end <= until).cloned().collect(),
            latency: self.work.iter().filter(|interval| interval.start < until).cloned().collect(),
            events: self.events.iter().filter(|event| event.at <= until).cloned().collect(),
            end: until,
            ..Timeline::default()
        };
        seen.close_phase();
        seen
    }
}

/// Is it judged for a leak of memory?
pub(super) fn is_on_leaks(rule: &Rule) -> bool {
    matches!(rule, Rule::Growth { .. } | Rule::GrowthPerCycle { .. })
}

fn speaks_of_growth(key: &SeriesKey) -> bool {
    let judged = !matches!(key.subject, Subject::Harness | Subject::Process(_));
    judged && (Metric::HELD_MEMORY.contains(&key.metric) || key.metric == Metric::WorkingSet)
}
