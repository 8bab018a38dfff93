//! Finds what can be read about a target on this machine.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use clock::Clock;
use rustix::io::Errno;
use timeline::Metric;

use crate::ProbeError;
use crate::cgroup::{Cgroup, RECIPES, Version};
use crate::hold::Holds;
use crate::proc::Life;
use crate::reader::{ReadError, Reader};
use crate::tree::{Descent, Family, Processes, in_cgroup};

/// A target whose files can be read.
pub(crate) struct Target {
    /// The hold on its first process.
    pub(crate) life: Life,
    /// What reads it.
    pub(crate) readers: Vec<Box<dyn Reader>>,
    /// What holds it up.
    pub(crate) holds: Holds,
}

/// Finds the readers for a target; `None` where it is not of this machine.
pub(crate) fn target(pid: Option<u32>, container: Option<&str>, clock: Clock) -> Result<Option<Target>, ProbeError> {
    let Some(pid) = pid else { return Ok(None) };
    let cgroups = match read(&format!("/proc/{pid}/cgroup")) {
        Ok(text) => text,
        Err(ProbeError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return if container.is_some() { Ok(None) } else { Err(ProbeError::Gone { pid }) };
        }
        Err(error) => return Err(error),
    };
    if container.is_some_and(|id| !cgroups.contains(id)) {
        return Ok(None);
    }
    let life = Life::of(pid).map_err(|error| hold_error(pid, error))?;
    let descent = Descent::of(pid, clock).map_err(|error| read_error(pid, error))?;
    let places = Places::new(&cgroups, container)?;
    let (readers, quota) = readers(pid, descent.clone(), &places, clock);
    Ok(Some(Target { life, readers, holds: Holds::of(pid, descent, quota, clock) }))
}

fn hold_error(pid: u32, error: Errno) -> ProbeError {
    match error {
        Errno::SRCH => ProbeError::Gone { pid },
        error => ProbeError::Read { path: format!("/proc/{pid}"), source: error.into() },
    }
}

fn read_error(pid: u32, error: ReadError) -> ProbeError {
    match error {
        ReadError::Refused { what, source } => ProbeError::Read { path: what, source },
        _ => ProbeError::Gone { pid },
    }
}

fn read(path: &str) -> Result<String, ProbeError> {
    std::fs::read_to_string(path).map_err(|source| ProbeError::Read { path: path.to_owned(), source })
}

type Readers = Vec<Box<dyn Reader>>;

/// The cgroup's readers first, `/proc` for what they do not tell; and one more for how long the quota held it back.
fn readers(pid: u32, mut descent: Descent, places: &Places, clock: Clock) -> (Readers, Option<Cgroup>) {
    let mut readers: Readers = Vec::new();
    let mut told = BTreeSet::new();
    let (mut home, mut quota) = (None, None);
    let members = descent.members();
    for recipe in &RECIPES {
        if recipe.metrics.iter().any(|metric| told.contains(metric)) {
            continue;
        }
        let place = places.find(recipe.controller).filter(|place| place.version == recipe.version);
        let Some(folder) = place.and_then(|place| places.own(place, &members)) else { continue };
        let Some(reader) = Cgroup::open(recipe, &folder) else { continue };
        if recipe.metrics.contains(&Metric::ThrottledTime) {
            quota = Cgroup::open(recipe, &folder);
        }
        if recipe.metrics.contains(&Metric::AnonymousMemory) {
            home = Some(folder);
        }
        told.extend(recipe.metrics.iter().copied());
        readers.push(Box::new(reader));
    }
    let family = Family { cgroup: home, descent };
    readers.push(Box::new(Processes::new(pid, family, &told, clock)));
    (readers, quota)
}

/// Where the cgroups of a target are.
#[derive(Debug)]
struct Places {
    target: Vec<Membership>,
    harness: Vec<Membership>,
    mounts: Vec<Mount>,
    container: Option<String>,
}

/// A folder of a hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    version: Version,
    /// The path of the cgroup within its hierarchy.
    path: String,
    /// The same path for this program.
    harness: Option<String>,
    folder: PathBuf,
}

