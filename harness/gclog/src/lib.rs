//! What runtimes log of their collections: lines → pauses.
//!
//! Pure: a line and the time at which it came go in, pauses come out. It knows what these print, whatever stands
//! before it on a line (docker, kubectl, a logger), and tells by itself which of them a line is:
//!
//! | runtime | what prints it |
//! |---|---|
//! | Go | `GODEBUG=gctrace=1` |
//! | Node, Deno | `--trace-gc`, of V8 since 10 |
//! | JVM since 9 | `-Xlog:gc*,safepoint*`, all collectors |
//! | JVM 8 | `-XX:+PrintGCDetails`, `-XX:+PrintGCApplicationStoppedTime` |
//! | Bun | `BUN_JSC_logGC=1` |
//! | `CPython`, Ruby, BEAM | an agent that prints a line of JSON for each collection |

mod agent;
mod clocks;
mod desk;
mod go;
mod jsc;
mod jvm;
mod number;
mod v8;

use std::sync::LazyLock;

use regex::Regex;
use timeline::{Elapsed, Pause};

use clocks::Clocks;
use desk::{Desk, Kinds};

/// Texts of which each line that tells of a collection has one; the search for all of them at once is what a line costs
/// that tells of none.
const SPEAKING: [&str; 11] = [
    " ms clock, ",
    " ms: ",
    "GC(",
    "afepoint ",
    "threads were stopped: ",
    "Allocation Stall (",
    "%): ",
    " secs]",
    "[GC<",
    "\"gc\"",
    "\"long_gc\"",
];

static SPEAKS: LazyLock<Regex> = LazyLock::new(|| pattern(&SPEAKING.map(regex::escape).join("|")));

/// Reads the log of one target: all of its streams and processes, line by line as they come.
///
/// It keeps a few kilobytes, whatever comes.
#[derive(Debug, Default)]
pub struct GcLog {
    clocks: Clocks,
    kinds: Kinds,
    go: go::GcTrace,
    jsc: jsc::LogGc,
    jvm: jvm::Jvm,
}

impl GcLog {
    /// For a target on a machine whose monotonic clock showed so many microseconds when the run began: what is told in
    /// that clock is then placed exactly. What is told in any other clock (the time since a process began, the wall
    /// clock) is placed by the line that came soonest after what it tells.
    pub fn new(monotonic_at_start: u64) -> Self {
        Self { clocks: Clocks::new(monotonic_at_start), ..Self::default() }
    }

    /// The pauses that `line` tells of, in the order of their ends. Lines come in the order of `arrived`.
    ///
    /// A pause that may yet be told of again, as the safepoint around a collection of the JVM, comes with a line up to
    /// a second later, or with [`finish`](Self::finish).
    pub fn read(&mut self, line: &str, arrived: Elapsed) -> Vec<Pause> {
        let mut told = self.jvm.overdue(arrived);
        if SPEAKS.is_match(line) {
            let mut desk = Desk { arrived, clocks: &mut self.clocks, kinds: &mut self.kinds, told: &mut told };
            let line = line.trim_end();
            self.go.read(line, &mut desk);
            v8::read(line, &mut desk);
            self.jvm.read(line, &mut desk);
            self.jsc.read(line, &mut desk);
            agent::read(line, &mut desk);
        }
        told
    }

    /// What was held back when the log ended.
    pub fn finish(&mut self) -> Vec<Pause> {
        self.jvm.finish()
    }

    /// How many lines of a numbered log were never read, or not whole: Go writes a line in some forty pieces, and what
    /// the service itself prints tears it.
    pub fn torn(&self) -> u64 {
        self.go.torn
    }
}

/// A pattern of ours: all are used in tests.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("our own patterns are regular expressions")
}
