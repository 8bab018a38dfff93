//! On which ports a process listens.

use std::collections::BTreeSet;
use std::fs;

use super::Process;
use crate::connections::{rows, tables};

/// The TCP ports on which a process listens, in its own network; none where its files may not be listed.
pub(crate) fn listening(process: &Process) -> BTreeSet<u16> {
    let own = inodes(process);
    let Some(tables) = tables(process.pid) else { return BTreeSet::new() };
    rows(&tables).filter(|row| row.listens() && own.contains(&row.inode)).map(|row| row.local).collect()
}

/// The sockets among its open files.
fn inodes(process: &Process) -> BTreeSet<u64> {
    let files = fs::read_dir(process.proc("fd")).into_iter().flatten().flatten();
    let inode = |link: &str| link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok();
    files.filter_map(|file| inode(fs::read_link(file.path()).ok()?.to_str()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_only_of_who_listens_on_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connected = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let me = Process::of(std::process::id(), None).unwrap();
        assert!(listening(&me).contains(&port));
        assert!(!listening(&me).contains(&connected.local_addr().unwrap().port()));
        let parent = Process::of(std::os::unix::process::parent_id(), None).unwrap();
        assert!(!listening(&parent).contains(&port));
    }
}
