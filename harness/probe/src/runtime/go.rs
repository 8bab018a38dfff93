//! Go, asked by the pages that `net/http/pprof` and `expvar` add to a service.
//!
//! Go remembers the stops of its last 256 collections, so none is missed as long as it is asked often enough. What the
//! live heap was after a collection it does not say, but it sets the goal of the next one by it: see [`goal`].

mod goal;
mod memory;
mod profile;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use timeline::{Elapsed, Evidence, Metric, Pause, Subject};

use self::goal::Goal;
use self::memory::{Memory, Stop};
use self::profile::Profile;
use super::ask::Asker;
use super::{COLLECTED_WITHIN, Moment, PATIENCE, Process, Refused, Runtime, Unreadable, keep, of_file};
use crate::budget::Budget;
use crate::out::Out;

/// Before so many collections have passed it is asked again: fewer than it remembers, for they may become more frequent.
const ASKED_WITHIN: u32 = 100;
const HEAP: &str = "/debug/pprof/heap?debug=1";
/// Collects first.
const COLLECTED: &str = "/debug/pprof/heap?debug=1&gc=1";
const VARIABLES: &str = "/debug/vars";
/// What other pages there are, with the number of goroutines; counting them costs nothing.
const INDEX: &str = "/debug/pprof/";

/// A Go process.
pub(crate) struct Go {
    clock: Clock,
    asker: Asker,
    version: Option<String>,
    source: Source,
    /// What costs the target more than a little is asked less often.
    budget: Budget,
    goal: Goal,
    /// How many collections were told of.
    known: Known,
    /// What was asked for since the last read.
    forced: Vec<(Elapsed, Elapsed)>,
    /// What a collection that was asked for has left, to be told at the next read.
    read_already: Option<Memory>,
    /// The heap at the baseline.
    baseline: Option<Profile>,
}

/// Which page tells of its collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// `/debug/vars`: cheap.
    Variables,
    /// `/debug/pprof/heap`: the whole profile comes along.
    Profile,
}

/// What was told of its collections.
#[derive(Clone, Copy, Debug)]
struct Known {
    collections: u32,
    at: Elapsed,
    /// The time between two collections, as it was last seen.
    between: Duration,
}

impl Go {
    /// Finds the pages of a service at `address`; `process` is it, where it is of this machine.
    pub(crate) fn meet(process: Option<&Process>, address: SocketAddr, clock: Clock) -> Result<Self, Unreadable> {
        let mut asker = Asker::new(address)?;
        let (source, memory) = match variables(&mut asker) {
            Ok(memory) => (Source::Variables, memory),
            Err(_) => (Source::Profile, heap(&mut asker, HEAP, PATIENCE)?.0),
        };
        Ok(Self {
            clock,
            asker,
            version: process.and_then(super::elf::go_version),
            source,
            budget: Budget::new(clock),
            goal: Goal::of(|name| process.and_then(|process| process.variable(name))),
            known: Known { collections: memory.collections, at: clock.now(), between: Duration::MAX },
            forced: Vec::new(),
            read_already: None,
            baseline: None,
        })
    }

    fn memory(&mut self) -> Result<Memory, Unreadable> {
        match self.source {
            Source::Variables => variables(&mut self.asker),
            Source::Profile => heap(&mut self.asker, HEAP, PATIENCE).map(|(memory, _)| memory),
        }
    }

    /// Would collections be forgotten if it were not asked by the next read?
    fn must_be_asked(&self, now: Elapsed) -> bool {
        now.since(self.known.at) >= self.forgets_after()
    }

    /// Tells of the collections since the last time.
    fn tell(&mut self, due: Elapsed, memory: &Memory, out: &Out) -> Result<(), Unreadable> {
        let now = self.clock.now();
        let (stops, lost) = memory.stops_since(self.known.collections);
        for stop in &stops {
            out.pause(self.pause(*stop));
        }
        let new = memory.collections.saturating_sub(self.known.collections);
        let between = now.since(self.known.at).checked_div(new).unwrap_or(Duration::MAX);
        self.known = Known { collections: memory.collections, at: now, between };
        if new > 0
            && let Some(live) = self.goal.live(memory)
        {
            out.values(&Subject::Target, due, &[(Metric::LiveHeap, live)], |_| "go: goal of the next collection");
        }
        let sizes = [
            (Metric::HeapUsed, memory.heap_alloc),
            (Metric::HeapTotal, memory.heap_total()),
            (Metric::GoStacks, memory.stack_inuse),
        ];
        out.values(&Subject::Target, due, &sizes.map(|(metric, bytes)| (metric, bytes as f64)), |_| self.page());
        self.forced.clear();
        if lost > 0 {
            let how = format!("had {lost} more collections than it remembers since it was last asked");
            return Err(Unreadable::Strange { what: "Go".to_owned(), how });
        }
        Ok(())
    }

    fn pause(&self, stop: Stop) -> Pause {
        let end = self.clock.at_wall(stop.end);
        let start = end - Duration::from_nanos(stop.length);
        Pause {
            start,
            length: stop.length.div_ceil(1000),
            concurrent: false,
            cpu: None,
            kind: Arc::from("both stops of a collection"),
            forced: self.forced.iter().any(|(from, to)| *from <= end && start <= *to),
            live: None,
            source: Arc::from(self.page()),
        }
    }

    /// Counts the goroutines, where there is the page for it.
    fn count(&mut self, due: Elapsed, out: &Out) {
        if let Ok(page) = self.asker.text(INDEX, PATIENCE)
            && let Some(count) = goroutines(&page)
        {
            out.values(&Subject::Target, due, &[(Metric::Goroutines, count)], |_| INDEX);
        }
    }

