//! Whether arrivals come when they are due, and what is told of it.

use std::io;

use clock::Clock;
use rustix::process::Signal;

use crate::generate::{self, Told};
use crate::options::Options;
use crate::server::Server;
use crate::table::{Table, error, median, millis, spread};
use crate::wait;

/// How even arrivals are that are to be uniform: 0 is a clock, 1 as chance has it.
pub(crate) fn evenness(options: &Options) -> io::Result<Table> {
    let header = ["rate", "gaps", "counts in 10 ms", "lag p50", "lag p99"];
    let mut table = Table::new("Variation (deviation over mean) of uniform arrivals, at the server", &header);
    for rate in [200, 1_000, 5_000, 20_000] {
        let mut rounds = Vec::new();
        for _ in 0..options.pick(1, 3) {
            let server = Server::start(options.server())?;
            let generator = generate::start(options.client(), server.address, &format!("for: 1h, rate: {rate}/s"))?;
            let clock = Clock::start();
            wait(clock, 0.5);
            server.notes()?;
            wait(clock, options.pick(1.5, 3.0));
            let notes = server.notes()?;
            rounds.push((variation(&gaps(&notes)), variation(&counts(&notes, 10_000.0)), generate::end(generator)?));
        }
        let of = |what: &dyn Fn(&(f64, f64, Told)) -> f64| rounds.iter().map(what).collect::<Vec<_>>();
        table.row([
            format!("{rate}/s"),
            spread(&of(&|round| round.0), 2),
            spread(&of(&|round| round.1), 3),
            millis(median(&of(&|round| round.2.of("lag.p50")))),
            millis(median(&of(&|round| round.2.of("lag.p99")))),
        ]);
    }
    Ok(table)
}

fn gaps(times: &[f64]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// How many lie in each stretch of so many microseconds.
fn counts(times: &[f64], stretch: f64) -> Vec<f64> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
    let mut counts = vec![0.0; ((last - first) / stretch) as usize];
    for time in times {
        // The last stretch is not a whole one.
        if let Some(count) = counts.get_mut(((time - first) / stretch) as usize) {
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

/// The least that is told: the median of a service that answers at once.
pub(crate) fn floor(options: &Options) -> io::Result<Table> {
    let header = ["rate", "response p50", "service p50", "response p99", "service p99"];
    let mut table = Table::new("What is told of a service that answers at once", &header);
    for rate in [1_000, 5_000] {
        let mut rounds = Vec::new();
        for _ in 0..3 {
            let server = Server::start(options.server())?;
            let generator = generate::start(options.client(), server.address, &format!("for: 1h, rate: {rate}/s"))?;
            wait(Clock::start(), options.pick(1.5, 3.0));
            rounds.push(generate::end(generator)?);
        }
        let of = |name| millis(median(&rounds.iter().map(|told| told.of(name)).collect::<Vec<_>>()));
        let cells = ["response.p50", "service.p50", "response.p99", "service.p99"].map(of);
        table.row([format!("{rate}/s")].into_iter().chain(cells));
    }
    Ok(table)
}

/// A stretch of time for which one side stands still, in a run at 1,000 a second.
struct Stop {
    /// Seconds since the start.
    at: f64,
    /// Milliseconds.
    millis: u64,
}

/// The server stands still for 1 s in every 10.
pub(crate) fn freeze(options: &Options) -> io::Result<Table> {
    let seconds = options.pick(20, 60);
    let stops: Vec<Stop> = (0..seconds / 10).map(|tens| Stop { at: f64::from(tens * 10 + 5), millis: 1000 }).collect();
    let server = Server::start(options.server())?;
    let generator = generate::start(options.client(), server.address, &format!("for: {seconds}s, rate: 1000/s"))?;
    let clock = Clock::start();
    for stop in &stops {
        wait(clock, stop.at - clock.now().seconds());
        server.freeze(stop.millis)?;
    }
    wait(clock, f64::from(seconds) + 0.5 - clock.now().seconds());
    let title = format!("A server that stands still for 1 s in every 10: 1,000/s for {seconds} s");
    Ok(truth(&title, &generate::end(generator)?, 0.1))
}

/// The generator itself stands still for 1 s of 20.
pub(crate) fn stall(options: &Options) -> io::Result<Table> {
    let server = Server::start(options.server())?;
    let generator = generate::start(options.client(), server.address, "for: 20s, rate: 1000/s")?;
    let clock = Clock::start();
    wait(clock, 14.0);
    generator.signal(Signal::STOP)?;
    wait(clock, 1.0);
    generator.signal(Signal::CONT)?;
    wait(clock, 20.5 - clock.now().seconds());
    Ok(truth("A generator that is itself stopped for 1 s: 1,000/s for 20 s", &generate::end(generator)?, 0.05))
}

/// What is told of a run of whose arrivals a share came in stops of a second, beside what has to be told.
fn truth(title: &str, told: &Told, share: f64) -> Table {
    let mut table = Table::new(title, &["", "truth", "response time", "error", "service time alone"]);
    for (name, quantile) in [("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)] {
        // Who comes in a stop waits for what is left of it: all of a second is as likely as nothing.
        let truth = (1.0 - (1.0 - quantile) / share).max(0.0) * 1e6;
        let response = told.of(&format!("response.{name}"));
        let beside = if truth > 1000.0 { error(response, truth) } else { String::new() };
        let service = millis(told.of(&format!("service.{name}")));
        table.row([name.to_owned(), millis(truth), millis(response), beside, service]);
    }
    let [requests, failed, missed] = ["requests", "failed", "missed"].map(|name| told.of(name));
    let lag = millis(told.of("lag.max"));
    table.note(format!("{requests} requests, {failed} failed, {missed} missed; the load's own lag was {lag} at most."));
    table
}
