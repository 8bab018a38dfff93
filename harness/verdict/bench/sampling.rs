//! Samples as they come in the field: any cadence, not on time, with gaps.

use corpus::{Kind, Leak, jittered, thinned_late, with_gaps};
use verdict::growth::Trend;

use crate::options::Options;
use crate::statistics::upper_bound;
use crate::table::{Table, duration, percent};
use crate::trial::{Judged, Trial, all, count, on_every_base};

const PURPOSE: u64 = 2;

type Samples = Vec<(f64, f64)>;
type Spoil = fn(Samples, u64) -> Samples;

/// How the samples come: what it is called, the length and the cadence in seconds, and what is left of them.
const WAYS: [(&str, f64, f64, Spoil); 10] = [
    ("regular", 300.0, 0.1, whole),
    ("regular", 300.0, 1.0, whole),
    ("regular", 300.0, 5.0, whole),
    ("regular", 3_600.0, 1.0, whole),
    ("regular", 3_600.0, 10.0, whole),
    ("regular", 3_600.0, 60.0, whole),
    ("regular", 86_400.0, 60.0, whole),
    ("jitter of 45 %, a tenth lost", 600.0, 1.0, |samples, seed| jittered(&samples, seed)),
    ("three gaps of 2 to 10 %", 600.0, 1.0, |samples, seed| with_gaps(&samples, seed)),
    ("each sixth only, from the middle on", 600.0, 1.0, |samples, _| thinned_late(&samples)),
];

fn whole(samples: Samples, _: u64) -> Samples {
    samples
}

/// False alarms and what is found of straight leaks, by how the samples come.
pub(crate) fn table(options: &Options) -> Table {
    let header = ["samples", "run", "cadence", "healthy", "called a leak", "at most (95 %)", "G = 8 found", "16"];
    let mut table = Table::new("How the samples come: false alarms, and straight leaks found", &header);
    for (name, length, cadence, spoil) in WAYS {
        let judge = |each, leak| {
            let trials = on_every_base(PURPOSE, each, length, leak).map(|trial| Trial { cadence, ..trial });
            all(options, &trials.collect::<Vec<_>>(), |trial| trial.judge_as(spoil))
        };
        let healthy = judge(options.traces.div_ceil(16), None);
        let alarms = count(&healthy, |one| one.is(Trend::Leak));
        let found = [8.0, 16.0].map(|size| {
            let leaking: Vec<Judged> = judge(4, Some(Leak { kind: Kind::Linear, size }));
            percent(count(&leaking, |one| one.is(Trend::Leak)), leaking.len())
        });
        let bound = format!("{:.2} %", 100.0 * upper_bound(alarms, healthy.len()));
        let counts = [healthy.len().to_string(), alarms.to_string(), bound];
        let names = [name.to_owned(), duration(length), format!("{cadence} s")];
        table.row(names.into_iter().chain(counts).chain(found));
    }
    table
}