    fn page(&self) -> &'static str {
        match self.source {
            Source::Variables => VARIABLES,
            Source::Profile => "/debug/pprof",
        }
    }

    /// Two collections, since what has a finalizer or lies in a pool outlives the first; then the heap as it is.
    fn collected(&mut self) -> Result<(Memory, String), Unreadable> {
        let from = self.clock.now();
        heap(&mut self.asker, COLLECTED, COLLECTED_WITHIN / 2)?;
        let after = heap(&mut self.asker, COLLECTED, COLLECTED_WITHIN / 2);
        self.forced.push((from, self.clock.now()));
        let (memory, page) = after?;
        self.goal.learn(&memory);
        Ok((memory, page))
    }

    fn heap_evidence(&mut self, folder: &Path, moment: Moment) -> Result<Vec<Evidence>, Unreadable> {
        let (_, page) = self.collected()?;
        let strange = || Unreadable::Strange { what: HEAP.to_owned(), how: "shows no heap profile".to_owned() };
        let profile = Profile::parse(&page).ok_or_else(strange)?;
        let grown = self.baseline.as_ref().map(|before| profile.grown_since(before)).unwrap_or_default();
        if moment == Moment::Baseline {
            self.baseline = Some(profile);
        }
        let binary = self.asker.get("/debug/pprof/heap", PATIENCE)?;
        let file = keep(folder, &format!("go-heap-{}.pb.gz", moment.name()), &binary)?;
        Ok(vec![Evidence { what: "heap profile".to_owned(), file: Some(file), grown, ..Evidence::default() }])
    }

    fn page_evidence(&mut self, folder: &Path, what: &str, path: &str, name: &str) -> Evidence {
        let page = self.asker.get(path, PATIENCE).and_then(|page| keep(folder, name, &page));
        of_file(what, page)
    }
}

impl Runtime for Go {
    fn told_as(&self) -> String {
        let version = self.version.as_deref().map_or(String::new(), |version| format!(" {version}"));
        format!("Go{version} by {}", self.page())
    }

    fn lacks(&self) -> Vec<String> {
        let beside = "how long it collects beside the work, which slows it down more than its stops do: \
                      GODEBUG=gctrace=1 has it logged";
        std::iter::once(beside.to_owned()).chain(self.goal.lacks()).collect()
    }

    fn forgets_after(&self) -> Duration {
        self.known.between.saturating_mul(ASKED_WITHIN).max(Duration::from_millis(100))
    }

    fn read(&mut self, due: Elapsed, out: &Out) -> Result<(), Unreadable> {
        let memory = if let Some(memory) = self.read_already.take() {
            Ok(memory)
        } else if self.must_be_asked(self.clock.now()) {
            self.memory()
        } else {
            let mut budget = self.budget.clone();
            let Some(memory) = budget.spend(|| self.memory()) else { return Ok(()) };
            self.budget = budget;
            memory
        };
        self.tell(due, &memory?, out)?;
        self.count(due, out);
        Ok(())
    }

    fn collect(&mut self) -> Result<(), Refused> {
        let (memory, _) = self.collected()?;
        self.read_already = Some(memory);
        Ok(())
    }

    fn evidence(&mut self, folder: &Path, moment: Moment) -> Vec<Evidence> {
        let mut pieces = match self.heap_evidence(folder, moment) {
            Ok(pieces) => pieces,
            Err(error) => vec![of_file("heap profile", Err(error))],
        };
        let file = |kind: &str, form: &str| format!("go-{kind}-{}.{form}", moment.name());
        let stacks = ("goroutines", "/debug/pprof/goroutine?debug=1", file("goroutines", "txt"));
        let allocated = ("allocations", "/debug/pprof/allocs", file("allocations", "pb.gz"));
        for (what, path, name) in [stacks, allocated] {
            pieces.push(self.page_evidence(folder, what, path, &name));
        }
        pieces
    }

    fn leave(&mut self, out: &Out) {
        // A service that has ended tells no more; what it told before is kept.
        if let Ok(memory) = self.memory() {
            let _ = self.tell(self.clock.now(), &memory, out);
        }
    }
}

/// From `<tr><td>3</td><td><a href='goroutine?debug=1'>`: 3.
fn goroutines(page: &str) -> Option<f64> {
    let (before, _) = page.split_once("goroutine?debug=1")?;
    let count = before.rsplit("<td>").find_map(|cell| cell.split_once("</td>"))?.0;
    count.trim().parse().ok()
}

fn variables(asker: &mut Asker) -> Result<Memory, Unreadable> {
    let page = asker.get(VARIABLES, PATIENCE)?;
    let strange = || Unreadable::Strange { what: VARIABLES.to_owned(), how: "shows no memstats".to_owned() };
    Memory::from_variables(&page).ok_or_else(strange)
}

/// The heap's page, and the account that it ends with.
fn heap(asker: &mut Asker, path: &str, within: Duration) -> Result<(Memory, String), Unreadable> {
    let page = asker.text(path, within)?;
    let strange = || Unreadable::Strange { what: path.to_owned(), how: "shows no runtime.MemStats".to_owned() };
    let memory = Memory::from_profile(&page).ok_or_else(strange)?;
    Ok((memory, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goroutines_are_counted_on_the_page_of_pages() {
        let page = "<thead><td>Count</td><td>Profile</td></thead>\n<tr><td>7</td><td><a href='allocs?debug=1'>allocs</a></td></tr>\n\
                    <tr><td>3</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>\n<tr><td>9</td><td>";
        assert_eq!(goroutines(page), Some(3.0));
        assert_eq!(goroutines("404 page not found"), None);
        assert_eq!(goroutines("goroutine?debug=1"), None);
    }
}
