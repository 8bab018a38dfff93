//! Whether what is told is true.

use std::io;

use clock::Clock;
use rustix::process::Signal;

use crate::generate::{self, Steps, Told};
use crate::options::Options;
use crate::server::Server;
use crate::table::{Table, error, median, millis};
use crate::wait;

/// The least that is told: the median of a service that answers at once.
pub(crate) fn floor(options: &Options) -> io::Result<Table> {
    let header = ["rate", "response p50", "service p50", "response p99", "service p99"];
    let mut table = Table::new("What is told of a service that answers at once", &header);
    for rate in [1_000, 5_000] {
        let mut rounds = Vec::new();
        for _ in 0..3 {
            let server = Server::start(options.server())?;
            let generator =
                generate::start(options.client(), server.address, Steps::Plain, &format!("for: 1h, rate: {rate}/s"))?;
            wait(Clock::start(), options.pick(1.0, 3.0));
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
    let generator =
        generate::start(options.client(), server.address, Steps::Plain, &format!("for: {seconds}s, rate: 1000/s"))?;
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
    let generator = generate::start(options.client(), server.address, Steps::Plain, "for: 20s, rate: 1000/s")?;
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
