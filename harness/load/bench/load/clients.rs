//! All that is compared: our load, and the programs of others as they are installed.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::child::{Child, Place};
use crate::generate::{self, Steps};
use crate::{CONNECTIONS, SHARED, STREAMS};

/// So many a second are more than any server answers over 64 connections here.
const FAR_TOO_MANY: u32 = 200_000;

/// Who drives the server. Each is given 64 connections and told to go on for longer than it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Arrivals,
    Scripted,
    Users,
    Goose,
    Wrk,
    Wrk2,
    H2load,
    Oha,
    K6,
    ArrivalsTwo,
    UsersTwo,
    H2loadTwo,
    OhaTwo,
}

/// How hard.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Speed {
    /// As fast as it can.
    Full,
    /// Requests per second.
    Rate(u32),
}

impl Speed {
    /// As a phase has it.
    fn written(self) -> String {
        let rate = match self {
            Self::Full => FAR_TOO_MANY,
            Self::Rate(rate) => rate,
        };
        format!("rate: {rate}/s")
    }
}

impl Client {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arrivals => "**plimsoll**, arrivals",
            Self::Scripted => "**plimsoll**, arrivals with variables",
            Self::Users => "**plimsoll**, users",
            Self::Goose => "goose",
            Self::Wrk => "wrk",
            Self::Wrk2 => "wrk2",
            Self::H2load => "h2load",
            Self::Oha => "oha",
            Self::K6 => "k6",
            Self::ArrivalsTwo => "**plimsoll**, arrivals by HTTP/2",
            Self::UsersTwo => "**plimsoll**, users by HTTP/2",
            Self::H2loadTwo => "h2load by HTTP/2",
            Self::OhaTwo => "oha by HTTP/2",
        }
    }

    /// Starts it; `None` where it is not installed.
    pub(crate) fn start(self, place: Place, address: SocketAddr, speed: Speed) -> io::Result<Option<Child>> {
        let ours = |steps, load| generate::start(place, address, steps, &format!("for: 1h, {load}")).map(Some);
        match (self, speed) {
            (Self::Arrivals, _) => ours(Steps::Plain, speed.written()),
            (Self::Scripted, _) => ours(Steps::Scripted, speed.written()),
            (Self::Users, _) => ours(Steps::Plain, format!("users: {CONNECTIONS}")),
            (Self::ArrivalsTwo, _) => ours(Steps::Two, speed.written()),
            (Self::UsersTwo, _) => ours(Steps::Two, format!("users: {CONNECTIONS}")),
            (Self::Goose, _) => Child::part(place, "goose", &[address.to_string()]).map(Some),
            _ => {
                let Some(program) = self.program() else { return Ok(None) };
                Child::start(place, &program, &self.arguments(address, speed)).map(Some)
            }
        }
    }

    /// Where it is: in `target/peers/bin`, else in the path.
    fn program(self) -> Option<PathBuf> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let name = self.name().split(' ').next().unwrap_or_default();
        let mut places = [own].into_iter().chain(env::split_paths(&path)).map(|folder| folder.join(name));
        places.find(|place| place.is_file())
    }

    fn arguments(self, address: SocketAddr, speed: Speed) -> Vec<String> {
        let url = format!("http://{address}/");
        let line = match (self, speed) {
            (Self::Wrk, _) => format!("-t1 -c{CONNECTIONS} -d1m {url}"),
            (Self::Wrk2, Speed::Rate(rate)) => format!("-t1 -c{CONNECTIONS} -d1m -R{rate} {url}"),
            (Self::H2load, Speed::Full) => format!("--h1 -t1 -c{CONNECTIONS} -D60 {url}"),
            (Self::H2load, Speed::Rate(rate)) => {
                format!("--h1 -t1 -c{CONNECTIONS} -D60 --rps={} {url}", f64::from(rate) / CONNECTIONS as f64)
            }
            (Self::Oha, Speed::Full) => format!("--no-tui -c{CONNECTIONS} -z60s {url}"),
            (Self::Oha, Speed::Rate(rate)) => {
                format!("--no-tui -c{CONNECTIONS} -z60s -q{rate} --latency-correction {url}")
            }
            (Self::H2loadTwo, _) => format!("-t1 -c{SHARED} -m{STREAMS} -D60 {url}"),
            (Self::OhaTwo, _) => format!("--no-tui --http2 -c{SHARED} -p{STREAMS} -z60s {url}"),
            (Self::K6, _) => format!("run --quiet --vus {CONNECTIONS} --duration 1m --env URL={url} {}", script()),
            _ => String::new(),
        };
        line.split_whitespace().map(str::to_owned).collect()
    }
}

/// What k6 does.
fn script() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/bench/load/get.js").to_owned()
}
