//! What happens when: the state machine of a run. It never waits and never asks the time, so a
//! day of it plays in a test in milliseconds.

use std::collections::VecDeque;
use std::time::Duration;

use scenario::{Phase, Plan};
use timeline::{Death, Elapsed, Outcome, PhaseSpan};
use verdict::Look;

/// Ramps are walked in steps of this length.
const STEP: Duration = Duration::from_millis(100);
/// A collection is asked for when what was under way has come to its end: this long after the load, or a tenth of the
/// phase where that is shorter.
const AFTER_LOAD: Duration = Duration::from_millis(500);
/// Load intervals: a 600th of the run, within these bounds.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// What the session is told.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// Time has passed.
    Tick,
    /// The target ended by itself.
    TargetDied(Death),
    /// The load cannot be driven on.
    LoadFailed(String),
    /// The command that is the load has ended by itself: there is no more of it in this phase.
    LoadEnded,
    /// The run was asked to end.
    Interrupted,
    /// A look has proved a leak.
    Leaks {
        /// Which look.
        look: u32,
        /// Up to when it saw the run.
        seen: Elapsed,
        /// What leaks.
        reason: String,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// A phase begins: its place in the plan.
    Enter(usize),
    /// Ask for so many users.
    SetUsers(u64),
    /// Start the command that is the load of this phase.
    StartLoad(usize),
    /// Ask it to end.
    EndLoad,
    /// The rest of this phase is idle.
    Rest(usize),
    /// Ask the target's runtime for a collection.
    Collect,
    /// Close the load's interval.
    Cut,
    /// Look whether memory leaks, in what was seen before the interval that was just closed: of that, all has come.
    Look(Look),
    /// A phase has ended.
    Left(PhaseSpan),
    /// Nothing more: tear down.
    End(Outcome),
}

/// A run on its way through its phases.
#[derive(Debug)]
pub(crate) struct Session {
    phases: Vec<Phase>,
    /// When the first phase began.
    began: Elapsed,
    /// The phase that is on; `None` after the last.
    current: Option<usize>,
    /// When it was entered.
    entered: Elapsed,
    /// When the number of users was last decided.
    stepped: Elapsed,
    users: u64,
    /// In which phases is the load a command?
    commanded: Vec<bool>,
    /// Is it at work?
    command_at_work: bool,
    /// Has it left a part of the phase idle?
    rests: bool,
    /// When a collection is to be asked for.
    collects_at: Option<Elapsed>,
    interval: Duration,
    next_cut: Elapsed,
    /// When the last interval was closed.
    last_cut: Elapsed,
    /// The looks that are left.
    looks: VecDeque<Look>,
    ended: bool,
}

impl Session {
    /// Begins the first phase at `now`.
    pub(crate) fn begin(plan: &Plan, now: Elapsed, out: &mut Vec<Command>) -> Self {
        let interval = (plan.length() / 600).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let mut session = Self {
            phases: plan.phases.clone(),
            began: now,
            current: None,
            entered: now,
            stepped: now,
            users: 0,
            commanded: plan.phases.iter().map(|phase| plan.runs_command_in(phase)).collect(),
            command_at_work: false,
            rests: false,
            collects_at: None,
            interval,
            next_cut: now + interval,
            last_cut: now,
            looks: verdict::looks(plan).into(),
            ended: false,
        };
        session.enter(0, now, out);
        session
    }

    /// Takes what came at `now`; what is to be done is added to `out`.
    pub(crate) fn on(&mut self, now: Elapsed, input: Input, out: &mut Vec<Command>) {
        if self.ended {
            return;
        }
        match input {
            Input::Tick => self.tick(now, out),
            Input::TargetDied(death) => self.end(now, Outcome::TargetDied(death), out),
            Input::LoadFailed(reason) => self.end(now, Outcome::LoadFailed { reason }, out),
            Input::LoadEnded => self.rest(now, out),
            Input::Interrupted => self.end(now, Outcome::Interrupted, out),
            Input::Leaks { look, seen, reason } => self.end(now, Outcome::StoppedEarly { look, seen, reason }, out),
        }
    }

    /// When the next tick is due.
    pub(crate) fn next_due(&self) -> Elapsed {
        let Some(phase) = self.current.map(|index| &self.phases[index]) else { return self.next_cut };
        let ends = self.at(phase.end());
        let ramps = phase.users.from != phase.users.to;
        let step = if ramps { self.stepped + STEP } else { ends };
        ends.min(self.next_cut).min(step).min(self.collects_at.unwrap_or(ends))
    }

