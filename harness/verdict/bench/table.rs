//! Tables in Markdown.

use std::fmt;

/// A table with what is said above it.
pub(crate) struct Table {
    title: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, header: &[&str]) -> Self {
        Self { title: title.into(), header: header.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn line(f: &mut fmt::Formatter, cells: &[String]) -> fmt::Result {
        writeln!(f, "| {} |", cells.join(" | "))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "### {}\n", self.title)?;
        Self::line(f, &self.header)?;
        writeln!(f, "|---{}|", "|---:".repeat(self.header.len() - 1))?;
        self.rows.iter().try_for_each(|row| Self::line(f, row))
    }
}

/// A share in percent, with two digits that count.
pub(crate) fn percent(count: usize, of: usize) -> String {
    let share = 100.0 * count as f64 / of.max(1) as f64;
    let digits = if count == 0 || share >= 9.95 {
        0
    } else if share >= 0.95 {
        1
    } else {
        2
    };
    format!("{share:.digits$} %")
}

/// A length of time in words.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds >= 7_200.0 { format!("{} h", seconds / 3_600.0) } else { format!("{seconds} s") }
}
