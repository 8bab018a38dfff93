//! The TCP connections of the target, by whom they are to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clock::Clock;
use timeline::{Elapsed, Metric};

use crate::proc::read_text;

/// So many ports have a series at one time: those with the most connections when they were first seen.
const MOST_PORTS: usize = 8;
/// States of a socket, in `/proc/net/tcp`.
const ESTABLISHED: &str = "01";
const CLOSE_WAIT: &str = "08";
const LISTENS: &str = "0A";

/// The kernel walks all of its tables for a count, which takes up to 10 ms: while the sockets are the same, they are
/// counted only so often, for what has been closed by the peer.
const SELDOM: Duration = Duration::from_secs(10);

/// Counts them; a port that has a series keeps it.
#[derive(Debug)]
pub(crate) struct Connections {
    clock: Clock,
    ports: BTreeSet<u16>,
    /// What was counted last, of which sockets, and until when that is good.
    counted: Vec<(Metric, f64)>,
    sockets: BTreeSet<u64>,
    good_until: Elapsed,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub(crate) local: u16,
    pub(crate) remote: u16,
    state: &'a str,
    pub(crate) inode: u64,
}

impl<'a> Row<'a> {
    pub(crate) fn read(line: &'a str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
        let port = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
        Some(Self { local: port(local)?, remote: port(remote)?, state, inode: fields.nth(5)?.parse().ok()? })
    }

    pub(crate) fn listens(self) -> bool {
        self.state == LISTENS
    }
}

/// The TCP tables of the network that a process is in; `None` where they cannot be read.
pub(crate) fn tables(pid: u32) -> Option<[String; 2]> {
    let old = read_text(&format!("/proc/{pid}/net/tcp")).ok()?;
    // A system without IPv6 has no second one.
    Some([old, read_text(&format!("/proc/{pid}/net/tcp6")).unwrap_or_default()])
}

pub(crate) fn rows(tables: &[String; 2]) -> impl Iterator<Item = Row<'_>> {
    tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(Row::read)
}

impl Connections {
    pub(crate) fn new(clock: Clock) -> Self {
        let (ports, counted, sockets) = Default::default();
        Self { clock, ports, counted, sockets, good_until: Elapsed::ZERO }
    }

    /// Have they to be counted anew?
    pub(crate) fn are_others(&self, sockets: &BTreeSet<u64>) -> bool {
        self.sockets != *sockets || self.clock.now() >= self.good_until
    }

    /// What was counted last.
    pub(crate) fn counted(&self) -> &[(Metric, f64)] {
        &self.counted
    }

    /// Counts those among `sockets`: the established ones that were made to a port, and those that the peer has closed.
    pub(crate) fn count(&mut self, tables: &[String; 2], sockets: BTreeSet<u64>) {
        let listened: BTreeSet<u16> = rows(tables).filter(|row| row.listens()).map(|row| row.local).collect();
        let mut by_port: BTreeMap<u16, u64> = BTreeMap::new();
        let mut closed = 0_u64;
        for row in rows(tables).filter(|row| sockets.contains(&row.inode)) {
            match row.state {
                CLOSE_WAIT => closed += 1,
                // What comes in at a port on which someone listens was not made by the target.
                ESTABLISHED if !listened.contains(&row.local) => *by_port.entry(row.remote).or_default() += 1,
                _ => {}
            }
        }
        self.admit(&by_port);
        let of_port = |port: &u16| (Metric::connections_to(*port), by_port.get(port).copied().unwrap_or(0) as f64);
        self.counted = self.ports.iter().map(of_port).collect();
        self.counted.push((Metric::CloseWait, closed as f64));
        (self.sockets, self.good_until) = (sockets, self.clock.now() + SELDOM);
    }

