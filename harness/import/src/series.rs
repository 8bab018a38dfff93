//! From a table to series.

use std::collections::BTreeMap;

use timeline::{Elapsed, Sample, Series};

use crate::column::{Column, Values};
use crate::mistake::Mistake;
use crate::table::Table;
use crate::time::Times;
use crate::{Import, Imported, Options};

impl Table {
    /// The index of a column, by its name as written or in other letters.
    pub(crate) fn find(&self, name: &str) -> Result<usize, Vec<Mistake>> {
        let exact = self.columns.iter().position(|column| column == name);
        let alike = || self.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        exact.or_else(alike).ok_or_else(|| {
            Mistake::whole(format!("there is no column `{name}`"), format!("there are {}", self.names()))
        })
    }

    /// The names of the columns; of many, the first.
    pub(crate) fn names(&self) -> String {
        const SHOWN: usize = 12;
        let more = if self.columns.len() > SHOWN { ", ..." } else { "" };
        list(self.columns.iter().take(SHOWN)) + more
    }
}

/// The series of `table`.
pub(crate) fn build(table: &Table, options: &Options) -> Result<Import, Vec<Mistake>> {
    match (&table.rows[..], &table.mistakes[..]) {
        ([], []) => return Err(Mistake::whole("it has a header and no rows", "it needs a row for each sample")),
        ([], mistakes) => return Err(mistakes.to_vec()),
        _ => {}
    }
    let wanted = options.columns.iter().map(|name| table.find(name)).collect::<Result<Vec<_>, _>>()?;
    let times = Times::of(table, options)?;
    let mut building = Building::new(table, &times);
    for index in 0..table.columns.len() {
        let asked_for = wanted.contains(&index);
        if asked_for || (wanted.is_empty() && Some(index) != times.column) {
            building.add(index, Column::read(table, index, asked_for, options.unit));
        }
    }
    building.finish()
}

/// What has been made so far.
struct Building<'a> {
    table: &'a Table,
    times: &'a Times,
    start: f64,
    import: Import,
    /// The columns that are not judged, by why.
    skipped: BTreeMap<&'static str, Vec<&'a String>>,
    /// The columns of which something was assumed, by what.
    assumed: BTreeMap<&'static str, Vec<&'a String>>,
    mistakes: Vec<Mistake>,
}

impl<'a> Building<'a> {
    fn new(table: &'a Table, times: &'a Times) -> Self {
        let start = times.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let notes = table.notes.iter().chain(&times.note).cloned().collect();
        let import = Import { started: times.since_epoch.then_some(start), notes, series: Vec::new() };
        let mistakes = table.mistakes.iter().chain(&times.mistakes).cloned().collect();
        Self { table, times, start, import, skipped: BTreeMap::new(), assumed: BTreeMap::new(), mistakes }
    }

    fn add(&mut self, index: usize, column: Column) {
        match column {
            Column::Skipped(why) => self.skipped.entry(why).or_default().push(&self.table.columns[index]),
            Column::Wrong(mistakes) => self.mistakes.extend(mistakes),
            Column::Read(values) => self.push(index, values),
        }
    }

    fn push(&mut self, index: usize, values: Values) {
        let name = &self.table.columns[index];
        // Where the times are wrong there are none, and the mistakes are told.
        let at = |row: usize| self.times.seconds.get(row).map(|seconds| Elapsed::from_seconds(seconds - self.start));
        let sample = |(row, value)| at(row).map(|at| Sample { due: at, taken: at, value });
        let mut samples: Vec<Sample> = values.by_row.into_iter().filter_map(sample).collect();
        if let Some(assumed) = values.assumed {
            self.assumed.entry(assumed).or_default().push(name);
        }
        self.import.notes.extend(put_in_order(name, &mut samples));
        let series = Series { source: String::new(), samples };
        self.import.series.push(Imported { name: name.clone(), unit: values.unit, series, limit: values.limit });
    }

    fn finish(mut self) -> Result<Import, Vec<Mistake>> {
        if !self.mistakes.is_empty() {
            self.mistakes.sort_by_key(|mistake| mistake.place);
            return Err(self.mistakes);
        }
        let skipped: Vec<String> =
            self.skipped.iter().map(|(why, names)| format!("not judged: {} ({why})", list(names.iter()))).collect();
        if self.import.series.is_empty() {
            let hint = if skipped.is_empty() { "it needs a column of values".to_owned() } else { skipped.join("; ") };
            return Err(Mistake::whole("there is no column that can be judged", hint));
        }
        let assumed = self.assumed.iter().map(|(what, names)| format!("{what}: {}", list(names.iter())));
        self.import.notes.extend(assumed.chain(skipped));
        Ok(self.import)
    }
}

/// Sorts by time and leaves out all but the first of one time; says so.
fn put_in_order(name: &str, samples: &mut Vec<Sample>) -> Option<String> {
    let back = samples.windows(2).filter(|pair| pair[1].taken < pair[0].taken).count();
    samples.sort_by_key(|sample| sample.taken);
    let before = samples.len();
    samples.dedup_by_key(|sample| sample.taken);
    let doubled = before - samples.len();
    match (back, doubled) {
        (0, 0) => None,
        (_, 0) => Some(format!("`{name}`: the time goes back {back} times; its rows were put in order")),
        _ => Some(format!(
            "`{name}`: {doubled} rows share their time with another and were left out; rows of several processes \
             belong in a file each"
        )),
    }
}

fn list(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    names.map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}
