//! Pauses as the runtime told of them: all there were, each with its length.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeline::Pause;

use super::cause::{Reason, put_down};
use super::{Stop, Stops, is_in};
use crate::judge::{Case, Judgement, seconds};

/// A thread that ran for a smaller part of its pause than this waited for a processor.
const BUSY: f64 = 0.5;
/// The clocks of runtimes go by microseconds.
const RESOLUTION: f64 = 1e-6;

impl Case<'_> {
    pub(super) fn told_by_runtime(self) -> Result<Stops, Box<Judgement>> {
        let window = self.watched_window()?;
        let asked = self.collections();
        let source = self.best_source();
        let counts = |pause: &&Pause| {
            let within = pause.start >= window.0 && pause.end() <= window.1;
            within
                && pause.source == source
                && !pause.concurrent
                && !pause.forced
                && !is_in(&asked, (pause.start, pause.end()))
        };
        let pauses: Vec<&Pause> = self.timeline.pauses.iter().filter(counts).collect();
        let told = Stops {
            samples: pauses.len() as u64,
            all: pauses.iter().map(|pause| self.stop_of(pause)).collect(),
            window,
            covered: 1.0,
            resolution: RESOLUTION,
            source: source.to_string(),
        };
        Ok(told.sorted())
    }

    /// Two may tell of the same pauses, such as the runtime and its log: the one that tells of more.
    fn best_source(self) -> Arc<str> {
        let mut counts: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for pause in self.timeline.pauses.iter().filter(|pause| !pause.concurrent) {
            *counts.entry(&pause.source).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let any = || self.timeline.pauses.first().map(|pause| &pause.source);
        most.map(|(source, _)| source).or_else(any).cloned().unwrap_or_else(|| Arc::from("the runtime"))
    }

    fn stop_of(self, pause: &Pause) -> Stop {
        let most = pause.length as f64 / 1e6;
        let ran = pause.cpu.map(|cpu| cpu as f64 / 1e6).filter(|ran| *ran < BUSY * most);
        let (least, held) = if let Some(ran) = ran {
            (ran, format!(" (it ran for {} of it only: it waited for a processor)", seconds(ran)))
        } else {
            let reasons = self.reasons_in((pause.start, pause.end()));
            (most - reasons.iter().map(Reason::takes).sum::<f64>(), put_down(&reasons, most))
        };
        Stop { at: pause.start, least, most, kind: pause.kind.to_string(), held, collection: String::new() }
    }

    /// A note on what the heartbeat saw longer than any of these: stalls that are no collections.
    pub(super) fn other_stalls(self, told: &Stops) -> Option<String> {
        let period = self.plan.probes.heartbeat.as_ref()?.period.as_secs_f64();
        let longest = told.all.first().map_or(0.0, |stop| stop.most).max(2.0 * period);
        let seen = self.seen_by_heartbeat().ok()?;
        let is_other = |stop: &&Stop| stop.least > longest && stop.collection.is_empty();
        let others: Vec<&Stop> = seen.all.iter().filter(is_other).collect();
        let most = others.iter().max_by(|a, b| a.least.total_cmp(&b.least))?;
        Some(format!(
            "the heartbeat saw the target stand still {} times for longer, and in no pause that is told: up to {} at {} \
             (`stalls: {{max: ...}}` judges these)",
            others.len(),
            seconds(most.least),
            most.at
        ))
    }
}
