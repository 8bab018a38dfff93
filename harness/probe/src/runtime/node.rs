//! Node and Deno, watched and asked through V8's inspector, which is opened for the run and closed after it.
//!
//! Pauses come out of Node's trace events, a window at a time. Only the category `v8` is asked for: the finer one has six
//! times as many events, and the target stands still while those of a window are written out.

mod active;
mod door;
mod evidence;
mod room;
mod sampling;
mod snapshot;
#[cfg(test)]
mod tests;
mod trace;
mod wire;

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use clock::Clock;
use serde_json::{Value, json};
use timeline::{Elapsed, Evidence, Metric, Pause, Subject};

use super::{COLLECTED_WITHIN, Moment, PATIENCE, Process, Refused, Runtime, Unreadable};
use crate::out::Out;
use active::Active;
use trace::{Stopped, Trace};
use wire::{Text, Told, Wire, WireError};

pub(crate) use door::Closed;

const SOURCE: &str = "inspector";
/// For how long events are gathered before they are asked for: what a target that dies has not told is lost.
const WINDOW: Duration = Duration::from_secs(2);
/// For how long the last window is waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// What is asked for at each point of the grid; about 0.1 ms of the target's time.
const USAGE: &str = "(() => { const usage = (globalThis.Deno ?? process).memoryUsage(); \
    const active = globalThis.process?.getActiveResourcesInfo?.(); \
    const kinds = active?.reduce((kinds, kind) => { kinds[kind] = (kinds[kind] ?? 0) + 1; return kinds }, {}); \
    return [usage.heapUsed, usage.heapTotal, usage.external, usage.arrayBuffers, kinds] })()";
const WHO: &str = "globalThis.Deno ? `Deno ${Deno.version.deno}` : `Node ${process.versions.node}`";
/// Both close their inspector by this, from the inside; whoever asks for it gets no answer.
const CLOSE: &str = "globalThis.process?._debugEnd?.()";

/// A Node, or a Deno.
pub(crate) struct Node {
    process: Process,
    clock: Clock,
    wire: Wire,
    /// Was the inspector opened for us?
    opened: bool,
    /// `Node 20.20.2`.
    who: String,
    /// When the window was begun; `None` where there are no trace events, as in Deno.
    window: Option<Elapsed>,
    trace: Trace,
    stops: Vec<Stopped>,
    /// When it was last at work for us.
    ours: (Elapsed, Elapsed),
    /// Are allocations sampled since the baseline?
    sampling: bool,
    active: Active,
}

impl Node {
    /// Opens the inspector of a process that was recognised as Node or Deno: it is sent SIGUSR1.
    pub(crate) fn open(process: Process, clock: Clock) -> Result<Self, Closed> {
        let served = process.address.filter(|_| process.same_network).map(|address| address.port());
        let door = door::open(&process, served, clock)?;
        let ours = (Elapsed::ZERO, Elapsed::ZERO);
        let mut node = Self {
            process,
            clock,
            wire: door.wire,
            opened: door.opened,
            who: String::new(),
            window: None,
            trace: Trace::default(),
            stops: Vec::new(),
            ours,
            sampling: false,
            active: Active::default(),
        };
        let greeted = node.greet();
        greeted.map_err(Closed::Silent)?;
        Ok(node)
    }

