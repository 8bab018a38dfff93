//! Tables in Markdown.

use std::fmt;

/// A table with what is said above it, and below.
pub(crate) struct Table {
    title: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    note: String,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, header: &[&str]) -> Self {
        let header = header.iter().map(|name| (*name).to_owned()).collect();
        Self { title: title.into(), header, rows: Vec::new(), note: String::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.note = note.into();
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
        self.rows.iter().try_for_each(|row| Self::line(f, row))?;
        if self.note.is_empty() { Ok(()) } else { writeln!(f, "\n{}", self.note) }
    }
}

/// Milliseconds, from microseconds.
pub(crate) fn millis(micros: f64) -> String {
    if micros < 10_000.0 { format!("{:.3} ms", micros / 1e3) } else { format!("{:.0} ms", micros / 1e3) }
}

/// How far a value is from the truth, in percent of that.
pub(crate) fn error(value: f64, truth: f64) -> String {
    format!("{:+.1} %", 100.0 * (value / truth - 1.0))
}

/// The median, with the least and the most behind it.
pub(crate) fn spread(values: &[f64], digits: usize) -> String {
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
    format!("{:.digits$} ({least:.digits$} to {most:.digits$})", median(values))
}

/// The lower one of the middle two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
