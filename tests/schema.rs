//! What is kept in the repository and made from the code is up to date.

use crate::stage::Stage;

#[test]
fn the_schema_for_editors_is_the_one_that_the_program_prints() {
    let stage = Stage::new("");
    let printed = stage.plimsoll(&["schema"]);
    printed.expect_code(0);
    let kept = include_str!("../scenarios/scenario.schema.json");
    assert!(printed.stdout == kept, "make it anew: plimsoll schema > scenarios/scenario.schema.json");
}

#[test]
fn the_scenarios_that_are_shipped_are_valid() {
    let stage = Stage::new("");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/first-light");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            stage.plimsoll(&["check", path.to_str().unwrap()]).expect_code(0);
        }
    }
}
