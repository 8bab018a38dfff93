//! A service in a runtime that can be asked: collections between its cycles, and what fills it when it leaks.

use std::path::Path;
use std::process::Command;

use crate::stage::Stage;

/// The service of `tests/targets/go`, compiled into a folder; it needs nothing else.
fn go_service(folder: &Path) -> String {
    let program = folder.join("go-service");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/targets/go");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg("main.go").current_dir(source);
    build.env("GO111MODULE", "off").env("CGO_ENABLED", "0");
    let done = build.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    program.display().to_string()
}

/// Cycles enough for five rests after the warm-up, by which the live heap is judged.
const CYCLES: u32 = 9;

fn process(program: &str, path: &str, cycles: u32) -> String {
    scenario(&format!("{{process: {{command: [{program}], ready: {{http: /, within: 10s}}}}}}"), path, cycles)
}

fn scenario(target: &str, path: &str, cycles: u32) -> String {
    format!(
        "name: test
target: {target}
load:
  journeys: [{{name: ask, steps: [{{get: \"{path}\"}}, {{think: 5ms..15ms}}]}}]
  phases:
    - {{name: baseline, for: 2s}}
    - repeat: {cycles}
      phases: [{{name: work, for: 2s, users: 4}}, {{name: rest, for: 1200ms, collect: true}}]
    - {{name: settle, for: 2s}}
probes: {{every: 100ms}}
assert: {{memory: {{growth_per_request: {{below: 512B}}, above_baseline: {{below: 4MiB}}}}}}
"
    )
}

#[test]
fn a_leak_in_go_is_named_by_its_function_and_told_by_its_live_heap() {
    let stage = Stage::new("");
    let program = go_service(&stage.folder);
    std::fs::write(stage.folder.join("scenario.yaml"), process(&program, "/leak?n=4", CYCLES)).unwrap();
    let run = stage.run();
    run.expect_code(1);
    assert!(run.stdout.contains("Runtime  Go ") && run.stdout.contains("main.remember"), "{}", run.stdout);
    assert!(run.stdout.contains("Collects 9 times, as asked"), "{}", run.stdout);
    let finding = stage.finding("memory.growth_per_request");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    let source = finding["evidence"]["source"].as_str().unwrap();
    assert!(source.starts_with("live_heap at rest"), "{finding:#}");
    let notes = finding["evidence"]["notes"].as_array().unwrap();
    let grown = notes.iter().find(|note| note.as_str().unwrap().starts_with("grown since the baseline"));
    assert!(grown.unwrap().as_str().unwrap().contains("main.remember"), "{finding:#}");
    let leaked = finding["evidence"]["value"]["value"].as_f64().unwrap();
    // Four sessions a request, in a size class of 1152 bytes, and their names and places.
    assert!((4000.0..5600.0).contains(&leaked), "{finding:#}");
    let evidence = stage.summary()["target"]["evidence"].clone();
    let last = evidence.as_array().unwrap().iter().rfind(|piece| piece["what"] == "heap profile").unwrap();
    assert_eq!(last["grown"][0]["name"], "main.remember", "{evidence:#}");
    assert!(stage.kept_bytes(last["file"].as_str().unwrap()).starts_with(&[0x1f, 0x8b]));
}

#[test]
fn a_healthy_service_in_go_is_not_looked_into_at_the_end() {
    let stage = Stage::new("");
    let program = go_service(&stage.folder);
    std::fs::write(stage.folder.join("scenario.yaml"), process(&program, "/churn?n=2000", 3)).unwrap();
    let run = stage.run();
    assert!(matches!(run.code, 0 | 3), "{}\n{}", run.stdout, run.stderr);
    assert!(!run.stdout.contains("Grown"), "{}", run.stdout);
}

#[test]
fn go_in_a_container_is_asked_by_a_port_that_is_published_for_it() {
    let target = "{container: {build: {context: image}, env: {HOST: 0.0.0.0, PORT: \"8080\", PPROF: \"6060\"}, port: 8080, \
                  ready: {http: /}}, pprof: 6060}";
    let stage = Stage::new(&scenario(target, "/leak?n=4", 3));
    let context = stage.folder.join("image");
    std::fs::create_dir(&context).unwrap();
    go_service(&context);
    std::fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY go-service /\nENTRYPOINT [\"/go-service\"]\n")
        .unwrap();
    let run = stage.run();
    run.expect_code(1);
    assert!(run.stdout.contains("Runtime  Go ") && run.stdout.contains("main.remember"), "{}", run.stdout);
    assert!(run.stdout.contains("Collects 3 times, as asked"), "{}", run.stdout);
}

#[test]
fn memory_outside_the_heap_of_node_is_judged_without_a_page_of_its_own() {
    let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/targets/node/service.js");
    let target = format!("{{process: {{command: [node, {}], ready: {{http: /}}}}}}", service.display());
    let phases = "[{name: baseline, for: 3s}, {name: work, for: 10s, users: 4}, {name: settle, for: 3s}]";
    let stage = Stage::new(&format!(
        "name: external\ntarget: {target}\nload:\n  journeys: [{{name: ask, steps: [{{get: \"/keep?n=20000\"}}, \
         {{think: 5ms..15ms}}]}}]\n  phases: {phases}\nprobes: {{every: 200ms}}\nassert:\n  series:\n    \
         - {{ratio: [external, heap_used], max: 50%}}\n    - {{ratio: [external, resident_memory], max: 200%}}\n"
    ));
    stage.run().expect_code(1);
    let broken = stage.finding("series.external_memory/heap_used.max");
    assert_eq!(broken["verdict"], "fail", "{broken:#}");
    assert!(broken.to_string().contains("from inspector"), "{broken:#}");
    let kept = stage.finding("series.external_memory/resident_memory.max");
    assert_eq!(kept["verdict"], "pass", "{kept:#}");
}
