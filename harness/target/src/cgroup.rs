//! Cgroups for processes with limits, in either version of cgroups.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use scenario::Resources;

use crate::proc;

/// All our cgroups are in a folder of this name, below the root of their hierarchy.
const FOLDER: &str = "plimsoll";
/// The period of a processor quota, in microseconds: the kernel's own.
const CPU_PERIOD: u64 = 100_000;
/// The least quota that the kernel takes, in microseconds.
const CPU_LEAST: u64 = 1_000;
/// The kernel empties a cgroup a moment after its last process has ended.
const EMPTY_WITHIN: u32 = 40;
/// How long to wait between two attempts to remove it.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// A mounted hierarchy of cgroups.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hierarchy {
    at: PathBuf,
    /// The controllers of a hierarchy of version 1; version 2 has one hierarchy for all.
    controllers: Option<Vec<String>>,
}

/// The cgroup of one process: a folder in each hierarchy that limits or counts something.
#[derive(Debug)]
pub(crate) struct Cgroup {
    folders: Vec<PathBuf>,
    /// Where the kernel counts how often it killed for want of memory.
    kills: Option<PathBuf>,
}

impl Cgroup {
    /// Makes a cgroup with these limits. What was made is removed again where that fails.
    pub(crate) fn create(name: &str, limits: Resources) -> io::Result<Self> {
        let hierarchies = hierarchies()?;
        let mut cgroup = Self { folders: Vec::new(), kills: None };
        let made = if hierarchies.iter().any(|it| it.has("memory")) {
            cgroup.make_in_version_1(&hierarchies, name, limits)
        } else {
            cgroup.make_in_version_2(&hierarchies, name, limits)
        };
        if let Err(error) = made {
            cgroup.folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
            return Err(error);
        }
        Ok(cgroup)
    }

    fn make_in_version_1(&mut self, hierarchies: &[Hierarchy], name: &str, limits: Resources) -> io::Result<()> {
        let memory = self.enter_hierarchy(hierarchies, "memory", name);
        let cpu = self.enter_hierarchy(hierarchies, "cpu", name);
        // These two limit nothing here, but they count; where they are missing, that is missed alone.
        let _ = self.enter_hierarchy(hierarchies, "cpuacct", name);
        let _ = self.enter_hierarchy(hierarchies, "pids", name);
        self.kills = memory.as_ref().ok().map(|folder| folder.join("memory.oom_control"));
        if let Some(bytes) = limits.memory {
            let folder = memory?;
            write(&folder.join("memory.limit_in_bytes"), &bytes.to_string())?;
            // Kernels without swap accounting have no such file, and mostly no swap either.
            write_where_there(&folder.join("memory.memsw.limit_in_bytes"), &bytes.to_string())?;
        }
        if let Some(cpus) = limits.cpus {
            let folder = cpu?;
            write(&folder.join("cpu.cfs_period_us"), &CPU_PERIOD.to_string())?;
            write(&folder.join("cpu.cfs_quota_us"), &quota(cpus).to_string())?;
        }
        Ok(())
    }

    fn make_in_version_2(&mut self, hierarchies: &[Hierarchy], name: &str, limits: Resources) -> io::Result<()> {
        let root = hierarchies.iter().find(|it| it.controllers.is_none());
        let root = &root.ok_or_else(|| io::Error::other("no hierarchy of cgroups is mounted"))?.at;
        let parent = root.join(FOLDER);
        make(&parent)?;
        for controller in ["+memory", "+cpu", "+pids"] {
            // Mostly they are on; one that cannot be is missed below, when its limit is written.
            let _ = write(&root.join("cgroup.subtree_control"), controller);
            let _ = write(&parent.join("cgroup.subtree_control"), controller);
        }
        let folder = parent.join(name);
        make(&folder)?;
        self.folders.push(folder.clone());
        self.kills = Some(folder.join("memory.events"));
        if let Some(bytes) = limits.memory {
            write(&folder.join("memory.max"), &bytes.to_string())?;
            write_where_there(&folder.join("memory.swap.max"), "0")?;
        }
        if let Some(cpus) = limits.cpus {
            write(&folder.join("cpu.max"), &format!("{} {CPU_PERIOD}", quota(cpus)))?;
        }
        Ok(())
    }

    /// Makes the folder in the hierarchy of a controller, where it was not made for another one of it.
    fn enter_hierarchy(&mut self, hierarchies: &[Hierarchy], controller: &str, name: &str) -> io::Result<PathBuf> {
        let missing = || io::Error::other(format!("no hierarchy of cgroups with `{controller}` is mounted"));
        let hierarchy = hierarchies.iter().find(|it| it.has(controller)).ok_or_else(missing)?;
        let folder = hierarchy.at.join(FOLDER).join(name);
        if !self.folders.contains(&folder) {
            make(&folder)?;
            self.folders.push(folder.clone());
        }
        Ok(folder)
    }

