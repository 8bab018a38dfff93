//! Node and Deno: V8's `--trace-gc`.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::clocks::Clock;
use crate::desk::{Desk, Told};
use crate::number::{bytes, millis, whole};
use crate::pattern;

const SOURCE: &str = "trace-gc";

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\[(?<pid>\d+):0x(?<isolate>[0-9a-fA-F]+)(?::\d+)?\] +(?<at>\d+) ms: ",
        r"(?<kind>[A-Z][A-Za-z -]*?(?: \([a-z ]+\))*) [\d.]+ \([\d.]+\) -> (?<after>[\d.]+) \([\d.]+\) MB, ",
        r"(?:pooled: [\d.]+ MB, )?(?<pause>[\d.]+) / [\d.]+ ms +",
        r"(?:\(\+ [\d.]+ ms in \d+ steps since start of marking, biggest step (?<step>[\d.]+) ms[^)]*\) )?(?<why>.*)",
    ))
});

/// A collection: the stop at its end, and the longest of the steps before it where that was longer.
pub(crate) fn read(line: &str, desk: &mut Desk<'_>) {
    if line.contains(" ms: ") {
        collection(line, desk);
    }
}

fn collection(line: &str, desk: &mut Desk<'_>) -> Option<()> {
    let found = LINE.captures(line)?;
    let isolate = u64::from_str_radix(&found["isolate"], 16).ok()?;
    let at = i64::try_from(whole(&found["at"])?.saturating_mul(1000)).ok()?;
    let (kind, why) = (&found["kind"], &found["why"]);
    let length = millis(&found["pause"])?;
    let end = desk.place(Clock::Isolate(whole(&found["pid"])?, isolate), at);
    // Asked for by `gc()`, or by the inspector.
    let forced = why.contains("testing;") || why.contains("heap profiler;");
    let step = found.name("step").and_then(|step| millis(step.as_str())).filter(|step| *step > length);
    if let Some(step) = step {
        let told = Told { source: SOURCE, kind: "incremental step", length: step, forced, ..Told::default() };
        desk.tell(told, end - Duration::from_micros(length));
    }
    // What is left after a scavenge holds garbage that nobody looked for.
    let reached = if kind.contains("Mark-") { bytes(&found["after"], "M") } else { None };
    desk.tell(Told { source: SOURCE, kind, length, forced, live: reached, ..Told::default() }, end);
    Some(())
}
