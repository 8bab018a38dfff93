//! The plan: a scenario laid out on a timeline, complete, valid, pure data.

mod drive;
mod foreign;
mod journey;
mod logs;
mod runtime;
mod scrape;
mod series;
mod services;
mod socket;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use timeline::{Amount, Elapsed, Metric, Unit};

pub use drive::{ArrivalPlan, ClientPlan, DataPlan, DataSource, Http, Process, RateRamp, Reuse, Take, TlsPlan};
pub use foreign::{Address, CommandPlan, Scheme};
pub use journey::{Body, Capture, Condition, Manner, Part, PartContent, Pattern, Point, Source, Think};
pub use logs::Kept;
pub use runtime::{RuntimeKind, RuntimePlan};
pub use scrape::{PageFormat, ScrapePlan, Scraped, Selector, Spot};
pub use series::{During, Quantity, SeriesRule};
pub use services::ServicePlan;
pub use socket::{Leaving, SocketAction, SocketStep};

use crate::json_path::JsonPath;
use crate::line_pattern::LinePattern;

/// A scenario laid out: everything that a run needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The scenario's name: lower case, digits, dashes.
    pub name: String,
    /// Which of its profiles was laid over it.
    #[serde(default)]
    pub profile: Option<String>,
    /// One sentence on what it shows.
    pub about: Option<String>,
    /// Does the run end before its time where memory is proved to leak?
    #[serde(default)]
    pub stop_early: bool,
    /// What is launched, or attached to.
    pub target: TargetPlan,
    /// What the target needs, in the order in which it is launched.
    #[serde(default)]
    pub services: Vec<ServicePlan>,
    /// What users do.
    pub journeys: Vec<Journey>,
    /// The other program that is the load in the place of users, where one is.
    #[serde(default)]
    pub command: Option<CommandPlan>,
    /// What the target logs when a cycle of its own has ended, where it works in cycles.
    #[serde(default)]
    pub cycles: Option<LinePattern>,
    /// After which time a request counts as failed.
    pub timeout: Duration,
    /// How arrivals come, in phases that have a rate.
    #[serde(default)]
    pub arrivals: ArrivalPlan,
    /// How requests are sent.
    #[serde(default)]
    pub client: ClientPlan,
    /// The rows that templates can name, by the name of their set.
    #[serde(default)]
    pub data: BTreeMap<String, DataPlan>,
    /// The time of load within which the target is assumed to warm up; all of the load where it is not known.
    #[serde(default)]
    pub warm_up: Option<Duration>,
    /// The stretches of the timeline, in order, cycles unrolled, without gaps.
    pub phases: Vec<Phase>,
    /// What is watched, and how often.
    pub probes: ProbePlan,
    /// What is judged, the implicit rules too.
    pub assertions: Vec<Assertion>,
}

impl Plan {
    /// The length of all phases together.
    pub fn length(&self) -> Duration {
        self.phases.last().map_or(Duration::ZERO, |phase| phase.end().since(Elapsed::ZERO))
    }

    /// The phases whose time is that of the load: the loaded ones, or all where none is.
    pub fn load_phases(&self) -> impl Iterator<Item = &Phase> {
        load_phases(&self.phases)
    }

    /// The time of the load.
    pub fn load_length(&self) -> Duration {
        self.load_phases().map(|phase| phase.length).sum()
    }

    /// The time of the load up to `at`, counted from the start of the first phase.
    pub fn load_by(&self, at: Elapsed) -> Duration {
        self.load_phases().map(|phase| at.since(phase.start).min(phase.length)).sum()
    }

    /// The largest number of users at any time.
    pub fn most_users(&self) -> u64 {
        self.phases.iter().map(|phase| phase.users.from.max(phase.users.to)).max().unwrap_or(0)
    }

    /// The largest rate of arrivals at any time, per second; 0 where users are all the load.
    pub fn most_arrivals(&self) -> f64 {
        self.phases.iter().map(|phase| phase.rate.most()).fold(0.0, f64::max)
    }
}

/// See [`Plan::load_phases`].
pub(crate) fn load_phases(phases: &[Phase]) -> impl Iterator<Item = &Phase> {
    let any_load = phases.iter().any(Phase::loaded);
    phases.iter().filter(move |phase| phase.loaded() || !any_load)
}

