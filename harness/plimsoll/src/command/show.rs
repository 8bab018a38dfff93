//! `show`: a stored run, as it was judged.

use super::reports;
use crate::cli::ShowOptions;
use crate::exit::Exit;
use crate::runs;

/// Shows a run as it was told at its end; nothing is judged again.
pub(super) fn show(options: &ShowOptions) -> Exit {
    match runs::open(&options.run, &options.results) {
        Ok(record) => {
            reports::show(&record, options.json);
            Exit::Passed
        }
        Err(exit) => exit,
    }
}
