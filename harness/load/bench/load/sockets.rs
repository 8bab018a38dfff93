//! Many `WebSocket`s that say nothing.

use std::io;

use clock::Clock;

use crate::child::{CLIENT, SERVER};
use crate::generate::{self, Steps};
use crate::options::Options;
use crate::server::Server;
use crate::table::Table;
use crate::wait;

/// So many are kept.
pub(crate) const SOCKETS: usize = 10_000;
/// So many of them end.
const ENDED: usize = 100;
/// So many are opened in a second.
const RATE: usize = 1_000;
/// The longest wait for the last of them.
const MOST_SECONDS: u32 = 60;

/// What the harness holds while it holds them, and whether it notices their ends.
pub(crate) fn table(_: &Options) -> io::Result<Table> {
    let server = Server::start(SERVER)?;
    let phase = format!("for: {}s, rate: {RATE}/s", SOCKETS / RATE);
    let generator = generate::start(CLIENT, server.address, Steps::Socket, &phase)?;
    let clock = Clock::start();
    for second in 1..=MOST_SECONDS {
        wait(clock, f64::from(second) - clock.now().seconds());
        if server.count()? >= SOCKETS as u64 {
            break;
        }
    }
    let (held, before) = (server.count()?, generator.taken()?);
    wait(clock, 5.0);
    let after = generator.taken()?;
    server.end_sockets(ENDED)?;
    wait(clock, 2.0);
    let told = generate::end(generator)?;
    let mut table = Table::new("Idle WebSockets", &["held", "resident", "each", "CPU while idle", "ended", "noticed"]);
    table.row([
        held.to_string(),
        format!("{:.1} MiB", after.resident as f64 / f64::from(1 << 20)),
        format!("{:.1} KiB", after.resident as f64 / held as f64 / 1024.0),
        format!("{:.1} %", after.cpu.saturating_sub(before.cpu).as_secs_f64() / 5.0 * 100.0),
        ENDED.to_string(),
        format!("{}", told.of("failed")),
    ]);
    Ok(table)
}
