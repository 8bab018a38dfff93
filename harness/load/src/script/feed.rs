//! Rows of data from a file, and which of them a walk takes.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use scenario::{DataPlan, DataSource, Take};
use serde_json::{Map, Value};

use super::ScriptError;
use crate::random::Random;

/// A set of rows, all of them in memory: as large as the file, and 8 bytes for each cell.
#[derive(Debug)]
pub struct Feed {
    columns: Vec<String>,
    cells: Cells,
    rows: u64,
    take: Take,
    /// How many rows were taken in order.
    taken: AtomicU64,
}

/// Texts, one behind the other.
#[derive(Debug, Default)]
struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }
}

impl Feed {
    /// Reads all rows of a file.
    ///
    /// # Errors
    /// What is wrong with the file, with the line.
    pub fn read(plan: &DataPlan) -> Result<Self, ScriptError> {
        let (DataSource::Csv(path) | DataSource::Lines(path)) = &plan.source;
        let content = std::fs::read(path).map_err(|source| ScriptError::Unreadable { path: path.clone(), source })?;
        let file = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
        let (columns, cells) = match &plan.source {
            DataSource::Csv(path) => of_csv(file, path)?,
            DataSource::Lines(path) => of_lines(file, path)?,
        };
        if cells.ends.is_empty() {
            return Err(ScriptError::NoRows { path: path.clone() });
        }
        let rows = (cells.ends.len() / columns.len()) as u64;
        Ok(Self { columns, cells, rows, take: plan.take, taken: AtomicU64::new(0) })
    }

    /// The names of its columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The row for one walk; `None` where each is taken once and all are.
    pub(super) fn take(&self, random: &mut Random) -> Option<u64> {
        let in_order = || self.taken.fetch_add(1, Ordering::Relaxed);
        match self.take {
            Take::InOrder => Some(in_order() % self.rows),
            Take::Random => Some(random.below(self.rows)),
            Take::Once => Some(in_order()).filter(|row| *row < self.rows),
        }
    }

    /// What stands in a row that was taken.
    pub(super) fn cell(&self, row: u64, column: usize) -> &str {
        self.cells.get(row as usize * self.columns.len() + column)
    }
}

type Table = (Vec<String>, Cells);

fn of_csv(file: &[u8], path: &Path) -> Result<Table, ScriptError> {
    let mut reader = csv::Reader::from_reader(file);
    let told = |error| csv_error(error, file, path);
    let columns: Vec<String> = reader.headers().map_err(told)?.iter().map(trimmed).collect();
    no_column_twice(&columns, path)?;
    let mut cells = Cells::default();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(told)? {
        row.iter().for_each(|cell| cells.push(cell));
    }
    Ok((columns, cells))
}

fn trimmed(name: &str) -> String {
    name.trim().to_owned()
}

fn no_column_twice(columns: &[String], path: &Path) -> Result<(), ScriptError> {
    let twice = |(index, name): &(usize, &String)| columns[..*index].contains(name);
    match columns.iter().enumerate().find(twice) {
        Some((_, name)) => Err(row_error(path, 1, format!("there are two columns `{name}`"))),
        None => Ok(()),
    }
}

fn csv_error(error: csv::Error, file: &[u8], path: &Path) -> ScriptError {
    let line = error.position().map_or(1, |position| line_at(file, position.byte() as usize));
    let reason = match error.into_kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, and there are {expected_len} columns")
        }
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
        kind => format!("the row cannot be read: {kind:?}"),
    };
    row_error(path, line, reason)
}

/// The line of the first row from this byte on: the reader's own does not count the empty lines before it.
fn line_at(file: &[u8], byte: usize) -> u64 {
    let (before, after) = file.split_at(byte.min(file.len()));
    let empty = after.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    1 + before.iter().chain(empty).filter(|byte| **byte == b'\n').count() as u64
}

fn row_error(path: &Path, line: u64, reason: String) -> ScriptError {
    ScriptError::Row { path: path.to_owned(), line, reason }
}

