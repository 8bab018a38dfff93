//! A target that works by itself: nobody loads it, and its log tells of its cycles.

use crate::stage::{Stage, process};

fn worker(arguments: &str) -> Stage {
    let target = process(&format!(", --base, 16MiB, --cycle, 300ms, --cycle-requests, 40{arguments}"));
    Stage::new(&format!(
        "name: test\ntarget: {target}\nload:\n  cycles: {{log: 'cycle \\d+ done'}}\n  \
         phases: [{{name: work, for: 20s, loaded: true}}]\nprobes: {{every: 100ms}}\n\
         assert: {{memory: {{growth_per_cycle: {{below: 16KiB}}}}}}\n"
    ))
}

#[test]
fn a_worker_that_leaks_in_its_cycles_is_found_out() {
    let stage = worker(", --leak, 2KiB");
    let run = stage.run();
    run.expect_code(1);
    let finding = stage.finding("memory.growth_per_cycle");
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    let found = finding["evidence"]["value"]["value"].as_f64().unwrap();
    let truth = stage.truth();
    let leaked = 40.0 * truth["leaked"]["bytes"].as_f64().unwrap() / truth["requests"].as_f64().unwrap();
    assert!((found / leaked - 1.0).abs() < 0.15, "found {found} bytes per cycle, leaked {leaked}");
    assert_eq!(stage.finding("memory.growth")["verdict"], "fail", "it is a leak without a limit, too");
    let summary = stage.summary();
    let judged = summary["findings"].as_array().unwrap();
    assert!(judged.iter().all(|finding| finding["assertion"] != "generator.health"), "nobody generates");
}

#[test]
fn a_worker_that_gives_back_what_a_cycle_takes_passes() {
    let stage = worker(", --sawtooth, 320KiB, --garbage, 16KiB");
    let run = stage.run();
    let finding = stage.finding("memory.growth_per_cycle");
    assert_eq!(finding["verdict"], "pass", "{finding:#}");
    assert!([0, 3].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert_eq!(stage.finding("target.alive")["verdict"], "pass");
}

#[test]
fn a_log_that_tells_of_no_cycle_is_told() {
    let stage = Stage::new(&format!(
        "name: test\ntarget: {}\nload: {{cycles: {{log: 'round \\d+'}}, phases: [{{name: work, for: 6s}}]}}\n\
         assert: {{memory: {{growth_per_cycle: {{below: 16KiB}}}}}}\n",
        process("")
    ));
    stage.run().expect_code(3);
    let finding = stage.finding("memory.growth_per_cycle");
    assert!(finding["summary"].as_str().unwrap().contains("nothing in its log matches `round \\d+`"), "{finding:#}");
}
