//! The JVM, without tools of its own and without a restart: its counters in `hsperfdata`, commands by its attach
//! mechanism, and a log of its stops that is turned on by such a command and turned off at the end.

mod attach;
mod histogram;
mod perf;
mod stops;
mod tail;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clock::Clock;
use timeline::{Elapsed, Evidence, Metric, Pause, Subject};

use self::attach::Attach;
use self::histogram::Histogram;
use self::perf::Perf;
use self::stops::{Counted, Log, Whole};
use super::{COLLECTED_WITHIN, Moment, PATIENCE, Process, Refused, Runtime, Unreadable, keep, of_file};
use crate::out::Out;

/// Without a log of them, stops are told apart only where no two of them come between two looks.
const LOOKS_WITHOUT_LOG: Duration = Duration::from_millis(20);

/// How the log calls a collection of all of the heap.
const WHOLE: &str = "Pause Full";
/// Who tells of the live heap: the counters after collections of all of it, the log after others.
const LIVE: &str = "jvm";
/// No JVM has more of them, the one for classes of old versions included.
const GENERATIONS: u32 = 3;

/// A process of the JVM.
pub(crate) struct Jvm {
    clock: Clock,
    version: String,
    attach: Attach,
    /// Where its counters are, where it shares them.
    counters: Option<PathBuf>,
    whole: Option<Whole>,
    stops: Stops,
    /// Why it would not collect.
    refuses: Option<String>,
    baseline: Option<Histogram>,
}

/// What tells of its stops.
enum Stops {
    /// Its log.
    Logged(Box<Log>),
    /// Its counters, since there is no log, and why.
    Counted(Counted, String),
}

impl Jvm {
    /// Finds out what can be had of a process; an error where that is nothing at all.
    pub(crate) fn meet(process: &Process, clock: Clock) -> Result<Self, Unreadable> {
        let attach = Attach::new(process, clock);
        let counters = perf::file_of(process);
        let perf = counters.as_deref().map(Perf::read).transpose().ok().flatten();
        let log = Log::start(process, &attach, clock);
        let stops = match (log, &perf) {
            (Ok(log), _) => Stops::Logged(Box::new(log)),
            (Err(why), Some(perf)) => Stops::Counted(Counted::since(perf, clock), why.to_string()),
            (Err(why), None) => return Err(why),
        };
        let version = perf.as_ref().and_then(|perf| perf.text("java.property.java.version"));
        let version = version.map_or_else(|| asked_version(&attach), str::to_owned);
        let refuses = refuses(process);
        let whole = perf.as_ref().and_then(Whole::since);
        Ok(Self { clock, version, attach, counters, whole, stops, refuses, baseline: None })
    }

    /// Tells of stops, and of what was live after them where the counters do not tell that to the byte.
    fn tell(&self, pauses: Vec<Pause>, out: &Out) {
        for pause in pauses {
            let counted = self.whole.is_some() && pause.kind.starts_with(WHOLE);
            if let Some(live) = pause.live.filter(|_| !counted) {
                out.sample(Metric::LiveHeap, pause.end(), live as f64, LIVE);
            }
            out.pause(pause);
        }
    }

    /// What it counts: the classes it has loaded, and what these take.
    fn count(perf: &Perf, due: Elapsed, out: &Out) {
        let number = |name: &str| perf.number(name).map(|number| number as f64);
        let loaded = number("java.cls.loadedClasses").zip(number("java.cls.unloadedClasses"));
        let classes = loaded.map(|(loaded, unloaded)| loaded - unloaded);
        let generations = (0..GENERATIONS).filter_map(|at| number(&format!("sun.gc.generation.{at}.capacity")));
        let committed = Some(generations.sum()).filter(|bytes: &f64| *bytes > 0.0);
        let values = [
            (Metric::HeapTotal, committed),
            (Metric::Classes, classes),
            (Metric::Metaspace, number("sun.gc.metaspace.used").filter(|bytes| *bytes > 0.0)),
        ];
        let values: Vec<(Metric, f64)> = values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        out.values(&Subject::Target, due, &values, |_| "hsperfdata");
    }