    /// The files into which a process writes its pid to enter.
    pub(crate) fn doors(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs"))
    }

    /// How often the kernel killed one of its processes for want of memory.
    pub(crate) fn oom_kills(&self) -> u64 {
        let counts = self.kills.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        counts.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or_default()
    }

    /// Kills what is left in it, and removes it.
    pub(crate) async fn remove(&self) -> io::Result<()> {
        for folder in &self.folders {
            remove(folder).await?;
        }
        Ok(())
    }
}

/// All our cgroups on this machine: their folders, and the names that they were made with.
pub(crate) fn all() -> Vec<(PathBuf, String)> {
    let folders = hierarchies().unwrap_or_default().into_iter().map(|it| it.at.join(FOLDER));
    let entries = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let named = |entry: fs::DirEntry| Some((entry.path(), entry.file_name().into_string().ok()?));
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).filter_map(named).collect()
}

/// Kills what is left in a cgroup, and removes it.
pub(crate) async fn remove(folder: &Path) -> io::Result<()> {
    let mut attempts = 0;
    loop {
        let left = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        for process in left.lines().filter_map(|pid| proc::Process::open(pid.parse().ok()?)) {
            process.signal(Signal::KILL)?;
        }
        match fs::remove_dir(folder) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if attempts == EMPTY_WITHIN => return Err(at(folder, &error)),
            Err(_) => attempts += 1,
        }
        tokio::time::sleep(TRY_EVERY).await;
    }
}

impl Hierarchy {
    /// Is it of version 1, with this controller?
    fn has(&self, controller: &str) -> bool {
        self.controllers.as_ref().is_some_and(|all| all.iter().any(|it| it == controller))
    }
}

fn hierarchies() -> io::Result<Vec<Hierarchy>> {
    Ok(fs::read_to_string("/proc/self/mountinfo")?.lines().filter_map(read_mount).collect())
}

/// Reads a line of mountinfo: `31 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu`.
fn read_mount(line: &str) -> Option<Hierarchy> {
    let (mount, kind) = line.split_once(" - ")?;
    let at = PathBuf::from(mount.split(' ').nth(4)?);
    let mut kind = kind.split(' ');
    match kind.next()? {
        "cgroup" => {
            let controllers = kind.nth(1)?.split(',').map(str::to_owned).collect();
            Some(Hierarchy { at, controllers: Some(controllers) })
        }
        "cgroup2" => Some(Hierarchy { at, controllers: None }),
        _ => None,
    }
}

/// The quota in microseconds for a number of processors.
fn quota(cpus: f64) -> u64 {
    ((cpus * CPU_PERIOD as f64).round() as u64).max(CPU_LEAST)
}

fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))
}

/// Writes to a file that is there: the kernel makes the files of a cgroup, not we.
fn write(file: &Path, value: &str) -> io::Result<()> {
    let opened = fs::OpenOptions::new().write(true).open(file);
    opened.and_then(|mut file| io::Write::write_all(&mut file, value.as_bytes())).map_err(|error| at(file, &error))
}

fn write_where_there(file: &Path, value: &str) -> io::Result<()> {
    if file.exists() { write(file, value) } else { Ok(()) }
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_both_versions_are_told_apart() {
        let v1 =
            read_mount("32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct").unwrap();
        assert!(v1.has("cpu") && v1.has("cpuacct") && !v1.has("memory"));
        assert_eq!(v1.at, Path::new("/sys/fs/cgroup/cpu"));
        let v2 = read_mount("41 31 0:38 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw").unwrap();
        assert_eq!(v2, Hierarchy { at: "/sys/fs/cgroup".into(), controllers: None });
        assert_eq!(read_mount("22 1 8:1 / / rw - ext4 /dev/sda1 rw"), None);
    }

    #[test]
    fn a_quota_is_never_below_what_the_kernel_takes() {
        assert_eq!((quota(1.5), quota(0.001)), (150_000, 1_000));
    }

    #[tokio::test]
    async fn a_cgroup_has_its_limits_and_leaves_nothing_behind() {
        let name = format!("test-{}", std::process::id());
        let limits = Resources { memory: Some(64 << 20), cpus: Some(0.5) };
        let cgroup = Cgroup::create(&name, limits).unwrap();
        assert_eq!(cgroup.oom_kills(), 0);
        assert!(all().iter().any(|(_, made)| *made == name));
        cgroup.remove().await.unwrap();
        assert!(!all().iter().any(|(_, made)| *made == name));
    }
}
