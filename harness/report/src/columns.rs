//! Columns that stand below each other.

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// For names.
    Left,
    /// For numbers.
    Right,
}

/// A line for each row, the columns two spaces apart and each as wide as its widest cell.
pub(crate) fn lines<const N: usize>(rows: &[[String; N]], sides: [Side; N]) -> Vec<String> {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let cell = |(cell, (width, side)): (&String, (&usize, Side))| match side {
        Side::Left => format!("{cell:width$}"),
        Side::Right => format!("{cell:>width$}"),
    };
    let line = |row: &[String; N]| row.iter().zip(widths.iter().zip(sides)).map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(line).collect()
}
