//! Observations on their way into the tables.

use std::collections::BTreeMap;
use std::iter;
use std::path::PathBuf;

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use timeline::{
    Beat, Elapsed, Event, Hold, LatencyInterval, LoadInterval, Observation, Outcome, PhaseSpan, Sample, SeriesKey,
};

use crate::about::About;
use crate::error::{RecordError, Trouble};
use crate::pauses::Kinds;
use crate::schema;
use crate::{beats, samples};

/// How many observations wait for a disk that refuses before they are given up: some ten minutes.
const MOST_PENDING: usize = 100_000;

/// A record that is being written, in the hands of one thread.
pub(crate) struct Store {
    path: PathBuf,
    connection: Connection,
    known: Known,
    pending: Vec<Observation>,
    failure: Option<Trouble>,
    lost: u64,
}

/// The ids that the database has given; forgotten when a transaction failed, for they went with it.
#[derive(Default)]
struct Known {
    series: BTreeMap<SeriesKey, i64>,
    steps: BTreeMap<String, i64>,
    pauses: Kinds,
}

impl Store {
    /// An empty record at `path`.
    pub(crate) fn create(path: PathBuf, about: &About) -> Result<Self, RecordError> {
        let connection = schema::create(&path)?;
        let (known, pending) = (Known::default(), Vec::new());
        let store = Self { path, connection, known, pending, failure: None, lost: 0 };
        store.set_about(about).map_err(RecordError::database("write", &store.path))?;
        Ok(store)
    }

    fn set_about(&self, about: &About) -> Result<(), Trouble> {
        // Apart from the rest, so that a program that cannot read the rest can say who can.
        schema::set_value(&self.connection, "harness_version", &about.harness_version)?;
        schema::set_value(&self.connection, "about", &serde_json::to_string(about)?)
    }

    /// Writes again what is known of the run; a failure is kept for the end.
    pub(crate) fn note(&mut self, about: &About) {
        if let Err(trouble) = self.set_about(about) {
            self.failure.get_or_insert(trouble);
        }
    }

    /// Writes what was seen, in one transaction. What the disk refuses is tried again the next time.
    pub(crate) fn take(&mut self, seen: impl Iterator<Item = Observation>) {
        self.pending.extend(seen);
        if self.pending.is_empty() {
            return;
        }
        match commit(&mut self.connection, &mut self.known, &self.pending) {
            Ok(()) => self.pending.clear(),
            Err(trouble) => self.put_off(trouble),
        }
    }

