//! What the language says of runtimes.

use super::{problems, read};
use crate::*;

fn scenario(target: &str, rest: &str) -> String {
    format!(
        "name: a\ntarget: {{process: {{command: [b]}}{target}}}\nload:\n  journeys: [{{name: a, steps: [{{get: /}}]}}]\n  phases:\n  \
         - {{name: work, for: 10s, users: 1}}\n  - {{name: rest, for: 10s{rest}}}\n"
    )
}

#[test]
fn a_runtime_is_found_out_where_nothing_is_said() {
    let plan = read(&scenario("", "")).unwrap();
    assert_eq!(plan.target.runtime, RuntimePlan { kind: RuntimeKind::Auto, pprof: None, agent: false });
    assert!(plan.phases.iter().all(|phase| !phase.collect));
    let plan = read(&scenario(", runtime: go, pprof: 6060", ", collect: true")).unwrap();
    assert_eq!(plan.target.runtime, RuntimePlan { kind: RuntimeKind::Go, pprof: Some(6060), agent: false });
    assert_eq!(plan.phases.iter().map(|phase| phase.collect).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn what_is_said_of_a_runtime_has_to_fit_it() {
    let told = problems(&scenario(", runtime: jvm, pprof: 6060", ""));
    let expected = "`pprof` is a page of Go, and the runtime is the JVM (leave one of the two out)";
    assert!(told.len() == 1 && told[0].ends_with(expected), "{told:?}");
    let told = problems(&scenario(", runtime: jvn", ""));
    assert!(told.len() == 1 && told[0].contains("`jvn` is not a runtime"), "{told:?}");
    let told = problems(&scenario(", pprof: 0", ""));
    assert!(told.len() == 1 && told[0].contains("there is no port 0"), "{told:?}");
}

#[test]
fn a_collection_is_asked_for_only_where_there_is_no_load() {
    let told = problems(&scenario("", ", collect: true, users: 2"));
    assert!(told[0].contains("a collection under load shows no floor (add an idle phase for it"), "{told:?}");
}

#[test]
fn an_agent_is_for_runtimes_that_load_one_and_for_targets_that_are_launched() {
    let plan = read(&scenario(", runtime: python, agent: true", ", collect: true")).unwrap();
    assert_eq!((plan.target.runtime.agent, plan.target.runtime.collects()), (true, Ok("by its agent")));
    assert!(read(&scenario(", runtime: python", "")).unwrap().target.runtime.collects().is_err());
    let told = problems(&scenario(", runtime: go, agent: true", ""));
    assert!(
        told.len() == 1 && told[0].ends_with("there is no agent for Go (leave it out; Node, CPython, Ruby have one)"),
        "{told:?}"
    );
    let attached = scenario(", agent: true", "").replace("process: {command: [b]}", "attach: {pid: 7, port: 80}");
    let told = problems(&attached);
    assert!(told.len() == 1 && told[0].contains("what is attached to runs already"), "{told:?}");
}
