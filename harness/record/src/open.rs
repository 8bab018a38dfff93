//! Reads a record back.

use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use serde::de::DeserializeOwned;
use timeline::{
    Beat, Elapsed, EncodedHistogram, Event, Hold, LatencyInterval, LoadCost, LoadInterval, Observation, Outcome,
    PhaseSpan, Sample, Series, SeriesKey, Timeline,
};
use verdict::Finding;

use crate::about::About;
use crate::beats;
use crate::error::{RecordError, Trouble, decode};
use crate::{findings, pauses, samples, schema};

/// A run, as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where it is.
    pub folder: PathBuf,
    /// What is known of it.
    pub about: About,
    /// What it saw. Where nothing sealed the record, the outcome is [`Outcome::HarnessLost`].
    pub timeline: Timeline,
    /// What was said of it; empty where it was never judged.
    pub findings: Vec<Finding>,
}

/// Opens the record in `folder`; it is not changed by that. The record of a killed harness opens too,
/// and so does one that is still being written.
///
/// # Errors
/// Where there is none, it is damaged, or a later version of this program has written it.
pub fn open(folder: &Path) -> Result<Record, RecordError> {
    let path = folder.join(schema::FILE);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = schema::connect(&path, flags)?;
    read(&mut connection, folder).map_err(RecordError::database("read", &path))
}

const LATENCY: &str = "SELECT name, start_us, end_us, requests, failures, histogram, response, unawaited
    FROM latency LEFT JOIN steps ON steps.id = latency.step ORDER BY latency.rowid";
const LOAD: &str = "SELECT start_us, end_us, users_planned, users_active, cut_off, arrivals, cpu_us, delayed_us
    FROM load ORDER BY rowid";
const HOLDS: &str = "SELECT from_us, to_us, quota_us, queue_us, memory_us, resent FROM holds ORDER BY rowid";
const PHASES: &str = "SELECT name, cycle, loaded, start_us, end_us FROM phases ORDER BY rowid";
const EVENTS: &str = "SELECT json FROM events ORDER BY rowid";

fn read(connection: &mut Connection, folder: &Path) -> Result<Record, Trouble> {
    // One transaction: the tables are all seen as of one moment, also while the run goes on.
    let view = connection.transaction()?;
    let about =
        schema::value(&view, "about")?.ok_or_else(|| Trouble::Damaged("nothing is known of the run".to_owned()))?;
    let about: About = decode("what is known of the run", &about)?;
    Ok(Record { folder: folder.to_owned(), about, timeline: read_timeline(&view)?, findings: findings::read(&view)? })
}

fn read_timeline(view: &Connection) -> Result<Timeline, Trouble> {
    let mut timeline = Timeline { outcome: read_outcome(view)?, ..Timeline::default() };
    read_samples(view, &mut timeline)?;
    timeline.beats = read_beats(view)?;
    timeline.end = timeline.beats.iter().map(|beat| beat.done).fold(timeline.end, Elapsed::max);
    // A record of the time before they were kept has none.
    if schema::has(view, "holds")? {
        push(view, &mut timeline, HOLDS, |row| Ok(Observation::Hold(hold(row)?)))?;
    }
    pauses::read(view, &mut timeline)?;
    push(view, &mut timeline, LATENCY, |row| Ok(Observation::Latency(latency_interval(row)?)))?;
    push(view, &mut timeline, LOAD, |row| Ok(Observation::Load(load_interval(row)?)))?;
    push(view, &mut timeline, PHASES, |row| Ok(Observation::Phase(phase_span(row)?)))?;
    push(view, &mut timeline, EVENTS, |row| Ok(Observation::Event(event(row)?)))?;
    if timeline.outcome == Outcome::HarnessLost {
        timeline.close_phase();
    }
    Ok(timeline)
}

