//! `list`: the runs that are kept.

use std::path::PathBuf;

use record::{Entry, Listing};

use super::reports;
use crate::cli::ListOptions;
use crate::exit::Exit;
use crate::{output, runs};

/// Lists runs, the newest first.
pub(super) fn list(options: &ListOptions) -> Exit {
    let of_commit = match options.commit.as_deref().map(|commit| runs::find_all(commit, &options.results)).transpose() {
        Ok(folders) => folders,
        Err(exit) => return exit,
    };
    let listing = record::list(&options.results);
    tell_unreadable(&listing);
    let wanted = |(folder, entry): &(PathBuf, Entry)| {
        of_commit.as_ref().is_none_or(|folders| folders.contains(folder))
            && options.scenario.as_ref().is_none_or(|scenario| *scenario == entry.scenario)
            && options.verdict.is_none_or(|verdict| entry.verdict == Some(verdict.into()))
    };
    let found: Vec<(PathBuf, Entry)> = listing.runs.into_iter().filter(wanted).collect();
    let shown = if options.limit == 0 { found.len() } else { options.limit.min(found.len()) };
    if options.json {
        output::out(&format!("{:#}\n", report::list_json(&found[..shown])));
    } else {
        output::out(&report::list_terminal(&found[..shown], found.len() - shown, reports::style()));
    }
    Exit::Passed
}

/// Names the runs that are there and cannot be read.
pub(super) fn tell_unreadable(listing: &Listing) {
    listing.unreadable.iter().for_each(|(_, error)| output::err(&format!("note: {error}")));
}
