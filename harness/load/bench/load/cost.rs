//! What a request costs those who send it.

use std::io;

use clock::Clock;

use crate::clients::{Client, Speed};
use crate::evenness::Evenness;
use crate::options::Options;
use crate::server::Server;
use crate::table::{Table, median, spread};
use crate::wait;

/// What one client did in one round.
struct Round {
    client: Client,
    /// Microseconds of processor time per request.
    cost: f64,
    /// Requests per second.
    rate: f64,
    /// Bytes.
    resident: f64,
    evenness: Evenness,
}

/// All rounds of some clients, one after the other and over again, so that all have the same machine.
struct Comparison {
    clients: Vec<Client>,
    absent: Vec<Client>,
    rounds: Vec<Round>,
}

/// As fast as 64 connections allow.
pub(crate) fn closed(options: &Options) -> io::Result<Table> {
    let ours = [Client::Arrivals, Client::Scripted, Client::Users];
    let all = [&ours[..], &[Client::Wrk, Client::Goose, Client::H2load, Client::Oha, Client::K6]].concat();
    let compared = Comparison::run(options.pick(&all[..5], &all), Speed::Full, options)?;
    Ok(compared.table("CPU per request at full speed, 64 connections", &[Client::Wrk, Client::Goose], &[]))
}

/// The open model, at a rate that all can keep.
pub(crate) fn open(options: &Options) -> io::Result<Table> {
    let all = [Client::Arrivals, Client::Wrk2, Client::H2load, Client::Oha];
    let compared = Comparison::run(&all, Speed::Rate(20_000), options)?;
    let evenness: [Column; 2] = [
        ("gaps: deviation over mean", |round| round.evenness.gaps, 2),
        ("counts in 10 ms", |round| round.evenness.counts, 2),
    ];
    Ok(compared.table("The open model: CPU per request at 20,000 a second", &all[1..], &evenness))
}

/// As fast as 64 streams allow, of 4 connections by HTTP/2.
pub(crate) fn http2(options: &Options) -> io::Result<Table> {
    let all = [Client::ArrivalsTwo, Client::UsersTwo, Client::H2loadTwo, Client::OhaTwo];
    let compared = Comparison::run(&all, Speed::Full, options)?;
    Ok(compared.table("CPU per request by HTTP/2, 4 connections of 16 streams", &all[2..], &[]))
}

/// What is said in a column, and its digits behind the point.
type Column = (&'static str, fn(&Round) -> f64, usize);

impl Comparison {
    fn run(clients: &[Client], speed: Speed, options: &Options) -> io::Result<Self> {
        let mut compared = Self { clients: clients.to_vec(), absent: Vec::new(), rounds: Vec::new() };
        let rounds = options.pick(3, 5);
        for _ in 0..rounds {
            for client in clients {
                match round(*client, speed, options)? {
                    Some(round) => compared.rounds.push(round),
                    None => compared.absent.push(*client),
                }
            }
        }
        compared.clients.retain(|client| !compared.absent.contains(client));
        compared.absent.truncate(compared.absent.len() / rounds);
        Ok(compared)
    }

    fn of(&self, client: Client, what: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().filter(|round| round.client == client).map(what).collect()
    }

    /// A row for each client, beside the `peers` that are installed.
    fn table(&self, title: &str, peers: &[Client], more: &[Column]) -> Table {
        let peers: Vec<&Client> = peers.iter().filter(|peer| self.clients.contains(peer)).collect();
        let over: Vec<String> = peers.iter().map(|peer| format!("over {}", peer.name())).collect();
        let columns: [Column; 2] =
            [("requests/s", |round| round.rate, 0), ("memory, MiB", |round| round.resident / f64::from(1 << 20), 1)];
        let columns = || more.iter().chain(&columns);
        let header = ["", "µs (least to most)"].into_iter().chain(over.iter().map(String::as_str));
        let header: Vec<&str> = header.chain(columns().map(|column| column.0)).collect();
        let mut table = Table::new(title, &header);
        for client in self.clients.iter().copied() {
            let cost = self.of(client, |round| round.cost);
            let ratio = |peer: &&Client| median(&cost) / median(&self.of(**peer, |round| round.cost));
            let ratios = peers.iter().map(ratio).map(|ratio| format!("{ratio:.2}"));
            let rest = columns().map(|(_, what, digits)| format!("{:.digits$}", median(&self.of(client, what))));
            table.row([client.name().to_owned(), spread(&cost, 2)].into_iter().chain(ratios).chain(rest));
        }
        if !self.absent.is_empty() {
            let names: Vec<&str> = self.absent.iter().map(|client| client.name()).collect();
            table.note(format!("Not installed, and so left out: {}.", names.join(", ")));
        }
        table
    }
}

/// Watches a client for a moment once it is at its pace; `None` where it is not installed.
fn round(client: Client, speed: Speed, options: &Options) -> io::Result<Option<Round>> {
    let server = Server::start(options.server())?;
    let Some(child) = client.start(options.client(), server.address, speed)? else { return Ok(None) };
    let clock = Clock::start();
    wait(clock, options.pick(0.7, 1.0));
    if let Speed::Rate(_) = speed {
        server.notes()?;
    }
    let (start, count, before) = (clock.now(), server.count()?, child.taken()?);
    wait(clock, options.pick(1.0, 2.0));
    let (requests, after) = ((server.count()? - count) as f64, child.taken()?);
    let rate = requests / clock.now().since(start).as_secs_f64();
    let evenness = Evenness::of(&server.notes()?);
    let cost = after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / requests;
    Ok(Some(Round { client, cost, rate, resident: after.resident as f64, evenness }))
}
