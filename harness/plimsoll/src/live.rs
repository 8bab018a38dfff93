//! What is shown while a run goes on: a live line on a terminal, plain lines elsewhere.

use std::collections::VecDeque;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use run::{Growth, Progress, Snapshot};
use scenario::Phase;
use timeline::{Amount, Elapsed, Happening, Unit, show_bytes, show_duration};

use crate::output;

/// A plain line at most this often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// The memory's sparkline has this many marks.
const SPARKS: usize = 16;

/// The view of a run.
pub(crate) struct Live {
    /// The live line; hidden where stderr is no terminal.
    bar: ProgressBar,
    quiet: bool,
    phase: String,
    memory: VecDeque<f64>,
    last_plain: Option<Elapsed>,
}

impl Live {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(1000) };
        let style = ProgressStyle::with_template("{prefix:<14} {bar:24} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, quiet, phase: String::new(), memory: VecDeque::new(), last_plain: None }
    }

    /// Shows the news.
    pub(crate) fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Kept(folder) => self.line(&format!("recording to {}", folder.display())),
            Progress::Swept(what) => self.line(&format!("removed {what} that a killed run had left behind")),
            Progress::Doing(what) => self.bar.set_message(what),
            Progress::Happened(event) => self.happened(event.at, &event.what),
            Progress::Phase(phase) => self.phase(&phase),
            Progress::Interval(snapshot) => self.interval(&snapshot),
        }
    }

    /// Takes the live line away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        if self.quiet {
            return;
        }
        if self.bar.is_hidden() { output::err(text) } else { self.bar.println(text) }
    }

    fn happened(&self, at: Elapsed, what: &Happening) {
        let text = match what {
            Happening::Prepared { service, from, to } => {
                format!("{}prepared in {}", of_service(service.as_deref()), Elapsed::from(to.since(*from)))
            }
            Happening::ServiceLaunched { service, what } => format!("{service}: launched {what}"),
            Happening::ServiceReady { service } => format!("{service}: ready"),
            Happening::ServiceDied { service, death } => format!("the service {service} died: {death}"),
            Happening::ServiceStopped { service, how } => format!("{service}: stopped: {how}"),
            Happening::Launched { what } => format!("launched {what}"),
            Happening::Ready => "ready".to_owned(),
            Happening::Entered { .. }
            | Happening::Requests { .. }
            | Happening::CycleEnded { .. }
            | Happening::Logged { .. } => return,
            Happening::CommandStarted { what } => format!("load: {what}"),
            Happening::CommandEnded { how, .. } => format!("load: {how}"),
            Happening::ProbeFailed { probe, reason } => format!("probe {probe} failed: {reason}"),
            Happening::ProbeRecovered { probe } => format!("probe {probe} reads again"),
            Happening::SeriesNoted { series, note } => format!("series `{series}`: {note}"),
            Happening::OomKill => "a process of the target was OOM-killed".to_owned(),
            Happening::Died(death) => format!("the target died: {death}"),
            Happening::Unexpected { step, failure, seen } => format!("{step} fails ({failure}): it answered {seen:?}"),
            Happening::LoadFailed { reason } => format!("the load failed: {reason}"),
            Happening::RuntimeSeen { runtime, .. } => format!("runtime: {runtime}"),
            Happening::Collected { from, to } => format!("collected in {}", Elapsed::from(to.since(*from))),
            Happening::NotCollected { reason } => format!("not collected: {reason}"),
            Happening::Evidence(evidence) => format!("evidence: {}", evidence.what),
            Happening::Interrupted => "interrupted".to_owned(),
            Happening::StoppedEarly { reason } => format!("stopped early: {reason}"),
            Happening::Stopped { how } => format!("target stopped: {how}"),
        };
        self.line(&format!("{at:>8}  {text}"));
    }

    fn phase(&mut self, phase: &Phase) {
        let name = &phase.name;
        self.phase = phase.cycle.map_or_else(|| name.clone(), |cycle| format!("{name} #{cycle}"));
        self.bar.set_prefix(self.phase.clone());
        self.bar.set_message("");
        self.last_plain = None;
        if self.bar.is_hidden() {
            let length = Elapsed::from(phase.length);
            self.line(&format!("          {} for {length}, {}", self.phase, load_of(phase)));
        }
    }

    fn interval(&mut self, snapshot: &Snapshot) {
        self.memory.extend(snapshot.memory);
        while self.memory.len() > SPARKS {
            self.memory.pop_front();
        }
        let share = snapshot.at.seconds() / snapshot.length.as_secs_f64();
        self.bar.set_position((share * 1000.0) as u64);
        let told = self.tell(snapshot);
        if self.bar.is_hidden() {
            self.plain(snapshot.at, &told);
        } else {
            self.bar.set_message(told);
        }
    }

    fn plain(&mut self, at: Elapsed, told: &str) {
        let due = self.last_plain.is_none_or(|last| at.since(last) >= PLAIN_EVERY);
        if due {
            self.last_plain = Some(at);
            self.line(&format!("{at:>8}  {}: {told}", self.phase));
        }
    }

    fn tell(&self, snapshot: &Snapshot) -> String {
        let left = snapshot.length.saturating_sub(Duration::from_micros(snapshot.at.micros()));
        let left = Elapsed::from_seconds(left.as_secs_f64().round());
        let mut parts = Vec::new();
        if snapshot.users > 0 || snapshot.rate > 0.0 {
            parts.extend((snapshot.users > 0).then(|| format!("{} users", snapshot.users)));
            parts.push(format!("{:.0}/s", snapshot.rate));
            parts.extend((snapshot.waiting > 0).then(|| format!("{} waiting", snapshot.waiting)));
        }
        if let Some((p50, p99)) = snapshot.latency {
            parts.push(format!("p50 {} p99 {}", Elapsed::from_micros(p50), Elapsed::from_micros(p99)));
        }
        if snapshot.failed > 0 {
            parts.push(format!("{} failed", snapshot.failed));
        }
        if let Some(memory) = snapshot.memory {
            parts.push(format!("{} {}", show_bytes(memory), self.sparks()).trim_end().to_owned());
        }
        parts.extend(snapshot.growth.as_ref().map(told_of));
        parts.push(format!("{left} left"));
        parts.join("  ")
    }

    /// The last samples of memory between their least and their most.
    fn sparks(&self) -> String {
        const MARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        if self.bar.is_hidden() {
            return String::new();
        }
        let least = self.memory.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.memory.iter().copied().fold(0.0, f64::max);
        // A spread of less than a hundredth is flat to the eye of a reader.
        let spread = (most - least).max(most * 0.01).max(1.0);
        self.memory.iter().map(|value| MARKS[((value - least) / spread * 7.0) as usize]).collect()
    }
}

