//! The sampler: one thread that reads everything at each point of the grid.

use std::collections::BTreeMap;

use clock::Clock;
use timeline::{Elapsed, Happening, Metric, SeriesKey};

use crate::grid::Grid;
use crate::hold::Holds;
use crate::locate::Target;
use crate::out::Out;
use crate::proc::Life;
use crate::reader::{ReadError, Reader, Trouble};
use crate::stop::Stop;

/// Reads the readers.
pub(crate) struct Sampler {
    clock: Clock,
    grid: Grid,
    out: Out,
    life: Option<Life>,
    readings: Vec<Reading>,
    kills: OomKills,
    values: Vec<(Metric, f64)>,
}

/// A reader, and how it fares.
struct Reading {
    reader: Box<dyn Reader>,
    /// Where each of its metrics comes from.
    sources: BTreeMap<Metric, &'static str>,
    /// Does it end with the target's first process?
    mortal: bool,
    trouble: Trouble,
}

impl Sampler {
    pub(crate) fn new(clock: Clock, grid: Grid, out: Out) -> Self {
        let kills = OomKills::default();
        Self { clock, grid, out, life: None, readings: Vec::new(), kills, values: Vec::new() }
    }

    /// Adds a reader that lasts as long as the sampler.
    pub(crate) fn add(&mut self, reader: Box<dyn Reader>) {
        self.push(reader, false);
    }

    /// Adds the readers of a target; they end with it. What holds it up is counted by the heartbeat.
    pub(crate) fn watch(&mut self, target: Target) -> Holds {
        self.life = Some(target.life);
        target.readers.into_iter().for_each(|reader| self.push(reader, true));
        target.holds
    }

    fn push(&mut self, reader: Box<dyn Reader>, mortal: bool) {
        let sources = reader.metrics().into_iter().collect();
        self.readings.push(Reading { reader, sources, mortal, trouble: Trouble::default() });
    }

    /// What each series is read from.
    pub(crate) fn sources(&self) -> BTreeMap<SeriesKey, &'static str> {
        let of = |reading: &Reading| {
            let subject = reading.reader.subject();
            let key = |(&metric, &source)| (SeriesKey { subject: subject.clone(), metric }, source);
            reading.sources.iter().map(key).collect::<Vec<_>>()
        };
        self.readings.iter().flat_map(of).collect()
    }

    /// Reads at every point of the grid until it is told to stop.
    pub(crate) fn run(mut self, stop: &Stop) {
        let mut due = self.grid.start();
        while stop.wait_until(&self.clock, due) {
            self.round(due);
            due = self.grid.next(due, self.clock.now());
        }
    }

    /// One point of the grid. When the target is gone, its readers are read for a last time: a cgroup
    /// that outlives it still tells whether the kernel killed it. The values of that read are nobody's.
    fn round(&mut self, due: Elapsed) {
        let gone = self.life.as_ref().is_some_and(Life::ended);
        for mut reading in std::mem::take(&mut self.readings) {
            let last = gone && reading.mortal;
            if self.read(&mut reading, due, last) && !last {
                self.readings.push(reading);
            }
        }
        if gone {
            self.life = None;
        }
    }

    /// One read; false where the series has ended.
    fn read(&mut self, reading: &mut Reading, due: Elapsed, last: bool) -> bool {
        self.values.clear();
        let outcome = reading.reader.read(&mut self.values);
        if last {
            self.values.retain(|(metric, _)| *metric == Metric::OomKills);
        }
        let name = reading.reader.name();
        let news = match outcome {
            Ok(()) => reading.trouble.worked(name),
            Err(ReadError::Gone) => return false,
            Err(_) if last => None,
            Err(error) => reading.trouble.failed(self.clock.now(), name, &error),
        };
        self.tell(reading, due);
        if let Some(what) = news {
            self.out.happened(what);
        }
        true
    }

    fn tell(&mut self, reading: &Reading, due: Elapsed) {
        // What is not known from the start, such as a port, comes from the reader itself.
        let name = reading.reader.name();
        let source = |metric| reading.sources.get(&metric).copied().unwrap_or(name);
        self.out.values(&reading.reader.subject(), due, &self.values, source);
        for (key, value) in reading.reader.of_processes() {
            self.out.values(&key.subject, due, &[(key.metric, *value)], |_| name);
        }
        self.kills.look(&self.values, &self.out);
    }
}

/// Tells when the kernel's count of its kills has grown.
#[derive(Debug, Default)]
pub(crate) struct OomKills(Option<f64>);

impl OomKills {
    pub(crate) fn look(&mut self, values: &[(Metric, f64)], out: &Out) {
        let kills = values.iter().find(|(metric, _)| *metric == Metric::OomKills);
        let Some(&(_, kills)) = kills else { return };
        if self.0.replace(kills).is_some_and(|before| kills > before) {
            out.happened(Happening::OomKill);
        }
    }
}
