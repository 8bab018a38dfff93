//! False alarms on services that do not leak.

use corpus::{BENIGN, Family, HARD, VARIED};
use verdict::growth::Trend;

use crate::options::Options;
use crate::statistics::upper_bound;
use crate::table::{Table, duration, percent};
use crate::trial::{Judged, Trial, all, count};

const PURPOSE: u64 = 0;

/// The benign families: false alarms with their bound, and how many are cleared.
pub(crate) fn healthy(options: &Options) -> Table {
    let families = [&BENIGN[..], &VARIED].concat();
    let judged = judge(options, &families, |length| options.traces_at(length));
    let title = format!("Healthy services: {} traces", judged.len());
    let mut table = Table::new(title, &["family", "traces", "called a leak", "at most (95 %)", "no leak", "unclear"]);
    for family in families {
        table.row(line(&format!("{family:?}"), judged.iter().filter(|one| one.trial.family == family)));
    }
    for length in &options.lengths {
        let of_length = judged.iter().filter(|one| one.trial.length.total_cmp(length).is_eq());
        table.row(line(&format!("**all, {}**", duration(*length)), of_length));
    }
    let of_set = |set: &'static [Family]| judged.iter().filter(|one| set.contains(&one.trial.family));
    table.row(line("**the 19 of the literature**", of_set(&BENIGN)));
    table.row(line("**the 14 of our own**", of_set(&VARIED)));
    table.row(line("**all**", judged.iter()));
    table
}

fn line<'a>(name: &str, judged: impl Iterator<Item = &'a Judged>) -> [String; 6] {
    let judged: Vec<&Judged> = judged.collect();
    let [leaks, bounded, unclear] = shares(&judged);
    let alarms = upper_bound(leaks, judged.len());
    let share = |number: usize| percent(number, judged.len());
    let traces = judged.len().to_string();
    [name.to_owned(), traces, leaks.to_string(), format!("{:.2} %", 100.0 * alarms), share(bounded), share(unclear)]
}

/// The families that one trace cannot tell from a leak: what is said of them.
pub(crate) fn undecidable(options: &Options) -> Table {
    let judged = judge(options, &HARD, |length| (options.traces_at(length) / 2).max(20));
    let title = "Undecidable within one run: leak / unclear / no leak, %";
    let lengths: Vec<String> = options.lengths.iter().map(|length| duration(*length)).collect();
    let header: Vec<&str> = std::iter::once("family").chain(lengths.iter().map(String::as_str)).collect();
    let mut table = Table::new(title, &header);
    for family in HARD {
        let cell = |length: &f64| {
            let here = |one: &&Judged| one.trial.family == family && one.trial.length.total_cmp(length).is_eq();
            let judged: Vec<&Judged> = judged.iter().filter(here).collect();
            let [leaks, bounded, unclear] = shares(&judged).map(|number| 100 * number / judged.len().max(1));
            format!("{leaks} / {unclear} / {bounded}")
        };
        table.row(std::iter::once(format!("{family:?}")).chain(options.lengths.iter().map(cell)));
    }
    table
}

fn shares(judged: &[&Judged]) -> [usize; 3] {
    [Trend::Leak, Trend::Bounded, Trend::Unclear].map(|trend| count(judged.iter().copied(), |one| one.is(trend)))
}

fn judge(options: &Options, families: &[Family], many: impl Fn(f64) -> usize) -> Vec<Judged> {
    let mut trials = Vec::new();
    for length in &options.lengths {
        let of_family = |family: &Family| {
            let family = *family;
            (0..many(*length)).map(move |at| Trial::new(PURPOSE, at, family, *length, None))
        };
        trials.extend(families.iter().flat_map(of_family));
    }
    all(options, &trials, Trial::judge)
}
