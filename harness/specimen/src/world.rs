//! What happens, and what misbehaves at it. Decides and counts; never waits, never asks the time.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use crate::hold::Holds;
use crate::leak::{self, Leaks};
use crate::ledger::Ledger;
use crate::options::{Options, Unit};

/// A stop that waits for load happens where a request came this long ago at most.
const IN_LOAD: Duration = Duration::from_secs(1);

/// All that changes. Times are since the start.
pub(crate) struct World {
    options: Options,
    ledger: Ledger,
    leaks: Leaks,
    holds: Holds,
    own: BTreeSet<SocketAddr>,
    unruly: Unruly,
    last_request: Option<Duration>,
}

/// What came since misbehaviour began: shares and "every N" count from there.
#[derive(Default)]
struct Unruly {
    requests: u64,
    connections: u64,
}

/// What becomes of an accepted connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is served.
    Serve,
    /// It is closed at once.
    Refuse,
    /// It is the other end of one that was made to be leaked, and is leaked as well.
    Leak,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Treatment {
    pub(crate) answer: Answer,
    /// A connection to itself is to be made, and leaked.
    pub(crate) connects: bool,
    /// The line of the log is to be printed.
    pub(crate) logs: bool,
}

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Serve,
    Fail,
    Crash,
}

impl World {
    /// A world in which nothing has happened, but for the base that it holds.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            holds: Holds::new(options),
            options: options.clone(),
            ledger: Ledger::default(),
            leaks: Leaks::default(),
            own: BTreeSet::new(),
            unruly: Unruly::default(),
            last_request: None,
        }
    }

    /// A connection from `peer` was accepted.
    pub(crate) fn on_connection(&mut self, now: Duration, peer: SocketAddr) -> Admission {
        if self.own.remove(&peer) {
            return Admission::Leak;
        }
        self.ledger.connections += 1;
        if !self.is_unruly(now) {
            return Admission::Serve;
        }
        self.leak_at(now, Unit::Connection);
        self.unruly.connections += 1;
        if self.options.refuse.takes(self.unruly.connections) {
            self.ledger.refused += 1;
            return Admission::Refuse;
        }
        Admission::Serve
    }

    /// A request came.
    pub(crate) fn on_request(&mut self, now: Duration) -> Treatment {
        self.ledger.requests += 1;
        self.last_request = Some(now);
        self.holds.on_request();
        let logs = is_due(self.options.log_every, self.ledger.requests);
        if !self.is_unruly(now) {
            return Treatment { answer: Answer::Serve, connects: false, logs };
        }
        self.unruly.requests += 1;
        self.leak_at(now, Unit::Request);
        self.leak_things();
        let connects = is_due(self.options.leak_connection, self.unruly.requests);
        Treatment { answer: self.answer(), connects, logs }
    }

    /// A request is answered with `status`.
    pub(crate) fn on_answer(&mut self, now: Duration, status: u16) {
        if status >= 400 {
            self.ledger.errors += 1;
            self.leak_at(now, Unit::Error);
        }
    }

    /// A WebSocket message came.
    pub(crate) fn on_message(&mut self, now: Duration) {
        self.ledger.messages += 1;
        self.leak_at(now, Unit::Message);
    }

    /// A connection to itself is about to be made from `local`: it is not to be counted when it comes in.
    pub(crate) fn expect_own(&mut self, local: SocketAddr) {
        self.own.insert(local);
    }

    /// The connection from `local` could not be made.
    pub(crate) fn give_up_own(&mut self, local: SocketAddr) {
        self.own.remove(&local);
    }

    /// A connection to itself was made and leaked.
    pub(crate) fn on_own_connection(&mut self) {
        self.ledger.leaked.connections += 1;
    }

    /// Whether a stop that is due now is to happen.
    pub(crate) fn may_stop(&self, now: Duration) -> bool {
        !self.options.stop_in_load || self.last_request.is_some_and(|last| now.saturating_sub(last) <= IN_LOAD)
    }

    /// The world stood still from `start` for `duration`.
    pub(crate) fn on_stop(&mut self, start: Duration, duration: Duration) {
        self.ledger.stops.count(start, duration);
    }

    /// The truth as JSON.
    pub(crate) fn truth(&self, now: Duration) -> String {
        self.ledger.to_json(self.holds.held(), now)
    }

    /// The truth in Prometheus's text format.
    pub(crate) fn metrics(&self) -> String {
        self.ledger.to_metrics()
    }

    fn is_unruly(&self, now: Duration) -> bool {
        now >= self.options.after.0
    }

    fn leak_at(&mut self, now: Duration, unit: Unit) {
        if self.options.per == unit && self.is_unruly(now) {
            self.leaks.bytes(self.options.leak.0, self.options.leak_into, &mut self.ledger.leaked);
        }
    }

    /// Leaks what is due at this request and is not counted in bytes.
    fn leak_things(&mut self) {
        let (count, leaked) = (self.unruly.requests, &mut self.ledger.leaked);
        if is_due(self.options.leak_fd, count) {
            leak::descriptor(leaked);
        }
        if is_due(self.options.leak_thread, count) {
            leak::thread(leaked);
        }
        if is_due(self.options.leak_child, count) {
            self.leaks.child(leaked);
        }
    }

    fn answer(&self) -> Answer {
        // Of all requests, so that misbehaviour which begins late crashes at once where enough have come.
        if self.options.crash_after.is_some_and(|most| self.ledger.requests >= most.get()) {
            Answer::Crash
        } else if self.options.fail.takes(self.unruly.requests) {
            Answer::Fail
        } else {
            Answer::Serve
        }
    }
}

