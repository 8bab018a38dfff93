//! What every format becomes first: rows of cells that are still text.

use std::collections::BTreeMap;

use crate::mistake::{Mistake, Place};

/// Rows under named columns.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Their names, each only once.
    pub(crate) columns: Vec<String>,
    /// In the order of the input.
    pub(crate) rows: Vec<Row>,
    /// Are decimals written with a comma?
    pub(crate) decimal_comma: bool,
    /// Does the format keep no time, so that an interval may be assumed?
    pub(crate) timeless: bool,
    /// Is the first column the time, whatever it is called?
    pub(crate) starts_with_time: bool,
    /// What was noticed while it was read.
    pub(crate) notes: Vec<String>,
    /// The rows that could not be read, and are not among the others.
    pub(crate) mistakes: Vec<Mistake>,
}

/// A row; what it has no cell for is a gap.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) place: Place,
    /// Which reading it belongs to, from 0: its time, where there is only an interval.
    pub(crate) step: usize,
    /// The cells by the index of their column, which rises.
    pub(crate) cells: Vec<(usize, String)>,
}

impl Row {
    /// The text under a column, without the blanks around it.
    pub(crate) fn cell(&self, column: usize) -> Option<&str> {
        let at = self.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        Some(self.cells[at].1.trim())
    }
}

/// A table whose columns are found as its rows come.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    pub(crate) table: Table,
    known: BTreeMap<String, usize>,
}

impl Growing {
    /// Adds a row of named cells; of two with one name the later counts.
    pub(crate) fn push(&mut self, place: Place, step: usize, cells: impl IntoIterator<Item = (String, String)>) {
        let cells: BTreeMap<usize, String> = cells.into_iter().map(|(name, text)| (self.column(name), text)).collect();
        self.table.rows.push(Row { place, step, cells: cells.into_iter().collect() });
    }

    fn column(&mut self, name: String) -> usize {
        *self.known.entry(name).or_insert_with_key(|name| {
            self.table.columns.push(name.clone());
            self.table.columns.len() - 1
        })
    }
}

/// Names that differ: a second `rss` becomes `rss (2)`, one without a name `column 3`.
pub(crate) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let name = if name.trim().is_empty() { format!("column {}", all.len() + 1) } else { name.trim().to_owned() };
        let mut candidate = name.clone();
        let mut number = 2;
        while all.contains(&candidate) {
            candidate = format!("{name} ({number})");
            number += 1;
        }
        all.push(candidate);
    }
    all
}
