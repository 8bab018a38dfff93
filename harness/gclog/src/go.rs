//! Go: `GODEBUG=gctrace=1`.

use std::sync::LazyLock;

use regex::Regex;
use timeline::Elapsed;

use crate::clocks::{Clock, Unit};
use crate::desk::{Desk, Told};
use crate::number::{bytes, millis, moment, whole};
use crate::pattern;

const SOURCE: &str = "gctrace";
/// A number so far behind the next is of another process.
const LONGEST_TEAR: u64 = 100;

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"gc (?<n>\d+) @(?<at>[\d.]+)s \d+%: (?<sweep>[\d.]+)\+(?<mark>[\d.]+)\+(?<end>[\d.]+) ms clock, ",
        r"[\d.]+\+[\d.]+/[\d.]+/[\d.]+\+[\d.]+ ms cpu, \d+->\d+->(?<live>\d+) MB, \d+ MB goal,",
        r"(?: \d+ MB stacks, \d+ MB globals,)? \d+ P(?<forced> \(forced\))?",
    ))
});

/// The lines of gctrace, which are numbered.
#[derive(Debug, Default)]
pub(crate) struct GcTrace {
    last: Option<u64>,
    /// How many numbers were left out.
    pub(crate) torn: u64,
}

impl GcTrace {
    /// A collection: two stops, and the marking between them, which goes on beside the service and slows it down.
    pub(crate) fn read(&mut self, line: &str, desk: &mut Desk<'_>) {
        if line.contains(" ms clock, ") {
            self.collection(line, desk);
        }
    }

    fn collection(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let found = LINE.captures(line)?;
        let lengths = [millis(&found["sweep"])?, millis(&found["mark"])?, millis(&found["end"])?];
        let whole_length = lengths.iter().fold(0, |sum: u64, length| sum.saturating_add(*length));
        let began = moment(&found["at"])?;
        self.count(whole(&found["n"])?);
        let ended = began.saturating_add(i64::try_from(whole_length).ok()?);
        let ended = desk.place(Clock::Since(Unit::GoSeconds), ended).micros();
        let (forced, reached) = (found.name("forced").is_some(), bytes(&found["live"], "M"));
        let mut after = whole_length;
        for (kind, length) in ["sweep termination", "mark", "mark termination"].into_iter().zip(lengths) {
            after = after.saturating_sub(length);
            let told = Told {
                source: SOURCE,
                kind,
                length,
                concurrent: kind == "mark",
                forced,
                live: reached.filter(|_| kind == "mark termination"),
            };
            desk.tell(told, Elapsed::from_micros(ended.saturating_sub(after)));
        }
        Some(())
    }

    fn count(&mut self, number: u64) {
        let left_out = self.last.map_or(0, |last| number.saturating_sub(last).saturating_sub(1));
        self.torn += if left_out <= LONGEST_TEAR { left_out } else { 0 };
        self.last = Some(number);
    }
}