/// The service under test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetPlan {
    /// How it comes to be there.
    pub launch: Launch,
    /// When it counts as ready.
    pub ready: Ready,
    /// What is run before anything starts, such as a compiler.
    #[serde(default)]
    pub prepare: Option<PreparePlan>,
    /// In which runtime it runs.
    #[serde(default)]
    pub runtime: RuntimePlan,
    /// Ports besides its own on which it is asked: of a container, they are published too.
    #[serde(default)]
    pub other_ports: Vec<u16>,
}

/// How a target comes to be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Launch {
    /// A container is started.
    Container(ContainerPlan),
    /// A process is started.
    Process(ProcessPlan),
    /// Something that runs already is watched; it is never stopped.
    Attach(AttachPlan),
}

impl Launch {
    /// The limits of what is launched; what was attached to has none of ours.
    pub fn resources(&self) -> Resources {
        match self {
            Self::Container(container) => container.resources,
            Self::Process(process) => process.resources,
            Self::Attach(_) => Resources::default(),
        }
    }
}

/// A program that is run to its end before anything starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparePlan {
    /// The program and its arguments; `plimsoll` stands for this very program.
    pub command: Vec<String>,
    /// The working folder, absolute.
    pub folder: PathBuf,
}

/// Limits for a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Memory limit in bytes, swap included.
    pub memory: Option<u64>,
    /// Processor quota: 1.5 is one and a half cores.
    pub cpus: Option<f64>,
}

/// A container to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainerPlan {
    /// What it is made from.
    pub image: Image,
    /// Arguments for the image's entrypoint, in the place of its own.
    pub command: Option<Vec<String>>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Labels, besides those of the harness.
    pub labels: BTreeMap<String, String>,
    /// The port inside the container; published on 127.0.0.1.
    pub port: Option<u16>,
    /// Limits.
    pub resources: Resources,
}

/// What a container is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Image {
    /// A name with a tag (`latest` where none is written).
    Named(String),
    /// Built from a Dockerfile.
    Build {
        /// The folder that is sent to the engine, absolute.
        context: PathBuf,
        /// The Dockerfile, absolute.
        dockerfile: PathBuf,
    },
}

/// A process to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessPlan {
    /// The program and its arguments; `plimsoll` stands for this very program.
    pub command: Vec<String>,
    /// Environment variables, besides those that the harness has itself.
    pub env: BTreeMap<String, String>,
    /// The working folder, absolute.
    pub folder: PathBuf,
    /// The port it listens on at 127.0.0.1; `None`: a free one is chosen and told in `PORT`.
    pub port: Option<u16>,
    /// Limits; they need the right to make a cgroup.
    pub resources: Resources,
}

/// Something that runs already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachPlan {
    /// A container, by name or id, and the port inside it that is published on this machine.
    Container {
        /// Its name or id.
        name: String,
        /// The port inside the container.
        port: Option<u16>,
    },
    /// A process, and the port on which it listens at 127.0.0.1.
    Process {
        /// Its pid.
        pid: u32,
        /// Its port.
        port: Option<u16>,
    },
    /// An address.
    Url(Address),
}

/// When a target counts as ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// The sign to wait for.
    pub when: ReadyWhen,
    /// How long to wait for it.
    pub within: Duration,
}

/// The sign that a target is ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadyWhen {
    /// A GET of this path answers with a status below 400.
    Http(String),
    /// A line of its log contains this.
    Log(String),
    /// Its port accepts a connection.
    Tcp,
    /// It runs.
    Started,
}

/// What one user does, again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Its share of the users, relative to the other journeys.
    pub weight: u32,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

impl Journey {
    /// Its requests in order, each once, those that are repeated too.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.steps.iter().flat_map(Step::unrolled).filter_map(|step| match step {
            Step::Request(request) => Some(request),
            Step::Socket(_) | Step::Think(_) | Step::Repeat { .. } => None,
        })
    }

    /// The names of what it does to the target, in order: its requests and what goes over a WebSocket, each once, those
    /// that are repeated too.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(Step::unrolled).filter_map(|step| match step {
            Step::Request(request) => Some(request.name.as_str()),
            Step::Socket(socket) => Some(socket.name.as_str()),
            Step::Think(_) | Step::Repeat { .. } => None,
        })
    }
}

