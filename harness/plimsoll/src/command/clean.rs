//! `clean`, and the reaper that cleans up at once.

use target::Owner;

use super::runtime;
use crate::exit::Exit;
use crate::output;

/// Removes what killed runs have left behind.
pub(super) fn clean() -> Exit {
    let swept = match runtime() {
        Ok(runtime) => runtime.block_on(target::sweep()),
        Err(error) => {
            output::error(&error, None);
            return Exit::CouldNotRun;
        }
    };
    output::out(&format!("removed {swept}\n"));
    if let Some(why) = &swept.no_engine {
        output::err(&format!("note: containers were not looked for: {why}"));
    }
    swept.failures.iter().for_each(|failure| output::err(&format!("error: {failure}")));
    if swept.failures.is_empty() { Exit::Passed } else { Exit::CouldNotRun }
}

/// Waits until the harness that started this has ended, and removes what it left behind.
pub(super) fn reap(owner: &str) -> Exit {
    let (Ok(owner), Ok(runtime)) = (owner.parse::<Owner>(), runtime()) else { return Exit::Usage };
    runtime.block_on(target::reap(&owner));
    Exit::Passed
}
