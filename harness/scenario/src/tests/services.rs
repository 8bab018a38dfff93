//! What is made and started before the target: what it says, and what is said of its mistakes.

use std::path::Path;

use super::{problems, read};
use crate::*;

/// A scenario with these keys beneath `target`, each line of which begins in column 3.
fn with_target(target: &str) -> String {
    let target = target.replace('\n', "\n  ");
    format!(
        "name: a\ntarget:\n  {target}\nload: {{journeys: [{{name: a, steps: [{{get: /}}]}}], phases: [{{for: 1m, users: 1}}]}}\n"
    )
}

#[test]
fn what_prepares_a_process_runs_in_its_folder_and_what_prepares_a_container_in_that_of_the_scenario() {
    let prepare = |target: &str| read(&with_target(target)).unwrap().target.prepare.unwrap();
    let process = prepare("process: {prepare: [go, build, .], command: [./a], folder: src}");
    assert_eq!(
        (process.command.join(" "), process.folder.as_path()),
        ("go build .".to_owned(), Path::new("/scenarios/chat/src"))
    );
    let container = prepare("container: {prepare: [make], image: a}");
    assert_eq!(container.folder, Path::new("/scenarios/chat"));
    assert_eq!(
        problems(&with_target("process: {command: [a], prepare: []}")),
        ["3:37: there is nothing to run (write `prepare: [program, argument]`, or leave it out)"]
    );
    let words = problems(&with_target("process: {command: [a], prepare: go build}"));
    assert_eq!(words, ["3:37: expected a list, found `go build` (write it as one: `[go, build]`)"]);
}
