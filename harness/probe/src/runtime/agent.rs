//! Agents: small programs that a runtime loads into the target at its start, where the scenario says so.
//!
//! They connect to a socket in a folder that both sides see, tell of each collection, and answer questions: a line of
//! JSON each. There may be many, since a process that starts or forks another one brings the agent along.

mod folder;
mod line;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use timeline::{Elapsed, Evidence, Grown, Metric, Pause, Subject};

use super::{COLLECTED_WITHIN, Moment, PATIENCE, Refused, Runtime, Unreadable, keep};
use crate::out::Out;
use line::{Line, Said, wait_for};

pub use folder::{Agents, Variable};

const SOURCE: &str = "agent";
/// What is named of all that has grown.
const NAMED: usize = 10;

/// What agents tell of, by the names that they use.
const SERIES: [Metric; 7] = [
    Metric::AllocatedBlocks,
    Metric::LiveSlots,
    Metric::OldObjects,
    Metric::HeapUsed,
    Metric::HeapTotal,
    Metric::ExternalMemory,
    Metric::ArrayBuffers,
];

/// Objects and bytes by type.
type Types = BTreeMap<String, (u64, u64)>;

/// The agents in a target.
pub(crate) struct Attended {
    agents: Agents,
    clock: Clock,
    lines: Vec<Line>,
    /// The first that has said who it is: `CPython 3.11.7`.
    who: String,
    asked: u64,
    /// What was told and not yet handed out.
    pauses: Vec<Pause>,
    /// The live heap after a collection that was asked for, and when that was over.
    live: Option<(Elapsed, u64)>,
    /// When they were last at work for us.
    ours: (Elapsed, Elapsed),
    baseline: Option<Types>,
}

impl Attended {
    /// Waits until an agent says who it is; why none does.
    pub(crate) fn meet(agents: Agents, clock: Clock) -> Result<Self, String> {
        let mut attended = Self {
            agents,
            clock,
            lines: Vec::new(),
            who: String::new(),
            asked: 0,
            pauses: Vec::new(),
            live: None,
            ours: (Elapsed::ZERO, Elapsed::ZERO),
            baseline: None,
        };
        let end = clock.now() + PATIENCE;
        while attended.who.is_empty() {
            if end.since(clock.now()).is_zero() {
                return Err(
                    "no agent has come forward: it is loaded by the environment, which the target may clear".to_owned()
                );
            }
            attended.hear(clock.now() + Duration::from_millis(50));
        }
        Ok(attended)
    }

    /// Hears what comes up to a moment; the answers to what was asked.
    fn hear(&mut self, until: Elapsed) -> Vec<Said> {
        self.lines.extend(self.agents.newcomers());
        wait_for(&self.agents, &self.lines, until.since(self.clock.now()));
        let mut answers = Vec::new();
        let mut heard = Vec::new();
        self.lines.retain_mut(|line| line.read(&mut heard));
        for said in heard {
            if let (true, Some(who)) = (self.who.is_empty(), &said.hello) {
                self.who.clone_from(who);
            }
            self.pauses.extend(self.pause(&said));
            if said.reply.is_some() {
                answers.push(said);
            }
        }
        answers
    }

    /// Asks all of them, and waits for their answers.
    fn ask(&mut self, what: &str, within: Duration) -> Result<Vec<Said>, Unreadable> {
        self.lines.extend(self.agents.newcomers());
        self.asked += 1;
        let question = format!("{what} {}\n", self.asked);
        self.lines.retain_mut(|line| line.say(&question));
        let (asked, end) = (self.lines.len(), self.clock.now() + within);
        let mut answers = Vec::new();
        while answers.len() < asked.min(self.lines.len()) && !end.since(self.clock.now()).is_zero() {
            let number = Some(self.asked);
            answers.extend(self.hear(end).into_iter().filter(|said| said.reply == number));
        }
        match answers.iter().find_map(|said| said.error.as_ref()) {
            Some(error) => Err(strange(format!("cannot {what}: {error}"))),
            None if self.lines.is_empty() => Err(Unreadable::Gone),
            None if answers.is_empty() => {
                Err(strange(format!("give no answer to `{what}` within {} s", within.as_secs())))
            }
            None => Ok(answers),
        }
    }

    fn pause(&self, said: &Said) -> Option<Pause> {
        let start = self.clock.at_monotonic(said.start?);
        Some(Pause {
            start,
            length: said.length? / 1000,
            concurrent: false,
            cpu: said.cpu.map(|nanos| nanos / 1000),
            kind: Arc::from(said.gc.as_deref()?),
            forced: self.ours.0 <= start && start <= self.ours.1,
            live: None,
            source: SOURCE.into(),
        })
    }

