//! What the threads of the load take of the machine.

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use timeline::LoadCost;

/// The threads of a load, as the system knows them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Threads(Arc<Mutex<Vec<Thread>>>);

#[derive(Debug)]
struct Thread {
    /// `/proc/self/task/<id>/schedstat`; there only while it lives.
    path: String,
    /// What was told of it.
    told: LoadCost,
    /// All that it took, once it is gone.
    last: Option<LoadCost>,
}

impl Threads {
    /// Counts the calling thread in from now on.
    pub(crate) fn enlist(&self) {
        let path = own_path();
        if let Some(told) = read(&path) {
            self.locked().push(Thread { path, told, last: None });
        }
    }

    /// Keeps what the calling thread took, which is about to end.
    pub(crate) fn dismiss(&self) {
        let path = own_path();
        let last = read(&path);
        let mut threads = self.locked();
        threads.iter_mut().filter(|thread| thread.path == path).for_each(|thread| thread.last = last);
    }

    /// What they took since the last cut; `None` where there were none, or the system does not tell.
    pub(crate) fn cut(&self) -> Option<LoadCost> {
        let mut cost = None;
        self.locked().retain_mut(|thread| {
            let Some(now) = thread.last.or_else(|| read(&thread.path)) else { return false };
            let cost = cost.get_or_insert(LoadCost::default());
            cost.cpu += now.cpu.saturating_sub(thread.told.cpu);
            cost.delayed += now.delayed.saturating_sub(thread.told.delayed);
            thread.told = now;
            thread.last.is_none()
        });
        cost
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(target_os = "linux")]
fn own_path() -> String {
    format!("/proc/self/task/{}/schedstat", rustix::thread::gettid().as_raw_nonzero())
}

#[cfg(not(target_os = "linux"))]
fn own_path() -> String {
    String::new()
}

/// Nanoseconds on a processor, nanoseconds in the queue for one, and how often.
fn read(path: &str) -> Option<LoadCost> {
    let text = fs::read_to_string(path).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    let (cpu, delayed) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(LoadCost { cpu: cpu / 1000, delayed: delayed / 1000 })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_takes_is_told_once() {
        let threads = Threads::default();
        assert_eq!(threads.cut(), None);
        threads.enlist();
        let work: u64 = (0..20_000_000_u64).map(std::hint::black_box).sum();
        assert!(work > 0);
        let first = threads.cut().expect("a cost");
        assert!(first.cpu > 1000, "{first:?}");
        assert!(threads.cut().expect("a cost").cpu < first.cpu);
        let elsewhere = threads.clone();
        let body = move || {
            elsewhere.enlist();
            let work: u64 = (0..20_000_000_u64).map(std::hint::black_box).sum();
            elsewhere.dismiss();
            work
        };
        assert!(std::thread::spawn(body).join().is_ok());
        assert!(threads.cut().expect("a cost").cpu > 1000, "of a thread that is gone");
    }
}
