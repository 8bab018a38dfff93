//! `prune`: old runs go.

use clock::Clock;
use record::{Kept, Retention};
use timeline::show_bytes;

use super::list::tell_unreadable;
use crate::cli::PruneOptions;
use crate::exit::Exit;
use crate::output;

/// Removes the runs that the options leave no room for, and says which.
pub(super) fn prune(options: &PruneOptions) -> Exit {
    let retention = Retention {
        count: options.count,
        age: options.age.map(|span| span.0),
        bytes: options.size.map(|size| size.0 as u64),
    };
    let listing = record::list(&options.results);
    tell_unreadable(&listing);
    let runs: Vec<Kept> = listing.runs.into_iter().map(|(folder, entry)| Kept::look(folder, entry)).collect();
    let leaving = retention.leaving(&runs, Clock::start().started_at());
    let (mut removed, mut bytes) = (0, 0);
    for run in &leaving {
        if !options.dry_run
            && let Err(error) = record::remove(&run.folder)
        {
            output::error(&error, None);
            continue;
        }
        output::out(&format!("{}  {}\n", run.folder.display(), show_bytes(run.bytes as f64)));
        (removed, bytes) = (removed + 1, bytes + run.bytes);
    }
    let what = if options.dry_run { "would go" } else { "removed" };
    output::out(&format!("{removed} of {} runs {what}, {}\n", runs.len(), show_bytes(bytes as f64)));
    if removed == leaving.len() { Exit::Passed } else { Exit::CouldNotRun }
}