impl Places {
    fn new(target: &str, container: Option<&str>) -> Result<Self, ProbeError> {
        Ok(Self {
            target: memberships(target),
            harness: memberships(&read("/proc/self/cgroup")?),
            mounts: mounts(&read("/proc/self/mountinfo")?),
            container: container.map(str::to_owned),
        })
    }

    /// The cgroup of the target that `controller` looks after.
    fn find(&self, controller: &str) -> Option<Place> {
        let of = |memberships: &[Membership], version| {
            let belongs = |membership: &&Membership| match version {
                Version::One => membership.controllers.iter().any(|one| one == controller),
                Version::Two => membership.controllers.is_empty(),
            };
            memberships.iter().find(belongs).map(|membership| membership.path.clone())
        };
        [Version::One, Version::Two].into_iter().find_map(|version| {
            let path = self.up_to_container(&of(&self.target, version)?)?;
            let mount = self.mounts.iter().find(|mount| match version {
                Version::One => mount.controllers.iter().any(|one| one == controller),
                Version::Two => mount.version == Version::Two,
            })?;
            let folder = mount.folder(&path)?;
            Some(Place { version, path, harness: of(&self.harness, version), folder })
        })
    }

    /// The part of a path that ends with the container's own name: what lies below, the container made itself.
    fn up_to_container(&self, path: &str) -> Option<String> {
        let Some(id) = &self.container else { return Some(path.to_owned()) };
        let end = path.find(id.as_str())? + id.len();
        let rest = path[end..].find('/').map_or(path.len(), |slash| end + slash);
        Some(path[..rest].to_owned())
    }

    /// The folder, where nobody else is in it. A container is alone in what bears its name; a process
    /// is where all of the cgroup's processes are its descendants.
    fn own(&self, place: Place, members: &BTreeSet<u32>) -> Option<PathBuf> {
        let shared = place.path == "/" || place.harness.as_ref() == Some(&place.path);
        let own = !shared && (self.container.is_some() || only(&place.folder, members));
        own.then_some(place.folder)
    }
}

fn only(folder: &Path, members: &BTreeSet<u32>) -> bool {
    let mut pids = BTreeSet::new();
    in_cgroup(folder, &mut pids).is_ok() && !pids.is_empty() && pids.is_subset(members)
}

/// A line of `/proc/<pid>/cgroup`; that of version 2 has no controllers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Membership {
    controllers: Vec<String>,
    path: String,
}

fn memberships(text: &str) -> Vec<Membership> {
    let line = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let controllers = controllers.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some(Membership { controllers, path: path.to_owned() })
    };
    text.lines().filter_map(line).collect()
}

/// A mounted hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    version: Version,
    controllers: Vec<String>,
    /// The cgroup that is seen at the mount point.
    root: String,
    point: String,
}

impl Mount {
    /// Where a cgroup is seen; `None` for one outside of what is mounted.
    fn folder(&self, path: &str) -> Option<PathBuf> {
        if path.split('/').any(|part| part == "..") {
            return None;
        }
        let within = path.strip_prefix(self.root.trim_end_matches('/'))?;
        (within.is_empty() || within.starts_with('/'))
            .then(|| Path::new(&self.point).join(within.trim_start_matches('/')))
    }
}

fn mounts(text: &str) -> Vec<Mount> {
    text.lines().filter_map(mount).collect()
}

/// A line of mountinfo; see `proc_pid_mountinfo(5)`.
fn mount(line: &str) -> Option<Mount> {
    let (mount, kind) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(3);
    let (root, point) = (unescape(mount.next()?), unescape(mount.next()?));
    let mut kind = kind.split(' ');
    let version = match kind.next()? {
        "cgroup" => Version::One,
        "cgroup2" => Version::Two,
        _ => return None,
    };
    let options = kind.nth(1)?.split(',').map(str::to_owned);
    let controllers = if version == Version::One { options.collect() } else { Vec::new() };
    Some(Mount { version, controllers, root, point })
}

/// Mountinfo writes blanks and the like as a backslash with three octal digits.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => plain.extend([char::from(code).to_string().as_str(), &part[3..]]),
            None => plain.extend(["\\", part]),
        }
    }
    plain
}

#[cfg(test)]
#[path = "locate_tests.rs"]
mod tests;
