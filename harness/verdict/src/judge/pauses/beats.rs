//! Pauses seen from outside: GC-equivalent, whatever made them.
//!
//! The heartbeat has one request under way at a time, so a stop of the target holds up exactly
//! one beat: by the length of the stop, less the time since the last beat, which is at most a
//! period. So a beat of excess latency e tells of a pause between e and e + period.

use std::time::Duration;

use timeline::{Beat, Elapsed};

use super::cause::{Collections, Reason, put_down};
use super::{Stop, Stops, is_in};
use crate::judge::{Case, Judgement, Window, untold};

/// With fewer answered beats than this there is no usual latency to compare with.
const FEWEST_BEATS: usize = 20;
/// Below this a stop is not told from the noise of the network and of the scheduler, in seconds.
const NOISE: f64 = 0.001;

impl Case<'_> {
    pub(super) fn seen_by_heartbeat(self) -> Result<Stops, Box<Judgement>> {
        let plan = self.plan.probes.heartbeat.as_ref().ok_or_else(|| untold("there is no heartbeat"))?;
        let window = self.watched_window()?;
        let beats: Vec<&Beat> =
            self.timeline.beats.iter().filter(|beat| beat.due >= window.0 && beat.done <= window.1).collect();
        let answered = beats.iter().filter(|beat| beat.answered).count();
        if answered < FEWEST_BEATS || answered * 2 < beats.len() {
            return Err(untold(&format!("the heartbeat was answered {answered} times of {}", beats.len())));
        }
        let usual = usual(&beats);
        let asked = self.collections();
        let counted = beats.iter().filter(|beat| !is_in(&asked, (beat.sent, beat.done)));
        let collections = Collections::of(self.timeline);
        let stops: Vec<Stop> = counted.map(|beat| self.stall_of(beat, usual, plan.period, &collections)).collect();
        let longest = stops.iter().map(|stop| stop.most).fold(0.0, f64::max);
        let seen = Stops {
            samples: beats.len() as u64,
            window,
            covered: coverage(&beats, window, plan.period),
            resolution: longest.max(plan.period.as_secs_f64()),
            source: format!("heartbeat on {} every {}", plan.path, Elapsed::from(plan.period)),
            all: stops,
        };
        Ok(seen.sorted())
    }

    /// The beat as a possible stop: its excess over the usual latency. One that was given up waited as long as any.
    fn stall_of(self, beat: &Beat, usual: f64, period: Duration, collections: &Collections<'_>) -> Stop {
        let excess = (latency(beat) - usual).max(0.0);
        let (kind, held, collection) = Default::default();
        let short = Stop { at: beat.sent, least: 0.0, most: excess, kind, held, collection };
        if excess <= usual.max(NOISE) {
            // Below the noise of the usual latency there is nothing to add a period to, and nothing to explain.
            return short;
        }
        let window = (beat.sent, beat.done);
        let mut reasons = vec![Reason::harness(beat.harness_stalled as f64 / 1e6)];
        reasons.extend(self.reasons_in(window));
        let least = excess - reasons.iter().map(Reason::takes).sum::<f64>();
        let most = excess + period.as_secs_f64();
        Stop { least, most, held: put_down(&reasons, most), collection: collections.around(window), ..short }
    }
}

/// The median latency of those that were answered, in seconds.
fn usual(beats: &[&Beat]) -> f64 {
    let mut latencies: Vec<f64> = beats.iter().filter(|beat| beat.answered).map(|beat| latency(beat)).collect();
    latencies.sort_by(f64::total_cmp);
    latencies[latencies.len() / 2]
}

fn latency(beat: &Beat) -> f64 {
    beat.done.since(beat.sent).as_secs_f64()
}

/// The share of the window in which the heartbeat watched: beats on the grid, and stretches in
/// which a beat was under way.
fn coverage(beats: &[&Beat], window: Window, period: Duration) -> f64 {
    let watched: f64 = beats.iter().map(|beat| latency(beat).max(period.as_secs_f64())).sum();
    watched / window.1.since(window.0).as_secs_f64()
}
