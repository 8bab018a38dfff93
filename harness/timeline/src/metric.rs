//! The quantities that can be read, each with its unit.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Name;

/// What a value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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

impl Unit {
    const ALL: [Self; 10] = [
        Self::Bytes,
        Self::BytesPerHour,
        Self::BytesPerRequest,
        Self::BytesPerCycle,
        Self::BytesPerUser,
        Self::Seconds,
        Self::Share,
        Self::PerSecond,
        Self::PerHour,
        Self::Count,
    ];

    /// The name in records and JSON: snake case, never changed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::BytesPerHour => "bytes_per_hour",
            Self::BytesPerRequest => "bytes_per_request",
            Self::BytesPerCycle => "bytes_per_cycle",
            Self::BytesPerUser => "bytes_per_user",
            Self::Seconds => "seconds",
            Self::Share => "share",
            Self::PerSecond => "per_second",
            Self::PerHour => "per_hour",
            Self::Count => "count",
        }
    }
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Only up, since some start.
    Counter,
}

/// What the name of a count of connections begins with; the port follows.
const CONNECTIONS: &str = "connections to :";
/// What the name of a count of active resources of one type begins with; the type follows.
const ACTIVE_RESOURCES: &str = "active_resources ";

/// A quantity of the target, the harness or the host. In records and JSON it is its name; of a named one, its name, a
/// space and its unit: `external bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
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
    /// Pipes among them, named ones left out.
    Pipes,
    /// Those among them that were opened by a path: files, folders, devices.
    PathFiles,
    /// Those among them that the kernel calls `anon_inode`: eventfd, epoll, inotify, timers.
    AnonymousInodes,
    /// Connections that the peer has closed and the target has not: TCP's state `CLOSE_WAIT`.
    CloseWait,
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
    /// The heap in use as its runtime counts it, what is no longer reached included.
    HeapUsed,
    /// The heap that its runtime has taken from the system.
    HeapTotal,
    /// What the objects of V8 hold outside its heap: `external` of `process.memoryUsage()`.
    ExternalMemory,
    /// The part of that which buffers hold.
    ArrayBuffers,
    /// What keeps the event loop of Node alive: timers, sockets, requests under way.
    ActiveResources,
    /// Goroutines of Go.
    Goroutines,
    /// The stacks of goroutines.
    GoStacks,
    /// Classes that a JVM has loaded and not unloaded.
    Classes,
    /// What a JVM keeps of them.
    Metaspace,
    /// The blocks that `CPython` has allocated.
    AllocatedBlocks,
    /// The slots of Ruby's heap that hold an object.
    LiveSlots,
    /// The objects of Ruby that have outlived some collections.
    OldObjects,
    /// What the scenario gives a name to: a number out of the target's log, or of a page that it serves.
    Named(Name, Unit),
}

impl Metric {
    /// All that have a name of ours.
    pub const ALL: [Self; 29] = [
        Self::LiveHeap,
        Self::AnonymousMemory,
        Self::WorkingSet,
        Self::ResidentMemory,
        Self::PageCache,
        Self::SharedMemory,
        Self::OpenFiles,
        Self::Sockets,
        Self::Pipes,
        Self::PathFiles,
        Self::AnonymousInodes,
        Self::CloseWait,
        Self::Threads,
        Self::ChildProcesses,
        Self::CpuTime,
        Self::ThrottledTime,
        Self::OomKills,
        Self::HeapUsed,
        Self::HeapTotal,
        Self::ExternalMemory,
        Self::ArrayBuffers,
        Self::ActiveResources,
        Self::Goroutines,
        Self::GoStacks,
        Self::Classes,
        Self::Metaspace,
        Self::AllocatedBlocks,
        Self::LiveSlots,
        Self::OldObjects,
    ];

