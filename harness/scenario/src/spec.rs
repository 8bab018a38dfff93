//! A scenario as it is written: the public interface of the file, and the source of its JSON schema.

mod drive;
mod foreign;
mod journey;
mod logs;
mod scrape;
mod series;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use self::drive::{ClientSpec, DataSpec};
pub(crate) use self::journey::{CaptureSpec, MannerSpec, PartSpec, PatternSpec, ThinkSpec};
use crate::quantity::{
    ArrivalRate, Ceiling, GrowthPerHour, Leave, Near, Percent, Rate, RuntimeName, Size, Span, SpanRange, Spread,
    Statuses, UserCount,
};
use crate::short::{InOrder, Short};

pub(crate) use self::foreign::{CyclesSpec, RequestsSpec};
pub(crate) use self::logs::{KeepSpec, LogProbeSpec, LogRuleSpec};
pub(crate) use self::scrape::{ScrapeKeep, ScrapeSpec, ScrapedSpec};
pub(crate) use self::series::SeriesRuleSpec;

/// A Plimsoll scenario: launch a target, load it, watch it, judge it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// A short name: lower case, digits and dashes. Runs are kept beneath it.
    pub name: String,
    /// One sentence on what it shows.
    pub about: Option<String>,
    /// End the run before its time where memory is proved to leak: false where nothing is said.
    #[serde(default)]
    pub stop_early: bool,
    /// The service under test.
    pub target: TargetSpec,
    /// What is done to it, and when.
    pub load: LoadSpec,
    /// How it is watched.
    pub probes: Option<ProbeSpec>,
    /// What has to hold.
    #[serde(rename = "assert")]
    pub assertions: Option<AssertSpec>,
    /// Variants of this scenario, by name: `run --profile soak` lays one of them over the file. Mappings merge key by key,
    /// all else is replaced, and an empty value takes away what can be left out.
    #[serde(default)]
    pub profiles: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// The service under test: one of `container`, `process` and `attach`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// What the target needs, by name: each is launched and ready before the next, in the order of the file, then the
    /// target; it ends after it. The target, and each later service, finds a service `search-index` in the variables
    /// `SEARCH_INDEX_HOST`, `SEARCH_INDEX_PORT` and `SEARCH_INDEX_ADDRESS`.
    pub services: Option<InOrder<ServiceSpec>>,
    /// Start a container.
    pub container: Option<ContainerSpec>,
    /// Start a process.
    pub process: Option<ProcessSpec>,
    /// Watch something that runs already.
    pub attach: Option<AttachSpec>,
    /// In which runtime it runs: `auto`, which finds it out, where nothing is said. `native` is asked nothing.
    pub runtime: Option<RuntimeName>,
    /// The port on which a Go service shows its `/debug/pprof`, where it is not the target's own.
    pub pprof: Option<u16>,
    /// Loads an agent into a `CPython`, Ruby or Node when it starts: it tells of pauses, collects when a phase asks for it,
    /// and counts objects by type. Node is watched by its inspector where this is not said.
    pub agent: Option<bool>,
}

/// A service that the target needs: `container` or `process`. It is no target: nothing of it is judged but its life.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    /// Start a container.
    pub container: Option<ContainerSpec>,
    /// Start a process.
    pub process: Option<ProcessSpec>,
}

/// A container: `image` or `build`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainerSpec {
    /// A program and its arguments that is run before anything starts, such as a compiler: in the scenario's folder,
    /// never through a shell, for 10 min at most.
    pub prepare: Option<Vec<String>>,
    /// An image, with its tag.
    pub image: Option<String>,
    /// Build the image.
    pub build: Option<BuildSpec>,
    /// Arguments for the image's entrypoint.
    pub command: Option<Vec<String>>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The port inside the container; it is published on 127.0.0.1 only.
    pub port: Option<u16>,
    /// Memory limit, swap included.
    pub memory: Option<Size>,
    /// Processor quota, such as 1.5.
    pub cpus: Option<f64>,
    /// When it counts as ready.
    pub ready: Option<ReadySpec>,
}

/// An image to build.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildSpec {
    /// The folder that is sent to the engine; relative to the scenario.
    pub context: String,
    /// The Dockerfile; relative to the context.
    pub dockerfile: Option<String>,
}