/// One step of a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Send a request and wait for its answer.
    Request(Request),
    /// Do something over a WebSocket.
    Socket(SocketStep),
    /// Wait for a time.
    Think(Think),
    /// Take some steps several times.
    Repeat {
        /// How many times: at least 1.
        times: u32,
        /// The steps; no `Repeat` is among them.
        steps: Vec<Step>,
    },
}

impl Step {
    /// What it repeats, or itself.
    fn unrolled(&self) -> &[Self] {
        match self {
            Self::Repeat { steps, .. } => steps,
            step => std::slice::from_ref(step),
        }
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The step's name in the record: `browse/GET /items`; unique in the plan.
    pub name: String,
    /// The method.
    pub method: Method,
    /// Path and query, with the leading slash; may hold templates.
    pub path: String,
    /// Headers, in order; their values may hold templates.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Body>,
    /// What the answer has to be like.
    pub expect: Expect,
    /// What is taken out of the answer.
    #[serde(default)]
    pub captures: Vec<Capture>,
    /// How the client misbehaves, where it does.
    #[serde(default)]
    pub manner: Option<Manner>,
}

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
    /// PATCH
    Patch,
    /// HEAD
    Head,
    /// OPTIONS
    Options,
}

impl Method {
    /// As it stands on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

/// What an answer has to be like; another one counts as a failed request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// The statuses that are right.
    pub statuses: Vec<RangeInclusive<u16>>,
    /// The time within which it has to be there.
    pub within: Option<Duration>,
    /// Names of headers in lower case, and what one of that name has to be like.
    #[serde(default)]
    pub headers: Vec<(String, Pattern)>,
    /// What the body has to be like.
    #[serde(default)]
    pub body: Option<Pattern>,
    /// Places in the body, which is JSON, and what has to stand there.
    #[serde(default)]
    pub json: Vec<(JsonPath, Condition)>,
}

impl Default for Expect {
    /// Any answer that is no error.
    fn default() -> Self {
        Self { statuses: vec![200..=399], within: None, headers: Vec::new(), body: None, json: Vec::new() }
    }
}

/// A stretch of the timeline with one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name; the same in every cycle.
    pub name: String,
    /// Which cycle of a `repeat` it belongs to, from 1.
    pub cycle: Option<u32>,
    /// Where it begins, counted from the start of the first phase.
    pub start: Elapsed,
    /// How long it lasts.
    pub length: Duration,
    /// The users at work.
    pub users: Users,
    /// The arrivals; there are none where there are users.
    #[serde(default)]
    pub rate: RateRamp,
    /// Is there load in it that the harness does not make: the command's, or the target's own?
    #[serde(default)]
    pub foreign: bool,
    /// Is the target's runtime asked for a collection in it? There is no load in it then.
    #[serde(default)]
    pub collect: bool,
}

impl Phase {
    /// Where it ends, counted from the start of the first phase.
    pub fn end(&self) -> Elapsed {
        self.start + self.length
    }

    /// Is there load in it?
    pub fn loaded(&self) -> bool {
        self.foreign || self.users.from > 0 || self.users.to > 0 || self.rate.most() > 0.0
    }

    /// How many users are asked for at `at`, counted from the start of the first phase.
    pub fn users_at(&self, at: Elapsed) -> u64 {
        self.between(self.users.from as f64, self.users.to as f64, at).round() as u64
    }

    /// How many arrivals per second are asked for at `at`, counted from the start of the first phase.
    pub fn rate_at(&self, at: Elapsed) -> f64 {
        self.between(self.rate.from, self.rate.to, at)
    }

    /// What stands at `at` on a straight line from the start of the phase to its end.
    fn between(&self, from: f64, to: f64, at: Elapsed) -> f64 {
        let done = at.since(self.start).as_secs_f64() / self.length.as_secs_f64();
        from + (to - from) * done.clamp(0.0, 1.0)
    }
}

/// A number of users: a hold where both ends are the same, else a straight ramp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    /// At the start of the phase.
    pub from: u64,
    /// At its end.
    pub to: u64,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbePlan {
    /// The cadence of all sampled series.
    pub every: Duration,
    /// The heartbeat, where the scenario needs one.
    pub heartbeat: Option<HeartbeatPlan>,
    /// The numbers that the target logs.
    #[serde(default)]
    pub logs: Vec<Kept>,
    /// The pages of the target that tell numbers.
    #[serde(default)]
    pub scrapes: Vec<ScrapePlan>,
}