/// Whether what happens every so many happens at the `count`-th.
fn is_due(every: Option<NonZeroU64>, count: u64) -> bool {
    every.is_some_and(|every| count.is_multiple_of(every.get()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::options::told;

    const NOW: Duration = Duration::from_secs(10);

    fn world(arguments: &str) -> World {
        World::new(&told(arguments))
    }

    fn peer(port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    fn answers(world: &mut World, count: usize) -> Vec<Answer> {
        (0..count).map(|_| world.on_request(NOW).answer).collect()
    }

    #[test]
    fn a_leak_happens_at_its_unit_and_at_no_other() {
        for (unit, expected) in [("request", 4), ("connection", 1), ("error", 2), ("message", 3)] {
            let mut world = world(&format!("--leak 100B --per {unit}"));
            world.on_connection(NOW, peer(1));
            answers(&mut world, 4);
            for status in [200, 399, 400, 503] {
                world.on_answer(NOW, status);
            }
            (0..3).for_each(|_| world.on_message(NOW));
            assert_eq!(world.ledger.leaked.heap_bytes, expected * 100, "per {unit}");
        }
    }

    #[test]
    fn every_fourth_request_fails_where_a_quarter_shall() {
        let answers = answers(&mut world("--fail 25%"), 8);
        let failed: Vec<usize> = (1..=8).filter(|count| answers[count - 1] == Answer::Fail).collect();
        assert_eq!(failed, [4, 8]);
    }

    #[test]
    fn the_third_request_crashes_it() {
        assert_eq!(answers(&mut world("--crash-after 3"), 3), [Answer::Serve, Answer::Serve, Answer::Crash]);
    }

    #[test]
    fn descriptors_and_threads_are_leaked_every_so_many_requests() {
        let mut world = world("--leak-fd 2 --leak-thread 4 --leak-connection 3");
        let connects = (0..8).filter(|_| world.on_request(NOW).connects).count();
        let leaked = &world.ledger.leaked;
        assert_eq!((leaked.fds, leaked.threads, connects), (4, 2, 2));
    }

    #[test]
    fn misbehaviour_begins_when_it_is_told_to() {
        let mut world = world("--leak 100B --leak-fd 1 --fail 100% --refuse 100% --crash-after 4 --after 10s");
        let before = Duration::from_millis(9_999);
        assert_eq!(world.on_connection(before, peer(1)), Admission::Serve);
        assert_eq!(world.on_request(before).answer, Answer::Serve);
        assert_eq!((world.ledger.leaked.bytes(), world.ledger.leaked.fds), (0, 0));
        assert_eq!(world.on_connection(NOW, peer(1)), Admission::Refuse);
        assert_eq!(answers(&mut world, 3), [Answer::Fail, Answer::Fail, Answer::Crash]);
        assert_eq!((world.ledger.leaked.bytes(), world.ledger.leaked.fds), (300, 3));
    }

    #[test]
    fn a_connection_to_itself_is_not_counted() {
        let mut world = world("--refuse 50%");
        world.expect_own(peer(7));
        let admissions = [1, 7, 2, 7].map(|port| world.on_connection(NOW, peer(port)));
        assert_eq!(admissions, [Admission::Serve, Admission::Leak, Admission::Refuse, Admission::Serve]);
        assert_eq!((world.ledger.connections, world.ledger.refused), (3, 1));
    }

    #[test]
    fn a_stop_in_load_waits_for_load() {
        let mut world = world("--stop 10ms --stop-every 1s --stop-in-load");
        assert!(!world.may_stop(NOW));
        world.on_request(NOW);
        assert!(world.may_stop(NOW + IN_LOAD));
        assert!(!world.may_stop(NOW + IN_LOAD + Duration::from_millis(1)));
    }
}
