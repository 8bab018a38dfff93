//! The detector beside those of others: as they come, and with thresholds moved to the same false alarms.

use corpus::{BENIGN, Family, KINDS, Leak, VARIED};
use verdict::growth::{Growth, Trend};

use crate::comparators::COMPARATORS;
use crate::options::Options;
use crate::statistics::quantile;
use crate::table::{Table, duration, percent};
use crate::trial::{Trial, all, grown, on_every_base};

/// Not 4: on those seeds our score was chosen among seven.
const PURPOSE: u64 = 5;
const SIZES: [f64; 4] = [2.0, 4.0, 8.0, 16.0];

/// What every detector says of one trace, ours first: whether it alarms as it comes, and its score.
struct Scored {
    trial: Trial,
    says: Vec<(bool, f64)>,
}

/// All detectors, by the length of the run.
pub(crate) fn table(options: &Options) -> Table {
    let title = "Beside others: nominal settings, and thresholds moved so that 1 % of the healthy alarm";
    let header = [
        "detector",
        "run",
        "false alarms",
        "of the 19",
        "worst family",
        "G = 4",
        "8",
        "16",
        "at 1 %: G = 2",
        "4",
        "8",
        "16",
    ];
    let mut table = Table::new(title, &header);
    for length in options.leaking_lengths.iter().copied() {
        let each = options.traces_at(length).div_ceil(4);
        let healthy = score(options, on_every_base(PURPOSE, each, length, None));
        let leaking = SIZES.map(|size| {
            let of_kind = |kind| on_every_base(PURPOSE, 2, length, Some(Leak { kind, size }));
            score(options, KINDS.into_iter().flat_map(of_kind))
        });
        let names = std::iter::once("**this one**").chain(COMPARATORS.iter().map(|comparator| comparator.name));
        for (at, name) in names.enumerate() {
            let cells = cells(at, &healthy, &leaking);
            table.row([name.to_owned(), duration(length)].into_iter().chain(cells));
        }
    }
    table
}

/// What one detector does: false alarms, and what it finds, as it comes and when it is set to 1 %.
fn cells(at: usize, healthy: &[Scored], leaking: &[Vec<Scored>]) -> Vec<String> {
    let scores: Vec<f64> = healthy.iter().map(|one| one.says[at].1).collect();
    let moved = quantile(&scores, 0.99);
    let known = |one: &&Scored| BENIGN.contains(&one.trial.family);
    let nominal = |scored: &Vec<Scored>| share(scored.iter(), |one| one.says[at].0);
    let mut cells = vec![
        share(healthy.iter(), |one| one.says[at].0),
        share(healthy.iter().filter(known), |one| one.says[at].0),
        worst_family(healthy, at),
    ];
    cells.extend(leaking[1..].iter().map(nominal));
    cells.extend(leaking.iter().map(|scored| share(scored.iter(), |one| one.says[at].1 > moved)));
    cells
}

fn share<'a>(scored: impl Iterator<Item = &'a Scored>, alarms: impl Fn(&Scored) -> bool) -> String {
    let alarmed: Vec<bool> = scored.map(alarms).collect();
    percent(alarmed.iter().filter(|alarmed| **alarmed).count(), alarmed.len())
}

fn worst_family(healthy: &[Scored], at: usize) -> String {
    let of = |family: Family| healthy.iter().filter(move |one| one.trial.family == family);
    let alarms = |family: &Family| of(*family).filter(|one| one.says[at].0).count();
    let worst = BENIGN.into_iter().chain(VARIED).max_by_key(alarms).filter(|family| alarms(family) > 0);
    worst.map_or("none".to_owned(), |family| format!("{} {family:?}", share(of(family), |one| one.says[at].0)))
}

fn score(options: &Options, trials: impl Iterator<Item = Trial>) -> Vec<Scored> {
    all(options, &trials.collect::<Vec<_>>(), |trial| {
        let samples = trial.trace().samples;
        let growth = grown(&samples, trial.length);
        let ours = growth.map_or((false, 0.0), |growth| (growth.verdict == Trend::Leak, own_score(&growth)));
        let others = COMPARATORS.iter().map(|comparator| {
            let score = (comparator.score)(&samples);
            (score > comparator.nominal, score)
        });
        Scored { trial: *trial, says: std::iter::once(ours).chain(others).collect() }
    })
}

/// Our own score, for the columns at 1 %: the estimate over its distance to the lower bound, which is what most of the
/// others are too, an estimate over its error. Tolerance and guards have no part in it.
fn own_score(growth: &Growth) -> f64 {
    growth.slope_per_second / (growth.slope_per_second - growth.lower).max(f64::MIN_POSITIVE)
}
