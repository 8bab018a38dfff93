//! Pauses come some times a second, for hours: what is the same of many is kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, Row, Transaction, params};
use timeline::{Elapsed, Observation, Pause, Timeline};

use crate::error::Trouble;
use crate::schema;

/// The ids that the database has given to what pauses have in common.
#[derive(Default)]
pub(crate) struct Kinds(BTreeMap<Kind, i64>);

/// What many pauses have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    name: Arc<str>,
    source: Arc<str>,
    concurrent: bool,
}

impl Kinds {
    /// Writes a pause.
    pub(crate) fn put(&mut self, transaction: &Transaction<'_>, pause: &Pause) -> Result<(), Trouble> {
        let (name, source) = (Arc::clone(&pause.kind), Arc::clone(&pause.source));
        let kind = Kind { name, source, concurrent: pause.concurrent };
        let id = match self.0.get(&kind) {
            Some(id) => *id,
            None => self.give_id(transaction, kind)?,
        };
        transaction
            .prepare_cached(
                "INSERT INTO pauses(kind, start_us, length_us, cpu_us, forced, live) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                id,
                pause.start.micros().cast_signed(),
                pause.length.cast_signed(),
                pause.cpu.map(u64::cast_signed),
                pause.forced,
                pause.live.map(u64::cast_signed)
            ])?;
        Ok(())
    }

    fn give_id(&mut self, transaction: &Transaction<'_>, kind: Kind) -> Result<i64, Trouble> {
        let columns = params![kind.name, kind.source, kind.concurrent];
        transaction
            .prepare_cached("INSERT OR IGNORE INTO pause_kinds(kind, source, concurrent) VALUES (?1, ?2, ?3)")?
            .execute(columns)?;
        let id = transaction
            .prepare_cached("SELECT id FROM pause_kinds WHERE kind = ?1 AND source = ?2 AND concurrent = ?3")?
            .query_row(columns, |row| row.get(0))?;
        self.0.insert(kind, id);
        Ok(id)
    }
}

/// Adds the record's pauses to the timeline; a record of the time before they were kept has none.
pub(crate) fn read(view: &Connection, timeline: &mut Timeline) -> Result<(), Trouble> {
    if !schema::has(view, "pauses")? {
        return Ok(());
    }
    let kinds = read_kinds(view)?;
    let mut statement =
        view.prepare("SELECT kind, start_us, length_us, cpu_us, forced, live FROM pauses ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        timeline.push(Observation::Pause(pause(row, &kinds)?));
    }
    // Some are told late.
    timeline.pauses.sort_by_key(Pause::end);
    Ok(())
}

fn read_kinds(view: &Connection) -> Result<BTreeMap<i64, Kind>, Trouble> {
    let mut statement = view.prepare("SELECT id, kind, source, concurrent FROM pause_kinds")?;
    let kinds = statement.query_map([], |row| {
        Ok((row.get(0)?, Kind { name: row.get(1)?, source: row.get(2)?, concurrent: row.get(3)? }))
    })?;
    Ok(kinds.collect::<Result<_, _>>()?)
}

fn pause(row: &Row<'_>, kinds: &BTreeMap<i64, Kind>) -> Result<Pause, Trouble> {
    let id: i64 = row.get(0)?;
    let kind =
        kinds.get(&id).ok_or_else(|| Trouble::Damaged(format!("a pause is of kind {id}, which is not there")))?;
    Ok(Pause {
        start: Elapsed::from_micros(row.get::<_, i64>(1)?.cast_unsigned()),
        length: row.get::<_, i64>(2)?.cast_unsigned(),
        concurrent: kind.concurrent,
        cpu: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        kind: Arc::clone(&kind.name),
        forced: row.get(4)?,
        live: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        source: Arc::clone(&kind.source),
    })
}
