//! The quantities that can be read, each with its unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Bytes per hour.
    BytesPerHour,
    /// Bytes per request.
    BytesPerRequest,
    /// Bytes per cycle of a `repeat`.
    BytesPerCycle,
    /// Bytes per user at work.
    BytesPerUser,
    /// Seconds.
    Seconds,
    /// A share of the whole: 0 to 1.
    Share,
    /// Events per second.
    PerSecond,
    /// Things per hour.
    PerHour,
    /// Things.
    Count,
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Only up, since some start.
    Counter,
}

/// A quantity of the target, the harness or the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// What the runtime still reached after its last collection: the floor of its heap. The leak metric, where told.
    LiveHeap,
    /// Memory that no file backs: cgroup `anon` (v1 `total_rss`), or the sum of `RssAnon`. The leak metric otherwise.
    AnonymousMemory,
    /// Usage without the inactive page cache, as the kubelet counts.
    WorkingSet,
    /// Resident memory: anonymous, file and shared.
    ResidentMemory,
    /// Files in memory on behalf of the target; reclaimable.
    PageCache,
    /// Shared memory and tmpfs.
    SharedMemory,
    /// Open file descriptors.
    OpenFiles,
    /// Sockets among them.
    Sockets,
    /// Threads of all processes.
    Threads,
    /// Processes of the target besides the first.
    ChildProcesses,
    /// Processor time used, user and system.
    CpuTime,
    /// Time for which a processor quota held the target back.
    ThrottledTime,
    /// Times that the kernel killed a process of the target for want of memory.
    OomKills,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::LiveHeap,
        Self::AnonymousMemory,
        Self::WorkingSet,
        Self::ResidentMemory,
        Self::PageCache,
        Self::SharedMemory,
        Self::OpenFiles,
        Self::Sockets,
        Self::Threads,
        Self::ChildProcesses,
        Self::CpuTime,
        Self::ThrottledTime,
        Self::OomKills,
    ];

    /// The name in records, JSON and assertions: snake case, never changed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiveHeap => "live_heap",
            Self::AnonymousMemory => "anonymous_memory",
            Self::WorkingSet => "working_set",
            Self::ResidentMemory => "resident_memory",
            Self::PageCache => "page_cache",
            Self::SharedMemory => "shared_memory",
            Self::OpenFiles => "open_files",
            Self::Sockets => "sockets",
            Self::Threads => "threads",
            Self::ChildProcesses => "child_processes",
            Self::CpuTime => "cpu_time",
            Self::ThrottledTime => "throttled_time",
            Self::OomKills => "oom_kills",
        }
    }

    /// What its values are counted in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::LiveHeap
            | Self::AnonymousMemory
            | Self::WorkingSet
            | Self::ResidentMemory
            | Self::PageCache
            | Self::SharedMemory => Unit::Bytes,
            Self::OpenFiles | Self::Sockets | Self::Threads | Self::ChildProcesses | Self::OomKills => Unit::Count,
            Self::CpuTime | Self::ThrottledTime => Unit::Seconds,
        }
    }

    /// How it moves.
    pub const fn kind(self) -> Kind {
        match self {
            Self::CpuTime | Self::ThrottledTime | Self::OomKills => Kind::Counter,
            _ => Kind::Gauge,
        }
    }

    /// What tells how much memory a service holds on to, the best first: collected heap before what the system
    /// holds for the service, and that before what it shares with others.
    pub const HELD_MEMORY: [Self; 3] = [Self::LiveHeap, Self::AnonymousMemory, Self::ResidentMemory];

    /// The exact counts whose growth with the load is a leak, asked for or not.
    pub const COUNTS: [Self; 4] = [Self::OpenFiles, Self::Sockets, Self::Threads, Self::ChildProcesses];
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Metric {
    type Err = ();
    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|metric| metric.name() == name).ok_or(())
    }
}
