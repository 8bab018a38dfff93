//! What an agent in the service prints of each collection, a line of JSON.

use serde::Deserialize;

use crate::clocks::Clock;
use crate::desk::{Desk, Told};

/// The keys of all of them.
#[derive(Deserialize)]
struct Line<'a> {
    /// `cpython` or `ruby`.
    #[serde(borrow, default)]
    gc: &'a str,
    /// BEAM: `long_gc`.
    #[serde(borrow, default)]
    kind: &'a str,
    /// `CPython`: which generation.
    #[serde(rename = "gen")]
    generation: Option<u8>,
    /// `CPython`: when it began, by the monotonic clock, and how long it was, nanoseconds.
    t_mono_ns: Option<u64>,
    dur_ns: Option<u64>,
    /// Ruby: how long it was. When it was is told in processor time, which is nobody's clock.
    dur_s: Option<f64>,
    /// BEAM: how long it was, milliseconds. One of its processes stood still, and whoever waited for it.
    ms: Option<f64>,
}

/// A collection that an agent tells of.
pub(crate) fn read(line: &str, desk: &mut Desk<'_>) {
    if line.contains("\"gc\"") || line.contains("\"long_gc\"") {
        collection(line, desk);
    }
}

fn collection(line: &str, desk: &mut Desk<'_>) -> Option<()> {
    // There are no braces in it, and may be some before it.
    let json = &line[line.rfind('{')?..];
    let told = serde_json::Deserializer::from_str(json).into_iter::<Line<'_>>().next()?.ok()?;
    match (told.gc, told.kind) {
        ("cpython", _) => {
            let length = told.dur_ns? / 1000;
            let began = i64::try_from(told.t_mono_ns? / 1000).ok()?;
            let end = desk.place(Clock::Monotonic, began.saturating_add(i64::try_from(length).ok()?));
            let kind = format!("generation {}", told.generation?);
            desk.tell(Told { source: "gc.callbacks", kind: &kind, length, ..Told::default() }, end);
        }
        ("ruby", _) => {
            let length = micros(told.dur_s? * 1e6)?;
            desk.tell(Told { source: "GC::Profiler", kind: "collection", length, ..Told::default() }, desk.arrived);
        }
        (_, "long_gc") => {
            let length = micros(told.ms? * 1e3)?;
            desk.tell(Told { source: "system_monitor", kind: "long_gc", length, ..Told::default() }, desk.arrived);
        }
        _ => {}
    }
    Some(())
}

fn micros(micros: f64) -> Option<u64> {
    (micros.is_finite() && micros >= 0.0).then_some(micros.round() as u64)
}