/// A process.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProcessSpec {
    /// A program and its arguments that is run before anything starts, such as a compiler: in the process's folder,
    /// never through a shell, for 10 min at most.
    pub prepare: Option<Vec<String>>,
    /// The program and its arguments; `plimsoll` stands for this very program.
    pub command: Vec<String>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The working folder; relative to the scenario.
    pub folder: Option<String>,
    /// The port it listens on; without one a free port is chosen and told in the variable `PORT`.
    pub port: Option<u16>,
    /// Memory limit; needs the right to make a cgroup.
    pub memory: Option<Size>,
    /// Processor quota, such as 1.5; needs the right to make a cgroup.
    pub cpus: Option<f64>,
    /// When it counts as ready.
    pub ready: Option<ReadySpec>,
}

/// Something that runs already: `container`, `pid` or `url`. It is never stopped.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachSpec {
    /// A container's name or id.
    pub container: Option<String>,
    /// A process.
    pub pid: Option<u32>,
    /// An address, such as `http://127.0.0.1:8080/base`: it can be loaded, but its memory cannot be seen.
    pub url: Option<String>,
    /// The port inside the container, or the process's port on 127.0.0.1.
    pub port: Option<u16>,
}

/// When a target counts as ready: one of `http`, `log` and `tcp`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadySpec {
    /// A GET of this path answers with a status below 400.
    pub http: Option<String>,
    /// A line of its log contains this.
    pub log: Option<String>,
    /// Its port accepts a connection.
    pub tcp: Option<bool>,
    /// How long to wait for it: 60s where nothing is said.
    pub within: Option<Span>,
}

/// What is done to the target, and when.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// What users do, again and again.
    #[serde(default)]
    pub journeys: Vec<JourneySpec>,
    /// In the place of journeys, another program and its arguments: it is run anew in each phase that is `loaded`, in
    /// the scenario's folder. It finds the target in `TARGET_URL`, `TARGET_HOST` and `TARGET_PORT`, and what it is to do
    /// in `PLIMSOLL_PHASE`, `PLIMSOLL_CYCLE` and `PLIMSOLL_SECONDS`.
    pub command: Option<Vec<String>>,
    /// How the requests of the command are counted.
    pub requests: Option<RequestsSpec>,
    /// Where the cycles of a target that works in cycles of its own end.
    pub cycles: Option<CyclesSpec>,
    /// After which time a request counts as failed: 30s where nothing is said.
    pub timeout: Option<Span>,
    /// How the arrivals of a `rate` are spread over time: `uniform` where nothing is said.
    pub arrivals: Option<Spread>,
    /// What all that is random is drawn from: 0 where nothing is said; the same seed gives the same load.
    #[serde(default)]
    pub seed: u64,
    /// The most connections at once where there is a `rate`: 256 where nothing is said. By HTTP/2 each of them takes as
    /// many arrivals at once as it has streams.
    pub connections: Option<u64>,
    /// How requests are sent.
    pub client: Option<ClientSpec>,
    /// Rows from files, for templates: `{{users.name}}` is a column of the set `users`.
    #[serde(default)]
    pub data: BTreeMap<String, DataSpec>,
    /// The time of load within which the target warms up and fills its caches: all of the load where nothing is said.
    pub warm_up: Option<Span>,
    /// The timeline.
    pub phases: Vec<PhaseSpec>,
}

/// What one user does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JourneySpec {
    /// Its name.
    pub name: String,
    /// Its share of the users, relative to the others: 1 where nothing is said.
    pub weight: Option<u32>,
    /// Its steps, in order.
    pub steps: Vec<StepSpec>,
}