    /// The time of the run at a time of the plan.
    fn at(&self, planned: Elapsed) -> Elapsed {
        self.began + planned.since(Elapsed::ZERO)
    }

    /// The time of the plan at a time of the run.
    pub(crate) fn planned(&self, now: Elapsed) -> Elapsed {
        Elapsed::from(now.since(self.began))
    }

    fn tick(&mut self, now: Elapsed, out: &mut Vec<Command>) {
        while let Some(index) = self.current
            && now >= self.at(self.phases[index].end())
        {
            self.leave(now, out);
            self.enter(index + 1, now, out);
        }
        self.follow_ramp(now, out);
        if self.collects_at.take_if(|at| now >= *at).is_some() {
            out.push(Command::Collect);
        }
        if now >= self.next_cut && !self.ended {
            self.cut(now, out);
        }
    }

    fn enter(&mut self, index: usize, now: Elapsed, out: &mut Vec<Command>) {
        if index >= self.phases.len() {
            self.current = None;
            self.ended = true;
            out.push(Command::End(Outcome::Completed));
            return;
        }
        self.current = Some(index);
        self.entered = now;
        self.rests = false;
        let phase = &self.phases[index];
        self.collects_at = phase.collect.then(|| now + AFTER_LOAD.min(phase.length / 10));
        out.push(Command::Enter(index));
        self.follow_ramp(now, out);
        if self.commanded[index] {
            self.command_at_work = true;
            out.push(Command::StartLoad(index));
        }
    }

    /// Closes the loaded part of the phase; what is left of it is idle.
    fn rest(&mut self, now: Elapsed, out: &mut Vec<Command>) {
        let Some(index) = self.current.filter(|_| self.command_at_work) else { return };
        self.command_at_work = false;
        self.cut(now, out);
        out.push(self.left(index, now));
        self.rests = true;
        self.entered = now;
        out.push(Command::Rest(index));
    }

    fn follow_ramp(&mut self, now: Elapsed, out: &mut Vec<Command>) {
        let Some(index) = self.current else { return };
        self.stepped = now;
        let users = self.phases[index].users_at(self.planned(now));
        if users != self.users {
            self.users = users;
            out.push(Command::SetUsers(users));
        }
    }

    /// Leaves the current phase: its interval is closed before the next one's load begins, so that
    /// no interval lies in two phases.
    fn leave(&mut self, now: Elapsed, out: &mut Vec<Command>) {
        let Some(index) = self.current.take() else { return };
        if std::mem::take(&mut self.command_at_work) {
            out.push(Command::EndLoad);
        }
        self.cut(now, out);
        out.push(self.left(index, now));
    }

    fn left(&self, index: usize, now: Elapsed) -> Command {
        let phase = &self.phases[index];
        let (name, cycle, loaded) = (phase.name.clone(), phase.cycle, phase.loaded() && !self.rests);
        Command::Left(PhaseSpan { name, cycle, loaded, start: self.entered, end: now })
    }

    /// Closes the interval, and looks where one that was closed before it has reached the time for it.
    fn cut(&mut self, now: Elapsed, out: &mut Vec<Command>) {
        out.push(Command::Cut);
        let reached = self.planned(self.last_cut);
        if let Some(look) = self.looks.pop_front_if(|look| look.at <= reached) {
            out.push(Command::Look(look));
        }
        self.last_cut = now;
        self.plan_cut(now);
    }

    /// The next cut is the first point of the grid that is at least half an interval away.
    fn plan_cut(&mut self, now: Elapsed) {
        let passed = (now.since(self.began) + self.interval / 2).as_micros() / self.interval.as_micros();
        self.next_cut = self.began + self.interval * (u32::try_from(passed).unwrap_or(u32::MAX) + 1);
    }

    fn end(&mut self, now: Elapsed, outcome: Outcome, out: &mut Vec<Command>) {
        self.looks.clear();
        if self.users != 0 {
            self.users = 0;
            out.push(Command::SetUsers(0));
        }
        self.leave(now, out);
        self.ended = true;
        out.push(Command::End(outcome));
    }
}

#[cfg(test)]
mod tests;
