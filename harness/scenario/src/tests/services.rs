//! What is made and started before the target: what it says, and what is said of its mistakes.

use std::path::Path;

use super::{problems, read};

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
    let container = prepare("container: {prepare: [make], image: a, port: 1}");
    assert_eq!(container.folder, Path::new("/scenarios/chat"));
    assert_eq!(
        problems(&with_target("process: {command: [a], prepare: []}")),
        ["3:36: there is nothing to run (write `prepare: [program, argument]`, or leave it out)"]
    );
    let words = problems(&with_target("process: {command: [a], prepare: go build}"));
    assert_eq!(words, ["3:36: expected a list, found `go build` (write it as one: `[go, build]`)"]);
}

#[test]
fn services_keep_the_order_of_the_file_and_are_found_by_their_names() {
    let target = "process: {command: [a]}\nservices:\n  site: {process: {command: [b], prepare: [make]}}\n  \
                  search-index: {container: {image: c, port: 80}}\n  a: {container: {image: d}}";
    let scrape = "probes: {scrape: [{service: search-index, port: 9100, prometheus: /metrics, keep: [up]}]}\n";
    let plan = read(&(with_target(target) + scrape)).unwrap();
    let names: Vec<(&str, String)> = plan.services.iter().map(|one| (one.name.as_str(), one.prefix())).collect();
    assert_eq!(
        names,
        [("site", "SITE".to_owned()), ("search-index", "SEARCH_INDEX".to_owned()), ("a", "A".to_owned())]
    );
    assert!(plan.services[0].launched.prepare.is_some());
    assert_eq!(plan.services[1].launched.other_ports, [9100]);
    assert!(plan.target.other_ports.is_empty());
    assert_eq!(plan.probes.scrapes[0].name(), "scrape of search-index:9100/metrics");
    assert!(plan.assertions.iter().any(|one| one.rule.id() == "services.alive" && !one.asked_for));
    let stored = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<crate::Plan>(&stored).unwrap(), plan);
    let without = read(&with_target("process: {command: [a]}")).unwrap();
    assert!(without.assertions.iter().all(|one| one.rule.id() != "services.alive"));
}

#[test]
fn services_that_cannot_be_launched_named_or_reached_are_told_with_their_places() {
    let of = |target: &str| problems(&with_target(target));
    assert_eq!(
        of("container: {image: a, port: 1}\nservices:\n  db: {process: {command: [b]}}\n  c: {container: {image: d}}"),
        ["5:9: the target is a container, and `db` a process, which it cannot reach (everything listens on 127.0.0.1 \
          only: launch both as containers, or both as processes)"]
    );
    assert_eq!(
        of("process: {command: [a]}\nservices:\n  Db: {process: {command: [b]}}\n  c: {}"),
        [
            "5:9: `Db` cannot be a service's name (a letter, then lower case letters, digits and dashes, 32 at most: `db`)",
            "6:8: it is not clear how to launch it (write one of `container` and `process`)",
        ]
    );
    assert_eq!(
        of("process: {command: [a]}\nservices:\n  db: {proces: {command: [b]}}\n  c: {container: {port: 1}}"),
        [
            "5:10: unknown key `proces` (did you mean `process`?)",
            "6:20: there is no image (write `image: name:tag` or `build: {context: ./folder}`)",
        ]
    );
    assert!(of("attach: {pid: 5, port: 1}\nservices: {db: {container: {image: a}}}")[0].contains("what runs already"));
}

#[test]
fn a_page_of_a_service_that_is_not_there_is_told_with_what_was_meant() {
    let with = |service: &str, port: &str| {
        let target = "process: {command: [a]}\nservices: {search: {container: {image: b}}}";
        let page = format!("probes: {{scrape: [{{service: {service}{port}, prometheus: /metrics, keep: [up]}}]}}\n");
        with_target(target) + &page
    };
    assert_eq!(problems(&with("serch", "")), ["6:29: there is no service `serch` (did you mean `search`?)"]);
    assert_eq!(
        problems(&with("search", "")),
        ["6:19: the service `search` has no port (say the page's: `port: 9100`)"]
    );
    assert!(read(&with("search", ", port: 80")).is_ok());
}
