//! The database's layout, and its version.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::RecordError;
use crate::error::Trouble;

/// The format of records: raised with every change of the tables that an older program would misread. 2 has arrivals, 3
/// packs samples and compresses histograms.
pub const VERSION: i64 = 3;

/// The database's name in its folder.
pub(crate) const FILE: &str = "record.db";

/// `Plim`: what tells our databases from others, to us and to `file`.
const APPLICATION: i64 = 0x506c_696d;

/// Times are microseconds since the start. Kinds of pauses are kept once, for there are thousands of one kind. Samples
/// and beats are packed: `plimsoll export` is for people who want to look in.
const TABLES: &str = "
    CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE series(id INTEGER PRIMARY KEY, subject TEXT NOT NULL, metric TEXT NOT NULL, source TEXT NOT NULL,
        UNIQUE(subject, metric)) STRICT;
    CREATE TABLE samples(id INTEGER PRIMARY KEY, count INTEGER NOT NULL, packed BLOB NOT NULL) STRICT;
    CREATE TABLE steps(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE latency(step INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
        requests INTEGER NOT NULL, failures TEXT, histogram BLOB NOT NULL, response BLOB, unawaited INTEGER)
        STRICT;
    CREATE TABLE load(start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, users_planned INTEGER NOT NULL,
        users_active INTEGER NOT NULL, cut_off INTEGER NOT NULL, arrivals TEXT, cpu_us INTEGER, delayed_us INTEGER)
        STRICT;
    CREATE TABLE beats(id INTEGER PRIMARY KEY, count INTEGER NOT NULL, packed BLOB NOT NULL) STRICT;
    CREATE TABLE holds(from_us INTEGER NOT NULL, to_us INTEGER NOT NULL, quota_us INTEGER NOT NULL,
        queue_us INTEGER NOT NULL, memory_us INTEGER NOT NULL, resent INTEGER NOT NULL) STRICT;
    CREATE TABLE pause_kinds(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL,
        concurrent INTEGER NOT NULL, UNIQUE(kind, source, concurrent)) STRICT;
    CREATE TABLE pauses(kind INTEGER NOT NULL, start_us INTEGER NOT NULL, length_us INTEGER NOT NULL, cpu_us INTEGER,
        forced INTEGER NOT NULL, live INTEGER) STRICT;
    CREATE TABLE phases(name TEXT NOT NULL, cycle INTEGER, loaded INTEGER NOT NULL, start_us INTEGER NOT NULL,
        end_us INTEGER NOT NULL) STRICT;
    CREATE TABLE events(at_us INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
    CREATE TABLE findings(id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
";

/// Makes an empty record at `path`.
pub(crate) fn create(path: &Path) -> Result<Connection, RecordError> {
    let failed = || RecordError::database("make", path);
    let connection = Connection::open(path).map_err(failed())?;
    lay_out(&connection).map_err(failed())?;
    Ok(connection)
}

/// A commit of a killed harness survives with `NORMAL`; a power cut may take the last seconds.
fn lay_out(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute_batch(&format!("BEGIN; {TABLES} COMMIT;"))
}

/// Opens the record at `path`, and makes sure that it is one which this program understands.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, RecordError> {
    let failed = || RecordError::database("open", path);
    // SQLite's own word for a missing file is "unable to open database file".
    path.metadata().map_err(RecordError::file("find", path))?;
    let connection = Connection::open_with_flags(path, flags).map_err(failed())?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed())?;
    let found = pragma(&connection, "application_id").map_err(failed())?;
    if found != APPLICATION {
        return Err(RecordError::NotARecord(path.to_owned()));
    }
    let found = pragma(&connection, "user_version").map_err(failed())?;
    if found > VERSION {
        let needed =
            value(&connection, "harness_version").ok().flatten().unwrap_or_else(|| "of a later date".to_owned());
        return Err(RecordError::Newer { path: path.to_owned(), found, needed });
    }
    if found < ARRIVALS {
        ADDED.iter().try_for_each(|(table, missing)| shadow(&connection, table, missing)).map_err(failed())?;
    }
    if cut_short(&connection, path).map_err(failed())? {
        return Err(RecordError::Damaged { path: path.to_owned(), what: "it ends in the middle of a page".to_owned() });
    }
    Ok(connection)
}

/// The format that was the first to have arrivals.
const ARRIVALS: i64 = 2;

/// The columns that it added.
const ADDED: [(&str, &str); 2] = [
    ("latency", "NULL AS response, NULL AS unawaited"),
    ("load", "NULL AS arrivals, NULL AS cpu_us, NULL AS delayed_us"),
];

/// Does the record have this table? One that was added without a new format is not in all.
pub(crate) fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection.table_exists(Some("main"), table)
}

/// Has the table this column? In some, older formats keep otherwise what is the same.
pub(crate) fn has_column(connection: &Connection, table: &str, column: &str) -> rusqlite::Result<bool> {
    connection.column_exists(Some("main"), table, column)
}

/// Reads a table of an older format as if it had the columns that came later; the file is not changed.
fn shadow(connection: &Connection, table: &str, missing: &str) -> rusqlite::Result<()> {
    connection
        .execute_batch(&format!("CREATE TEMP VIEW {table} AS SELECT rowid AS rowid, *, {missing} FROM main.{table};"))
}

/// Does the last page lack its end? The database notices missing pages by itself, and takes what
/// is missing of the last one for zeros.
fn cut_short(connection: &Connection, path: &Path) -> rusqlite::Result<bool> {
    let page = pragma(connection, "page_size")?.cast_unsigned();
    Ok(path.metadata().is_ok_and(|file| page > 0 && file.len() % page != 0))
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// What `meta` says of `key`.
pub(crate) fn value(connection: &Connection, key: &str) -> Result<Option<String>, Trouble> {
    let mut statement = connection.prepare("SELECT value FROM meta WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    Ok(match rows.next()? {
        Some(row) => Some(row.get(0)?),
        None => None,
    })
}

/// Writes what `meta` says of `key`.
pub(crate) fn set_value(connection: &Connection, key: &str, value: &str) -> Result<(), Trouble> {
    connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?1, ?2)", [key, value])?;
    Ok(())
}