/// The first row names the columns; the others have to have them too.
fn of_lines(file: &[u8], path: &Path) -> Result<Table, ScriptError> {
    let mut columns: Option<Vec<String>> = None;
    let mut cells = Cells::default();
    for (line, text) in (1..).zip(file.split(|byte| *byte == b'\n')) {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let row: Map<String, Value> = serde_json::from_slice(text).map_err(|error| {
            let reason = error.to_string().replace(" at line 1 column ", " in column ");
            row_error(path, line, format!("the line is not an object of JSON: {reason}"))
        })?;
        for column in columns.get_or_insert_with(|| row.keys().cloned().collect()) {
            match row.get(column) {
                Some(Value::String(text)) => cells.push(text),
                Some(Value::Null) => cells.push(""),
                Some(value) => cells.push(&value.to_string()),
                None => return Err(row_error(path, line, format!("there is no `{column}`, which the first row has"))),
            }
        }
    }
    Ok((columns.unwrap_or_default(), cells))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::thread;

    use super::*;

    fn feed(table: Result<Table, ScriptError>, take: Take) -> Feed {
        let (columns, cells) = table.unwrap();
        let rows = (cells.ends.len() / columns.len()) as u64;
        Feed { columns, cells, rows, take, taken: AtomicU64::new(0) }
    }

    fn csv(text: &[u8]) -> Result<Table, ScriptError> {
        of_csv(text, Path::new("users.csv"))
    }

    fn lines(text: &[u8]) -> Result<Table, ScriptError> {
        of_lines(text, Path::new("users.jsonl"))
    }

    #[track_caller]
    fn fault(table: Result<Table, ScriptError>) -> String {
        table.unwrap_err().to_string()
    }

    fn numbers(take: Take) -> Feed {
        let rows: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        feed(csv(format!("n\n{}", rows.join("\n")).as_bytes()), take)
    }

    #[test]
    fn csv_and_lines_hold_the_same_rows() {
        let csv_rows = csv("id, name \n1,\"Ann, \"\"A\"\"\"\n2,ä\n".as_bytes());
        let json_rows = lines("{\"name\":\"Ann, \\\"A\\\"\",\"id\":1}\n\n{\"id\":2,\"name\":\"ä\",\"x\":0}".as_bytes());
        for feed in [feed(csv_rows, Take::InOrder), feed(json_rows, Take::InOrder)] {
            assert_eq!(feed.columns(), ["id", "name"]);
            let row = |row| [feed.cell(row, 0), feed.cell(row, 1)];
            assert_eq!((row(0), row(1)), (["1", "Ann, \"A\""], ["2", "ä"]));
        }
        let kinds = feed(lines(br#"{"a":null,"b":true,"c":[1, 2],"d":1.50}"#), Take::Once);
        assert_eq!([0, 1, 2, 3].map(|column| kinds.cell(0, column)), ["", "true", "[1,2]", "1.5"]);
    }

    #[test]
    fn what_is_wrong_with_a_row_is_told_with_its_line() {
        assert_eq!(fault(csv(b"a,b\n1,2\n3\n")), "users.csv:3: the row has 1 cells, and there are 2 columns");
        assert_eq!(fault(csv(b"a,b\n1,2\n\n1,\xff\n")), "users.csv:4: the row is not UTF-8");
        assert_eq!(fault(csv(b"a,b, a\n1,2,3\n")), "users.csv:1: there are two columns `a`");
        assert_eq!(fault(lines(b"{\"a\":1}\n\n{\"b\":1}")), "users.jsonl:3: there is no `a`, which the first row has");
        assert_eq!(
            fault(lines(b"{\"a\":1}\n{\"a\":}")),
            "users.jsonl:2: the line is not an object of JSON: expected value in column 6"
        );
        assert!(fault(lines(b"[1]")).starts_with("users.jsonl:1: the line is not an object of JSON: invalid type"));
        assert!(
            fault(lines(b"\n\xff")).starts_with("users.jsonl:2: the line is not an object of JSON: expected value")
        );
    }

    #[test]
    fn a_file_that_is_not_there_or_empty_is_told() {
        let folder = std::env::temp_dir().join(format!("plimsoll-feed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let read = |name: &str, content: Option<&str>| {
            let path = folder.join(name);
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            Feed::read(&DataPlan { source: DataSource::Csv(path), take: Take::Once })
                .map(|feed| (feed.columns, feed.rows))
        };
        assert!(read("none.csv", None).unwrap_err().to_string().ends_with("none.csv cannot be read"));
        assert!(read("empty.csv", Some("")).unwrap_err().to_string().ends_with("empty.csv has no rows"));
        assert!(read("head.csv", Some("a,b\n")).unwrap_err().to_string().ends_with("head.csv has no rows"));
        assert_eq!(read("two.csv", Some("\u{feff}a,b\n1,2\n3,4")).unwrap(), (vec!["a".to_owned(), "b".to_owned()], 2));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn rows_in_order_begin_anew() {
        let feed = numbers(Take::InOrder);
        let mut random = Random::of_user(0);
        let taken: Vec<u64> = (0..2500).filter_map(|_| feed.take(&mut random)).collect();
        assert!(taken.iter().zip(0..).all(|(row, number)| *row == number % 1000));
    }

    #[test]
    fn rows_at_random_are_even_and_repeatable() {
        let feed = numbers(Take::Random);
        let draw = |seed| {
            let mut random = Random::of_user(seed);
            (0..100_000).filter_map(|_| feed.take(&mut random)).collect::<Vec<_>>()
        };
        let mut counts = vec![0_i32; 1000];
        for row in draw(1) {
            counts[row as usize] += 1;
        }
        assert!(counts.iter().all(|count| (40..170).contains(count)), "{counts:?}");
        assert_eq!(draw(2), draw(2));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn every_row_is_taken_once_by_whoever_asks() {
        let feed = Arc::new(numbers(Take::Once));
        let ask = || {
            let feed = Arc::clone(&feed);
            thread::spawn(move || {
                let mut random = Random::of_user(0);
                (0..600).filter_map(|_| feed.take(&mut random)).collect::<Vec<_>>()
            })
        };
        let asking = [ask(), ask()];
        let taken: Vec<u64> = asking.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(taken.len(), 1000);
        assert_eq!(taken.into_iter().collect::<BTreeSet<u64>>().len(), 1000);
        assert_eq!(feed.take(&mut Random::of_user(0)), None);
    }
}
