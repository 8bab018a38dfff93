//! Pages of the target that tell numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::quantity::Span;
use crate::short::Short;

/// Numbers out of a page that the target or a service serves: one of `prometheus`, `json` and `text` is its path.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScrapeSpec {
    /// A page of Prometheus or `OpenMetrics`: `/metrics`.
    pub prometheus: Option<String>,
    /// A page of JSON: `/debug/vars`.
    pub json: Option<String>,
    /// Any other page, line by line.
    pub text: Option<String>,
    /// What is kept of it, each a series of its own.
    pub keep: ScrapeKeep,
    /// Whose page it is, where it is a service's and not the target's.
    pub service: Option<String>,
    /// The port of the page, where it is not the one that is known already; of a container, it is published on 127.0.0.1 too.
    pub port: Option<u16>,
    /// How often: at the cadence of all samples where nothing is said.
    pub every: Option<Span>,
    /// Headers of the request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What is kept: of Prometheus a list of metrics, or by their new names; of others, by their names, what tells them.
#[derive(Clone, Debug)]
pub enum ScrapeKeep {
    /// `[go_goroutines, 'http_requests_total{code="500"}']`
    Listed(Vec<String>),
    /// `{heap: memstats.HeapAlloc}`
    Named(Vec<(String, Short<String, ScrapedSpec>)>),
}

/// A number of a page, and what it is counted in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScrapedSpec {
    /// Of Prometheus: the name of a sample, and labels that it has: `http_requests_total{code="500"}`.
    pub metric: Option<String>,
    /// Of JSON: where it stands: `memstats.HeapAlloc`.
    pub path: Option<String>,
    /// Of text: a regular expression whose group `value` marks the number.
    pub pattern: Option<String>,
    /// `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `ns`, `us`, `ms`, `s`, `%` or `none`: what the name tells, or the
    /// pattern, where nothing is said.
    pub unit: Option<String>,
}

impl<'de> Deserialize<'de> for ScrapeKeep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeepVisitor)
    }
}

struct KeepVisitor;

impl<'de> Visitor<'de> for KeepVisitor {
    type Value = ScrapeKeep;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of metrics, or a mapping of names to what tells them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ScrapeKeep, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(ScrapeKeep::Listed(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ScrapeKeep, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(ScrapeKeep::Named(all))
    }
}

impl JsonSchema for ScrapeKeep {
    fn schema_name() -> Cow<'static, str> {
        "what is kept of a page".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let listed = generator.subschema_for::<Vec<String>>();
        let named = generator.subschema_for::<BTreeMap<String, Short<String, ScrapedSpec>>>();
        json_schema!({ "anyOf": [listed, named] })
    }
}