    fn put_off(&mut self, trouble: Trouble) {
        self.known = Known::default();
        self.failure.get_or_insert(trouble);
        if self.pending.len() > MOST_PENDING {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.lost += self.pending.len() as u64;
        self.pending.clear();
    }

    /// Writes how the run ended, and turns the record into a single file.
    pub(crate) fn seal(mut self, outcome: &Outcome) -> Result<(), RecordError> {
        self.take(iter::empty());
        self.give_up();
        self.finish(outcome).map_err(RecordError::database("seal", &self.path))?;
        match self.failure {
            Some(trouble) if self.lost > 0 => {
                Err(RecordError::Lost { path: self.path, lost: self.lost, source: trouble.into_source() })
            }
            _ => Ok(()),
        }
    }

    fn finish(&self, outcome: &Outcome) -> Result<(), Trouble> {
        schema::set_value(&self.connection, "outcome", &serde_json::to_string(outcome)?)?;
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        Ok(())
    }
}

fn commit(connection: &mut Connection, known: &mut Known, seen: &[Observation]) -> Result<(), Trouble> {
    let transaction = connection.transaction()?;
    let (mut beats, mut samples) = (Vec::new(), Vec::new());
    for one in seen {
        match one {
            Observation::Beat(beat) => beats.push(*beat),
            Observation::Sample { key, source, sample } => {
                samples.push((series_of(&transaction, known, key, source)?, *sample));
            }
            Observation::Hold(hold) => put_hold(&transaction, hold)?,
            Observation::Pause(pause) => known.pauses.put(&transaction, pause)?,
            Observation::Latency(interval) => put_latency(&transaction, known, interval)?,
            Observation::Load(interval) => put_load(&transaction, interval)?,
            Observation::Phase(span) => put_phase(&transaction, span)?,
            Observation::Event(event) => put_event(&transaction, event)?,
        }
    }
    put_samples(&transaction, &samples)?;
    put_beats(&transaction, &beats)?;
    Ok(transaction.commit()?)
}

/// The database's integers are signed; the bits are kept, so that every time comes back as it was.
fn micros(time: Elapsed) -> i64 {
    time.micros().cast_signed()
}

/// The id of a series.
fn series_of(transaction: &Transaction<'_>, known: &mut Known, key: &SeriesKey, source: &str) -> Result<i64, Trouble> {
    match known.series.get(key) {
        Some(id) => Ok(*id),
        None => series_id(transaction, known, key, source),
    }
}

fn put_samples(transaction: &Transaction<'_>, seen: &[(i64, Sample)]) -> Result<(), Trouble> {
    if !seen.is_empty() {
        transaction
            .prepare_cached("INSERT INTO samples(count, packed) VALUES (?1, ?2)")?
            .execute(params![seen.len().cast_signed(), samples::pack(seen)])?;
    }
    Ok(())
}

fn series_id(transaction: &Transaction<'_>, known: &mut Known, key: &SeriesKey, source: &str) -> Result<i64, Trouble> {
    let (subject, metric) = (plain(&key.subject)?, plain(&key.metric)?);
    transaction
        .prepare_cached("INSERT OR IGNORE INTO series(subject, metric, source) VALUES (?1, ?2, ?3)")?
        .execute([&subject, &metric, source])?;
    let id = transaction
        .prepare_cached("SELECT id FROM series WHERE subject = ?1 AND metric = ?2")?
        .query_row([&subject, &metric], |row| row.get(0))?;
    known.series.insert(key.clone(), id);
    Ok(id)
}

/// A name as serde gives it, without the quotes where it is a plain string: for people who look in.
fn plain<T: Serialize>(name: &T) -> Result<String, Trouble> {
    Ok(match serde_json::to_value(name)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

fn put_latency(transaction: &Transaction<'_>, known: &mut Known, interval: &LatencyInterval) -> Result<(), Trouble> {
    let step = match known.steps.get(&interval.step) {
        Some(id) => *id,
        None => step_id(transaction, known, &interval.step)?,
    };
    let failures = (!interval.failures.is_empty()).then(|| serde_json::to_string(&interval.failures)).transpose()?;
    transaction
        .prepare_cached(
            "INSERT INTO latency(step, start_us, end_us, requests, failures, histogram, response, unawaited)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            step,
            micros(interval.start),
            micros(interval.end),
            interval.requests.cast_signed(),
            failures,
            interval.histogram.0,
            interval.response.as_ref().map(|response| &response.0),
            (interval.unawaited > 0).then(|| interval.unawaited.cast_signed())
        ])?;
    Ok(())
}

fn step_id(transaction: &Transaction<'_>, known: &mut Known, name: &str) -> Result<i64, Trouble> {
    transaction.prepare_cached("INSERT OR IGNORE INTO steps(name) VALUES (?1)")?.execute([name])?;
    let id = transaction.prepare_cached("SELECT id FROM steps WHERE name = ?1")?.query_row([name], |row| row.get(0))?;
    known.steps.insert(name.to_owned(), id);
    Ok(id)
}

fn put_load(transaction: &Transaction<'_>, interval: &LoadInterval) -> Result<(), Trouble> {
    let arrivals = interval.arrivals.map(|arrivals| serde_json::to_string(&arrivals)).transpose()?;
    transaction
        .prepare_cached(
            "INSERT INTO load(start_us, end_us, users_planned, users_active, cut_off, arrivals, cpu_us, delayed_us)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            micros(interval.start),
            micros(interval.end),
            interval.users_planned.cast_signed(),
            interval.users_active.cast_signed(),
            interval.cut_off.cast_signed(),
            arrivals,
            interval.cost.map(|cost| cost.cpu.cast_signed()),
            interval.cost.map(|cost| cost.delayed.cast_signed())
        ])?;
    Ok(())
}

fn put_phase(transaction: &Transaction<'_>, span: &PhaseSpan) -> Result<(), Trouble> {
    transaction
        .prepare_cached("INSERT INTO phases(name, cycle, loaded, start_us, end_us) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![span.name, span.cycle, span.loaded, micros(span.start), micros(span.end)])?;
    Ok(())
}

fn put_event(transaction: &Transaction<'_>, event: &Event) -> Result<(), Trouble> {
    transaction
        .prepare_cached("INSERT INTO events(at_us, json) VALUES (?1, ?2)")?
        .execute(params![micros(event.at), serde_json::to_string(event)?])?;
    Ok(())
}

fn put_hold(transaction: &Transaction<'_>, hold: &Hold) -> Result<(), Trouble> {
    let amounts = [hold.quota, hold.queue, hold.memory, hold.resent].map(u64::cast_signed);
    let [quota, queue, memory, resent] = amounts;
    transaction
        .prepare_cached(
            "INSERT INTO holds(from_us, to_us, quota_us, queue_us, memory_us, resent) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![micros(hold.from), micros(hold.to), quota, queue, memory, resent])?;
    Ok(())
}

fn put_beats(transaction: &Transaction<'_>, seen: &[Beat]) -> Result<(), Trouble> {
    if !seen.is_empty() {
        transaction
            .prepare_cached("INSERT INTO beats(count, packed) VALUES (?1, ?2)")?
            .execute(params![seen.len().cast_signed(), beats::pack(seen)])?;
    }
    Ok(())
}
