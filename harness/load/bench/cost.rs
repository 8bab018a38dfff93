//! What a request costs those who send it.

use std::io;

use clock::Clock;

use crate::clients::{Client, Pace};
use crate::options::Options;
use crate::server::Server;
use crate::table::{Table, median, spread};
use crate::wait;

/// How long a client may take until it is at its pace, seconds.
const START: f64 = 1.0;

/// What one client did in one round.
struct Round {
    client: Client,
    /// Microseconds of processor time per request.
    cost: f64,
    /// Requests per second.
    rate: f64,
    /// Bytes.
    resident: f64,
}

/// As fast as 64 connections allow.
pub(crate) fn closed(options: &Options) -> io::Result<Table> {
    let all = [Client::Arrivals, Client::Wrk, Client::Users, Client::Goose, Client::H2load, Client::Oha, Client::K6];
    let clients = options.pick(&all[..4], &all[..]);
    compare("CPU per request at full speed, 64 connections", options, clients, Pace::Full, Client::Wrk)
}

/// The open model, at a rate that all can keep.
pub(crate) fn open(options: &Options) -> io::Result<Table> {
    let all = [Client::Arrivals, Client::Wrk2, Client::H2load, Client::Oha];
    compare("CPU per request at 20,000 a second", options, &all, Pace::Rate(20_000), Client::Wrk2)
}

fn compare(title: &str, options: &Options, clients: &[Client], pace: Pace, peer: Client) -> io::Result<Table> {
    let mut rounds = Vec::new();
    let mut absent = Vec::new();
    for _ in 0..3 {
        for client in clients {
            match round(*client, pace, options)? {
                Some(round) => rounds.push(round),
                None if absent.contains(&client.name()) => {}
                None => absent.push(client.name()),
            }
        }
    }
    let of = |client: Client, what: &dyn Fn(&Round) -> f64| -> Vec<f64> {
        rounds.iter().filter(|round| round.client == client).map(what).collect()
    };
    let beside = format!("over {}", peer.name());
    let mut table = Table::new(title, &["", "µs (least to most)", &beside, "requests/s", "memory, MiB"]);
    for client in clients.iter().copied().filter(|client| !absent.contains(&client.name())) {
        let cost = of(client, &|round| round.cost);
        table.row([
            client.name().to_owned(),
            spread(&cost, 2),
            format!("{:.2}", median(&cost) / median(&of(peer, &|round| round.cost))),
            format!("{:.0}", median(&of(client, &|round| round.rate))),
            format!("{:.1}", median(&of(client, &|round| round.resident)) / f64::from(1 << 20)),
        ]);
    }
    if !absent.is_empty() {
        table.note(format!("Not installed, and so left out: {}.", absent.join(", ")));
    }
    Ok(table)
}

/// Watches a client for some seconds once it is at its pace; `None` where it is not installed.
fn round(client: Client, pace: Pace, options: &Options) -> io::Result<Option<Round>> {
    let server = Server::start(options.server())?;
    let Some(child) = client.start(options.client(), server.address, pace)? else { return Ok(None) };
    let clock = Clock::start();
    wait(clock, START);
    let (start, count, before) = (clock.now(), server.count()?, child.taken()?);
    wait(clock, options.pick(1.5, 3.0));
    let (requests, after) = ((server.count()? - count) as f64, child.taken()?);
    Ok(Some(Round {
        client,
        cost: (after.cpu - before.cpu).as_secs_f64() * 1e6 / requests,
        rate: requests / clock.now().since(start).as_secs_f64(),
        resident: after.resident as f64,
    }))
}
