//! On which ports a process listens.

use std::collections::BTreeSet;
use std::fs;

use super::Process;
use crate::proc::read_text;

/// The state of a socket that listens, in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// The TCP ports on which a process listens, in its own network; none where its files may not be listed.
pub(crate) fn listening(process: &Process) -> BTreeSet<u16> {
    let own = inodes(process);
    let tables = ["net/tcp", "net/tcp6"].map(|table| read_text(&process.proc(table).to_string_lossy()));
    let rows = tables.iter().flatten().flat_map(|text| text.lines().skip(1)).filter_map(row);
    rows.filter(|(_, inode)| own.contains(inode)).map(|(port, _)| port).collect()
}

/// The port and the inode of a socket that listens.
fn row(line: &str) -> Option<(u16, u64)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    if *state != LISTENS {
        return None;
    }
    Some((u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?, inode.parse().ok()?))
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

    #[test]
    fn rows_of_both_tables_are_read() {
        let old =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 24931 1 0";
        let new = "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A \
                   00000000:00000000 00:00000000 00000000     0        0 19 1 0";
        assert_eq!(row(old), Some((8080, 24931)));
        assert_eq!(row(new), Some((22, 19)));
        assert_eq!(row(&old.replace(" 0A ", " 01 ")), None);
        assert_eq!(row("  sl  local_address"), None);
    }
}