    fn usage(&mut self, due: Elapsed, out: &Out) -> Result<(), Unreadable> {
        let answers = self.ask("values", PATIENCE)?;
        let sum = |name: &str| {
            let told: Vec<f64> = answers.iter().filter_map(|said| said.values.get(name).copied()).collect();
            (!told.is_empty()).then(|| told.iter().sum())
        };
        let value = |metric: &Metric| Some((*metric, sum(metric.name())?));
        let values: Vec<(Metric, f64)> = SERIES.iter().filter_map(value).collect();
        out.values(&Subject::Target, due, &values, |_| SOURCE);
        Ok(())
    }

    fn hand_out(&mut self, out: &Out) {
        if let Some((at, live)) = self.live.take() {
            out.sample(Metric::LiveHeap, at, live as f64, SOURCE);
        }
        self.pauses.drain(..).for_each(|pause| out.pause(pause));
    }

    /// Asks for what makes all of them stand still.
    fn ask_work(&mut self, what: &str) -> Result<Vec<Said>, Unreadable> {
        self.ours = (self.clock.now(), Elapsed::from(Duration::MAX));
        let answers = self.ask(what, COLLECTED_WITHIN);
        self.ours.1 = self.clock.now();
        answers
    }

    fn types(&mut self, folder: &Path, moment: Moment) -> Result<Evidence, Unreadable> {
        let mut types = Types::new();
        for (name, objects, bytes) in self.ask_work("types")?.into_iter().flat_map(|said| said.types) {
            let sums = types.entry(name).or_default();
            *sums = (sums.0 + objects, sums.1 + bytes);
        }
        let file = keep(folder, &format!("types-{}.csv", moment.name()), table(&types).as_bytes())?;
        let grown = self.baseline.as_ref().map(|before| grown(&types, before)).unwrap_or_default();
        if moment == Moment::Baseline {
            self.baseline = Some(types);
        }
        Ok(Evidence { file: Some(file), grown, ..Evidence::default() })
    }
}

impl Runtime for Attended {
    fn told_as(&self) -> String {
        format!("{} by its agent", self.who)
    }

    /// A connection holds some three hundred lines, and an agent keeps as many as it can until it is asked something.
    fn forgets_after(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn read(&mut self, due: Elapsed, out: &Out) -> Result<(), Unreadable> {
        let told = self.usage(due, out);
        self.hand_out(out);
        told
    }

    fn collect(&mut self) -> Result<(), Refused> {
        let answers = self.ask_work("collect")?;
        let live: Option<u64> = answers.iter().map(|said| said.live).sum();
        self.live = live.map(|live| (self.clock.now(), live));
        Ok(())
    }

    fn evidence(&mut self, folder: &Path, moment: Moment) -> Vec<Evidence> {
        let missing = |error: Unreadable| Evidence { missing: Some(error.to_string()), ..Evidence::default() };
        let types = self.types(folder, moment).unwrap_or_else(missing);
        vec![Evidence { what: "objects by type".to_owned(), ..types }]
    }

    fn leave(&mut self, out: &Out) {
        self.hear(self.clock.now());
        self.hand_out(out);
    }
}

fn strange(how: String) -> Unreadable {
    Unreadable::Strange { what: "the agents".to_owned(), how }
}

/// Comma-separated, the largest first; commas in names become blanks.
fn table(types: &Types) -> String {
    let mut rows: Vec<_> = types.iter().collect();
    rows.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
    let row =
        |(name, (objects, bytes)): (&String, &(u64, u64))| format!("{},{objects},{bytes}\n", name.replace(',', " "));
    std::iter::once("type,objects,bytes\n".to_owned()).chain(rows.into_iter().map(row)).collect()
}

fn grown(types: &Types, before: &Types) -> Vec<Grown> {
    let since = |(name, &(objects, held)): (&String, &(u64, u64))| {
        let (objects_before, bytes_before) = before.get(name).copied().unwrap_or_default();
        let bytes = held.checked_sub(bytes_before).filter(|bytes| *bytes > 0)?;
        Some(Grown { name: name.clone(), bytes, objects: Some(objects.saturating_sub(objects_before)), held })
    };
    let mut grown: Vec<Grown> = types.iter().filter_map(since).collect();
    grown.sort_by_key(|grown| std::cmp::Reverse(grown.bytes));
    grown.truncate(NAMED);
    grown
}
