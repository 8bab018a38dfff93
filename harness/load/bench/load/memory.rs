//! What a long run takes.

use std::io;

use clock::Clock;

use crate::child::{CLIENT, SERVER};
use crate::generate::{self, Steps};
use crate::options::Options;
use crate::server::Server;
use crate::table::Table;
use crate::wait;

/// At full speed, with arrivals waiting all the time.
pub(crate) fn table(options: &Options) -> io::Result<Table> {
    let server = Server::start(SERVER)?;
    let generator = generate::start(CLIENT, server.address, Steps::Plain, "for: 1h, rate: 200000/s")?;
    let clock = Clock::start();
    let mut table = Table::new("Memory at full speed", &["after", "requests", "resident", "since the row above"]);
    let mut before: Option<(u64, u64)> = None;
    for seconds in options.pick([2, 6, 12], [2, 60, 600]) {
        wait(clock, f64::from(seconds) - clock.now().seconds());
        let (requests, resident) = (server.count()?, generator.taken()?.resident);
        let growth = before.map_or_else(String::new, |(count, bytes)| {
            format!("{:.4} B/request", (resident as f64 - bytes as f64) / (requests - count) as f64)
        });
        let mebibytes = format!("{:.2} MiB", resident as f64 / f64::from(1 << 20));
        table.row([format!("{seconds} s"), requests.to_string(), mebibytes, growth]);
        before = Some((requests, resident));
    }
    let told = generate::end(generator)?;
    let [requests, failed, missed] = ["requests", "failed", "missed"].map(|name| told.of(name));
    table.note(format!("{requests} requests, {failed} failed; {missed} arrivals were missed, for they were too many."));
    Ok(table)
}
