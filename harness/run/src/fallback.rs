//! The engine's API as a source for the probes, where the target's files are out of reach.

use probe::{Answer, Fallback};
use target::{EngineReading, EngineStats};
use timeline::Metric;

pub(crate) struct Engine(pub(crate) EngineStats);

impl Fallback for Engine {
    fn source(&self) -> &'static str {
        "engine API"
    }

    fn metrics(&self) -> &'static [Metric] {
        &[
            Metric::AnonymousMemory,
            Metric::WorkingSet,
            Metric::PageCache,
            Metric::Threads,
            Metric::CpuTime,
            Metric::ThrottledTime,
        ]
    }

    fn read(&mut self) -> Answer<'_> {
        Box::pin(async { self.0.read().await.map(|reading| values(&reading)).map_err(|error| error.to_string()) })
    }
}

/// What the engine tells, as metrics; what it does not tell is left out.
fn values(reading: &EngineReading) -> Vec<(Metric, f64)> {
    let working_set = reading.usage.zip(reading.inactive_file).map(|(usage, inactive)| usage.saturating_sub(inactive));
    let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
    [
        (Metric::AnonymousMemory, bytes(reading.anon)),
        (Metric::WorkingSet, bytes(working_set)),
        (Metric::PageCache, bytes(reading.cache)),
        (Metric::Threads, bytes(reading.pids)),
        (Metric::CpuTime, reading.cpu_seconds),
        (Metric::ThrottledTime, reading.throttled_seconds),
    ]
    .into_iter()
    .filter_map(|(metric, value)| Some((metric, value?)))
    .collect()
}