    /// The ports with the most connections have a series from now on, as long as there is room.
    fn admit(&mut self, by_port: &BTreeMap<u16, u64>) {
        let mut new: Vec<(u64, u16)> = by_port
            .iter()
            .filter(|(port, _)| !self.ports.contains(port))
            .map(|(port, count)| (*count, *port))
            .collect();
        new.sort_by(|one, other| other.cmp(one));
        self.ports.extend(new.into_iter().map(|(_, port)| port).take(MOST_PORTS.saturating_sub(self.ports.len())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of `(local port, remote port, state, inode)`.
    fn table(rows: &[(u16, u16, &str, u64)]) -> [String; 2] {
        let row = |(local, remote, state, inode): &(u16, u16, &str, u64)| {
            format!(
                "\n 0: 0100007F:{local:04X} 0100007F:{remote:04X} {state} 00000000:00000000 00:00000000 00000000 0 0 \
                 {inode} 1 0"
            )
        };
        ["  sl  local_address rem_address st".to_owned() + &rows.iter().map(row).collect::<String>(), String::new()]
    }

    fn counted(connections: &mut Connections, rows: &[(u16, u16, &str, u64)]) -> Vec<(String, f64)> {
        connections.count(&table(rows), (1..100).collect());
        connections.counted().iter().map(|(metric, value)| (metric.to_string(), *value)).collect()
    }

    #[test]
    fn connections_are_told_apart_by_whom_they_are_to() {
        let rows = [
            (8080, 0, LISTENS, 1),
            (8080, 50_000, ESTABLISHED, 2),
            (8080, 50_001, CLOSE_WAIT, 3),
            (40_000, 5432, ESTABLISHED, 4),
            (40_001, 5432, ESTABLISHED, 5),
            (40_002, 5432, "06", 6),
            (40_003, 6379, ESTABLISHED, 7),
            (40_004, 5432, ESTABLISHED, 100),
        ];
        let mut connections = Connections::new(Clock::start());
        let want = [("connections to :5432", 2.0), ("connections to :6379", 1.0), ("close_wait", 1.0)];
        assert_eq!(counted(&mut connections, &rows), want.map(|(name, value)| (name.to_owned(), value)));
        // What is gone is none, and not unknown.
        let want = [("connections to :5432", 0.0), ("connections to :6379", 0.0), ("close_wait", 0.0)];
        assert_eq!(counted(&mut connections, &rows[..1]), want.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn ports_are_bounded_to_the_most_frequent() {
        let mut rows: Vec<(u16, u16, &str, u64)> =
            (0..50).map(|number| (40_000 + number, 1000 + number, ESTABLISHED, 1 + u64::from(number))).collect();
        rows.push((45_000, 1049, ESTABLISHED, 60));
        let mut connections = Connections::new(Clock::start());
        let names = counted(&mut connections, &rows);
        assert_eq!(names.len(), MOST_PORTS + 1);
        assert!(names.contains(&("connections to :1049".to_owned(), 2.0)), "{names:?}");
        for row in &mut rows {
            row.1 += 5000;
        }
        assert_eq!(counted(&mut connections, &rows).len(), MOST_PORTS + 1, "no series for whoever comes later");
    }

    #[test]
    fn rows_of_both_tables_are_read() {
        let old =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 24931 1 0";
        let new = "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:1538 01 \
                   00000000:00000000 00:00000000 00000000     0        0 19 1 0";
        assert_eq!(Row::read(old), Some(Row { local: 8080, remote: 0, state: LISTENS, inode: 24_931 }));
        assert_eq!(Row::read(new), Some(Row { local: 22, remote: 5432, state: ESTABLISHED, inode: 19 }));
        assert_eq!(Row::read("  sl  local_address"), None);
    }

    #[test]
    fn a_connection_of_this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let made: Vec<_> = (0..3).map(|_| std::net::TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
        let me = std::process::id();
        let files = crate::files::Counting::Listing.count(me).unwrap();
        // As if it were the first port of all: other tests have connections too.
        let mut connections = Connections { ports: BTreeSet::from([port]), ..Connections::new(Clock::start()) };
        assert!(connections.are_others(&files.inodes));
        connections.count(&tables(me).unwrap(), files.inodes.clone());
        let counted = connections.counted();
        assert!(counted.contains(&(Metric::connections_to(port), 3.0)), "{counted:?}");
        assert!(!connections.are_others(&files.inodes), "they are counted anew only where the sockets are others");
        drop(made);
        assert!(connections.are_others(&crate::files::Counting::Listing.count(me).unwrap().inodes));
    }
}
