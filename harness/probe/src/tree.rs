//! All processes of the target, and what `/proc` tells about them together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clock::Clock;
use timeline::{Metric, SeriesKey};

use crate::budget::Budget;
use crate::connections::{self, Connections};
use crate::files::{Counting, Files};
use crate::parts::Parts;
use crate::proc::{Stat, Status, read_text};
use crate::reader::{ReadError, Reader};

/// Programs that only start and reap others. Where one of them is the first process, the service is
/// its child, and neither of the two counts among the children.
const INITS: [&str; 5] = ["docker-init", "tini", "dumb-init", "catatonit", "podman-init"];

/// Which processes belong to the target: those in its own cgroup, where it has one, and those below its
/// first one. The cgroup has who came from outside; it does not list those who ended and were not waited
/// for, and these leak too.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) cgroup: Option<PathBuf>,
    pub(crate) descent: Descent,
}

impl Family {
    fn members(&mut self) -> Result<BTreeSet<u32>, ReadError> {
        let mut pids = self.descent.members();
        if let Some(folder) = &self.cgroup {
            in_cgroup(folder, &mut pids)?;
        }
        Ok(pids)
    }
}

/// Adds the processes of a cgroup and of those within it.
///
/// `cgroup.procs` is opened anew each time: version 1 makes its list at the first read and shows that
/// list again to who keeps the file open.
pub(crate) fn in_cgroup(folder: &Path, pids: &mut BTreeSet<u32>) -> Result<(), ReadError> {
    let path = folder.join("cgroup.procs");
    let text = read_text(&path.to_string_lossy())?;
    // A process of another pid namespace shows as zero.
    pids.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()).filter(|pid| *pid > 0));
    for inner in inner_folders(folder)? {
        match in_cgroup(&inner, pids) {
            Ok(()) | Err(ReadError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn inner_folders(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let failed = |error| ReadError::new(folder.to_string_lossy(), error);
    // Two links are its name and its dot; each folder within adds one. Most cgroups have none.
    if fs::metadata(folder).map_err(failed)?.nlink() == 2 {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(failed)?.flatten();
    Ok(entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect())
}

/// The processes below a first one. Who has been of the family stays of it, even when its parent dies
/// and it becomes a child of somebody else.
#[derive(Clone, Debug)]
pub(crate) struct Descent {
    /// By pid, with the start that tells it from a later process of the same pid.
    known: BTreeMap<u32, u64>,
    budget: Budget,
}

impl Descent {
    pub(crate) fn of(pid: u32, clock: Clock) -> Result<Self, ReadError> {
        let started = Stat::read(pid)?.started;
        Ok(Self { known: BTreeMap::from([(pid, started)]), budget: Budget::new(clock) })
    }

    pub(crate) fn members(&mut self) -> BTreeSet<u32> {
        let known = &self.known;
        if let Some(found) = self.budget.spend(|| descend(known)) {
            self.known = found;
        }
        self.known.keys().copied().collect()
    }
}

/// Who of `known` still lives, with all their children.
fn descend(known: &BTreeMap<u32, u64>) -> BTreeMap<u32, u64> {
    let parents = Parents::new();
    let mut found = BTreeMap::new();
    let mut open: Vec<u32> = known.keys().copied().collect();
    while let Some(pid) = open.pop() {
        // Whatever cannot be read has ended.
        let Ok(stat) = Stat::read(pid) else { continue };
        let another = known.get(&pid).is_some_and(|started| *started != stat.started);
        if !another && found.insert(pid, stat.started).is_none() {
            open.extend(parents.children(pid, stat.threads));
        }
    }
    found
}

/// Where to learn who is whose child.
enum Parents {
    /// The kernel lists the children of each thread.
    Listed,
    /// It does not: everyone was asked for their parent.
    Asked(BTreeMap<u32, Vec<u32>>),
}

impl Parents {
    fn new() -> Self {
        let listed = Path::new("/proc/thread-self/children").exists();
        if listed { Self::Listed } else { Self::Asked(everyone()) }
    }

    fn children(&self, pid: u32, threads: u64) -> Vec<u32> {
        match self {
            Self::Listed if threads == 1 => children_of_thread(pid, pid),
            Self::Listed => numbers_in(&format!("/proc/{pid}/task"))
                .into_iter()
                .flat_map(|thread| children_of_thread(pid, thread))
                .collect(),
            Self::Asked(children) => children.get(&pid).cloned().unwrap_or_default(),
        }
    }
}

fn children_of_thread(pid: u32, thread: u32) -> Vec<u32> {
    let text = read_text(&format!("/proc/{pid}/task/{thread}/children")).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

fn everyone() -> BTreeMap<u32, Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pid in numbers_in("/proc") {
        if let Ok(stat) = Stat::read(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    children
}

pub(crate) fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Reads the sums over the target's processes.
pub(crate) struct Processes {
    first: u32,
    family: Family,
    counting: Counting,
    files: Budget,
    tables: Budget,
    connections: Connections,
    parts: Parts,
    /// What the last read told of single processes.
    told: Vec<(SeriesKey, f64)>,
    metrics: Vec<(Metric, &'static str)>,
    ticks_per_second: f64,
    /// Processor time never goes back, even when a child ends for which nobody waits.
    cpu: f64,
}

impl Processes {
    /// `told` is what the target's cgroup tells already.
    pub(crate) fn new(first: u32, family: Family, told: &BTreeSet<Metric>, clock: Clock) -> Self {
        let counting = Counting::of(first);
        Self {
            first,
            family,
            counting,
            files: Budget::new(clock),
            tables: Budget::new(clock),
            connections: Connections::new(clock),
            parts: Parts::default(),
            told: Vec::new(),
            metrics: metrics(counting).into_iter().filter(|(metric, _)| !told.contains(metric)).collect(),
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            cpu: 0.0,
        }
    }

    fn reads(&self, metric: Metric) -> bool {
        self.metrics.iter().any(|(read, _)| *read == metric)
    }

    fn sum(&mut self, pids: &BTreeSet<u32>) -> Result<Sum, ReadError> {
        let mut sum = Sum::default();
        let mut sizes = Vec::new();
        let cpu = self.reads(Metric::CpuTime);
        for &pid in pids {
            match Status::read(pid).and_then(|status| Ok((status, cpu.then(|| Stat::read(pid)).transpose()?))) {
                Ok((status, stat)) => {
                    sum.add(&status, stat, pid == self.first);
                    sizes.extend((!status.zombie).then_some((pid, status.anonymous)));
                }
                Err(ReadError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        let key = |subject| SeriesKey { subject, metric: Metric::AnonymousMemory };
        self.told = self.parts.tell(&sizes).into_iter().map(|(subject, size)| (key(subject), size)).collect();
        Ok(sum)
    }

    fn count_files(&mut self, pids: &BTreeSet<u32>) -> Result<Option<Files>, ReadError> {
        let counting = self.counting;
        let count = || {
            let mut files = Files::default();
            for &pid in pids {
                match counting.count(pid) {
                    Ok(counted) => files += counted,
                    // One that has just ended belongs to root, whoever it belonged to before.
                    Err(error) if lives(pid) => return Err(error),
                    Err(_) => {}
                }
            }
            Ok(files)
        };
        self.files.spend(count).transpose()
    }

    fn count_connections(&mut self, sockets: BTreeSet<u64>, values: &mut Vec<(Metric, f64)>) {
        if self.connections.are_others(&sockets) {
            let Some(Some(tables)) = self.tables.spend(|| connections::tables(self.first)) else { return };
            self.connections.count(&tables, sockets);
        }
        values.extend_from_slice(self.connections.counted());
    }
}

fn lives(pid: u32) -> bool {
    Status::read(pid).is_ok_and(|status| !status.zombie)
}

fn metrics(counting: Counting) -> Vec<(Metric, &'static str)> {
    let mut metrics = vec![
        (Metric::ResidentMemory, "/proc"),
        (Metric::AnonymousMemory, "/proc"),
        (Metric::WorkingSet, "/proc"),
        (Metric::Threads, "/proc"),
        (Metric::ChildProcesses, "/proc"),
        (Metric::CpuTime, "/proc"),
        (Metric::OpenFiles, counting.source()),
    ];
    if counting == Counting::Listing {
        let kinds = [Metric::Sockets, Metric::Pipes, Metric::PathFiles, Metric::AnonymousInodes, Metric::CloseWait];
        metrics.extend(kinds.map(|metric| (metric, "/proc")));
    }
    metrics
}

impl Reader for Processes {
    fn name(&self) -> &'static str {
        "/proc"
    }

    fn metrics(&self) -> Vec<(Metric, &'static str)> {
        self.metrics.clone()
    }

    fn read(&mut self, values: &mut Vec<(Metric, f64)>) -> Result<(), ReadError> {
        let pids = self.family.members()?;
        let sum = self.sum(&pids)?;
        if sum.processes == 0 {
            return Err(ReadError::Gone);
        }
        self.cpu = self.cpu.max(sum.ticks as f64 / self.ticks_per_second);
        let mut read = sum.values(self.cpu);
        let files = self.count_files(&pids);
        if let Ok(Some(files)) = &files {
            read.extend([
                (Metric::OpenFiles, files.open as f64),
                (Metric::Sockets, files.sockets as f64),
                (Metric::Pipes, files.pipes as f64),
                (Metric::PathFiles, files.paths as f64),
                (Metric::AnonymousInodes, files.anonymous as f64),
            ]);
        }
        values.extend(read.into_iter().filter(|(metric, _)| self.reads(*metric)));
        let files = files?;
        if self.counting == Counting::Listing
            && let Some(files) = files
        {
            self.count_connections(files.inodes, values);
        }
        Ok(())
    }

    fn of_processes(&self) -> &[(SeriesKey, f64)] {
        &self.told
    }
}

/// The processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    resident: u64,
    anonymous: u64,
    threads: u64,
    processes: u64,
    ticks: u64,
    /// Is the first process one that only starts the service?
    behind_init: bool,
}

impl Sum {
    fn add(&mut self, status: &Status, stat: Option<Stat>, first: bool) {
        self.resident += status.resident;
        self.anonymous += status.anonymous;
        self.threads += status.threads;
        self.processes += 1;
        self.ticks += stat.map_or(0, |stat| stat.own + stat.ended_children);
        self.behind_init |= first && INITS.contains(&status.name.as_str());
    }

    fn values(&self, cpu: f64) -> Vec<(Metric, f64)> {
        let parents = if self.behind_init { 2 } else { 1 };
        vec![
            (Metric::ResidentMemory, self.resident as f64),
            (Metric::AnonymousMemory, self.anonymous as f64),
            // Nobody but a cgroup knows which files are in use: all that is mapped counts.
            (Metric::WorkingSet, self.resident as f64),
            (Metric::Threads, self.threads as f64),
            (Metric::ChildProcesses, self.processes.saturating_sub(parents) as f64),
            (Metric::CpuTime, cpu),
        ]
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is counted is exact")]
mod tests {
    use super::*;

    fn status(name: &str) -> Status {
        Status { name: name.to_owned(), resident: 3000, anonymous: 1000, threads: 2, zombie: false }
    }

    fn children(first: &str, others: usize) -> f64 {
        let mut sum = Sum::default();
        sum.add(&status(first), None, true);
        (0..others).for_each(|_| sum.add(&status("tini"), None, false));
        sum.values(0.0).iter().find(|(metric, _)| *metric == Metric::ChildProcesses).unwrap().1
    }

    #[test]
    fn neither_an_init_nor_the_service_behind_it_is_a_child() {
        assert_eq!(children("svc", 0), 0.0);
        assert_eq!(children("svc", 3), 3.0);
        assert_eq!(children("docker-init", 1), 0.0);
        assert_eq!(children("docker-init", 3), 2.0);
        assert_eq!(children("tini", 0), 0.0);
    }

    #[test]
    fn processes_are_summed() {
        let mut sum = Sum::default();
        let stat = Stat { parent: 1, threads: 2, own: 5, ended_children: 7, started: 1 };
        sum.add(&status("a"), Some(stat), true);
        sum.add(&status("b"), Some(stat), false);
        let want = Sum { resident: 6000, anonymous: 2000, threads: 4, processes: 2, ticks: 24, behind_init: false };
        assert_eq!(sum, want);
    }

    #[test]
    fn both_ways_to_learn_who_is_whose_child_agree() {
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let me = std::process::id();
        let threads = Stat::read(me).unwrap().threads;
        assert!(Parents::Asked(everyone()).children(me, threads).contains(&child.id()));
        assert!(Parents::Listed.children(me, threads.max(2)).contains(&child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn another_process_with_the_same_pid_is_not_of_the_family() {
        let me = std::process::id();
        let started = Stat::read(me).unwrap().started;
        assert!(descend(&BTreeMap::from([(me, started)])).contains_key(&me));
        assert!(!descend(&BTreeMap::from([(me, started + 1)])).contains_key(&me));
    }
}
