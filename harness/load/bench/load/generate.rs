//! The generator: our load, as a run drives it, and what it says of itself at the end.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clock::Clock;
use hdrhistogram::Histogram;
use load::{Cut, Demand, Load};
use scenario::Plan;
use timeline::{Delay, EncodedHistogram, new_histogram};
use tokio::runtime::Builder;

use crate::child::{Child, Place};
use crate::table::median;
use crate::{CONNECTIONS, SHARED, STREAMS, told_to_end};

/// How often an interval is closed, as a run does.
const CUT: Duration = Duration::from_secs(1);

/// What an arrival or a user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steps {
    /// One request, the same each time, and a look at its status.
    Plain,
    /// One request with a path and a header of its own, with expectations of status, header and body, and a value that
    /// is taken out of the answer.
    Scripted,
    /// The plain one by HTTP/2.
    Two,
    /// Opens a WebSocket and keeps it.
    Socket,
}

impl Steps {
    const ALL: [Self; 4] = [Self::Plain, Self::Scripted, Self::Two, Self::Socket];

    /// As a scenario has them.
    const fn written(self) -> &'static str {
        match self {
            Self::Plain | Self::Two => "{get: /, expect: {status: 200}}",
            Self::Scripted => {
                "{get: '/items/{{counter}}?page={{random 1..99}}', headers: {x-request-id: '{{uuid}}'}, \
                 expect: {status: 200, header: {content-type: json}, json: {$.ok: true}}, capture: {id: {json: $.id}}}"
            }
            Self::Socket => "{connect: /-/socket}, {think: 1h}",
        }
    }

    const fn connections(self) -> usize {
        match self {
            Self::Plain | Self::Scripted => CONNECTIONS,
            Self::Two => SHARED,
            Self::Socket => crate::sockets::SOCKETS,
        }
    }

    /// As a scenario has it.
    fn client(self) -> String {
        if self == Self::Two { format!("{{http: 2, streams: {STREAMS}}}") } else { "{}".to_owned() }
    }
}

/// The part: `address` is driven through one phase, such as `for: 60s, rate: 1000/s`, until the input ends.
pub(crate) fn generate(address: &str, steps: &str, phase: &str) -> io::Result<()> {
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let known = Steps::ALL.into_iter().find(|known| format!("{known:?}") == steps);
    let steps = known.ok_or_else(|| io::Error::other(format!("`{steps}` are no steps")))?;
    let plan = plan(steps, phase)?;
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let clock = Clock::start();
        let demand = Demand { most_connections: steps.connections() as u64, ..Demand::of(&plan) };
        let mut load = load::start(demand, address, clock).map_err(io::Error::other)?;
        load.begin(clock.now());
        load.set_users(plan.most_users());
        let mut sum = Sum::default();
        tokio::select! {
            () = cut(&load, clock, &mut sum) => {}
            () = told_to_end() => {}
        }
        sum.add(&load.stop().await)?;
        write!(io::stdout(), "{}", sum.told())
    })
}

fn plan(steps: Steps, phase: &str) -> io::Result<Plan> {
    let (client, steps) = (steps.client(), steps.written());
    let source = format!(
        "name: bench\ntarget: {{process: {{command: [a]}}}}\nload:\n  client: {client}\n  \
         journeys: [{{name: a, steps: [{steps}]}}]\n  phases: [{{name: work, {phase}}}]"
    );
    scenario::load(&source, Path::new("/"), &|_| None).map_err(|problems| io::Error::other(format!("{problems:?}")))
}

async fn cut(load: &Load, clock: Clock, sum: &mut Sum) {
    let mut due = clock.now();
    loop {
        due = due + CUT;
        clock.sleep_until(due).await;
        if sum.add(&load.cut()).is_err() {
            return;
        }
    }
}

/// All intervals together.
struct Sum {
    requests: u64,
    failed: u64,
    missed: u64,
    /// Of each interval.
    lag: Vec<Delay>,
    service: Histogram<u64>,
    response: Histogram<u64>,
}

impl Default for Sum {
    fn default() -> Self {
        Self { requests: 0, failed: 0, missed: 0, lag: Vec::new(), service: new_histogram(), response: new_histogram() }
    }
}

impl Sum {
    fn add(&mut self, cut: &Cut) -> io::Result<()> {
        self.requests += cut.totals.requests;
        self.failed += cut.totals.failed;
        let arrivals = cut.load.arrivals.unwrap_or_default();
        self.missed += arrivals.missed;
        self.lag.push(arrivals.lag);
        for interval in &cut.latency {
            add(&mut self.service, &interval.histogram)?;
            interval.response.iter().try_for_each(|times| add(&mut self.response, times))?;
        }
        Ok(())
    }

    /// A name and a number on each line.
    fn told(&self) -> String {
        let lags = |of: &dyn Fn(&Delay) -> u64| self.lag.iter().map(|lag| of(lag) as f64).collect::<Vec<_>>();
        let mut lines = vec![
            format!("requests {}", self.requests),
            format!("failed {}", self.failed),
            format!("missed {}", self.missed),
            format!("lag.p50 {}", median(&lags(&|lag| lag.p50))),
            format!("lag.p99 {}", median(&lags(&|lag| lag.p99))),
            format!("lag.max {}", lags(&|lag| lag.max).into_iter().fold(0.0, f64::max)),
        ];
        for (name, times) in [("service", &self.service), ("response", &self.response)] {
            for (quantile, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)] {
                lines.push(format!("{name}.{quantile} {}", times.value_at_quantile(share)));
            }
        }
        lines.join("\n")
    }
}

fn add(all: &mut Histogram<u64>, one: &EncodedHistogram) -> io::Result<()> {
    let one = one.decode().ok_or_else(|| io::Error::other("a histogram that is none"))?;
    all.add(one).map_err(io::Error::other)
}

/// What a generator said of itself, by name; times in microseconds.
pub(crate) struct Told(BTreeMap<String, f64>);

impl Told {
    pub(crate) fn of(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }
}

/// The other side: starts a generator.
pub(crate) fn start(place: Place, address: SocketAddr, steps: Steps, phase: &str) -> io::Result<Child> {
    Child::part(place, "generate", &[address.to_string(), format!("{steps:?}"), phase.to_owned()])
}

/// Ends a generator, which closes its last interval.
pub(crate) fn end(generator: Child) -> io::Result<Told> {
    let said = generator.end()?;
    let pair = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    Ok(Told(said.lines().filter_map(pair).collect()))
}
