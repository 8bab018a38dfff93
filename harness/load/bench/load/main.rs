//! What the load costs, and how true it is, beside the load generators of others.
//!
//! `ci/bench-load` runs it; the tables are Markdown. README.md says how they are to be read. The programme plays all
//! parts of it, as children of itself: the server, our generator, and plain goose.
#![expect(clippy::print_stdout, reason = "the tables are what this programme is for")]

mod child;
mod clients;
mod cost;
mod evenness;
mod generate;
mod goose;
mod memory;
mod options;
mod server;
mod sockets;
mod table;
mod truth;

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use clock::Clock;
use options::Options;
use table::Table;

/// How many everyone gets.
const CONNECTIONS: usize = 64;
/// The same by HTTP/2: so many connections, each with so many streams.
const SHARED: usize = 4;
const STREAMS: usize = CONNECTIONS / SHARED;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["part", "server"] => Ok(server::serve()?),
        ["part", "generate", address, steps, phase] => Ok(generate::generate(address, steps, phase)?),
        ["part", "goose", address] => Ok(goose::attack(address)?),
        _ => tables(&Options::parse(words.into_iter())?),
    }
}

fn tables(options: &Options) -> Result<(), Box<dyn Error>> {
    let measurements: [fn(&Options) -> io::Result<Table>; 9] = [
        cost::closed,
        cost::open,
        cost::http2,
        evenness::table,
        truth::floor,
        truth::freeze,
        truth::stall,
        memory::table,
        sockets::table,
    ];
    for (name, measure) in options::NAMES.into_iter().zip(measurements) {
        if options.wants(name) {
            println!("{}", measure(options)?);
        }
    }
    Ok(())
}

/// Waits, in this thread, for so many seconds.
fn wait(clock: Clock, seconds: f64) {
    clock.block_until(clock.now() + Duration::from_secs_f64(seconds.max(0.0)));
}

/// Resolves when the input of a part ends: whoever started it wants no more of it, or is gone.
async fn told_to_end() {
    let read = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
    // However it ends, there is nothing more to come.
    let _ = read.await;
}
