//! The only place that prints. A reader who has gone away (`| head`) is no error.

use std::io::{self, IsTerminal, Write};

/// Writes to stdout: what was asked for.
pub(crate) fn out(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Where much is written that was asked for, bit by bit.
pub(crate) fn stdout() -> impl Write {
    io::BufWriter::new(io::stdout().lock())
}

/// Writes a line to stderr: what happens meanwhile, and what went wrong.
pub(crate) fn err(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// An error with its sources, and what to do about it.
pub(crate) fn error(error: &dyn std::error::Error, hint: Option<&str>) {
    let mut message = format!("error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        // An error often repeats its source's words.
        if !message.contains(&cause.to_string()) {
            message = format!("{message}: {cause}");
        }
        source = cause.source();
    }
    err(&message);
    if let Some(hint) = hint {
        err(&format!("hint: {hint}"));
    }
}

/// May stdout be coloured?
pub(crate) fn colour() -> bool {
    allowed() && io::stdout().is_terminal()
}

/// May stderr be coloured?
pub(crate) fn error_colour() -> bool {
    allowed() && io::stderr().is_terminal()
}

/// <https://no-color.org>
fn allowed() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The width for tables.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(terminal_width).unwrap_or(100).clamp(60, 160)
}

fn terminal_width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}