/// `+52 MiB/min (active), full in 8m 20s`
fn told_of(growth: &Growth) -> String {
    let grade = growth.grade.as_ref().map_or_else(String::new, |grade| format!(" ({grade})"));
    let full = growth.full_in.map_or_else(String::new, |time| format!(", full in {}", show_duration(time)));
    format!("+{}/min of load{grade}{full}", show_bytes(growth.pace * 60.0))
}

/// `db: `, before what is told of a service; of the target nothing stands there.
fn of_service(service: Option<&str>) -> String {
    service.map_or_else(String::new, |name| format!("{name}: "))
}

/// The load that a phase asks for, in words.
fn load_of(phase: &Phase) -> String {
    let Phase { users, rate, .. } = phase;
    let ramp = |from: String, to: String, what: &str| {
        if from == to { format!("{from} {what}") } else { format!("{from} to {to} {what}") }
    };
    let per_second = |value| Amount { value, unit: Unit::PerSecond }.to_string();
    let users = (users.from.max(users.to) > 0).then(|| ramp(users.from.to_string(), users.to.to_string(), "users"));
    let arrivals = (rate.most() > 0.0).then(|| ramp(per_second(rate.from), per_second(rate.to), "arrivals"));
    let parts: Vec<String> = users.into_iter().chain(arrivals).collect();
    if phase.foreign {
        "loaded".to_owned()
    } else if parts.is_empty() {
        "idle".to_owned()
    } else {
        parts.join(", ")
    }
}
