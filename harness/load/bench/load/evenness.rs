//! Whether arrivals come when they are due.

use std::io;

use clock::Clock;

use crate::generate::{self, Steps, Told};
use crate::options::Options;
use crate::server::Server;
use crate::table::{Table, median, millis, spread};
use crate::wait;

/// How even arrivals are that are to be uniform, as deviations over means: 0 is a clock, gaps of 1 are chance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evenness {
    /// Of the gaps between arrivals.
    pub(crate) gaps: f64,
    /// Of how many come in each 10 ms.
    pub(crate) counts: f64,
}

impl Evenness {
    /// Of arrivals at `times`, in microseconds.
    pub(crate) fn of(times: &[f64]) -> Self {
        Self { gaps: variation(&gaps(times)), counts: variation(&counts(times, 10_000.0)) }
    }
}

fn gaps(times: &[f64]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// How many lie in each stretch of so many microseconds. Stretches begin half-way between arrivals, so that a little
/// earlier or later makes no difference.
fn counts(times: &[f64], stretch: f64) -> Vec<f64> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
    let start = first - (last - first) / times.len() as f64 / 2.0;
    let mut counts = vec![0.0; ((last - start) / stretch) as usize];
    for time in times {
        // The last stretch is not a whole one.
        if let Some(count) = counts.get_mut(((time - start) / stretch) as usize) {
            *count += 1.0;
        }
    }
    counts
}

fn variation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    variance.sqrt() / mean
}

/// Ours, by rate.
pub(crate) fn table(options: &Options) -> io::Result<Table> {
    let header = ["rate", "gaps", "counts in 10 ms", "lag p50", "lag p99"];
    let mut table = Table::new("How even uniform arrivals are at the server: deviation over mean", &header);
    for rate in [200, 1_000, 5_000, 20_000] {
        let rounds: Vec<(Evenness, Told)> = (0..3).map(|_| round(options, rate)).collect::<Result<_, _>>()?;
        let of = |what: &dyn Fn(&(Evenness, Told)) -> f64| rounds.iter().map(what).collect::<Vec<_>>();
        table.row([
            format!("{rate}/s"),
            spread(&of(&|round| round.0.gaps), 2),
            spread(&of(&|round| round.0.counts), 3),
            millis(median(&of(&|round| round.1.of("lag.p50")))),
            millis(median(&of(&|round| round.1.of("lag.p99")))),
        ]);
    }
    Ok(table)
}

fn round(options: &Options, rate: u32) -> io::Result<(Evenness, Told)> {
    let server = Server::start(options.server())?;
    let generator =
        generate::start(options.client(), server.address, Steps::Plain, &format!("for: 1h, rate: {rate}/s"))?;
    let clock = Clock::start();
    wait(clock, 0.5);
    server.notes()?;
    wait(clock, options.pick(0.7, 2.5));
    Ok((Evenness::of(&server.notes()?), generate::end(generator)?))
}
