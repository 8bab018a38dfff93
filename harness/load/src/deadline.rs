//! A time limit for one thing after the other, at nearly no cost for each.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use clock::Clock;
use timeline::Elapsed;

/// A timer that is set once and moved on only when it fires: nearly everything it guards is over long before.
pub(crate) struct Deadline {
    clock: Clock,
    timer: Option<Timer>,
}

struct Timer {
    fires: Elapsed,
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Deadline {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, timer: None }
    }

    /// Awaits `work`, which is handed over pinned so that it has its place once; `None` where that takes longer than
    /// `limit`, counted from `start`.
    pub(crate) async fn within<T>(
        &mut self,
        limit: Duration,
        start: Elapsed,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        let due = start + limit;
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            loop {
                let timer = self.timer.get_or_insert_with(|| Timer::new(self.clock, due));
                if timer.fires > due {
                    *timer = Timer::new(self.clock, due);
                }
                match timer.future.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) if timer.fires == due => {
                        self.timer = None;
                        return Poll::Ready(None);
                    }
                    // It was set for something that is over.
                    Poll::Ready(()) => self.timer = None,
                }
            }
        })
        .await
    }
}

impl std::fmt::Debug for Deadline {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Deadline")
            .field("fires", &self.timer.as_ref().map(|timer| timer.fires))
            .finish_non_exhaustive()
    }
}

impl Timer {
    fn new(clock: Clock, fires: Elapsed) -> Self {
        Self { fires, future: Box::pin(async move { clock.sleep_until(fires).await }) }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn each_thing_has_its_own_limit_though_there_is_one_timer() {
        let clock = Clock::start();
        let mut deadline = Deadline::new(clock);
        let limit = Duration::from_millis(60);
        for _ in 0..3 {
            let start = clock.now();
            let brief = pin!(clock.sleep_until(start + Duration::from_millis(40)));
            assert_eq!(deadline.within(limit, start, brief).await, Some(()));
        }
        let start = clock.now();
        assert_eq!(deadline.within(limit, start, pin!(pending::<()>())).await, None);
        let took = clock.now().since(start);
        assert!(took >= limit && took < 3 * limit, "{took:?}");
        let start = clock.now();
        assert_eq!(deadline.within(Duration::from_millis(20), start, pin!(pending::<()>())).await, None);
        assert!(clock.now().since(start) < limit);
    }
}
