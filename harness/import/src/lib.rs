//! Memory that someone already has: CSV, lines of JSON, the answer to a Prometheus range query, and what
//! `docker stats --format json` prints.
//!
//! Pure: bytes go in; series, or every mistake with its place, come out. Each format becomes a table
//! of cells that are still text, and the table becomes series: one reader of times, one of values.

mod cell;
mod column;
mod docker;
mod format;
mod json;
mod mistake;
mod name;
mod prometheus;
mod separated;
mod series;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod unit;

use std::time::Duration;

use timeline::{Series, Unit};

pub use mistake::{Mistake, Place};
pub use time::instant;
pub use unit::Measure;

/// How the input is to be understood, where it does not say so itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The column of the time.
    pub time: Option<String>,
    /// The columns to be judged; all that can be, where none is named.
    pub columns: Vec<String>,
    /// What values are counted in; a unit in a cell still counts.
    pub unit: Option<Measure>,
    /// The time from one row to the next; it takes the place of a column of the time.
    pub every: Option<Duration>,
}

/// What an input holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    /// The series, in the order of their columns; at least one.
    pub series: Vec<Imported>,
    /// When the first row was taken, seconds since the epoch, where the times are instants.
    pub started: Option<f64>,
    /// What was assumed and what was passed over, a sentence each.
    pub notes: Vec<String>,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The column's name, unique within the input.
    pub name: String,
    /// [`Unit::Bytes`], or [`Unit::Count`] for plain numbers.
    pub unit: Unit,
    /// The samples in the order of time, since the first row of the input. Gaps are left out.
    pub series: Series,
    /// The limit that the input itself gives, in bytes: the latest, where it changes.
    pub limit: Option<f64>,
}

/// Reads an input, whatever it is. A last line that is still being written is left out and told in a note.
///
/// # Errors
/// Every mistake, in the order of the lines; at least one.
pub fn read(bytes: &[u8], options: &Options) -> Result<Import, Vec<Mistake>> {
    let text = text::decode(bytes);
    let mistakes = match understand(&text, options) {
        Ok(import) => return Ok(import),
        Err(mistakes) => mistakes,
    };
    let Some((complete, line)) = text::without_open_end(&text) else { return Err(mistakes) };
    if mistakes.iter().any(|mistake| mistake.place != Place::Line(line)) {
        return Err(mistakes);
    }
    let Ok(mut import) = understand(complete, options) else { return Err(mistakes) };
    import.notes.push(format!("line {line}, the last, is cut short and left out: the file is still being written"));
    Ok(import)
}

fn understand(text: &str, options: &Options) -> Result<Import, Vec<Mistake>> {
    let table = format::table(text)?;
    series::build(&table, options)
}
