//! Ctrl-C and SIGTERM: once to end in good order, twice to end at once.

use tokio::sync::watch;

use crate::exit::Exit;
use crate::output;

/// Listens from now on; the count of signals so far. It has to be called before the load starts:
/// goose would install a handler of its own, which ends the process at the second signal.
///
/// # Errors
/// Where a handler is installed already.
pub(crate) fn listen() -> Result<watch::Receiver<u32>, ctrlc::Error> {
    let (count, interrupts) = watch::channel(0);
    ctrlc::set_handler(move || {
        count.send_modify(|count| *count += 1);
        if *count.borrow() >= 2 {
            end_at_once();
        }
        output::err("interrupted: ending in good order (once more to end at once)");
    })?;
    Ok(interrupts)
}

/// Ends without a word; the reaper removes the target.
#[expect(clippy::disallowed_methods, reason = "asked for twice; what runs is the reaper's")]
fn end_at_once() {
    std::process::exit(Exit::Interrupted as i32);
}
