//! The life of the services.

use super::*;

/// A run with a service that ends as `deaths` say.
fn judged(services: &str, deaths: &[(f64, &str)]) -> Vec<Finding> {
    let source = format!(
        "name: test\ntarget: {{process: {{command: [a]}}{services}}}\nload: {{phases: [{{name: rest, for: 60s}}]}}\n"
    );
    let plan = scenario::load(&source, Path::new("/"), &|_| None).unwrap();
    let mut timeline = Timeline { outcome: Outcome::Completed, ..Timeline::default() };
    let span = PhaseSpan { name: "rest".to_owned(), cycle: None, loaded: false, start: at(1.0), end: at(61.0) };
    timeline.push(Observation::Phase(span));
    for (seconds, name) in deaths {
        let death = Death { exit_code: Some(3), last_lines: vec!["no disk".to_owned()], ..Death::default() };
        let what = Happening::ServiceDied { service: (*name).to_owned(), death };
        timeline.push(Observation::Event(Event { at: at(*seconds), what }));
    }
    judge(&plan, &timeline)
}

#[test]
fn a_dead_service_is_a_failure_with_its_name_and_cause() {
    let services = ", services: {db: {process: {command: [a]}}, site: {process: {command: [b]}}}";
    let of = |findings: Vec<Finding>| findings.into_iter().find(|finding| finding.assertion == "services.alive");
    assert_eq!(of(judged("", &[])), None, "where there are none, none is judged");
    let alive = of(judged(services, &[])).unwrap();
    assert_eq!((alive.verdict, alive.summary.as_str()), (Verdict::Pass, "the services lived until they were stopped"));
    let dead = of(judged(services, &[(21.0, "site"), (0.5, "db")])).unwrap();
    assert_eq!((dead.verdict, dead.code.as_str()), (Verdict::Fail, "services.alive.died"));
    let (first, notes) = ("died 20 s into `rest`: exited (exit 3)", dead.evidence.notes.join("\n"));
    assert!(dead.summary.contains(first) || dead.summary.contains("before the first phase"), "{}", dead.summary);
    assert!(dead.summary.ends_with("; so did 1 more"), "{}", dead.summary);
    assert!(notes.contains("the log of site: no disk") && notes.contains("db: exited (exit 3)"), "{notes}");
}
