//! Panics, turned into words.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// Awaits `future`; a panic in it becomes an error that says what the panic said.
///
/// The users of goose are tasks that nobody looks at: one that panics is gone without a trace.
///
/// It is handed over pinned: by value it would have its place twice in the task of every visitor.
pub(crate) async fn caught<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Result<T, String> {
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(payload) => Poll::Ready(Err(words(payload.as_ref()))),
    })
    .await
}

/// What a panic said.
pub(crate) fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_panic_after_an_await_is_caught_with_its_words() {
        let panicking = pin!(async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "seat {} is on fire", 3);
        });
        assert_eq!(caught(panicking).await, Err("seat 3 is on fire".to_owned()));
        assert_eq!(caught(pin!(async { 5 })).await, Ok(5));
    }
}
