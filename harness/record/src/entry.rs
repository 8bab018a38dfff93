//! A run at a glance: what is told of it in a list, without all that it saw.

use std::path::Path;
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use timeline::{Elapsed, Outcome};
use verdict::Verdict;

use crate::about::rfc_3339;
use crate::error::{RecordError, Trouble, decode};
use crate::{findings, schema};

/// What a list tells of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its short id.
    pub id: String,
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256 of the scenario's text.
    pub scenario_hash: String,
    /// When it started; RFC 3339 where it is stored.
    #[serde(with = "rfc_3339")]
    pub started_at: SystemTime,
    /// The git commit that was checked out, where there was one.
    pub commit: Option<String>,
    /// Were there changes that the commit does not have?
    pub dirty: bool,
    /// The git branch.
    pub branch: Option<String>,
    /// The side of the duel that it was made for, where it was: `k3j2ab/candidate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// How long it took.
    pub length: Elapsed,
    /// How it ended.
    pub outcome: Outcome,
    /// What came of it; `None` where it was never judged.
    pub verdict: Option<Verdict>,
}

/// Of what is known of a run, what a list tells. The plan is left out, so that it need not be understood.
#[derive(Deserialize)]
struct Facts {
    id: String,
    scenario: String,
    scenario_hash: String,
    #[serde(with = "rfc_3339")]
    started_at: SystemTime,
    commit: Option<String>,
    dirty: bool,
    branch: Option<String>,
    #[serde(default)]
    side: Option<String>,
}

impl Entry {
    /// Reads that of the run in `folder`.
    ///
    /// # Errors
    /// Where there is no record, it is damaged, or a later version of this program has written it.
    pub fn read(folder: &Path) -> Result<Self, RecordError> {
        let path = folder.join(schema::FILE);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = schema::connect(&path, flags)?;
        read(&mut connection).map_err(RecordError::database("read", &path))
    }

    /// The commit as people write it: seven digits, and a `+` where there were changes besides.
    pub fn short_commit(&self) -> Option<String> {
        let commit = self.commit.as_ref()?;
        let digits: String = commit.chars().take(7).collect();
        Some(if self.dirty { digits + "+" } else { digits })
    }

    /// Has it run to its end, and passed?
    pub fn is_good(&self) -> bool {
        self.outcome == Outcome::Completed && self.verdict == Some(Verdict::Pass)
    }
}

fn read(connection: &mut Connection) -> Result<Entry, Trouble> {
    let view = connection.transaction()?;
    let missing = || Trouble::Damaged("nothing is known of the run".to_owned());
    let facts: Facts = decode("what is known of the run", &schema::value(&view, "about")?.ok_or_else(missing)?)?;
    let outcome = schema::value(&view, "outcome")?;
    let outcome: Outcome = outcome.map(|json| decode("the outcome", &json)).transpose()?.unwrap_or_default();
    let findings = findings::read(&view)?;
    let Facts { id, scenario, scenario_hash, started_at, commit, dirty, branch, side } = facts;
    let verdict = (!findings.is_empty()).then(|| verdict::overall(&findings, &outcome));
    let length = length(&view)?;
    Ok(Entry { id, scenario, scenario_hash, started_at, commit, dirty, branch, side, length, outcome, verdict })
}

/// Until the end of the last phase, or what happened last.
fn length(view: &Connection) -> Result<Elapsed, Trouble> {
    const LAST: &str = "SELECT max(coalesce((SELECT max(end_us) FROM phases), 0),
        coalesce((SELECT at_us FROM events ORDER BY rowid DESC LIMIT 1), 0))";
    let micros: i64 = view.query_row(LAST, [], |row| row.get(0))?;
    Ok(Elapsed::from_micros(micros.cast_unsigned()))
}
