//! Runs at a glance: a line for each.

use std::path::{Path, PathBuf};

use record::Entry;
use serde_json::{Value, json};
use timeline::Outcome;

use crate::clean::{clean, one_line};
use crate::columns::{self, Side::Left, Side::Right};
use crate::order::word;
use crate::paint::Style;
use crate::summary::sorted;
use crate::terminal::mark;

/// A table of runs, a line each: when it started, its id, scenario, commit, length, and what came of it. `more` are left
/// out for want of room.
pub fn list_terminal(runs: &[(PathBuf, Entry)], more: usize, style: Style) -> String {
    if runs.is_empty() {
        return "no runs\n".to_owned();
    }
    let heading = ["started", "id", "scenario", "commit", "length"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(heading).chain(runs.iter().map(|(_, entry)| cells(entry))).collect();
    let mut rows = columns::lines(&rows, [Left, Left, Left, Left, Right]).into_iter();
    let mut lines: Vec<String> = rows.next().iter().map(|heading| style.dim(&format!("{heading}  verdict"))).collect();
    lines.extend(runs.iter().zip(rows).map(|((_, entry), row)| format!("{row}  {}", outcome(entry, style))));
    if more > 0 {
        lines.push(style.dim(&format!("and {more} older: `--limit` shows more")));
    }
    lines.join("\n") + "\n"
}

fn cells(entry: &Entry) -> [String; 5] {
    let started = record::rfc_3339(entry.started_at).replace('T', " ");
    [
        started.trim_end_matches('Z').to_owned(),
        one_line(&entry.id),
        one_line(&entry.scenario),
        entry.short_commit().map_or_else(|| "-".to_owned(), |commit| one_line(&commit)),
        entry.length.to_string(),
    ]
}

/// The verdict, and how the run ended where it did not as it should.
fn outcome(entry: &Entry, style: Style) -> String {
    let verdict = entry.verdict.map_or_else(
        || style.dim("not judged"),
        |verdict| style.paint(verdict, &format!("{} {}", mark(verdict), word(verdict))),
    );
    match &entry.outcome {
        Outcome::Completed => verdict,
        other => format!("{verdict}, {}", one_line(&other.to_string())),
    }
}

/// The same for machines: an array, the newest first.
pub fn list_json(runs: &[(PathBuf, Entry)]) -> Value {
    sorted(runs.iter().map(|(folder, entry)| entry_json(folder, entry)).collect())
}

fn entry_json(folder: &Path, entry: &Entry) -> Value {
    json!({
        "folder": clean(&folder.display().to_string()),
        "id": entry.id,
        "scenario": entry.scenario,
        "scenario_hash": entry.scenario_hash,
        "started_at": record::rfc_3339(entry.started_at),
        "seconds": entry.length.seconds(),
        "commit": entry.commit,
        "dirty": entry.dirty,
        "branch": entry.branch,
        "side": entry.side,
        "outcome": entry.outcome,
        "verdict": entry.verdict,
    })
}

#[cfg(test)]
mod tests {
    use timeline::{Death, Elapsed};
    use verdict::Verdict;

    use super::*;
    use crate::example;

    fn entry(outcome: Outcome, verdict: Option<Verdict>) -> (PathBuf, Entry) {
        let about = example::about();
        let entry = Entry {
            id: about.id,
            scenario: about.scenario,
            scenario_hash: about.scenario_hash,
            started_at: about.started_at,
            commit: about.commit,
            dirty: about.dirty,
            branch: about.branch,
            side: about.side,
            length: Elapsed::from_seconds(90.0),
            outcome,
            verdict,
        };
        (PathBuf::from("results/leaky/one"), entry)
    }

    #[test]
    fn each_run_has_a_line_and_the_columns_stand_below_each_other() {
        let died = Outcome::TargetDied(Death { oom_killed: true, ..Death::default() });
        let mut runs = vec![entry(Outcome::Completed, Some(Verdict::Pass)), entry(died, None)];
        (runs[1].1.commit, runs[1].1.scenario) = (None, "a-longer-name".to_owned());
        let told = list_terminal(&runs, 3, Style { colour: false, width: 100 });
        let expected = "\
started              id      scenario       commit    length  verdict
2026-03-01 12:00:00  abc123  leaky          0123456+  1m 30s  ✔ PASS
2026-03-01 12:00:00  abc123  a-longer-name  -         1m 30s  not judged, target died: OOM-killed (exit code unknown)
and 3 older: `--limit` shows more
";
        assert_eq!(told, expected, "\n{told}");
        assert_eq!(list_terminal(&[], 0, Style { colour: false, width: 100 }), "no runs\n");
    }

    #[test]
    fn machines_get_all_of_it() {
        let json = list_json(&[entry(Outcome::HarnessLost, None)]);
        assert_eq!(json[0]["started_at"], "2026-03-01T12:00:00Z");
        assert_eq!((&json[0]["seconds"], &json[0]["verdict"]), (&json!(90.0), &Value::Null));
        assert_eq!(json[0]["outcome"]["kind"], "harness_lost");
    }
}