    fn histogram(&mut self, folder: &Path, moment: Moment) -> Result<Evidence, Unreadable> {
        const COMMAND: &str = "GC.class_histogram";
        let text = self.attach.jcmd(COMMAND, COLLECTED_WITHIN)?;
        let strange =
            || Unreadable::Strange { what: COMMAND.to_owned(), how: "was answered without a class".to_owned() };
        let histogram = Histogram::parse(&text).ok_or_else(strange)?;
        let grown = self.baseline.as_ref().map(|before| histogram.grown_since(before)).unwrap_or_default();
        if moment == Moment::Baseline {
            self.baseline = Some(histogram);
        }
        let file = keep(folder, &format!("jvm-classes-{}.txt", moment.name()), text.as_bytes());
        Ok(Evidence { grown, ..of_file("class histogram", file) })
    }

    fn threads(&self, folder: &Path, moment: Moment) -> Result<String, Unreadable> {
        let text = self.attach.jcmd("Thread.print", COLLECTED_WITHIN)?;
        keep(folder, &format!("jvm-threads-{}.txt", moment.name()), text.as_bytes())
    }
}

impl Runtime for Jvm {
    fn told_as(&self) -> String {
        let by = match &self.stops {
            Stops::Logged(_) => "its log",
            Stops::Counted(..) => "hsperfdata",
        };
        format!("JVM {} by {by}", self.version)
    }

    fn lacks(&self) -> Vec<String> {
        let stops = match &self.stops {
            Stops::Logged(_) => None,
            Stops::Counted(_, why) => Some(format!("each stop by itself: {why}")),
        };
        let collects = self.refuses.as_ref().map(|why| format!("a collection: {why}"));
        stops.into_iter().chain(collects).collect()
    }

    fn forgets_after(&self) -> Duration {
        match self.stops {
            Stops::Logged(_) => Duration::MAX,
            Stops::Counted(..) => LOOKS_WITHOUT_LOG,
        }
    }

    fn read(&mut self, due: Elapsed, out: &Out) -> Result<(), Unreadable> {
        let now = self.clock.now();
        if let Stops::Logged(log) = &mut self.stops {
            let told = log.read(now)?;
            self.tell(told, out);
        }
        let Some(counters) = &self.counters else { return Ok(()) };
        let perf = Perf::read(counters)?;
        if let Some(live) = self.whole.as_mut().and_then(|whole| whole.read(&perf)) {
            out.values(&Subject::Target, due, &[(Metric::LiveHeap, live)], |_| LIVE);
        }
        if let Stops::Counted(counted, _) = &mut self.stops {
            counted.read(&perf, now).into_iter().for_each(|pause| out.pause(pause));
        }
        Self::count(&perf, due, out);
        Ok(())
    }

    fn collect(&mut self) -> Result<(), Refused> {
        if let Some(why) = &self.refuses {
            return Err(Refused::Cannot(why.clone()));
        }
        let from = self.clock.now();
        self.attach.jcmd("GC.run", COLLECTED_WITHIN)?;
        if let Stops::Counted(counted, _) = &mut self.stops {
            counted.forced((from, self.clock.now()));
        }
        Ok(())
    }

    fn evidence(&mut self, folder: &Path, moment: Moment) -> Vec<Evidence> {
        let histogram = self.histogram(folder, moment);
        let histogram = histogram.unwrap_or_else(|error| of_file("class histogram", Err(error)));
        vec![histogram, of_file("threads", self.threads(folder, moment))]
    }

    fn leave(&mut self, out: &Out) {
        if let Stops::Logged(log) = &mut self.stops {
            let last = log.end(&self.attach, self.clock.now());
            self.tell(last, out);
        }
    }
}

/// From the first line of `VM.version` that has a number: `JDK 17.0.15`.
fn asked_version(attach: &Attach) -> String {
    let text = attach.jcmd("VM.version", PATIENCE).unwrap_or_default();
    let version = text.lines().find_map(|line| line.strip_prefix("JDK "));
    version.unwrap_or("of an unknown version").to_owned()
}

/// Was it started with an option, by its command or by a variable that it reads?
fn has_option(process: &Process, option: &str) -> bool {
    const VARIABLES: [&str; 3] = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"];
    let variables = VARIABLES.iter().filter_map(|name| process.variable(name));
    let mut said = variables.flat_map(|said| said.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>());
    process.command.iter().any(|word| word == option) || said.any(|word| word == option)
}

fn refuses(process: &Process) -> Option<String> {
    const OPTION: &str = "-XX:+DisableExplicitGC";
    has_option(process, OPTION).then(|| format!("it was started with {OPTION}"))
}