impl ProbePlan {
    /// A plan with nothing but a cadence.
    pub fn sampling(every: Duration) -> Self {
        Self { every, heartbeat: None, logs: Vec::new(), scrapes: Vec::new() }
    }

    /// The ports besides its own on which a service, or the target, is asked for pages.
    pub fn other_ports(&self, service: Option<&str>) -> Vec<u16> {
        let of_it = self.scrapes.iter().filter(|scrape| scrape.service.as_deref() == service);
        of_it.filter_map(|scrape| scrape.port).collect()
    }

    /// What is kept of pages.
    pub fn scraped(&self) -> impl Iterator<Item = &Scraped> {
        self.scrapes.iter().flat_map(|scrape| &scrape.kept)
    }

    /// The series to which the scenario gives names.
    pub fn named(&self) -> Vec<Metric> {
        self.scraped().map(Scraped::metric).chain(self.logs.iter().map(Kept::metric)).collect()
    }

    /// Does it only count up, as far as this is known?
    pub fn counts_up(&self, metric: Metric) -> bool {
        let kept = self.scraped().any(|kept| kept.metric() == metric && kept.counts_up());
        kept || metric.kind() == timeline::Kind::Counter
    }
}

/// A cheap request on a connection of its own, on an absolute grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeartbeatPlan {
    /// The path that is got.
    pub path: String,
    /// Whom it names in its header `host`; the address where nothing is said.
    #[serde(default)]
    pub host: Option<String>,
    /// The grid.
    pub period: Duration,
}

/// A rule of the scenario, or one of those that always hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// The rule.
    pub rule: Rule,
    /// Was it written in the scenario?
    pub asked_for: bool,
    /// What a value is called, from the lowest to the highest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<Grade>,
}

/// What a value is called from some value on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// The name.
    pub name: String,
    /// The least that is called so.
    pub from: Amount,
}

impl Assertion {
    /// The grade of a value in the unit of its limit; none below the lowest.
    pub fn grade(&self, value: f64) -> Option<&Grade> {
        self.grades.iter().rfind(|grade| grade.from.value <= value)
    }
}

/// What can be asserted. Limits are in bytes, seconds, shares and counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The target lives until it is stopped.
    TargetAlive,
    /// So does each service that it needs.
    ServicesAlive,
    /// There are enough samples, and few gaps.
    Coverage,
    /// The load was really offered.
    GeneratorHealth,
    /// Memory settles near the baseline.
    ReturnsToBaseline {
        /// How near.
        within: Tolerance,
    },
    /// Memory under load stays within a distance of the baseline.
    AboveBaseline {
        /// The distance in bytes.
        below: f64,
    },
    /// Memory before the load is low.
    Idle {
        /// The limit in bytes.
        below: f64,
    },
    /// The working set never passes a limit.
    Peak {
        /// The limit in bytes.
        below: f64,
    },
    /// Memory does not keep growing; without a limit, no more than the detector's tolerance.
    Growth {
        /// The limit, in bytes per hour or bytes per request.
        below: Option<Amount>,
    },
    /// What memory falls back to between the cycles does not keep growing.
    GrowthPerCycle {
        /// The limit in bytes.
        below: f64,
    },
    /// Each user at work adds little to memory.
    GrowthPerUser {
        /// The limit in bytes.
        below: f64,
    },
    /// An exact count does not keep growing with the load.
    CountGrowth {
        /// Which count.
        metric: Metric,
    },
    /// Neither the connections that it makes nor those that it does not close keep growing with the load.
    ConnectionGrowth,
    /// No pause is longer than this.
    PauseMax {
        /// The limit.
        limit: Duration,
        /// Who tells of them.
        #[serde(default)]
        watcher: Watcher,
        /// In which part of the run.
        #[serde(default)]
        during: During,
    },
    /// The 99th percentile of the pauses' lengths.
    PauseP99 {
        /// The limit.
        limit: Duration,
        /// Who tells of them.
        watcher: Watcher,
        /// In which part of the run.
        #[serde(default)]
        during: During,
    },
    /// The share of time that is spent in pauses.
    PauseShare {
        /// The limit, 0 to 1.
        below: f64,
        /// Who tells of them.
        watcher: Watcher,
        /// In which part of the run.
        #[serde(default)]
        during: During,
    },
    /// How many pauses there are in a minute.
    PausesPerMinute {
        /// The most.
        most: f64,
        /// Who tells of them.
        watcher: Watcher,
        /// In which part of the run.
        #[serde(default)]
        during: During,
    },
    /// A percentile of the service times of all steps under load.
    Latency {
        /// The percentile, 0 to 100.
        percentile: f64,
        /// The limit.
        below: Duration,
    },
    /// The share of failed requests.
    Errors {
        /// The limit, 0 to 1.
        below: f64,
    },
    /// Requests per second over the loaded phases.
    Throughput {
        /// The least.
        above: f64,
    },
    /// Of a series, or of the ratio of two.
    Series {
        /// Of which.
        of: Quantity,
        /// What has to hold.
        rule: SeriesRule,
    },
    /// No line of the target's log matches a pattern.
    LogForbid {
        /// The pattern.
        pattern: LinePattern,
    },
    /// A line of the target's log matches a pattern.
    LogRequire {
        /// The pattern.
        pattern: LinePattern,
    },
    /// Under load, lines of the target's log that match a pattern are seldom.
    LogRate {
        /// The pattern.
        pattern: LinePattern,
        /// The limit, lines per second.
        below: f64,
    },
}