    fn greet(&mut self) -> Result<(), WireError> {
        self.evaluate(WHO)?.as_str().unwrap_or("Node").clone_into(&mut self.who);
        match self.ask("NodeTracing.start", &tracing()) {
            Ok(_) => self.window = Some(self.clock.now()),
            Err(WireError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Asks, and keeps the stops that are told meanwhile.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Text, WireError> {
        self.ask_for(method, params, PATIENCE)
    }

    fn ask_for(&mut self, method: &str, params: &Value, within: Duration) -> Result<Text, WireError> {
        let Self { wire, trace, stops, .. } = self;
        wire.ask(method, params, within, &mut |told| {
            take(trace, stops, &told);
        })
    }

    /// The value of an expression of JavaScript, run between two pieces of the target's own work.
    fn evaluate(&mut self, expression: &str) -> Result<Value, WireError> {
        let params = json!({ "expression": expression, "returnByValue": true, "silent": true });
        let mut answer: Value = self.ask("Runtime.evaluate", &params)?.result()?;
        Ok(answer["result"]["value"].take())
    }

    fn usage(&mut self, due: Elapsed, out: &Out) -> Result<(), WireError> {
        const SIZES: [Metric; 4] = [Metric::HeapUsed, Metric::HeapTotal, Metric::ExternalMemory, Metric::ArrayBuffers];
        let usage = self.evaluate(USAGE)?;
        let sizes = SIZES.iter().zip(usage.as_array().into_iter().flatten());
        let mut values: Vec<(Metric, f64)> =
            sizes.filter_map(|(metric, value)| Some((*metric, value.as_f64()?))).collect();
        if let Some(active) = usage[SIZES.len()].as_object() {
            values.extend(self.active.take(active));
        }
        out.values(&Subject::Target, due, &values, |_| SOURCE);
        Ok(())
    }

    /// Ends the window and begins the next, at once: the target does nothing between the two.
    fn turn(&mut self) -> Result<(), WireError> {
        let now = self.clock.now();
        if self.window.is_some_and(|begun| now.since(begun) >= WINDOW) {
            self.wire.send("NodeTracing.stop", &json!({}))?;
            self.wire.send("NodeTracing.start", &tracing())?;
            self.window = Some(now);
        }
        Ok(())
    }

    fn look(&mut self, due: Elapsed, out: &Out) -> Result<(), WireError> {
        self.usage(due, out)?;
        self.turn()?;
        let Self { wire, trace, stops, .. } = self;
        wire.hear(&mut |told| {
            take(trace, stops, &told);
        })
    }

    fn hand_out(&mut self, out: &Out) {
        for stop in std::mem::take(&mut self.stops) {
            let pause = self.pause(stop);
            if let Some(live) = pause.live.filter(|_| !pause.concurrent) {
                out.sample(Metric::LiveHeap, pause.end(), live as f64, SOURCE);
            }
            out.pause(pause);
        }
    }

    fn pause(&self, stop: Stopped) -> Pause {
        let start = self.clock.at_monotonic(stop.start.saturating_mul(1000));
        Pause {
            start,
            length: stop.length,
            concurrent: !stop.first,
            cpu: Some(stop.cpu),
            kind: stop.kind,
            forced: self.ours.0 <= start && start <= self.ours.1,
            live: stop.live,
            source: SOURCE.into(),
        }
    }

    /// Remembers what the target does meanwhile as done for us.
    fn for_us<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let from = self.clock.now();
        self.ours = (from, Elapsed::from(Duration::MAX));
        let done = work(self);
        self.ours = (from, self.clock.now());
        done
    }

    fn say_goodbye(&mut self) -> Result<(), WireError> {
        if self.sampling {
            self.ask("HeapProfiler.stopSampling", &json!({}))?;
        }
        if self.window.take().is_some() {
            self.wire.send("NodeTracing.stop", &json!({}))?;
            let Self { wire, trace, stops, .. } = self;
            wire.hear_until(LAST_WORDS, |told| take(trace, stops, &told))?;
        }
        if self.opened {
            self.evaluate(CLOSE)?;
        }
        Ok(())
    }

    fn unreadable(&self, error: WireError) -> Unreadable {
        let what = format!("the inspector of process {}", self.process.pid);
        match error {
            // Either the process is gone, or someone has closed its inspector: it is opened again where it lives.
            WireError::Broken(_) => Unreadable::Gone,
            WireError::Late { .. } => Unreadable::Silent { what, source: ErrorKind::TimedOut.into() },
            error => Unreadable::Strange { what, how: format!("does not do as it should: {error}") },
        }
    }
}

impl Runtime for Node {
    fn told_as(&self) -> String {
        format!("{} by its inspector", self.who)
    }

    fn lacks(&self) -> Vec<String> {
        let untraced = "pauses: this inspector does not trace; have it log them, with DENO_V8_FLAGS=--trace-gc";
        self.window.is_none().then(|| untraced.to_owned()).into_iter().collect()
    }

    fn read(&mut self, due: Elapsed, out: &Out) -> Result<(), Unreadable> {
        let looked = self.look(due, out);
        self.hand_out(out);
        looked.map_err(|error| self.unreadable(error))
    }

    fn collect(&mut self) -> Result<(), Refused> {
        let collected = self.for_us(|node| node.ask_for("HeapProfiler.collectGarbage", &json!({}), COLLECTED_WITHIN));
        collected.map_err(|error| self.unreadable(error))?;
        Ok(())
    }

    fn evidence(&mut self, folder: &Path, moment: Moment) -> Vec<Evidence> {
        self.for_us(|node| match moment {
            Moment::Baseline => evidence::begin(node),
            Moment::Failure => evidence::take(node, folder),
        })
    }

    fn leave(&mut self, out: &Out) {
        // Whatever goes wrong here, the target is gone or does not listen.
        let _ = self.say_goodbye();
        self.hand_out(out);
    }
}

fn tracing() -> Value {
    json!({ "traceConfig": { "includedCategories": ["v8"] } })
}

/// Keeps the stops of what was told. Is it the end of a window?
fn take(trace: &mut Trace, stops: &mut Vec<Stopped>, told: &Told) -> bool {
    #[derive(serde::Deserialize)]
    struct Collected {
        value: Value,
    }
    if told.method != "NodeTracing.dataCollected" {
        return false;
    }
    told.text.params::<Collected>().is_ok_and(|collected| trace.take(collected.value, stops))
}
