//! Waits for the moments at which arrivals are due.
//!
//! tokio's own timers are a millisecond apart, which would be reported as the target's latency. A wake-up from rest
//! costs 30 to 40 µs of processor time, though, so that at high rates several arrivals share one; README.md has the
//! figures.

use std::io;
use std::time::Duration;

use clock::Clock;
use timeline::Elapsed;
use tokio::task::yield_now;

/// Above this rate arrivals are let in on a grid: their own wake-ups would take a third of a core.
const DENSE: f64 = 6000.0;
/// The grid.
const GRID: Duration = Duration::from_millis(1);

/// A wake-up from rest comes so much after its timer at the least, so the timer is set so much before: it costs nothing,
/// and halves the lag.
const LEAD: Duration = Duration::from_micros(30);

/// A timer of the system.
pub(crate) struct Pacer {
    clock: Clock,
    timer: timer::Timer,
    /// When it last fired.
    woken: Elapsed,
}

impl Pacer {
    pub(crate) fn new(clock: Clock) -> io::Result<Self> {
        Ok(Self { clock, timer: timer::Timer::new()?, woken: Elapsed::ZERO })
    }

    /// Waits until `due`, or at `per_second` arrivals a second up to a millisecond longer; at once when it has passed.
    pub(crate) async fn until(&mut self, due: Elapsed, per_second: f64) -> io::Result<()> {
        let dense = per_second > DENSE;
        let (due, lead) = if dense { (due.max(self.woken + GRID), Duration::ZERO) } else { (due, LEAD) };
        loop {
            let now = self.clock.now();
            let left = due.since(now);
            if left.is_zero() {
                self.woken = now;
                return Ok(());
            }
            match left.saturating_sub(lead) {
                Duration::ZERO => yield_now().await,
                time => self.timer.wait(time).await?,
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod timer {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// A timerfd among the sockets of the runtime.
    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(deprecated, reason = "the other way is unsafe, for a descriptor that is not owned; this one is")]
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Self(AsyncFd::with_interest(timer, Interest::READABLE)?))
        }

        /// Waits for some time, or, now and then, for less.
        pub(super) async fn wait(&self, time: Duration) -> io::Result<()> {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value = Timespec::try_from(time).map_err(|_| io::ErrorKind::InvalidInput)?;
            let once = Itimerspec { it_interval: zero, it_value: value };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
            // Being set again, it forgets that it fired: there is nothing to read.
            self.0.readable().await?.clear_ready();
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod timer {
    use std::io;
    use std::time::Duration;

    /// tokio's own, a millisecond coarse.
    pub(super) struct Timer;

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn wait(&self, time: Duration) -> io::Result<()> {
            tokio::time::sleep(time).await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_never_wakes_too_soon_and_at_high_rates_at_most_once_a_millisecond() {
        let clock = Clock::start();
        let mut pacer = Pacer::new(clock).expect("a timer");
        for micros in [0, 50, 300, 2000, 20_000] {
            let due = clock.now() + Duration::from_micros(micros);
            pacer.until(due, 100.0).await.expect("a wait");
            assert!(clock.now() >= due, "{micros}");
        }
        let start = clock.now();
        for _ in 0..20 {
            pacer.until(clock.now() + Duration::from_micros(20), 50_000.0).await.expect("a wait");
        }
        assert!(clock.now().since(start) >= 19 * GRID);
    }
}
