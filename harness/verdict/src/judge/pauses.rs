//! Pauses seen from outside: GC-equivalent, whatever made them.
//!
//! The heartbeat has one request under way at a time, so a stop of the target holds up exactly
//! one beat: by the length of the stop, less the time since the last beat, which is at most a
//! period. So a beat of excess latency e tells of a pause between e and e + period. What the
//! harness itself stood still is taken off the lower end only: a contaminated beat can leave a
//! finding open, and cannot fail it.

use std::time::Duration;

use timeline::{Beat, Elapsed, Happening, Metric};

use super::{Case, Judgement, Window, below, code_of, seconds, untold};
use crate::finding::{Evidence, Verdict};

/// With fewer answered beats than this there is no usual latency to compare with.
const FEWEST_BEATS: usize = 20;
/// Of the grid's points, this share has to have been beaten or stood still on.
const LEAST_COVERAGE: f64 = 0.8;
/// So many of the longest pauses are named.
const NAMED: usize = 5;

/// A possible pause: the beat that tells of it, and between what lengths it lies, in seconds.
#[derive(Clone, Copy)]
struct Pause {
    at: Elapsed,
    least: f64,
    most: f64,
    /// How long the harness itself stood still in it.
    stalled: f64,
}

impl Pause {
    /// Says so where that makes the bounds wide.
    fn stalled_harness(&self) -> String {
        let much = self.stalled > 0.1 * self.most;
        let told = || format!(" (the harness itself was held up for {} of it: a busy machine?)", seconds(self.stalled));
        if much { told() } else { String::new() }
    }
}

impl Case<'_> {
    pub(super) fn pause_max(self, limit: Duration) -> Judgement {
        self.try_pause_max(limit.as_secs_f64()).unwrap_or_else(|judgement| *judgement)
    }

    fn try_pause_max(self, limit: f64) -> Result<Judgement, Box<Judgement>> {
        let plan = self.plan.probes.heartbeat.as_ref().ok_or_else(|| untold("there is no heartbeat"))?;
        let (first, last) = self
            .timeline
            .phases
            .first()
            .zip(self.timeline.phases.last())
            .ok_or_else(|| untold("no phase was reached"))?;
        let window = (first.start, last.end);
        let asked = self.collections();
        let within = |beat: &&Beat| beat.due >= window.0 && beat.done <= window.1 && !is_in(&asked, beat);
        let beats: Vec<&Beat> = self.timeline.beats.iter().filter(within).collect();
        let answered = beats.iter().filter(|beat| beat.answered).count();
        if answered < FEWEST_BEATS || answered * 2 < beats.len() {
            return Err(untold(&format!("the heartbeat was answered {answered} times of {}", beats.len())));
        }
        let mut pauses = pauses(&beats, plan.period);
        pauses.sort_by(|a, b| b.least.total_cmp(&a.least));
        let interval = (pauses[0].least, pauses.iter().map(|pause| pause.most).fold(0.0, f64::max));
        let verdict = below(limit, interval);
        let covered = coverage(&beats, window, plan.period);
        let (verdict, code) = match verdict {
            Verdict::Pass if !self.completed() => (Verdict::Inconclusive, "cut_short"),
            Verdict::Pass if covered < LEAST_COVERAGE => (Verdict::Inconclusive, "gaps"),
            verdict => (verdict, code_of(verdict)),
        };
        let over = pauses.iter().filter(|pause| pause.least > limit).count();
        let evidence = Evidence {
            value: Some(seconds(interval.0)),
            limit: Some(seconds(limit)),
            interval: Some((seconds(interval.0), seconds(interval.1))),
            resolution: Some(seconds(interval.1.max(plan.period.as_secs_f64()))),
            window: Some(window),
            samples: beats.len() as u64,
            source: Some(format!("heartbeat on {} every {}", plan.path, Elapsed::from(plan.period))),
            notes: self.pause_notes(&pauses, limit, covered),
            ..Evidence::default()
        };
        let summary = summary(verdict, interval, limit, over);
        Ok(Judgement::new(verdict, code, summary).with(evidence))
    }

    /// When collections were under way that were asked for, in order: their pauses are ours, and not the target's.
    fn collections(self) -> Vec<Window> {
        let span = |event: &timeline::Event| match event.what {
            Happening::Collected { from, to } => Some((from, to)),
            _ => None,
        };
        self.timeline.events.iter().filter_map(span).collect()
    }

    fn pause_notes(self, pauses: &[Pause], limit: f64, covered: f64) -> Vec<String> {
        let mut notes: Vec<String> = pauses
            .iter()
            .filter(|pause| pause.most > limit)
            .take(NAMED)
            .map(|pause| {
                let within = (seconds(pause.least.max(0.0)), seconds(pause.most));
                let why = [pause.stalled_harness(), self.throttled_at(*pause)].concat();
                format!("at {}: between {} and {}{why}", pause.at, within.0, within.1)
            })
            .collect();
        if covered < LEAST_COVERAGE {
            notes
                .push(format!("the heartbeat kept only {:.0} % of its grid: the machine is too busy", covered * 100.0));
        }
        notes
    }

    /// Says so where a processor quota held the target back during the pause.
    fn throttled_at(self, pause: Pause) -> String {
        let Some(series) = self.target_series(Metric::ThrottledTime) else { return String::new() };
        let after = series.samples.partition_point(|sample| sample.taken < pause.at);
        let end = pause.at + Duration::from_secs_f64(pause.most.max(0.0));
        let until = series.samples.partition_point(|sample| sample.taken < end);
        let at = |index: usize| series.samples.get(index).or(series.samples.last()).map(|sample| sample.value);
        match (at(after.saturating_sub(1)), at(until)) {
            (Some(before), Some(after)) if after > before => {
                format!(" (its processor quota held it back for {})", seconds(after - before))
            }
            _ => String::new(),
        }
    }
}

