//! The truth: what happened, counted where it happens.

use std::collections::VecDeque;
use std::fmt::Write;
use std::time::Duration;

/// Everything counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Requests that came, but for those to /healthz and /truth.
    pub(crate) requests: u64,
    /// Connections accepted, with the refused ones, without those that it made to itself.
    pub(crate) connections: u64,
    /// Connections closed as soon as they were accepted.
    pub(crate) refused: u64,
    /// WebSocket messages that came, text and binary.
    pub(crate) messages: u64,
    /// Requests answered with a status of 400 or more.
    pub(crate) errors: u64,
    /// What was leaked.
    pub(crate) leaked: Leaked,
    /// How the world was stopped.
    pub(crate) stops: Stops,
}

/// What was leaked: the payload in bytes, without what the allocator or a map adds to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaked {
    pub(crate) heap_bytes: u64,
    pub(crate) map_bytes: u64,
    pub(crate) mmap_bytes: u64,
    pub(crate) child_bytes: u64,
    pub(crate) fds: u64,
    pub(crate) threads: u64,
    /// Connections to itself; each is two sockets.
    pub(crate) connections: u64,
    pub(crate) children: u64,
}

/// The stops of the world.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    count: u64,
    total: Duration,
    last: VecDeque<(Duration, Duration)>,
}

/// What is held on purpose, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "units last, as in the truth that is told of them")]
pub(crate) struct Held {
    pub(crate) base_bytes: usize,
    pub(crate) cache_bytes: usize,
    pub(crate) garbage_bytes: usize,
    pub(crate) retained_bytes: usize,
}

impl Stops {
    /// How many of the latest are remembered.
    const REMEMBERED: usize = 64;

    /// Counts a stop that began at `start` and was measured to last for `duration`.
    pub(crate) fn count(&mut self, start: Duration, duration: Duration) {
        self.count += 1;
        self.total += duration;
        if self.last.len() == Self::REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back((start, duration));
    }
}

impl Ledger {
    /// The truth as JSON, `uptime` after the start.
    pub(crate) fn to_json(&self, held: Held, uptime: Duration) -> String {
        let Self { requests, connections, refused, messages, errors, leaked, stops } = self;
        let Held { base_bytes, cache_bytes, garbage_bytes, retained_bytes } = held;
        format!(
            "{{\"uptime_ms\":{},\"requests\":{requests},\"connections\":{connections},\"refused\":{refused},\
             \"messages\":{messages},\"errors\":{errors},\"leaked\":{},\"cache_bytes\":{cache_bytes},\
             \"garbage_bytes\":{garbage_bytes},\"retained_bytes\":{retained_bytes},\"base_bytes\":{base_bytes},\
             \"stops\":{}}}\n",
            uptime.as_millis(),
            leaked.to_json(),
            stops.to_json(),
        )
    }
}

impl Ledger {
    /// The truth in Prometheus's text format, as client libraries write it.
    pub(crate) fn to_metrics(&self) -> String {
        let Self { requests, connections, errors, leaked, .. } = self;
        let mut page = String::new();
        let mut tell = |name: &str, kind: &str, samples: &[(&str, u64)]| {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "# TYPE {name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(page, "{name}{labels} {value}");
            }
        };
        let (good, bad) = (requests.saturating_sub(*errors), *errors);
        tell("specimen_requests_total", "counter", &[("{status=\"good\"}", good), ("{status=\"error\"}", bad)]);
        tell("specimen_connections_total", "counter", &[("", *connections)]);
        tell("specimen_leaked_bytes", "gauge", &[("", leaked.bytes())]);
        tell("specimen_leaked_descriptors", "gauge", &[("", leaked.fds)]);
        tell("specimen_leaked_threads", "gauge", &[("", leaked.threads)]);
        page
    }
}

impl Leaked {
    /// All leaked bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.heap_bytes + self.map_bytes + self.mmap_bytes + self.child_bytes
    }

    fn to_json(&self) -> String {
        let Self { heap_bytes, map_bytes, mmap_bytes, child_bytes, fds, threads, connections, children } = self;
        format!(
            "{{\"bytes\":{},\"heap_bytes\":{heap_bytes},\"map_bytes\":{map_bytes},\"mmap_bytes\":{mmap_bytes},\"child_bytes\":{child_bytes},\
             \"fds\":{fds},\"threads\":{threads},\"connections\":{connections},\"children\":{children}}}",
            self.bytes(),
        )
    }
}

impl Stops {
    fn to_json(&self) -> String {
        let mut last = String::new();
        for (start, duration) in &self.last {
            let comma = if last.is_empty() { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(last, "{comma}[{},{}]", start.as_millis(), duration.as_millis());
        }
        format!("{{\"count\":{},\"total_ms\":{},\"last\":[{last}]}}", self.count, self.total.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_is_told_in_json() {
        let mut ledger = Ledger { requests: 3, ..Ledger::default() };
        ledger.leaked = Leaked { heap_bytes: 10, mmap_bytes: 5, fds: 2, ..Leaked::default() };
        ledger.stops.count(Duration::from_secs(1), Duration::from_millis(301));
        ledger.stops.count(Duration::from_secs(2), Duration::from_millis(300));
        let held = Held { base_bytes: 1, cache_bytes: 2, garbage_bytes: 3, retained_bytes: 4 };
        assert_eq!(
            ledger.to_json(held, Duration::from_secs(5)),
            concat!(
                r#"{"uptime_ms":5000,"requests":3,"connections":0,"refused":0,"messages":0,"errors":0,"#,
                r#""leaked":{"bytes":15,"heap_bytes":10,"map_bytes":0,"mmap_bytes":5,"child_bytes":0,"#,
                r#""fds":2,"threads":0,"connections":0,"children":0},"#,
                r#""cache_bytes":2,"garbage_bytes":3,"retained_bytes":4,"base_bytes":1,"#,
                r#""stops":{"count":2,"total_ms":601,"last":[[1000,301],[2000,300]]}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn the_truth_is_told_to_prometheus_too() {
        let ledger = Ledger { requests: 3, errors: 1, ..Ledger::default() };
        let page = ledger.to_metrics();
        assert!(page.contains("# TYPE specimen_requests_total counter\nspecimen_requests_total{status=\"good\"} 2\n"));
        assert!(page.contains("\nspecimen_leaked_bytes 0\n"), "{page}");
    }

    #[test]
    fn the_latest_64_stops_are_remembered() {
        let mut stops = Stops::default();
        for second in 0..100 {
            stops.count(Duration::from_secs(second), Duration::from_millis(1));
        }
        assert_eq!((stops.count, stops.last.len()), (100, 64));
        assert_eq!(stops.last[0].0, Duration::from_secs(36));
    }
}
