//! Values separated by commas, semicolons or tabs.

use csv::{ReaderBuilder, StringRecord};

use crate::cell;
use crate::mistake::{Mistake, Place};
use crate::table::{Row, Table, distinct};
use crate::time;

const SHOWN: usize = 40;

/// The table of a CSV, with or without a header.
pub(crate) fn table(text: &str) -> Result<Table, Vec<Mistake>> {
    let separator = separator(text);
    let decimal_comma = separator == b';';
    let mut records = records(text, separator)?;
    let Some((_, first)) = records.first() else {
        return Err(Mistake::whole("there is nothing in it", "it needs a header and a row for each sample"));
    };
    let named = !first.iter().all(|cell| is_data(cell, decimal_comma));
    let header = if named { records.remove(0).1 } else { StringRecord::from(vec![""; first.len()]) };
    let mut notes =
        if named { Vec::new() } else { vec!["it has no header: columns are told by their number".to_owned()] };
    notes.extend(without_cut_cell(text, &mut records));
    let mistakes = records.iter().filter_map(|record| ragged(record, header.len())).collect();
    records.retain(|(_, record)| record.len() == header.len());
    let row = |(step, (place, record)): (usize, (Place, StringRecord))| {
        let cells = record.iter().enumerate().map(|(column, cell)| (column, cell.to_owned())).collect();
        Row { place, step, cells }
    };
    Ok(Table {
        columns: distinct(header.iter()),
        rows: records.into_iter().enumerate().map(row).collect(),
        decimal_comma,
        timeless: header.len() == 1,
        starts_with_time: !named && header.len() > 1,
        notes,
        mistakes,
    })
}

/// Leaves out a last row that has no line end and ends sooner than the one before it: of a number that is
/// still being written, the beginning is another number.
fn without_cut_cell(text: &str, records: &mut Vec<(Place, StringRecord)>) -> Option<String> {
    let [.., (_, before), (_, last)] = &records[..] else { return None };
    let width = |record: &StringRecord| record.iter().next_back().map_or(0, str::len);
    let cut = !text.ends_with('\n') && last.len() == before.len() && width(last) < width(before);
    cut.then(|| records.pop()).map(|_| "the last row has no line end, may be cut short, and is left out".to_owned())
}

/// The one of tab, semicolon and comma that stands in the first line, outside of quotes; in this order,
/// for a comma may also be part of a number or of a name.
fn separator(text: &str) -> u8 {
    let first = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    let outside: String = first.split('"').step_by(2).collect();
    [b'\t', b';'].into_iter().find(|separator| outside.as_bytes().contains(separator)).unwrap_or(b',')
}

/// The records with their places; lines without any text are passed over.
fn records(text: &str, separator: u8) -> Result<Vec<(Place, StringRecord)>, Vec<Mistake>> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut all = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Mistake::whole(format!("not a CSV: {error}"), "is it a text file?"))?;
        let line = record.position().map_or(0, csv::Position::line) as usize;
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            all.push((Place::Line(line), record));
        }
    }
    Ok(all)
}

fn is_data(cell: &str, decimal_comma: bool) -> bool {
    cell::read(cell.trim(), decimal_comma).is_some() || time::instant(cell.trim()).is_some()
}

fn ragged((place, record): &(Place, StringRecord), columns: usize) -> Option<Mistake> {
    if record.len() == columns {
        return None;
    }
    let row: String = record.iter().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    let cells = if record.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", record.len()) };
    let mistake = Mistake::new(*place, format!("{cells} where the first row has {columns}: `{row}`"));
    Some(
        mistake
            .hint("each row needs a cell for each column, be it empty; with decimal commas, cells are parted by `;`"),
    )
}
