//! What the engine counts of a container: for where its files are out of reach.

use std::fmt;

use bollard::models::ContainerStatsResponse;
use futures_util::StreamExt;

use crate::engine::{Engine, EngineError, Frames};

/// What the engine counted; what this engine does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineReading {
    /// Everything that is charged to the container, page cache too, in bytes.
    pub usage: Option<u64>,
    /// The page cache that would be given up first, in bytes.
    pub inactive_file: Option<u64>,
    /// Memory that no file backs, in bytes.
    pub anon: Option<u64>,
    /// The page cache, shared memory included, in bytes.
    pub cache: Option<u64>,
    /// Shared memory, in bytes; engines on cgroup v1 do not tell it.
    pub shmem: Option<u64>,
    /// The memory limit in bytes; without one, the machine's memory.
    pub limit: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Processor time since the start, in seconds.
    pub cpu_seconds: Option<f64>,
    /// Time for which the quota held it back since the start, in seconds.
    pub throttled_seconds: Option<f64>,
}

/// Why the engine gave no reading.
#[derive(Debug, thiserror::Error)]
pub enum StatsError {
    /// There is nothing left to count.
    #[error("the container runs no more")]
    Gone,
    /// The engine failed; the next read asks anew.
    #[error("the engine did not tell what it counts")]
    Engine(#[source] EngineError),
}

/// Reads what the engine counts, once per second: that is how often it does.
pub struct EngineStats {
    engine: Engine,
    container: String,
    frames: Option<Frames<ContainerStatsResponse>>,
}

impl EngineStats {
    pub(crate) fn new(engine: Engine, container: String) -> Self {
        Self { engine, container, frames: None }
    }

    /// Waits for the next frame: up to a second. May be cancelled.
    ///
    /// # Errors
    /// Where the container has ended, or the engine does not answer.
    pub async fn read(&mut self) -> Result<EngineReading, StatsError> {
        let frames = self.frames.get_or_insert_with(|| self.engine.stats(&self.container));
        match frames.next().await {
            Some(Ok(frame)) => read_frame(&frame).ok_or(StatsError::Gone),
            Some(Err(error)) => {
                self.frames = None;
                Err(gone_or_failed(error.into()))
            }
            None => {
                self.frames = None;
                Err(StatsError::Gone)
            }
        }
    }
}

impl fmt::Debug for EngineStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineStats").field("container", &self.container).finish_non_exhaustive()
    }
}

fn gone_or_failed(error: EngineError) -> StatsError {
    if error.not_found() { StatsError::Gone } else { StatsError::Engine(error) }
}

/// A container that has ended yields frames without memory: that is no reading of 0.
fn read_frame(frame: &ContainerStatsResponse) -> Option<EngineReading> {
    let memory = frame.memory_stats.as_ref()?;
    let usage = memory.usage?;
    // cgroup v1 counts its descendants in the `total_` values; v2 always does.
    let first_of = |names: [&str; 2]| names.iter().find_map(|name| memory.stats.as_ref()?.get(*name).copied());
    let cpu = frame.cpu_stats.as_ref();
    let nanoseconds = |value: Option<u64>| value.map(|value| value as f64 / 1e9);
    Some(EngineReading {
        usage: Some(usage),
        inactive_file: first_of(["total_inactive_file", "inactive_file"]),
        anon: first_of(["total_rss", "anon"]),
        cache: first_of(["total_cache", "file"]),
        shmem: first_of(["total_shmem", "shmem"]),
        limit: memory.limit,
        pids: frame.pids_stats.as_ref().and_then(|pids| pids.current),
        cpu_seconds: nanoseconds(cpu.and_then(|cpu| cpu.cpu_usage.as_ref()?.total_usage)),
        throttled_seconds: nanoseconds(cpu.and_then(|cpu| cpu.throttling_data.as_ref()?.throttled_time)),
    })
}

#[cfg(test)]
mod tests {
    use bollard::models::ContainerMemoryStats;

    use super::*;

    fn frame(stats: &[(&str, u64)]) -> ContainerStatsResponse {
        let stats = stats.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let memory = ContainerMemoryStats { usage: Some(100), stats: Some(stats), ..ContainerMemoryStats::default() };
        ContainerStatsResponse { memory_stats: Some(memory), ..ContainerStatsResponse::default() }
    }

    #[test]
    fn both_versions_of_cgroups_are_read() {
        let v1 = read_frame(&frame(&[("rss", 1), ("total_rss", 7), ("total_cache", 8), ("total_inactive_file", 9)]));
        let v2 = read_frame(&frame(&[("anon", 7), ("file", 8), ("inactive_file", 9)]));
        let expected = EngineReading {
            usage: Some(100),
            anon: Some(7),
            cache: Some(8),
            inactive_file: Some(9),
            ..EngineReading::default()
        };
        assert_eq!((v1, v2), (Some(expected), Some(expected)));
    }

    #[test]
    fn a_frame_without_memory_is_no_reading() {
        assert_eq!(read_frame(&ContainerStatsResponse::default()), None);
    }
}
