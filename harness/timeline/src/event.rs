//! What happened, and how a run ended.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Elapsed;

/// Something that happened at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it was seen.
    pub at: Elapsed,
    /// What it was.
    #[serde(flatten)]
    pub what: Happening,
}

/// The kinds of things that happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// What the target is made by has ended well.
    Prepared {
        /// Of which service; of the target where none is named.
        service: Option<String>,
        /// When it was started.
        from: Elapsed,
        /// When it had ended.
        to: Elapsed,
    },
    /// A service that the target needs was started.
    ServiceLaunched {
        /// Its name.
        service: String,
        /// What it is: a container's name and id, or a process and its pid.
        what: String,
    },
    /// A service answered for the first time.
    ServiceReady {
        /// Its name.
        service: String,
    },
    /// A service ended while it was still needed.
    ServiceDied {
        /// Its name.
        service: String,
        /// How.
        death: Death,
    },
    /// A service was stopped, as it should be at the end.
    ServiceStopped {
        /// Its name.
        service: String,
        /// How it took it.
        how: String,
    },
    /// The target was started.
    Launched {
        /// What it is: a container's name and id, or a process and its pid.
        what: String,
    },
    /// The target answered for the first time.
    Ready,
    /// A phase began. Its span is told when it has ended, which a killed harness cannot do.
    Entered {
        /// The phase's name.
        phase: String,
        /// Its cycle.
        cycle: Option<u32>,
        /// Is load asked for in it?
        loaded: bool,
    },
    /// A probe could not read; told once, until it can again.
    ProbeFailed {
        /// Which probe.
        probe: String,
        /// Why.
        reason: String,
    },
    /// A probe that had failed reads again.
    ProbeRecovered {
        /// Which probe.
        probe: String,
    },
    /// What is worth knowing of a series that the scenario keeps.
    SeriesNoted {
        /// Its name.
        series: String,
        /// What: `is the sum of 3 sets of labels`.
        note: String,
    },
    /// The kernel killed a process of the target for want of memory.
    OomKill,
    /// The target ended while it was still needed.
    Died(Death),
    /// An answer was not as expected, the first of its kind.
    Unexpected {
        /// The step.
        step: String,
        /// Which expectation, as failures are counted.
        failure: String,
        /// The beginning of what stood in its place.
        seen: String,
    },
    /// The engine that drives the load failed.
    LoadFailed {
        /// Why.
        reason: String,
    },
    /// The command that is the load was started.
    CommandStarted {
        /// What it is: a process and its pid.
        what: String,
    },
    /// The command that is the load has ended.
    CommandEnded {
        /// How: `exited 0`, `exited 143 after SIGTERM in 20 ms`.
        how: String,
        /// Its exit code; 128 + the signal's number where a signal ended it.
        exit_code: Option<i64>,
        /// Was it asked to end, since its phase was over?
        asked: bool,
        /// The last lines of its output, where it failed.
        last_lines: Vec<String>,
    },
    /// What the command has told of its requests: so many more.
    Requests {
        /// When the count before this one was told, or the command was started.
        from: Elapsed,
        /// When they were told, or their phase was over.
        to: Elapsed,
        /// How many.
        count: u64,
    },
    /// The target has ended a cycle of its own.
    CycleEnded {
        /// How many have ended since the last that was kept, this one included: of many in a second one is kept.
        count: u64,
    },
    /// The target's runtime was recognised.
    RuntimeSeen {
        /// Which, and by what it is watched: `Go 1.19.8 by /debug/pprof`.
        runtime: String,
        /// What it cannot be asked for, and why.
        lacks: Vec<String>,
    },
    /// The runtime has collected its garbage since it was asked to.
    Collected {
        /// When it was asked.
        from: Elapsed,
        /// When it had done.
        to: Elapsed,
    },
    /// The runtime was asked to collect its garbage, and could not.
    NotCollected {
        /// Why.
        reason: String,
    },
    /// It was looked what fills the target's memory.
    Evidence(Evidence),
    /// Lines of the target's log matched a pattern that the scenario looks for; none did yet where it begins to look.
    Logged {
        /// The pattern.
        pattern: String,
        /// How many have since the last that was kept, this one included: after the first few, of many in a second one
        /// is kept.
        count: u64,
        /// The line, of the first few.
        line: Option<String>,
    },
    /// The run was asked to end by a signal.
    Interrupted,
    /// A look at the run proved a leak, so it ends before its time.
    StoppedEarly {
        /// What leaks.
        reason: String,
    },
    /// The target was stopped, as it should be at the end.
    Stopped {
        /// How it took it.
        how: String,
    },
}