/// Who tells of the target's pauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watcher {
    /// The runtime itself where it does, else the heartbeat.
    #[default]
    Best,
    /// The heartbeat, whatever the runtime says: stalls.
    Heartbeat,
}

impl Watcher {
    /// Where its limits stand in a scenario.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Best => "pauses",
            Self::Heartbeat => "stalls",
        }
    }
}

/// A distance: a share of the baseline, or a number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// A share of the baseline.
    Share(f64),
    /// Bytes.
    Bytes(f64),
}

impl Rule {
    /// The lines of the target's log that it looks for.
    pub fn lines(&self) -> Option<&LinePattern> {
        match self {
            Self::LogForbid { pattern } | Self::LogRequire { pattern } | Self::LogRate { pattern, .. } => Some(pattern),
            _ => None,
        }
    }

    /// The stable name of its finding: never a number, a limit or a time in it.
    pub fn id(&self) -> String {
        match self {
            Self::TargetAlive => "target.alive".to_owned(),
            Self::ServicesAlive => "services.alive".to_owned(),
            Self::Coverage => "evidence.coverage".to_owned(),
            Self::GeneratorHealth => "generator.health".to_owned(),
            Self::ReturnsToBaseline { .. } => "memory.returns_to_baseline".to_owned(),
            Self::AboveBaseline { .. } => "memory.above_baseline".to_owned(),
            Self::Idle { .. } => "memory.idle".to_owned(),
            Self::Peak { .. } => "memory.peak".to_owned(),
            Self::Growth { below: Some(Amount { unit: Unit::BytesPerRequest, .. }) } => {
                "memory.growth_per_request".to_owned()
            }
            Self::Growth { .. } => "memory.growth".to_owned(),
            Self::GrowthPerCycle { .. } => "memory.growth_per_cycle".to_owned(),
            Self::GrowthPerUser { .. } => "memory.growth_per_user".to_owned(),
            Self::CountGrowth { metric } => format!("{metric}.growth"),
            Self::ConnectionGrowth => "connections.growth".to_owned(),
            Self::PauseMax { watcher, during, .. } => during.within(&format!("{}.max", watcher.key())),
            Self::PauseP99 { watcher, during, .. } => during.within(&format!("{}.p99", watcher.key())),
            Self::PauseShare { watcher, during, .. } => during.within(&format!("{}.share", watcher.key())),
            Self::PausesPerMinute { watcher, during, .. } => during.within(&format!("{}.per_minute", watcher.key())),
            Self::Latency { percentile, .. } if *percentile >= 100.0 => "latency.max".to_owned(),
            Self::Latency { percentile, .. } => format!("latency.p{}", percentile.to_string().replace('.', "")),
            Self::Errors { .. } => "errors".to_owned(),
            Self::Throughput { .. } => "throughput".to_owned(),
            Self::Series { of, rule } => format!("series.{of}.{}", rule.name()),
            Self::LogForbid { pattern } => format!("logs.forbid[{}]", pattern.as_str()),
            Self::LogRequire { pattern } => format!("logs.require[{}]", pattern.as_str()),
            Self::LogRate { pattern, .. } => format!("logs.rate[{}]", pattern.as_str()),
        }
    }
}