/// Adds to the timeline what `read` makes of each row that `query` gives.
fn push(
    view: &Connection,
    timeline: &mut Timeline,
    query: &str,
    read: impl Fn(&Row<'_>) -> Result<Observation, Trouble>,
) -> Result<(), Trouble> {
    each(view, query, |row| {
        timeline.push(read(row)?);
        Ok(())
    })
}

fn read_outcome(view: &Connection) -> Result<Outcome, Trouble> {
    Ok(schema::value(view, "outcome")?.map(|json| decode("the outcome", &json)).transpose()?.unwrap_or_default())
}

/// Calls `read` with each row that `query` gives.
fn each(view: &Connection, query: &str, mut read: impl FnMut(&Row<'_>) -> Result<(), Trouble>) -> Result<(), Trouble> {
    let mut statement = view.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read(row)?;
    }
    Ok(())
}

fn number(row: &Row<'_>, column: usize) -> Result<u64, Trouble> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

fn time(row: &Row<'_>, column: usize) -> Result<Elapsed, Trouble> {
    Ok(Elapsed::from_micros(number(row, column)?))
}

fn read_samples(view: &Connection, timeline: &mut Timeline) -> Result<(), Trouble> {
    let mut all = read_series(view)?;
    let mut end = timeline.end;
    // Ids are given from one up, and there are some dozens.
    let mut put = |id: i64, sample: Sample| {
        let at = all.binary_search_by_key(&id, |(known, ..)| *known).ok()?;
        end = end.max(sample.taken);
        all[at].2.samples.push(sample);
        Some(())
    };
    let lost = || Trouble::Damaged("samples are cut short, or belong to a series that is not there".to_owned());
    if schema::has_column(view, "samples", "due_us")? {
        each(view, "SELECT series, due_us, late_us, value FROM samples ORDER BY rowid", |row| {
            put(row.get(0)?, sample(row)?).ok_or_else(lost)
        })?;
    } else {
        each(view, "SELECT id, packed FROM samples ORDER BY id", |row| {
            let ValueRef::Blob(packed) = row.get_ref(1)? else {
                return Err(Trouble::Damaged("samples are not packed".to_owned()));
            };
            samples::unpack(packed, &mut put).ok_or_else(lost)
        })?;
    }
    timeline.end = end;
    timeline.series = all.into_iter().map(|(_, key, series)| (key, series)).collect();
    Ok(())
}

/// A sample as formats 1 and 2 kept it: in a row of its own.
fn sample(row: &Row<'_>) -> Result<Sample, Trouble> {
    let due = number(row, 1)?;
    let taken = due.wrapping_add(number(row, 2)?);
    // SQLite has no NaN: it keeps it as NULL.
    let value = row.get::<_, Option<f64>>(3)?.unwrap_or(f64::NAN);
    Ok(Sample { due: Elapsed::from_micros(due), taken: Elapsed::from_micros(taken), value })
}

/// The series in order of their ids, without their samples.
fn read_series(view: &Connection) -> Result<Vec<(i64, SeriesKey, Series)>, Trouble> {
    let mut all = Vec::new();
    each(view, "SELECT id, subject, metric, source FROM series ORDER BY id", |row| {
        let key = SeriesKey { subject: named(&row.get::<_, String>(1)?)?, metric: named(&row.get::<_, String>(2)?)? };
        all.push((row.get(0)?, key, Series { source: row.get(3)?, samples: Vec::new() }));
        Ok(())
    })?;
    Ok(all)
}

/// What `text` names: it is a plain string, or JSON where the thing is more than a name.
fn named<T: DeserializeOwned>(text: &str) -> Result<T, Trouble> {
    let plain = serde_json::from_value(serde_json::Value::String(text.to_owned()));
    plain.or_else(|_| serde_json::from_str(text)).map_err(|_| Trouble::Damaged(format!("`{text}` is not known here")))
}

fn read_beats(view: &Connection) -> Result<Vec<Beat>, Trouble> {
    let mut all = Vec::with_capacity(count(view)?);
    each(view, "SELECT id, packed FROM beats ORDER BY id", |row| {
        let ValueRef::Blob(packed) = row.get_ref(1)? else {
            return Err(Trouble::Damaged("beats are not packed".to_owned()));
        };
        beats::unpack(packed, &mut all).ok_or_else(|| Trouble::Damaged("a batch of beats is cut short".to_owned()))
    })?;
    Ok(all)
}

/// How many beats there are; a damaged record may say anything, so no more than have room in it.
fn count(view: &Connection) -> Result<usize, Trouble> {
    const COUNT: &str = "SELECT max(0, min((SELECT coalesce(sum(min(count, 1000000)), 0) FROM beats),
        (SELECT page_count * page_size / 3 FROM pragma_page_count, pragma_page_size)))";
    Ok(usize::try_from(view.query_row(COUNT, [], |row| row.get::<_, i64>(0))?).unwrap_or_default())
}

fn latency_interval(row: &Row<'_>) -> Result<LatencyInterval, Trouble> {
    let failures: Option<String> = row.get(4)?;
    Ok(LatencyInterval {
        step: row.get::<_, Option<String>>(0)?.ok_or_else(|| Trouble::Damaged("a step has no name".to_owned()))?,
        start: time(row, 1)?,
        end: time(row, 2)?,
        requests: number(row, 3)?,
        failures: failures.map(|json| decode("a count of failures", &json)).transpose()?.unwrap_or_default(),
        histogram: EncodedHistogram(row.get(5)?),
        response: row.get::<_, Option<_>>(6)?.map(EncodedHistogram),
        unawaited: row.get::<_, Option<i64>>(7)?.unwrap_or_default().cast_unsigned(),
    })
}

fn hold(row: &Row<'_>) -> Result<Hold, Trouble> {
    let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let (from, to) = (Elapsed::from_micros(number(0)?), Elapsed::from_micros(number(1)?));
    Ok(Hold { from, to, quota: number(2)?, queue: number(3)?, memory: number(4)?, resent: number(5)? })
}

fn event(row: &Row<'_>) -> Result<Event, Trouble> {
    decode("an event", &row.get::<_, String>(0)?)
}

fn load_interval(row: &Row<'_>) -> Result<LoadInterval, Trouble> {
    let arrivals: Option<String> = row.get(5)?;
    let micros = |column| Ok::<_, Trouble>(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned));
    Ok(LoadInterval {
        start: time(row, 0)?,
        end: time(row, 1)?,
        users_planned: number(row, 2)?,
        users_active: number(row, 3)?,
        cut_off: number(row, 4)?,
        arrivals: arrivals.map(|json| decode("a count of arrivals", &json)).transpose()?,
        cost: micros(6)?.zip(micros(7)?).map(|(cpu, delayed)| LoadCost { cpu, delayed }),
    })
}

fn phase_span(row: &Row<'_>) -> Result<PhaseSpan, Trouble> {
    let (name, cycle, loaded) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(PhaseSpan { name, cycle, loaded, start: time(row, 3)?, end: time(row, 4)? })
}
