//! `duel`: two sides run in turn, and compared.

use std::time::Duration;

use ::run::Order;
use clock::Clock;
use record::About;
use report::ComparedRuns;
use timeline::{Elapsed, Outcome};
use tokio::sync::watch;
use verdict::Verdict;
use verdict::compare::Comparison;
use verdict::duel::{Side, clear, conclude, turns};

use super::compare::{self, Compared};
use super::{reports, run};
use crate::cli::{ComparisonFormat, DuelOptions, Inconclusive};
use crate::contender::Contender;
use crate::exit::Exit;
use crate::{facts, output, scenario_file, signals};

/// Runs both sides until it is clear whether the candidate is worse, and ends by what came of it.
pub(super) fn duel(options: &DuelOptions) -> Exit {
    match Duel::begin(options) {
        Ok(mut duel) => {
            let ended = duel.fight();
            duel.tell(ended)
        }
        Err(complaint) => {
            output::err(complaint.trim_end());
            Exit::Usage
        }
    }
}

/// A duel under way.
struct Duel<'a> {
    options: &'a DuelOptions,
    id: String,
    clock: Clock,
    reference: Contender,
    candidate: Contender,
}

/// How a duel ended.
enum Ended {
    /// It was clear before all runs were made.
    Clear(Comparison),
    /// All runs were made.
    Over,
    /// A signal ended it.
    Interrupted,
    /// A run could not be made; why has been said.
    CouldNotRun,
}

impl<'a> Duel<'a> {
    fn begin(options: &'a DuelOptions) -> Result<Self, String> {
        let clock = Clock::start();
        let id = record::short_id(&facts::seed(&clock).to_le_bytes());
        let path = options.scenario.canonicalize().unwrap_or_else(|_| options.scenario.clone());
        let file = scenario_file::load(&path, options.profile.as_deref())?;
        let reference = Contender::new(Side::Reference, Some(&options.reference), &file, &id)?;
        let candidate = Contender::new(Side::Candidate, options.candidate.as_ref(), &file, &id)?;
        Ok(Self { options, id, clock, reference, candidate })
    }

    fn fight(&mut self) -> Ended {
        run::listen_to_logs();
        let interrupts = match signals::listen() {
            Ok(interrupts) => interrupts,
            Err(error) => {
                output::error(&error, None);
                return Ended::CouldNotRun;
            }
        };
        self.announce();
        let runs = self.options.runs as usize;
        for (number, side) in turns(runs).enumerate() {
            self.announce_run(number, side);
            if let Some(ended) = self.run(side, &interrupts) {
                return ended;
            }
            if let Some(comparison) = clear(&self.reference.measured, &self.candidate.measured, runs) {
                return Ended::Clear(comparison);
            }
        }
        Ended::Over
    }

    /// Makes a run of a side; how it ends the duel, where it does.
    fn run(&mut self, side: Side, interrupts: &watch::Receiver<u32>) -> Option<Ended> {
        let contender = match side {
            Side::Reference => &mut self.reference,
            Side::Candidate => &mut self.candidate,
        };
        let clock = Clock::start();
        let tag = format!("{}/{}", self.id, side.word());
        let about = About { side: Some(tag), ..facts::about(&contender.file, &clock) };
        let (plan, results) = (contender.file.plan.clone(), self.options.results.clone());
        let order = Order { plan, about, results, interrupts: interrupts.clone() };
        let made = match run::watched(order, clock, self.options.quiet) {
            Ok(made) => made,
            Err(error) => {
                output::error(error.as_ref(), None);
                return Some(Ended::CouldNotRun);
            }
        };
        if let Err(error) = reports::keep(&made.record, None, Verdict::Inconclusive) {
            output::error(error.as_ref(), None);
            return Some(Ended::CouldNotRun);
        }
        if let Some(error) = &made.not_started {
            run::explain(error);
            return Some(Ended::CouldNotRun);
        }
        let Compared { run, track } = Compared::of(&made.record, self.options.format == ComparisonFormat::Html);
        contender.measured.push(run);
        contender.tracks.extend(track);
        (made.record.timeline.outcome == Outcome::Interrupted).then_some(Ended::Interrupted)
    }

    /// Says who fights, and how long that takes.
    fn announce(&self) {
        let length = self.reference.file.plan.length();
        let runs = self.options.runs;
        output::err(&format!(
            "duel {}: {runs} runs each of {} and {}, {} a run: {} besides launching, or less where it is clear before",
            self.id,
            self.reference.called,
            self.candidate.called,
            Elapsed::from(length),
            Elapsed::from(2 * runs * length)
        ));
    }

    /// Says whose turn it is, and how long it takes from here at most.
    fn announce_run(&self, number: usize, side: Side) {
        let all = 2 * self.options.runs as usize;
        let spent = Duration::from_micros(self.clock.now().micros());
        let each = if number == 0 { self.reference.file.plan.length() } else { spent / number as u32 };
        let left = Elapsed::from_seconds((each * (all - number) as u32).as_secs_f64().round());
        output::err(&format!("run {} of {all}, the {}: {left} left at most", number + 1, side.word()));
    }

    /// Says what came of it.
    fn tell(&self, ended: Ended) -> Exit {
        let [reference, candidate] = [&self.reference, &self.candidate].map(|side| side.measured.as_slice());
        let exit = match &ended {
            Ended::Interrupted => Some(Exit::Interrupted),
            Ended::CouldNotRun => Some(Exit::CouldNotRun),
            Ended::Clear(_) | Ended::Over => None,
        };
        if let Some(exit) = exit
            && (reference.is_empty() || candidate.is_empty())
        {
            output::err("there is nothing to compare: a side has no run yet");
            return exit;
        }
        let comparison = match ended {
            Ended::Clear(comparison) => {
                output::err(&format!("clear after {} of {} runs a side", reference.len(), self.options.runs));
                comparison
            }
            Ended::Over | Ended::Interrupted | Ended::CouldNotRun => conclude(reference, candidate),
        };
        let counts_as = Inconclusive::counts_as(self.options.inconclusive);
        let told = ComparedRuns {
            scenario: &self.reference.file.plan.name,
            reference: &self.reference.called,
            candidate: &self.candidate.called,
            comparison: &comparison,
            at: self.clock.started_at(),
        };
        let tracks = [self.reference.tracks.as_slice(), &self.candidate.tracks];
        let text = compare::told_as(self.options.format, &told, tracks, counts_as);
        if let Err(exit) = reports::deliver(&text, self.options.output.as_deref()) {
            return exit;
        }
        output::err(&format!("the runs are kept: `plimsoll compare {0}/reference {0}/candidate`", self.id));
        exit.unwrap_or_else(|| Exit::gated(comparison.verdict(), counts_as))
    }
}
