//! The detector beside those of others: as they come, and with thresholds moved to the same false alarms.

use corpus::{BENIGN, Family, KINDS, Leak, VARIED};
use verdict::growth::{Growth, Trend};

use crate::comparators::COMPARATORS;
use crate::options::Options;
use crate::statistics::quantile;
use crate::table::{Table, duration, percent};
use crate::trial::{Trial, all, grown, on_every_base};

const PURPOSE: u64 = 4;
const SIZES: [f64; 4] = [2.0, 4.0, 8.0, 16.0];

/// What every detector says of one trace: ours first, whose score is 1 where it starts to call a leak.
struct Scored {
    trial: Trial,
    scores: Vec<f64>,
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
        for (at, (name, nominal)) in detectors().into_iter().enumerate() {
            let cells = cells(at, nominal, &healthy, &leaking);
            table.row([name.to_owned(), duration(length)].into_iter().chain(cells));
        }
    }
    table
}

/// What one detector does: false alarms, and what it finds, as it comes and when it is set to 1 %.
fn cells(at: usize, nominal: f64, healthy: &[Scored], leaking: &[Vec<Scored>]) -> Vec<String> {
    let over = |scored: &[&Scored], threshold: f64| {
        percent(scored.iter().filter(|one| one.scores[at] > threshold).count(), scored.len())
    };
    let found = |scored: &Vec<Scored>, threshold| over(&scored.iter().collect::<Vec<_>>(), threshold);
    let all: Vec<&Scored> = healthy.iter().collect();
    let known: Vec<&Scored> = healthy.iter().filter(|one| BENIGN.contains(&one.trial.family)).collect();
    let moved = quantile(&all.iter().map(|one| one.scores[at]).collect::<Vec<_>>(), 0.99);
    let mut cells = vec![over(&all, nominal), over(&known, nominal), worst_family(healthy, at, nominal)];
    cells.extend(leaking[1..].iter().map(|scored| found(scored, nominal)));
    cells.extend(leaking.iter().map(|scored| found(scored, moved)));
    cells
}

fn detectors() -> Vec<(&'static str, f64)> {
    let others = COMPARATORS.iter().map(|comparator| (comparator.name, comparator.nominal));
    std::iter::once(("**this one**", 1.0)).chain(others).collect()
}

fn score(options: &Options, trials: impl Iterator<Item = Trial>) -> Vec<Scored> {
    all(options, &trials.collect::<Vec<_>>(), |trial| {
        let samples = trial.trace().samples;
        let ours = grown(&samples, trial.length).map_or(f64::NEG_INFINITY, |growth| own_score(&growth, trial.length));
        let others = COMPARATORS.iter().map(|comparator| (comparator.score)(&samples));
        Scored { trial: *trial, scores: std::iter::once(ours).chain(others).collect() }
    })
}

/// Our own score: the lower bound of the growth per run over the growth that is tolerated, which is above 1 where it
/// is called a leak; and where the guards object, no more than 0 however large the bound.
fn own_score(growth: &Growth, length: f64) -> f64 {
    let score = growth.lower * length / growth.tolerated;
    if growth.verdict == Trend::Leak {
        score.max(1.0 + f64::EPSILON)
    } else if growth.guarded {
        score.min(1.0)
    } else {
        score.min(0.0)
    }
}

fn worst_family(healthy: &[Scored], at: usize, nominal: f64) -> String {
    let alarms = |family: Family, least: f64| {
        healthy.iter().filter(|one| one.trial.family == family && one.scores[at] > least).count()
    };
    let worst = BENIGN.into_iter().chain(VARIED).max_by_key(|family| alarms(*family, nominal));
    let worst = worst.filter(|family| alarms(*family, nominal) > 0);
    let name = |family| format!("{} {family:?}", percent(alarms(family, nominal), alarms(family, f64::NEG_INFINITY)));
    worst.map_or("none".to_owned(), name)
}