/// One step: `get`, `post`, `put`, `delete`, `patch`, `head` or `options` a path, `think`, or `repeat`.
///
/// In a path, the values of headers and bodies, `{{name}}` is filled in: `{{user}}`, `{{iteration}}`, `{{counter}}`,
/// `{{uuid}}`, `{{random 1..100}}`, `{{random_hex 8}}`, `{{now}}`, what a step before it captured, and the columns of
/// `data`. In a path and in `form` it is percent-encoded, and in `json` it stays a text.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// GET this path.
    pub get: Option<String>,
    /// POST to this path.
    pub post: Option<String>,
    /// PUT to this path.
    pub put: Option<String>,
    /// DELETE this path.
    pub delete: Option<String>,
    /// PATCH this path.
    pub patch: Option<String>,
    /// HEAD this path.
    pub head: Option<String>,
    /// OPTIONS of this path.
    pub options: Option<String>,
    /// Wait for a time, for one drawn evenly from a range, or for one that is drawn otherwise.
    pub think: Option<Short<SpanRange, ThinkSpec>>,
    /// Open a WebSocket at this path. Pings are answered while the walk thinks or waits for a message; at the end of
    /// the walk it is closed.
    pub connect: Option<String>,
    /// Send this text over the WebSocket.
    pub send: Option<String>,
    /// Wait for a message over the WebSocket that contains this text; others are passed over.
    pub receive: Option<Short<String, PatternSpec>>,
    /// Send a ping over the WebSocket and wait for its pong.
    pub ping: Option<bool>,
    /// Neither read from the WebSocket nor answer for so long.
    pub stall: Option<Span>,
    /// Leave the WebSocket: `close` it, or `vanish` without a word and leave it open and unread until the run ends.
    pub leave: Option<Leave>,
    /// Take `steps` this many times.
    pub repeat: Option<u32>,
    /// What is repeated.
    pub steps: Option<Vec<StepSpec>>,
    /// Its name in reports: method and path where nothing is said.
    pub name: Option<String>,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, as text.
    pub body: Option<String>,
    /// The body, as JSON; sets the content type too.
    pub json: Option<serde_json::Value>,
    /// The body, as the fields of a form; sets the content type too.
    pub form: Option<InOrder<String>>,
    /// The body, as the parts of a form, texts and files; sets the content type too.
    pub multipart: Option<InOrder<Short<String, PartSpec>>>,
    /// The body, from a file; relative to the scenario.
    pub file: Option<String>,
    /// Values to take out of the answer, for the steps after it, by name.
    #[serde(default)]
    pub capture: BTreeMap<String, CaptureSpec>,
    /// What the answer has to be like.
    pub expect: Option<ExpectSpec>,
    /// How the client misbehaves: not at all where nothing is said.
    pub manner: Option<MannerSpec>,
}

/// What an answer has to be like; another one counts as failed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectSpec {
    /// The right statuses: `2xx, 3xx` where nothing is said.
    pub status: Option<Statuses>,
    /// The time within which it has to be there.
    pub within: Option<Span>,
    /// Headers, and the text that each contains.
    #[serde(default)]
    pub header: BTreeMap<String, Short<String, PatternSpec>>,
    /// The text that the body contains.
    pub body: Option<Short<String, PatternSpec>>,
    /// Places in a body of JSON, such as `$.items[0].id`, and the value that stands there; a mapping says more of it:
    /// `{exists: true}`, `{regex: '^a'}`, `{is: {any: [value]}}`.
    #[serde(default)]
    pub json: BTreeMap<String, serde_json::Value>,
}

/// A phase, or a `repeat` of phases: cycles.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpec {
    /// Its name.
    pub name: Option<String>,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub length: Option<Span>,
    /// The users at work in it, each waiting for its answers; neither these nor a `rate`: it is idle.
    pub users: Option<UserCount>,
    /// The journeys that are started in it, whatever becomes of those before them.
    pub rate: Option<ArrivalRate>,
    /// The target is under load in it that is not of users: of the `command`, else its own.
    pub loaded: Option<bool>,
    /// In a phase without load: ask the target's runtime to collect its garbage, so that what it rests at is live
    /// memory. Where the runtime cannot be asked, the run says so.
    pub collect: Option<bool>,
    /// Run `phases` this many times.
    pub repeat: Option<u32>,
    /// What is repeated.
    pub phases: Option<Vec<PhaseSpec>>,
}

/// How the target is watched.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    /// The cadence of all samples: 1s where nothing is said.
    pub every: Option<Span>,
    /// A cheap request on a connection of its own, which sees the target stand still.
    pub heartbeat: Option<HeartbeatSpec>,
    /// Pages of the target that tell numbers, each a series of its own.
    #[serde(default)]
    pub scrape: Vec<ScrapeSpec>,
    /// Numbers that the target logs, each a series of its own.
    #[serde(default)]
    pub logs: Vec<LogProbeSpec>,
}

