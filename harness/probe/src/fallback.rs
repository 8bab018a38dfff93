//! The slower source, for targets whose files are out of reach.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use clock::Clock;
use timeline::{Metric, Subject};
use tokio::runtime::{Builder, Runtime};

use crate::ProbeError;
use crate::grid::Grid;
use crate::out::Out;
use crate::reader::{ReadError, Trouble};
use crate::sampler::OomKills;
use crate::stop::Stop;

/// What a fallback answers, sooner or later: values, or why there are none.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<(Metric, f64)>, String>> + Send + 'a>>;

/// A slower source for targets whose files are out of reach, such as the engine's API.
///
/// It is asked again and again, in a thread with a runtime of its own: connections have to be made within `read`.
pub trait Fallback: Send {
    /// Its name in the record.
    fn source(&self) -> &'static str;

    /// What it can tell, at best.
    fn metrics(&self) -> &'static [Metric];

    /// Waits for the next values. It may be dropped at any await, and is given up after ten seconds.
    fn read(&mut self) -> Answer<'_>;
}

/// After this time an answer is no longer waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the fallback.
pub(crate) struct Asker {
    fallback: Box<dyn Fallback>,
    clock: Clock,
    grid: Grid,
    out: Out,
    runtime: Runtime,
    trouble: Trouble,
    kills: OomKills,
}

impl Asker {
    pub(crate) fn new(fallback: Box<dyn Fallback>, clock: Clock, grid: Grid, out: Out) -> Result<Self, ProbeError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ProbeError::Thread { name: "fallback", source })?;
        Ok(Self { fallback, clock, grid, out, runtime, trouble: Trouble::default(), kills: OomKills::default() })
    }

    /// Asks until it is told to stop, at most once per point of the grid.
    pub(crate) fn run(mut self, stop: &Stop) {
        let mut due = self.grid.start();
        while stop.wait_until(&self.clock, due) {
            let Some(answer) = self.ask(stop) else { break };
            self.tell(answer);
            due = self.grid.next(due, self.clock.now());
        }
        // What the fallback still waits for must not hold up the end.
        self.runtime.shutdown_background();
    }

    /// One question; `None` where the word to stop came first.
    fn ask(&mut self, stop: &Stop) -> Option<Result<Vec<(Metric, f64)>, String>> {
        let read = self.fallback.read();
        self.runtime.block_on(async {
            tokio::select! {
                answer = tokio::time::timeout(PATIENCE, read) => {
                    Some(answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs()))))
                }
                () = stop.heard() => None,
            }
        })
    }

    fn tell(&mut self, answer: Result<Vec<(Metric, f64)>, String>) {
        let source = self.fallback.source();
        let now = self.clock.now();
        let news = match answer {
            Ok(values) => {
                self.out.values(&Subject::Target, self.grid.passed(now), &values, |_| source);
                self.kills.look(&values, &self.out);
                self.trouble.worked(source)
            }
            Err(reason) => self.trouble.failed(now, source, &ReadError::Fallback(reason)),
        };
        if let Some(what) = news {
            self.out.happened(what);
        }
    }
}