    /// The name in assertions and reports: of ours, snake case and never changed.
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
            Self::Pipes => "pipes",
            Self::PathFiles => "path_files",
            Self::AnonymousInodes => "anonymous_inodes",
            Self::CloseWait => "close_wait",
            Self::Threads => "threads",
            Self::ChildProcesses => "child_processes",
            Self::CpuTime => "cpu_time",
            Self::ThrottledTime => "throttled_time",
            Self::OomKills => "oom_kills",
            Self::HeapUsed => "heap_used",
            Self::HeapTotal => "heap_total",
            Self::ExternalMemory => "external_memory",
            Self::ArrayBuffers => "array_buffers",
            Self::ActiveResources => "active_resources",
            Self::Goroutines => "goroutines",
            Self::GoStacks => "go_stacks",
            Self::Classes => "classes",
            Self::Metaspace => "metaspace",
            Self::AllocatedBlocks => "allocated_blocks",
            Self::LiveSlots => "live_slots",
            Self::OldObjects => "old_objects",
            Self::Named(name, _) => name.text(),
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
            | Self::SharedMemory
            | Self::HeapUsed
            | Self::HeapTotal
            | Self::ExternalMemory
            | Self::ArrayBuffers
            | Self::GoStacks
            | Self::Metaspace => Unit::Bytes,
            Self::OpenFiles
            | Self::Sockets
            | Self::Pipes
            | Self::PathFiles
            | Self::AnonymousInodes
            | Self::CloseWait
            | Self::Threads
            | Self::ChildProcesses
            | Self::OomKills
            | Self::ActiveResources
            | Self::Goroutines
            | Self::Classes
            | Self::AllocatedBlocks
            | Self::LiveSlots
            | Self::OldObjects => Unit::Count,
            Self::CpuTime | Self::ThrottledTime => Unit::Seconds,
            Self::Named(_, unit) => unit,
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

    /// Is it told by the target's runtime alone? One that is not of its kind never tells it.
    pub const fn is_of_runtime(self) -> bool {
        matches!(
            self,
            Self::LiveHeap
                | Self::HeapUsed
                | Self::HeapTotal
                | Self::ExternalMemory
                | Self::ArrayBuffers
                | Self::ActiveResources
                | Self::Goroutines
                | Self::GoStacks
                | Self::Classes
                | Self::Metaspace
                | Self::AllocatedBlocks
                | Self::LiveSlots
                | Self::OldObjects
        )
    }

    /// The connections that were made to a port: `connections to :5432`.
    pub fn connections_to(port: u16) -> Self {
        Self::Named(Name::new(&format!("{CONNECTIONS}{port}")), Unit::Count)
    }

    /// The port to which the connections were made that it counts.
    pub fn port_of_connections(self) -> Option<u16> {
        match self {
            Self::Named(name, Unit::Count) => name.text().strip_prefix(CONNECTIONS)?.parse().ok(),
            _ => None,
        }
    }

    /// The active resources of Node of one type: `active_resources TCPSocketWrap`.
    pub fn active_resources_of(kind: &str) -> Self {
        Self::Named(Name::new(&format!("{ACTIVE_RESOURCES}{kind}")), Unit::Count)
    }

    /// The type of the active resources of Node that it counts.
    pub fn kind_of_active_resources(self) -> Option<&'static str> {
        match self {
            Self::Named(name, Unit::Count) => name.text().strip_prefix(ACTIVE_RESOURCES),
            _ => None,
        }
    }

    /// The exact counts whose growth with the load is a leak, asked for or not.
    pub const COUNTS: [Self; 4] = [Self::OpenFiles, Self::Sockets, Self::Threads, Self::ChildProcesses];
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        match metric {
            Metric::Named(name, unit) => format!("{name} {}", unit.name()),
            ours => ours.name().to_owned(),
        }
    }
}

impl TryFrom<String> for Metric {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let ours = || Self::ALL.into_iter().find(|metric| metric.name() == text);
        let named = || {
            let (name, unit) = text.rsplit_once(' ')?;
            let unit = Unit::ALL.into_iter().find(|known| known.name() == unit)?;
            Some(Self::Named(Name::new(name), unit))
        };
        ours().or_else(named).ok_or_else(|| format!("`{text}` is no metric"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_read_as_it_is_written() {
        let named = |unit| Metric::Named(Name::new("jobs waiting{queue=\"a b\"}"), unit);
        for metric in Metric::ALL.into_iter().chain(Unit::ALL.map(named)) {
            assert_eq!(Metric::try_from(String::from(metric)), Ok(metric));
        }
        assert_eq!(String::from(named(Unit::Seconds)), "jobs waiting{queue=\"a b\"} seconds");
        assert_eq!(Metric::connections_to(5432).port_of_connections(), Some(5432));
        assert_eq!(Metric::Sockets.port_of_connections(), None);
        for unknown in ["", "live", "external", "external megabytes"] {
            assert!(Metric::try_from(unknown.to_owned()).is_err(), "{unknown}");
        }
    }
}
