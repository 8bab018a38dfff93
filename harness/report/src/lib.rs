//! Tells a run, or an analysis of memory that someone already had: text for people, `JUnit` for CI and JSON
//! for machines come out.
//!
//! Pure: no file, no clock, no terminal, so every report of an old run can be made again.

mod analysis;
mod chart;
mod clean;
mod cost;
mod evidence;
mod junit;
mod order;
mod paint;
mod runtime;
mod series;
mod steps;
mod summary;
mod terminal;
mod totals;
mod wrap;

#[cfg(test)]
mod example;

pub use analysis::{Analysis, Judged, analysis_summary, analysis_terminal};
pub use junit::analysis::analysis_junit;
pub use junit::junit;
pub use paint::Style;
pub use summary::summary;
pub use terminal::terminal;
