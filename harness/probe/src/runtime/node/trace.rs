//! V8's trace events: which of them are stops, and what they tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

/// A stop shorter than this, in microseconds, is not told: marking in steps makes hundreds of them a second.
const LEAST: u64 = 100;

/// A stop of a thread that runs JavaScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// When it began, in microseconds of the system's monotonic clock.
    pub(crate) start: u64,
    /// How long it was, in microseconds.
    pub(crate) length: u64,
    /// How much of it the thread was on a processor, in microseconds.
    pub(crate) cpu: u64,
    /// What it was.
    pub(crate) kind: Arc<str>,
    /// Was it the first thread, which serves? A worker stops itself only.
    pub(crate) first: bool,
    /// The bytes that were reached after it, where it looked at the whole heap.
    pub(crate) live: Option<u64>,
}

/// Makes stops out of events, as they come in.
#[derive(Debug)]
pub(crate) struct Trace {
    /// By thread: the collection that has begun.
    begun: BTreeMap<(u64, bool), Event>,
    scavenge: Arc<str>,
    compact: Arc<str>,
    step: Arc<str>,
}

#[derive(Debug, Deserialize)]
struct Event {
    pid: u64,
    tid: u64,
    /// Microseconds of the monotonic clock.
    ts: u64,
    /// Microseconds of the thread on a processor.
    #[serde(default)]
    tts: u64,
    #[serde(default)]
    dur: u64,
    #[serde(default)]
    tdur: u64,
    ph: String,
    name: String,
    #[serde(default)]
    args: Args,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Args {
    used_heap_size_after: Option<u64>,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            begun: BTreeMap::new(),
            scavenge: "Scavenge".into(),
            compact: "Mark-Compact".into(),
            step: "incremental marking".into(),
        }
    }
}

impl Trace {
    /// Takes the `value` of a `NodeTracing.dataCollected`. Is it the last of what a stop of the tracing brings? The
    /// names of the threads are.
    pub(crate) fn take(&mut self, value: Value, stops: &mut Vec<Stopped>) -> bool {
        let Value::Array(events) = value else { return false };
        let mut last = false;
        for event in events {
            last |= event["ph"] == "M";
            // Events of other kinds lack what these have.
            if let Ok(event) = serde_json::from_value::<Event>(event) {
                stops.extend(self.event(event).filter(|stop| stop.length >= LEAST));
            }
        }
        last
    }

    fn event(&mut self, event: Event) -> Option<Stopped> {
        let major = match event.name.as_str() {
            "MinorGC" => false,
            "MajorGC" => true,
            "V8.GCIncrementalMarking" if event.ph == "X" => {
                return Some(stop(&event, event.dur, event.tdur, &self.step));
            }
            _ => return None,
        };
        let place = (event.tid, major);
        match event.ph.as_str() {
            "B" => {
                self.begun.insert(place, event);
                None
            }
            "E" => {
                let begun = self.begun.remove(&place)?;
                self.ended(&begun, &event, major)
            }
            _ => None,
        }
    }

    fn ended(&self, begun: &Event, ended: &Event, major: bool) -> Option<Stopped> {
        let kind = if major { &self.compact } else { &self.scavenge };
        let length = ended.ts.checked_sub(begun.ts)?;
        let live = ended.args.used_heap_size_after.filter(|_| major);
        Some(Stopped { live, ..stop(begun, length, ended.tts.saturating_sub(begun.tts), kind) })
    }
}

fn stop(event: &Event, length: u64, cpu: u64, kind: &Arc<str>) -> Stopped {
    Stopped { start: event.ts, length, cpu, kind: kind.clone(), first: event.pid == event.tid, live: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(events: &[Value]) -> Vec<Stopped> {
        let (mut trace, mut stops) = (Trace::default(), Vec::new());
        for event in events {
            trace.take(json!([event]), &mut stops);
        }
        stops
    }

    fn event(ph: &str, name: &str, ts: u64, tts: u64, args: &Value) -> Value {
        json!({"pid": 7, "tid": 7, "ts": ts, "tts": tts, "ph": ph, "cat": "v8", "name": name, "args": args})
    }

    #[test]
    fn a_collection_is_from_its_begin_to_its_end_even_in_two_messages() {
        let begun = event("B", "MajorGC", 1000, 10, &json!({"usedHeapSizeBefore": 4_000_000, "type": "task"}));
        let inner = json!({"pid": 7, "tid": 7, "ts": 1001, "dur": 4000, "tdur": 40, "ph": "X", "cat": "v8",
                           "name": "V8.GCFinalizeMC", "args": {}});
        let ended = event("E", "MajorGC", 6000, 60, &json!({"usedHeapSizeAfter": 3_500_000}));
        let want = Stopped {
            start: 1000,
            length: 5000,
            cpu: 50,
            kind: "Mark-Compact".into(),
            first: true,
            live: Some(3_500_000),
        };
        assert_eq!(taken(&[begun, inner, ended]), [want]);
    }

    #[test]
    fn a_scavenge_does_not_know_what_is_live() {
        let events = [
            event("B", "MinorGC", 1000, 10, &json!({"usedHeapSizeBefore": 2})),
            event("E", "MinorGC", 2000, 20, &json!({"usedHeapSizeAfter": 1})),
        ];
        assert_eq!(taken(&events)[0].live, None);
    }

    #[test]
    fn long_steps_of_marking_are_stops_and_short_ones_are_not_told() {
        let step = |dur: u64, tid: u64| {
            json!({"pid": 7, "tid": tid, "ts": 5, "tts": 1, "dur": dur, "tdur": 3, "ph": "X", "cat": "v8",
                   "name": "V8.GCIncrementalMarking", "args": {"epoch": 1}})
        };
        let stops = taken(&[step(99, 7), step(2400, 7), step(2400, 8)]);
        let seen: Vec<_> = stops.iter().map(|stop| (stop.length, stop.cpu, stop.first)).collect();
        assert_eq!(seen, [(2400, 3, true), (2400, 3, false)]);
    }

    #[test]
    fn what_is_no_event_is_passed_over() {
        let events =
            [json!(1), json!({}), json!({"ph": "E", "name": "MajorGC", "pid": 1, "tid": 1, "ts": 4}), json!([])];
        assert!(taken(&events).is_empty());
        assert!(!Trace::default().take(json!("none"), &mut Vec::new()));
    }

    #[test]
    fn the_names_of_the_threads_are_the_last_of_a_window() {
        let names = json!([{"pid": 7, "tid": 7, "ts": 0, "ph": "M", "cat": "__metadata", "name": "thread_name"}]);
        assert!(Trace::default().take(names, &mut Vec::new()));
    }
}
