//! Pages of the target that tell numbers, each got in a thread and on a connection of its own: a page that takes its
//! time holds nobody up.

mod exposition;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use clock::Clock;
use scenario::{PageFormat, ScrapePlan};
use timeline::{Elapsed, Happening, Metric, Name, Subject};
use tokio::runtime::{Builder, Runtime};

use crate::ProbeError;
use crate::grid::Grid;
use crate::line::{Line, LineError};
use crate::out::Out;
use crate::reader::Trouble;
use crate::stop::Stop;
use page::{Found, Reading, Strange};

/// After this time a page is no longer waited for, as Prometheus does by default.
const PATIENCE: Duration = Duration::from_secs(10);
/// A longer page is not read.
const LONGEST: usize = 8 << 20;

/// Gets one page, again and again.
pub(crate) struct Scraper {
    plan: ScrapePlan,
    /// What it is called in events, and as the source of its series.
    name: &'static str,
    clock: Clock,
    grid: Grid,
    out: Out,
    runtime: Runtime,
    line: Line,
    trouble: Trouble,
    /// Which of what is kept was told, and what was said of it.
    told: BTreeSet<Metric>,
    noted: BTreeSet<Metric>,
    /// Of what was never told, what there is in its place on the last page.
    instead: Vec<(String, String)>,
}

/// Why there was no page.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("it is longer than {} MiB", LONGEST >> 20)]
    Long,
    #[error(transparent)]
    Strange(#[from] Strange),
}

impl Scraper {
    pub(crate) fn new(
        plan: ScrapePlan,
        address: SocketAddr,
        clock: Clock,
        grid: Grid,
        out: Out,
    ) -> Result<Self, ProbeError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ProbeError::Thread { name: "scrape", source })?;
        let line = line_to(&plan, address);
        line.request(&plan.path).map_err(|source| ProbeError::Path { path: plan.path.clone(), source })?;
        Ok(Self {
            name: Name::new(&plan.name()).text(),
            grid: Grid::new(grid.start(), plan.every),
            plan,
            clock,
            out,
            runtime,
            line,
            trouble: Trouble::default(),
            told: BTreeSet::new(),
            noted: BTreeSet::new(),
            instead: Vec::new(),
        })
    }

    /// Gets the page at every point of its grid until it is told to stop.
    pub(crate) fn run(mut self, stop: &Stop) {
        let mut due = self.grid.start();
        while stop.wait_until(&self.clock, due) {
            let Some(page) = self.ask(stop) else { break };
            self.take(due, page);
            due = self.grid.next(due, self.clock.now());
        }
        self.tell_what_is_missing();
        // A page that is still waited for must not hold up the end.
        self.runtime.shutdown_background();
    }

    /// The page; `None` where the word to stop came first.
    fn ask(&mut self, stop: &Stop) -> Option<Result<Vec<u8>, Failure>> {
        let Self { runtime, line, plan, .. } = self;
        let page = runtime.block_on(async {
            tokio::select! {
                // One byte more than the longest, so that what is cut off is told.
                page = tokio::time::timeout(PATIENCE, line.get(&plan.path, LONGEST + 1)) => Some(page),
                () = stop.heard() => None,
            }
        })?;
        Some(match page {
            Err(_) => Err(Failure::Late),
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok(page)) if !page.status.is_success() => Err(Failure::Status(page.status.as_u16())),
            Ok(Ok(page)) if page.body.len() > LONGEST => Err(Failure::Long),
            Ok(Ok(page)) => Ok(page.body),
        })
    }

    fn take(&mut self, due: Elapsed, page: Result<Vec<u8>, Failure>) {
        let read = page.and_then(|body| Ok(page::read(&self.plan, &String::from_utf8_lossy(&body))?));
        let news = match read {
            Ok(readings) => {
                self.hand_out(due, readings);
                self.trouble.worked(self.name)
            }
            Err(failure) => self.trouble.failed(self.clock.now(), self.name, &failure),
        };
        if let Some(what) = news {
            self.out.happened(what);
        }
    }

    fn hand_out(&mut self, due: Elapsed, readings: Vec<Reading>) {
        let mut values = Vec::new();
        self.instead.clear();
        for (kept, reading) in self.plan.kept.iter().zip(readings) {
            match reading {
                Reading::Found(Found { value, note }) => {
                    values.push((kept.metric(), value));
                    self.told.insert(kept.metric());
                    if let Some(note) = note.filter(|_| self.noted.insert(kept.metric())) {
                        self.out.happened(Happening::SeriesNoted { series: kept.name.clone(), note });
                    }
                }
                Reading::Missing { instead } if !self.told.contains(&kept.metric()) => {
                    self.instead.push((kept.name.clone(), instead));
                }
                Reading::Missing { .. } => {}
            }
        }
        self.out.values(&Subject::Target, due, &values, |_| self.name);
    }

    /// What was looked for in vain until the end.
    fn tell_what_is_missing(&mut self) {
        for (series, instead) in self.instead.drain(..) {
            let note = format!("`{}` never told it{instead}", self.plan.path);
            self.out.happened(Happening::SeriesNoted { series, note });
        }
    }
}

/// A connection that asks for the format of the page; what the scenario says of a header holds.
fn line_to(plan: &ScrapePlan, address: SocketAddr) -> Line {
    // The plain format first: it is what a person sees, and names no sample anew.
    let accept = match plan.format {
        PageFormat::Prometheus => "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1",
        PageFormat::Json => "application/json,*/*;q=0.1",
        PageFormat::Text => "text/plain,*/*;q=0.1",
    };
    let is_host = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("host");
    let host = plan.headers.iter().find(is_host).map(|(_, host)| host.clone()).or_else(|| plan.host.clone());
    let mut headers: Vec<(String, String)> = plan.headers.iter().filter(|header| !is_host(header)).cloned().collect();
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
        headers.push(("accept".to_owned(), accept.to_owned()));
    }
    Line::new(address, host, "plimsoll-scrape").with_headers(headers)
}
