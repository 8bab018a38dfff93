//! Tells a run, or an analysis of memory that someone already had: text and a page for people, `JUnit` and annotations
//! for CI, JSON and CSV for machines come out.
//!
//! Pure: no file, no clock, no terminal, so every report of an old run can be made again.

mod analysis;
mod chart;
mod clean;
mod columns;
mod compare;
mod cost;
mod evidence;
mod export;
mod gist;
mod github;
mod history;
mod html;
mod junit;
mod list;
mod markdown;
mod measures;
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
pub use compare::{ComparedRuns, comparison_json, comparison_junit, comparison_markdown, comparison_terminal};
pub use export::{export_csv, export_histograms, export_json_lines};
pub use github::github;
pub use history::{history_json, history_terminal};
pub use html::{Track, comparison_html, history_html, html};
pub use junit::analysis::analysis_junit;
pub use junit::junit;
pub use list::{list_json, list_terminal};
pub use markdown::markdown;
pub use measures::{bencher, benchmark_action, otava};
pub use paint::Style;
pub use summary::{summary, summary_schema};
pub use terminal::terminal;
