//! What a stop is put down to, in this order: the harness itself, the target's processor quota, others on its
//! processors, a want of memory, the network, a collection; else to nothing that was seen.

use std::time::Duration;

use timeline::{Hold, Metric, Pause, Timeline};

use crate::judge::{Case, Window, seconds};

/// What explains a smaller part of a stop than this is not named.
const WORTH_NAMING: f64 = 0.1;

/// One reason, and for how long it held the target up, in seconds.
pub(super) struct Reason {
    what: What,
    amount: f64,
}

#[derive(Clone, Copy)]
enum What {
    Harness,
    Quota,
    Queue,
    Memory,
    /// Counted in segments: how long they took is not known.
    Network,
}

impl Reason {
    pub(super) fn harness(stalled: f64) -> Self {
        Self { what: What::Harness, amount: stalled }
    }

    /// What it takes off the shortest that a stop may have been.
    pub(super) fn takes(&self) -> f64 {
        if matches!(self.what, What::Network) { 0.0 } else { self.amount }
    }

    fn told(&self) -> String {
        let much = seconds(self.amount);
        match self.what {
            What::Harness => format!("the harness itself was held up for {much} of it: a busy machine?"),
            What::Quota => format!("its processor quota held it back for {much}"),
            What::Queue => format!("it waited for a processor for {much}"),
            What::Memory => format!("the machine waited for memory for {much}"),
            What::Network => format!("{} segments were sent again", self.amount),
        }
    }

    fn is_worth_naming(&self, of: f64) -> bool {
        let least = if matches!(self.what, What::Network) { 0.0 } else { WORTH_NAMING * of };
        self.amount > least
    }
}

/// ` (a; b)`, of a stop of this length; empty where nothing explains a part of it that is worth naming.
pub(super) fn put_down(reasons: &[Reason], length: f64) -> String {
    let told: Vec<String> = reasons.iter().filter(|reason| reason.is_worth_naming(length)).map(Reason::told).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) }
}

impl Case<'_> {
    /// What held the target up in this stretch. Where no heartbeat counted it, the samples of its quota tell.
    pub(super) fn reasons_in(self, window: Window) -> Vec<Reason> {
        let holds = &self.timeline.holds;
        let first = holds.partition_point(|hold| hold.to <= window.0);
        let within = holds[first..].iter().take_while(|hold| hold.from < window.1);
        let sum = within.fold(Hold::default(), |sum, hold| Hold {
            quota: sum.quota + hold.quota,
            queue: sum.queue + hold.queue,
            memory: sum.memory + hold.memory,
            resent: sum.resent + hold.resent,
            ..sum
        });
        let length = window.1.since(window.0).as_secs_f64();
        let of = |what, micros: u64| Reason { what, amount: (micros as f64 / 1e6).min(length) };
        let mut reasons = vec![
            of(What::Quota, sum.quota),
            // Who is held back by a quota waits on the queue too, and it is the same time.
            of(What::Queue, sum.queue.saturating_sub(sum.quota)),
            of(What::Memory, sum.memory),
            Reason { what: What::Network, amount: sum.resent as f64 },
        ];
        if self.timeline.beats.is_empty() {
            reasons[0].amount = self.throttled_in(window).min(length);
        }
        reasons
    }

    /// For how long the quota held the target back between the samples around this stretch, in seconds.
    fn throttled_in(self, (from, to): Window) -> f64 {
        let Some(series) = self.target_series(Metric::ThrottledTime) else { return 0.0 };
        let before = series.samples.partition_point(|sample| sample.taken <= from).saturating_sub(1);
        let behind = series.samples.partition_point(|sample| sample.taken < to);
        let at = |index: usize| series.samples.get(index).or(series.samples.last()).map_or(0.0, |sample| sample.value);
        (at(behind) - at(before)).max(0.0)
    }
}

/// The pauses that the runtime told of, in order of their ends, to be found by their time.
pub(super) struct Collections<'a> {
    pauses: &'a [Pause],
    longest: Duration,
}

impl<'a> Collections<'a> {
    pub(super) fn of(timeline: &'a Timeline) -> Self {
        let pauses = timeline.pauses.as_slice();
        let longest = pauses.iter().map(|pause| pause.length).max().unwrap_or(0);
        Self { pauses, longest: Duration::from_micros(longest) }
    }

    /// The one that covers most of a stretch, or that went on beside it: ` (in a collection: Scavenge, 12 ms)`.
    pub(super) fn around(&self, window: Window) -> String {
        let length = window.1.since(window.0).as_secs_f64();
        let overlap = |pause: &Pause| pause.end().min(window.1).since(pause.start.max(window.0)).as_secs_f64();
        let first = self.pauses.partition_point(|pause| pause.end() <= window.0);
        // One that ends later than this began behind the stretch.
        let near = self.pauses[first..].iter().take_while(|pause| pause.end() <= window.1 + self.longest);
        let covers = near.filter(|pause| overlap(pause) > 0.5 * length);
        let most = covers.max_by(|a, b| b.concurrent.cmp(&a.concurrent).then(overlap(a).total_cmp(&overlap(b))));
        most.map_or_else(String::new, |most| {
            let how = if most.concurrent { "beside" } else { "in" };
            format!(" ({how} a collection: {}, {})", most.kind, seconds(most.length as f64 / 1e6))
        })
    }
}