/// Did it wait in one of the windows, which are in order?
fn is_in(windows: &[Window], beat: &Beat) -> bool {
    let next = windows.partition_point(|(_, to)| *to < beat.sent);
    windows.get(next).is_some_and(|(from, _)| *from <= beat.done)
}

/// Every beat as a possible pause: its excess over the usual latency of those that were answered.
/// One that was given up waited as long as any.
fn pauses(beats: &[&Beat], period: Duration) -> Vec<Pause> {
    let mut latencies: Vec<f64> = beats.iter().filter(|beat| beat.answered).map(|beat| latency(beat)).collect();
    latencies.sort_by(f64::total_cmp);
    let usual = latencies[latencies.len() / 2];
    let pause = |beat: &&Beat| {
        let excess = (latency(beat) - usual).max(0.0);
        // Below the noise of the usual latency there is nothing to add a period to.
        let most = if excess > usual.max(0.001) { excess + period.as_secs_f64() } else { excess };
        let stalled = beat.harness_stalled as f64 / 1e6;
        Pause { at: beat.sent, least: excess - stalled, most, stalled }
    };
    beats.iter().map(pause).collect()
}

fn latency(beat: &Beat) -> f64 {
    beat.done.since(beat.sent).as_secs_f64()
}

/// The share of the window in which the heartbeat watched: beats on the grid, and stretches in
/// which a beat was under way.
fn coverage(beats: &[&Beat], window: (Elapsed, Elapsed), period: Duration) -> f64 {
    let watched: f64 = beats.iter().map(|beat| latency(beat).max(period.as_secs_f64())).sum();
    watched / window.1.since(window.0).as_secs_f64()
}

fn summary(verdict: Verdict, interval: (f64, f64), limit: f64, over: usize) -> String {
    let (least, most, limit) = (seconds(interval.0.max(0.0)), seconds(interval.1), seconds(limit));
    match verdict {
        Verdict::Fail if over == 1 => format!("the target stood still once, for {least} (limit {limit})"),
        Verdict::Fail => format!("the target stood still {over} times, for up to {least} (limit {limit})"),
        Verdict::Pass => format!("no pause is longer than {most} (limit {limit})"),
        Verdict::Inconclusive => {
            format!("cannot tell: the longest pause lies between {least} and {most} (limit {limit})")
        }
    }
}
