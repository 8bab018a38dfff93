//! A column's cells as values in one unit.

use timeline::Unit;

use crate::cell::{self, Cell};
use crate::mistake::{Mistake, Place};
use crate::name::{self, Nature};
use crate::table::Table;
use crate::unit::Measure;

/// Below this, memory without a unit is not in bytes: no service gets by with so little.
const LEAST_BYTES: f64 = 1_048_576.0;

/// What became of a column.
pub(crate) enum Column {
    /// Values, in `unit`.
    Read(Values),
    /// It is not judged: why.
    Skipped(&'static str),
    /// It should be, and cannot.
    Wrong(Vec<Mistake>),
}

/// The values of a column.
pub(crate) struct Values {
    /// The index of the row, and the value.
    pub(crate) by_row: Vec<(usize, f64)>,
    pub(crate) unit: Unit,
    pub(crate) limit: Option<f64>,
    /// What was assumed.
    pub(crate) assumed: Option<&'static str>,
}

/// What stands in a column.
#[derive(Default)]
struct Cells {
    values: Vec<(usize, f64)>,
    bytes: bool,
    limit: Option<f64>,
    wrong: Vec<(Place, String)>,
}

impl Column {
    /// Reads the column at `index`. One that was not `asked_for` may be passed over.
    pub(crate) fn read(table: &Table, index: usize, asked_for: bool, measure: Option<Measure>) -> Self {
        let name = &table.columns[index];
        let cells = Cells::read(table, index);
        let nature = name::nature(name);
        let telling = matches!(nature, Nature::Memory | Nature::Held);
        match (cells.values.len(), cells.wrong.len()) {
            (0, 0) => return Self::Skipped("empty"),
            (numbers, wrong) if wrong > numbers && !asked_for && !telling => return Self::Skipped("no numbers"),
            _ if nature == Nature::NoLevel && !cells.bytes && !asked_for => {
                return Self::Skipped("counts up or tells the work; `--column` judges it all the same");
            }
            (_, 1..) => return Self::Wrong(cells.mistakes(name)),
            (_, 0) => {}
        }
        match unit_of(name, nature, measure, &cells) {
            Ok((factor, unit, assumed)) => {
                let by_row = cells.values.into_iter().map(|(row, value)| (row, value * factor)).collect();
                Self::Read(Values { by_row, unit, limit: cells.limit, assumed })
            }
            Err(mistake) => Self::Wrong(vec![mistake]),
        }
    }
}

impl Cells {
    fn read(table: &Table, index: usize) -> Self {
        let mut cells = Self::default();
        for (at, row) in table.rows.iter().enumerate() {
            let Some(text) = row.cell(index) else { continue };
            match cell::read(text, table.decimal_comma) {
                Some(Cell::Gap) => {}
                Some(Cell::Value { value, bytes, limit }) => {
                    cells.values.push((at, value));
                    cells.bytes |= bytes;
                    cells.limit = limit.or(cells.limit);
                }
                None => cells.wrong.push((row.place, text.chars().take(40).collect())),
            }
        }
        cells
    }

    fn mistakes(&self, name: &str) -> Vec<Mistake> {
        let hint = "a value is a number with or without a unit, such as `12.5` or `12.5MiB`; empty cells, NaN and null are gaps";
        let mistake = |(place, text): &(Place, String)| {
            Mistake::new(*place, format!("`{text}` is no number, in the column `{name}`")).hint(hint)
        };
        self.wrong.iter().map(mistake).collect()
    }
}

/// What the values have to be multiplied by, what they are then, and what was assumed for that. A unit in
/// the cells counts first, then the one that was asked for, then the name.
fn unit_of(
    name: &str,
    nature: Nature,
    measure: Option<Measure>,
    cells: &Cells,
) -> Result<(f64, Unit, Option<&'static str>), Mistake> {
    let fits = |measure: &Measure| *measure == Measure::Plain || matches!(nature, Nature::Memory | Nature::Unknown);
    let by_name = || name::bytes(name).map(Measure::Bytes).or((nature == Nature::Held).then_some(Measure::Plain));
    match (measure.filter(fits).or_else(by_name), nature) {
        _ if cells.bytes => Ok((1.0, Unit::Bytes, None)),
        (Some(Measure::Bytes(factor)), Nature::Unknown) if measure.is_some() => {
            Ok((factor, Unit::Bytes, Some("taken as memory, in the unit that was asked for")))
        }
        (Some(Measure::Bytes(factor)), _) => Ok((factor, Unit::Bytes, None)),
        (Some(Measure::Plain), _) => Ok((1.0, Unit::Count, None)),
        (None, Nature::Memory) if too_small(cells) => Err(without_unit(name)),
        (None, Nature::Memory) => Ok((1.0, Unit::Bytes, Some("without a unit, taken as bytes"))),
        (None, _) => {
            Ok((1.0, Unit::Count, Some("without a unit, taken as plain numbers (for memory say `--unit MiB`)")))
        }
    }
}

fn too_small(cells: &Cells) -> bool {
    cells.values.iter().all(|(_, value)| *value < LEAST_BYTES)
}

fn without_unit(name: &str) -> Mistake {
    let message = format!("the column `{name}` has no unit, and its values are too small for memory in bytes");
    Mistake::new(Place::Whole, message).hint("say it: `--unit MiB`; what `ps` and /proc print is in `KiB`")
}
