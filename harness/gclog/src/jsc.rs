//! Bun: `BUN_JSC_logGC=1`, of `JavaScriptCore`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::desk::{Desk, Told};
use crate::number::{bytes, millis};
use crate::pattern;

const SOURCE: &str = "logGC";
/// How many heaps may collect at once.
const MOST_HEAPS: usize = 16;

static HEAP: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[GC<0x(?<heap>[0-9a-fA-F]+)>: "));
static START: LazyLock<Regex> = LazyLock::new(|| pattern(r"START M \d+kb => (?<kind>Eden|Full)Collection,"));
static PAUSE: LazyLock<Regex> = LazyLock::new(|| pattern(r" p=(?<ms>[\d.]+)ms \(max [\d.]+\)"));
static END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r" => (?<live>\d+)kb, p=[\d.]+ms \(max [\d.]+\), cycle (?<cycle>[\d.]+)ms END\]"));

/// The heaps that are collecting: by their address, whether all of the heap.
#[derive(Debug, Default)]
pub(crate) struct LogGc(BTreeMap<u64, bool>);

impl LogGc {
    /// A line is an increment of a collection, with one stop. It tells no time: it comes when the stop is over.
    pub(crate) fn read(&mut self, line: &str, desk: &mut Desk<'_>) {
        if line.contains("[GC<") {
            self.increment(line, desk);
        }
    }

    fn increment(&mut self, line: &str, desk: &mut Desk<'_>) -> Option<()> {
        let heap = u64::from_str_radix(&HEAP.captures(line)?["heap"], 16).ok()?;
        if let Some(start) = START.captures(line) {
            if self.0.len() >= MOST_HEAPS {
                self.0.clear();
            }
            self.0.insert(heap, &start["kind"] == "Full");
        }
        let full = *self.0.get(&heap)?;
        let kind = if full { "FullCollection" } else { "EdenCollection" };
        let end = END.captures(line);
        let reached = end.as_ref().filter(|_| full).and_then(|end| bytes(&end["live"], "K"));
        let length = millis(&PAUSE.captures(line)?["ms"])?;
        desk.tell(Told { source: SOURCE, kind, length, live: reached, ..Told::default() }, desk.arrived);
        if let Some(end) = end {
            self.0.remove(&heap);
            let length = millis(&end["cycle"])?;
            desk.tell(Told { source: SOURCE, kind, length, concurrent: true, ..Told::default() }, desk.arrived);
        }
        Some(())
    }
}