/// What fills the target's memory, as its runtime tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What it is: `heap profile`, `class histogram`.
    pub what: String,
    /// Where it is kept, within the record's folder.
    pub file: Option<String>,
    /// What has grown most since the baseline, the largest growth first: a few of them.
    pub grown: Vec<Grown>,
    /// What holds most, the largest first, where nothing of the baseline is there to compare with: a few of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub largest: Vec<Largest>,
    /// What could not be looked at, and why.
    pub missing: Option<String>,
}

/// What has grown in the target's memory since the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grown {
    /// A class, a type or a function that allocates.
    pub name: String,
    /// By how many bytes.
    pub bytes: u64,
    /// By how many objects, where they are counted.
    pub objects: Option<u64>,
    /// How many bytes it holds now.
    pub held: u64,
}

/// What holds much of the target's memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Largest {
    /// A class or a type.
    pub name: String,
    /// How many bytes it holds.
    pub bytes: u64,
    /// How many objects of it there are.
    pub objects: u64,
}

/// How a target, or a service, died.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Death {
    /// Its exit code; 128 + the signal's number where a signal ended it.
    pub exit_code: Option<i64>,
    /// Did the kernel kill it for want of memory?
    pub oom_killed: bool,
    /// The last lines that it logged.
    pub last_lines: Vec<String>,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.oom_killed { "OOM-killed" } else { "exited" })?;
        match self.exit_code {
            Some(code) => write!(f, " (exit {code}{})", signal_note(code, self.oom_killed)),
            None => f.write_str(" (exit code unknown)"),
        }
    }
}

/// What an exit code above 128 says about a signal.
fn signal_note(code: i64, known: bool) -> &'static str {
    match code {
        _ if known => "",
        132 => ", SIGILL",
        134 => ", SIGABRT",
        135 => ", SIGBUS",
        136 => ", SIGFPE",
        137 => ", SIGKILL",
        139 => ", SIGSEGV",
        143 => ", SIGTERM",
        _ => "",
    }
}

/// How the run ended; apart from the verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing sealed the record: the harness was killed.
    #[default]
    HarnessLost,
    /// The target could not be launched, or never became ready.
    NotStarted {
        /// Why.
        reason: String,
    },
    /// Every phase was run.
    Completed,
    /// The target ended before the phases did.
    TargetDied(Death),
    /// The load could not be driven on.
    LoadFailed {
        /// Why.
        reason: String,
    },
    /// A signal ended the run.
    Interrupted,
    /// A look at the run under way proved a leak.
    StoppedEarly {
        /// Which look, from 1: it tells what chance of error was taken.
        look: u32,
        /// Up to when the look saw the run.
        seen: Elapsed,
        /// What leaks.
        reason: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HarnessLost => f.write_str("harness lost"),
            Self::NotStarted { reason } => write!(f, "not started: {reason}"),
            Self::Completed => f.write_str("completed"),
            Self::TargetDied(death) => write!(f, "target died: {death}"),
            Self::LoadFailed { reason } => write!(f, "load failed: {reason}"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::StoppedEarly { reason, .. } => write!(f, "stopped early: {reason}"),
        }
    }
}