/// The heartbeat.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatSpec {
    /// The cheapest path there is.
    pub get: String,
    /// How often: twice per pause budget where nothing is said.
    pub rate: Option<Rate>,
}

/// What has to hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssertSpec {
    /// Of the target's memory.
    pub memory: Option<MemorySpec>,
    /// Of its pauses, as its runtime tells of them, else as the heartbeat sees it stand still.
    pub pauses: Option<PausesSpec>,
    /// Of its pauses as the heartbeat sees them, whatever the reason.
    pub stalls: Option<PausesSpec>,
    /// Of the service times of all requests under load.
    pub latency: Option<LatencySpec>,
    /// Of the share of failed requests.
    pub errors: Option<ErrorsSpec>,
    /// Of the requests per second under load.
    pub throughput: Option<ThroughputSpec>,
    /// Of series: what `probes` keeps, and what is always read.
    #[serde(default)]
    pub series: Vec<SeriesRuleSpec>,
    /// Of what it logs.
    #[serde(default)]
    pub logs: Vec<LogRuleSpec>,
}

/// Of the target's memory.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemorySpec {
    /// After the load it settles near the baseline.
    pub returns_to_baseline: Option<WithinSpec>,
    /// Under load it does not keep growing: per time.
    pub growth: Option<GrowthSpec>,
    /// Under load it does not keep growing: per request.
    pub growth_per_request: Option<SizeBelow>,
    /// What it falls back to between the cycles of a `repeat` does not keep growing: per cycle.
    pub growth_per_cycle: Option<SizeBelow>,
    /// What each user at work adds to it (of a server of sockets: each connected client).
    pub growth_per_user: Option<SizeBelow>,
    /// Under load it stays within this of the baseline.
    pub above_baseline: Option<SizeBelow>,
    /// Before the load it is below this.
    pub idle: Option<SizeBelow>,
    /// The working set never passes this: a size, or a share of the target's memory limit.
    pub peak: Option<CeilingBelow>,
}

/// `{within: 10%}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithinSpec {
    /// How near.
    pub within: Near,
}

/// `{below: 1MiB/h}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowthSpec {
    /// The limit.
    pub below: GrowthPerHour,
    /// What growth is called from where on: `{slow: 10MiB/min, critical: 500MiB/min}`.
    #[serde(default)]
    pub grades: BTreeMap<String, GrowthPerHour>,
}

/// `{below: 1GiB}` or `{below: 80%}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CeilingBelow {
    /// The limit.
    pub below: Ceiling,
}

/// `{below: 100MiB}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeBelow {
    /// The limit.
    pub below: Size,
}

/// Of the pauses.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PausesSpec {
    /// No pause is longer.
    pub max: Option<Span>,
    /// The 99th percentile of their lengths.
    pub p99: Option<Span>,
    /// The share of time in them.
    pub share: Option<Percent>,
    /// How many there are in a minute.
    pub per_minute: Option<f64>,
    /// Of those in the idle phase before the load.
    pub idle: Option<IdlePausesSpec>,
}

/// Of the pauses before the load.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdlePausesSpec {
    /// No pause is longer.
    pub max: Option<Span>,
    /// The 99th percentile of their lengths.
    pub p99: Option<Span>,
    /// The share of time in them.
    pub share: Option<Percent>,
    /// How many there are in a minute.
    pub per_minute: Option<f64>,
}

impl IdlePausesSpec {
    /// The same without its place in the run.
    pub(crate) fn limits(&self) -> PausesSpec {
        let Self { max, p99, share, per_minute } = *self;
        PausesSpec { max, p99, share, per_minute, idle: None }
    }
}

/// Of the service times: a limit per percentile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencySpec {
    /// The median.
    pub p50: Option<Span>,
    /// The 90th percentile.
    pub p90: Option<Span>,
    /// The 95th percentile.
    pub p95: Option<Span>,
    /// The 99th percentile.
    pub p99: Option<Span>,
    /// The 99.9th percentile.
    #[serde(rename = "p99.9")]
    pub p99_9: Option<Span>,
    /// The longest.
    pub max: Option<Span>,
}

/// `{below: 0.1%}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorsSpec {
    /// The limit.
    pub below: Percent,
}

/// `{above: 450/s}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThroughputSpec {
    /// The least.
    pub above: Rate,
}
