//! How many leaks are found, by kind and size.

use corpus::{KINDS, Kind, Leak};
use verdict::growth::Trend;

use crate::options::Options;
use crate::table::{Table, duration, percent};
use crate::trial::{Judged, Trial, all, count, on_every_base};

const PURPOSE: u64 = 1;
const SIZES: [f64; 5] = [2.0, 4.0, 8.0, 16.0, 32.0];

/// What is found of each kind and size, and what is wrongly called fine.
pub(crate) fn table(options: &Options, leaks: &[Judged]) -> Table {
    let title = "Leaks by size (leaked in the run over the deviation of the stationary part, G): \
                 found / called no leak though over 5 % of the level";
    let mut table = Table::new(title, &["kind", "run", "G = 2", "4", "8", "16", "32"]);
    for length in options.leaking_lengths.iter().copied() {
        let judged: Vec<&Judged> = leaks.iter().filter(|one| one.trial.length.total_cmp(&length).is_eq()).collect();
        for kind in KINDS.map(Some).into_iter().chain([None]) {
            let name = kind.map_or("**all**".to_owned(), |kind| format!("{kind:?}"));
            let cells = SIZES.map(|size| cell(&judged, kind, size));
            table.row([name, duration(length)].into_iter().chain(cells));
        }
    }
    table
}

fn cell(judged: &[&Judged], kind: Option<Kind>, size: f64) -> String {
    let is_here = |leak: Leak| leak.size.total_cmp(&size).is_eq() && kind.is_none_or(|kind| kind == leak.kind);
    let here = || judged.iter().copied().filter(|one| one.trial.leak.is_some_and(is_here));
    let share = |is: &dyn Fn(&Judged) -> bool| percent(count(here(), is), here().count());
    format!("{} / {}", share(&|one| one.is(Trend::Leak)), share(&Judged::wrongly_cleared))
}

/// Leaks of every kind and size on every benign base.
pub(crate) fn leaks(options: &Options) -> Vec<Judged> {
    let mut trials = Vec::new();
    for length in options.leaking_lengths.iter().copied() {
        let each = if options.quick { 2 } else { options.traces_at(length).div_ceil(40) };
        for kind in KINDS {
            let leaks = SIZES.map(|size| Leak { kind, size });
            trials.extend(leaks.into_iter().flat_map(|leak| on_every_base(PURPOSE, each, length, Some(leak))));
        }
    }
    all(options, &trials, Trial::judge)
}
