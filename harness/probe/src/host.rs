//! Facts about this machine, for the record.

use std::num::NonZero;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The machine on which a run took place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// How many threads can run at once here: affinity and quota of this process are counted in.
    pub cores: usize,
    /// Physical memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel's release, such as `6.18.44`.
    pub kernel: Option<String>,
    /// The operating system with its version, such as `Linux (Debian GNU/Linux 12)`.
    pub os: Option<String>,
    /// The processor's architecture, such as `x86_64`.
    pub machine: String,
    /// The name of the host.
    pub hostname: Option<String>,
    /// Does a hypervisor run this machine? Its neighbours then take processor time unseen.
    pub virtual_machine: bool,
}

/// Reads the facts; what cannot be read is `None`.
pub fn host() -> Host {
    Host {
        cores: std::thread::available_parallelism().map_or(1, NonZero::get),
        memory_bytes: memory(),
        kernel: System::kernel_version().ok(),
        os: System::long_os_version().ok(),
        machine: System::cpu_arch(),
        hostname: System::host_name().ok(),
        virtual_machine: std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| is_virtual(&text)),
    }
}

fn memory() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let bytes = System::new_with_specifics(memory).ok()?.total_memory();
    (bytes > 0).then_some(bytes)
}

/// The processor of a virtual machine says so in its flags.
fn is_virtual(cpuinfo: &str) -> bool {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|line| line.split_ascii_whitespace().any(|flag| flag == "hypervisor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_memory_and_a_kernel() {
        let host = host();
        assert!(host.cores >= 1);
        assert!(host.memory_bytes.is_some_and(|bytes| bytes > 1 << 20), "{host:?}");
        assert!(host.kernel.is_some() && host.os.is_some(), "{host:?}");
    }

    #[test]
    fn a_hypervisor_shows_in_the_flags() {
        assert!(is_virtual("processor\t: 0\nflags\t\t: fpu vme hypervisor lahf_lm\n"));
        assert!(!is_virtual("processor\t: 0\nflags\t\t: fpu vme lahf_lm\nbugs\t\t: hypervisor\n"));
    }
}
