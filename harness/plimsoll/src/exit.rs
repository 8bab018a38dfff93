//! Exit codes: part of the public interface.

use std::process::ExitCode;

use verdict::Verdict;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything passed.
    Passed = 0,
    /// An assertion failed; a dead target too.
    Failed = 1,
    /// The command line, the scenario or the input is wrong.
    Usage = 2,
    /// The run could not tell.
    Inconclusive = 3,
    /// It could not run: no engine, no image, never ready.
    CouldNotRun = 4,
    /// A signal ended it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The end by a verdict, where what is inconclusive counts as `inconclusive`.
    pub(crate) fn gated(verdict: Verdict, inconclusive: Verdict) -> Self {
        if verdict == Verdict::Inconclusive { inconclusive.into() } else { verdict.into() }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Fail => Self::Failed,
            Verdict::Inconclusive => Self::Inconclusive,
        }
    }
}
