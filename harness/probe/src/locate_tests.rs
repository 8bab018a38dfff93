use super::*;

const ID: &str = "8d12f0c8e6a4b57a1f0f4e6d9b3f5c2a7e1d0c9b8a7f6e5d4c3b2a1908f7e6d5";

/// A hybrid host, as here: version 1 with the unified hierarchy at its side.
const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
/// Debian 10: two controllers share a hierarchy, and there are optional fields.
const V1: &str = "\
30 25 0:26 / /sys/fs/cgroup/systemd rw,nosuid shared:9 - cgroup cgroup rw,xattr,name=systemd
33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev shared:14 - cgroup cgroup rw,cpu,cpuacct
34 25 0:30 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:15 master:2 - cgroup cgroup rw,memory
";
const V2: &str = "\
23 29 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
";

fn places(target: &str, harness: &str, mountinfo: &str, container: Option<&str>) -> Places {
    Places {
        target: memberships(&target.replace("ID", ID)),
        harness: memberships(harness),
        mounts: mounts(mountinfo),
        container: container.map(str::to_owned),
    }
}

fn folder(target: &str, mountinfo: &str, container: Option<&str>, controller: &str) -> Option<String> {
    let place = places(target, "0::/\n", mountinfo, container).find(controller)?;
    Some(format!("{}: {}", place.version.source(), place.folder.display()).replace(ID, "ID"))
}

#[test]
fn docker_on_a_hybrid_host() {
    let target = "4:memory:/docker/ID\n2:cpuacct:/docker/ID\n1:cpu:/docker/ID\n0::/docker/ID\n";
    let found = |controller| folder(target, HYBRID, Some(ID), controller);
    assert_eq!(found("memory").as_deref(), Some("cgroup v1: /sys/fs/cgroup/memory/docker/ID"));
    assert_eq!(found("cpu").as_deref(), Some("cgroup v1: /sys/fs/cgroup/cpu/docker/ID"));
    assert_eq!(found("cpuacct").as_deref(), Some("cgroup v1: /sys/fs/cgroup/cpuacct/docker/ID"));
}

#[test]
fn controllers_that_share_a_hierarchy() {
    let target = "9:memory:/docker/ID\n4:cpu,cpuacct:/docker/ID\n1:name=systemd:/docker/ID\n";
    let found = |controller| folder(target, V1, Some(ID), controller);
    assert_eq!(found("cpuacct").as_deref(), Some("cgroup v1: /sys/fs/cgroup/cpu,cpuacct/docker/ID"));
    assert_eq!(found("memory").as_deref(), Some("cgroup v1: /sys/fs/cgroup/memory/docker/ID"));
    assert_eq!(found("pids"), None);
}

#[test]
fn docker_with_systemd_on_version_2() {
    let found = folder("0::/system.slice/docker-ID.scope\n", V2, Some(ID), "memory");
    assert_eq!(found.as_deref(), Some("cgroup v2: /sys/fs/cgroup/system.slice/docker-ID.scope"));
}

#[test]
fn what_a_container_made_within_itself_belongs_to_it() {
    let podman = folder("0::/machine.slice/libpod-ID.scope/container\n", V2, Some(ID), "memory");
    assert_eq!(podman.as_deref(), Some("cgroup v2: /sys/fs/cgroup/machine.slice/libpod-ID.scope"));
    let systemd = folder("0::/docker/ID/init.scope\n", V2, Some(ID), "cpu");
    assert_eq!(systemd.as_deref(), Some("cgroup v2: /sys/fs/cgroup/docker/ID"));
    let parent = folder("4:memory:/libpod_parent/libpod-ID\n", HYBRID, Some(ID), "memory");
    assert_eq!(parent.as_deref(), Some("cgroup v1: /sys/fs/cgroup/memory/libpod_parent/libpod-ID"));
}

#[test]
fn a_service_of_systemd() {
    let found = folder("0::/system.slice/nginx.service\n", V2, None, "memory");
    assert_eq!(found.as_deref(), Some("cgroup v2: /sys/fs/cgroup/system.slice/nginx.service"));
}

#[test]
fn only_a_part_of_the_hierarchy_is_mounted() {
    let mounted = "35 24 0:30 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
    let found = |path: &str| folder(&format!("0::{path}\n"), mounted, None, "memory");
    assert_eq!(found("/docker/abc/x").as_deref(), Some("cgroup v2: /sys/fs/cgroup/x"));
    assert_eq!(found("/docker/abc").as_deref(), Some("cgroup v2: /sys/fs/cgroup/"));
    assert_eq!(found("/docker/abcd"), None);
    assert_eq!(found("/../other"), None);
}

#[test]
fn a_cgroup_shared_with_the_harness_is_not_the_targets_own() {
    let own = |target: &str, harness: &str, container| {
        let places = places(target, harness, HYBRID, container);
        places.own(places.find("memory").unwrap(), &BTreeSet::new()).is_some()
    };
    assert!(own("4:memory:/docker/ID\n", "4:memory:/work\n", Some(ID)));
    assert!(!own("4:memory:/docker/ID\n", &format!("4:memory:/docker/{ID}\n"), Some(ID)));
    assert!(!own("4:memory:/work\n", "4:memory:/work\n", None));
    assert!(!own("4:memory:/\n", "4:memory:/work\n", None));
}

#[test]
fn a_mount_point_with_a_blank() {
    let mount = mount("41 31 0:38 / /mnt/c\\040g\\134x rw - cgroup2 cgroup2 rw").unwrap();
    assert_eq!(mount.point, "/mnt/c g\\x");
    assert_eq!(unescape("plain\\"), "plain\\");
}
