//! How the load is driven: arrivals, the client, and the rows that are fed in.

use std::collections::BTreeMap;

use super::Resolver;
use super::target::absolute;
use crate::plan::{ArrivalPlan, ClientPlan, DataPlan, DataSource, Http, Phase, TlsPlan};
use crate::quantity::HttpVersion;
use crate::spec::{ClientSpec, DataSpec, LoadSpec};
use crate::template::is_name;

/// A machine has no more ports than this for one target, and a process seldom as many files.
const MOST_CONNECTIONS: u64 = 20_000;
/// What servers and browsers take for a sensible number.
const STREAMS: u64 = 100;
const MOST_STREAMS: u64 = 10_000;

impl Resolver<'_> {
    pub(super) fn arrivals(&mut self, spec: &LoadSpec, phases: &[Phase]) -> ArrivalPlan {
        let default = ArrivalPlan::default();
        let has_rate = phases.iter().any(|phase| phase.rate.most() > 0.0);
        for (key, written) in [("arrivals", spec.arrivals.is_some()), ("connections", spec.connections.is_some())] {
            if written && !has_rate && !self.is_known_bad(&["load", "phases"]) {
                self.refuse(&["load", key], "no phase has a rate of arrivals", "give a phase `rate: 200/s`");
            }
        }
        let connections = spec.connections.unwrap_or(default.connections);
        if !(1..=MOST_CONNECTIONS).contains(&connections) {
            let hint = format!("from 1 to {MOST_CONNECTIONS}");
            self.refuse(&["load", "connections"], "that is no number of connections for one machine", hint);
        }
        let process = spec.arrivals.map_or(default.process, |spread| spread.0);
        ArrivalPlan { process, seed: spec.seed, connections }
    }

    pub(super) fn client(&mut self, spec: Option<&ClientSpec>) -> ClientPlan {
        let Some(spec) = spec else { return ClientPlan::default() };
        let tls = spec.tls.as_ref().map(|tls| TlsPlan {
            verify: tls.verify.unwrap_or(true),
            ca: tls.ca.as_ref().map(|path| absolute(self.folder, path)),
        });
        ClientPlan {
            tls,
            reuse: spec.reuse.map(|reuse| reuse.0).unwrap_or_default(),
            http: self.http(spec),
            follows: spec.redirects.is_some_and(|redirects| redirects.0),
            cookies: spec.cookies.unwrap_or(false),
            compression: spec.compression.unwrap_or(false),
        }
    }

    fn http(&mut self, spec: &ClientSpec) -> Http {
        let place = ["load", "client", "streams"];
        if spec.http != Some(HttpVersion::Two) {
            if spec.streams.is_some() && !self.is_known_bad(&["load", "client"]) {
                let hint = "speak HTTP/2: `http: 2`; of HTTP/1.1 a connection carries one request at a time";
                self.refuse(&place, "only HTTP/2 has streams", hint);
            }
            return Http::One;
        }
        let streams = spec.streams.unwrap_or(STREAMS);
        if !(1..=MOST_STREAMS).contains(&streams) {
            let hint = format!("from 1 to {MOST_STREAMS}");
            self.refuse(&place, "that is no number of streams for a connection", hint);
        }
        Http::Two { streams }
    }

    pub(super) fn data(&mut self, specs: &BTreeMap<String, DataSpec>) -> BTreeMap<String, DataPlan> {
        specs.iter().filter_map(|(name, spec)| Some((name.clone(), self.rows(name, spec)?))).collect()
    }

    fn rows(&mut self, name: &str, spec: &DataSpec) -> Option<DataPlan> {
        let place = ["load", "data", name];
        if !is_name(name) {
            self.refuse(&place, format!("`{name}` cannot name rows"), "letters, digits, `_` and `-`: `users`");
        }
        let source = match (&spec.csv, &spec.lines) {
            (Some(path), None) => DataSource::Csv(absolute(self.folder, path)),
            (None, Some(path)) => DataSource::Lines(absolute(self.folder, path)),
            _ => {
                if !self.is_known_bad(&place) {
                    self.refuse(&place, "it is not clear where the rows are", "write one of `csv` and `lines`");
                }
                return None;
            }
        };
        Some(DataPlan { source, take: spec.take.map(|taking| taking.0).unwrap_or_default() })
    }
}
