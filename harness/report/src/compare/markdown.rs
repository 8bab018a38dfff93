//! A comparison for pull requests and job summaries.

use super::{ComparedRuns, HEADING, cells, count_of, gist, notes, why};
use crate::clean::one_line;
use crate::order::word;
use crate::terminal::mark;

/// The comparison as Markdown: a heading, a table, notes.
pub fn comparison_markdown(told: &ComparedRuns<'_>) -> String {
    let comparison = told.comparison;
    let mut lines = vec![format!("### {} {}", word(comparison.verdict()), escape(&gist(told))), String::new()];
    lines.push(format!("- reference: {}, {}", escape(told.reference), escape(&count_of(&comparison.reference))));
    lines.push(format!("- candidate: {}, {}", escape(told.candidate), escape(&count_of(&comparison.candidate))));
    lines.push(String::new());
    lines.push(format!("| {} |", HEADING.join(" | ")));
    lines.push("|---|---:|---:|---:|---:|---|".to_owned());
    for one in &comparison.compared {
        let row = cells(one).map(|cell| escape(&cell));
        let word = format!("{} {}", mark(one.change.verdict()), one.change.word());
        let told: Vec<String> = std::iter::once(word).chain(why(one).iter().map(|line| escape(line))).collect();
        lines.push(format!("| {} | {} |", row.join(" | "), told.join(": ")));
    }
    let notes = notes(comparison);
    if !notes.is_empty() {
        lines.push(String::new());
    }
    lines.extend(notes.iter().map(|note| format!("- {}", escape(note))));
    lines.join("\n") + "\n"
}

/// Text that a table takes as it is.
fn escape(text: &str) -> String {
    let special = |letter: char| "|`*_<>[]\\".contains(letter);
    one_line(text).chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}
