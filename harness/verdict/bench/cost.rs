//! What one verdict costs.

use clock::Clock;

use crate::statistics::quantile;
use crate::table::Table;
use crate::trial::{Trial, grown, on_every_base};

const PURPOSE: u64 = 3;

/// The time that one verdict takes on one thread, by the number of samples.
pub(crate) fn table() -> Table {
    let mut table = Table::new("What one verdict costs, on one thread", &["samples", "verdicts", "median", "most"]);
    for length in [300.0, 3_600.0, 86_400.0] {
        let trials = on_every_base(PURPOSE, 1, length, None).map(|trial| Trial { cadence: 1.0, ..trial });
        let times: Vec<f64> = trials.map(|trial| milliseconds(&trial)).collect();
        let [median, most] = [0.5, 1.0].map(|share| format!("{:.2} ms", quantile(&times, share)));
        table.row([format!("{length}"), times.len().to_string(), median, most]);
    }
    table
}

fn milliseconds(trial: &Trial) -> f64 {
    let samples = trial.trace().samples;
    let clock = Clock::start();
    let growth = grown(&samples, trial.length);
    let taken = clock.now();
    std::hint::black_box(growth);
    taken.micros() as f64 / 1_000.0
}
