//! What one verdict costs.

use clock::Clock;
use scenario::Plan;
use timeline::{Elapsed, Event, Happening, Metric, Observation, Sample, SeriesKey, Subject};
use verdict::Sight;

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

/// The time that one look takes at a run of a day, at its last look and at a sample a second, and what is kept for it.
pub(crate) fn looks() -> Table {
    let header = ["samples", "looks", "median", "most", "a sample, on average"];
    let mut table = Table::new("What a look costs, on one thread", &header);
    let plan = day();
    for length in [3_600.0, 86_400.0] {
        let trials = on_every_base(PURPOSE, 1, length, None).map(|trial| Trial { cadence: 1.0, ..trial });
        let (looks, samples): (Vec<f64>, Vec<f64>) = trials.map(|trial| look_at(&plan, &trial)).unzip();
        let [median, most] = [0.5, 1.0].map(|share| format!("{:.2} ms", quantile(&looks, share)));
        let each = format!("{:.0} ns", quantile(&samples, 0.5));
        table.row([format!("{length}"), looks.len().to_string(), median, most, each]);
    }
    table
}

fn day() -> Plan {
    let source = "name: day\nstop_early: true\ntarget: {process: {command: [a]}}\nload:\n  warm_up: 30m\n  \
                  journeys: [{name: a, steps: [{get: /}]}]\n  phases: [{name: work, for: 24h, users: 10}]";
    scenario::load(source, std::path::Path::new("/"), &|_| None).expect("it is a scenario")
}

/// A look at all of a trace, milliseconds, and what it cost to see one sample of it, nanoseconds.
fn look_at(plan: &Plan, trial: &Trial) -> (f64, f64) {
    let seen: Vec<Observation> = trial.trace().samples.iter().map(|sample| observation(*sample)).collect();
    let entered = Happening::Entered { phase: "work".to_owned(), cycle: None, loaded: true };
    let mut sight = Sight::default();
    sight.push(&Observation::Event(Event { at: Elapsed::ZERO, what: entered }));
    let clock = Clock::start();
    for (number, one) in seen.iter().enumerate() {
        sight.push(one);
        if number % 10 == 9 {
            sight.settle(Elapsed::from_seconds(number as f64));
        }
    }
    let pushed = clock.now();
    std::hint::black_box(sight.look(plan, 1, Elapsed::from_seconds(trial.length)));
    let looked = clock.now().since(pushed);
    (looked.as_secs_f64() * 1e3, pushed.seconds() * 1e9 / seen.len() as f64)
}

fn observation((seconds, value): (f64, f64)) -> Observation {
    let taken = Elapsed::from_seconds(seconds);
    let key = SeriesKey { subject: Subject::Target, metric: Metric::AnonymousMemory };
    Observation::Sample { key, source: "bench", sample: Sample { due: taken, taken, value } }
}

fn milliseconds(trial: &Trial) -> f64 {
    let samples = trial.trace().samples;
    let clock = Clock::start();
    let growth = grown(&samples, trial.length);
    let taken = clock.now();
    std::hint::black_box(growth);
    taken.micros() as f64 / 1_000.0
}
