//! The findings, which are written once the run has been judged, and again when it is judged anew.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use timeline::Amount;
use verdict::{Evidence, Finding};

use crate::RecordError;
use crate::error::{Trouble, decode};
use crate::schema;

/// Keeps `findings` in the record in `folder`, in the place of those that are there.
///
/// # Errors
/// Where there is no record, or it cannot be written.
pub fn save_findings(folder: &Path, findings: &[Finding]) -> Result<(), RecordError> {
    let path = folder.join(schema::FILE);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = schema::connect(&path, flags)?;
    replace(&mut connection, findings).map_err(RecordError::database("write the findings to", &path))
}

fn replace(connection: &mut Connection, findings: &[Finding]) -> Result<(), Trouble> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM findings", [])?;
    for finding in findings {
        let json = serde_json::to_string(&storable(finding))?;
        transaction.execute("INSERT INTO findings(json) VALUES (?1)", [json])?;
    }
    Ok(transaction.commit()?)
}

/// Reads them, in the order in which they were saved.
pub(crate) fn read(connection: &Connection) -> Result<Vec<Finding>, Trouble> {
    let mut statement = connection.prepare("SELECT json FROM findings ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut findings = Vec::new();
    while let Some(row) = rows.next()? {
        findings.push(decode("a finding", &row.get::<_, String>(0)?)?);
    }
    Ok(findings)
}

/// The finding without amounts that JSON cannot hold: an infinite bound comes back as null, and a
/// record that cannot be opened for the sake of it is worth less than a missing bound.
fn storable(finding: &Finding) -> Finding {
    let finite = |amount: &Amount| amount.value.is_finite();
    let evidence = finding.evidence.clone();
    let evidence = Evidence {
        value: evidence.value.filter(finite),
        limit: evidence.limit.filter(finite),
        interval: evidence.interval.filter(|(low, high)| finite(low) && finite(high)),
        resolution: evidence.resolution.filter(finite),
        ..evidence
    };
    Finding { evidence, ..finding.clone() }
}
