//! Is there room for a heap snapshot? V8 builds it in memory first: ten to twelve times what it shows.

use std::io;
use std::path::Path;

use rustix::fs::statvfs;
use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};
use timeline::show_bytes;

/// Memory that a snapshot takes, as a multiple of the live heap.
const MEMORY: u64 = 12;
/// The file that it becomes, likewise.
const DISK: u64 = 3;

/// Why a snapshot is better not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoRoom {
    /// The kernel might kill the target.
    #[error("it may take {}, and the target has room for {} more", show_bytes(*wanted as f64), show_bytes(*free as f64))]
    Memory {
        /// Bytes that it may take.
        wanted: u64,
        /// Bytes below the limit of the target and in the machine.
        free: u64,
    },
    /// The disk would be full.
    #[error("its file may take {}, and {} are free where it would be kept", show_bytes(*wanted as f64), show_bytes(*free as f64))]
    Disk {
        /// Bytes that it may take.
        wanted: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Nobody says how much room there is.
    #[error("how much memory is left cannot be seen")]
    Unknown,
}

/// Is there room for a snapshot of a process that holds `live` bytes, kept in `folder`?
pub(super) fn check(pid: u32, folder: &Path, live: u64) -> Result<(), NoRoom> {
    let wanted = live.saturating_mul(MEMORY);
    let free = free_memory(pid).ok_or(NoRoom::Unknown)?;
    if free < wanted {
        return Err(NoRoom::Memory { wanted, free });
    }
    let wanted = live.saturating_mul(DISK);
    match free_disk(folder) {
        Ok(free) if free < wanted => Err(NoRoom::Disk { wanted, free }),
        _ => Ok(()),
    }
}

/// The bytes that a process may still take: of the machine, and of its cgroup.
fn free_memory(pid: u32) -> Option<u64> {
    let pid = Pid::from_u32(pid);
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let mut system = System::new_with_specifics(memory).ok()?;
    let machine = Some(system.available_memory()).filter(|free| *free > 0)?;
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, ProcessRefreshKind::nothing());
    let cgroup = system.process(pid).and_then(sysinfo::Process::cgroup_limits);
    Some(cgroup.map_or(machine, |limits| machine.min(limits.free_memory)))
}

fn free_disk(folder: &Path) -> io::Result<u64> {
    let disk = statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_heap_has_room_and_one_larger_than_the_machine_has_none() {
        let (pid, folder) = (std::process::id(), std::env::temp_dir());
        assert!(check(pid, &folder, 1024).is_ok());
        let refused = check(pid, &folder, 1 << 44);
        assert!(matches!(refused, Err(NoRoom::Memory { .. })), "{refused:?}");
    }
}
