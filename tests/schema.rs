//! What is kept in the repository and made from the code is up to date.

use serde_json::{Value, json};

use crate::stage::{Stage, process, scenario};

#[test]
fn the_schema_for_editors_is_the_one_that_the_program_prints() {
    let stage = Stage::new("");
    let printed = stage.plimsoll(&["schema"]);
    printed.expect_code(0);
    let kept = include_str!("../scenarios/scenario.schema.json");
    assert!(printed.stdout == kept, "make it anew: plimsoll schema > scenarios/scenario.schema.json");
}

#[test]
fn the_schema_of_summaries_is_the_one_that_the_program_prints() {
    let stage = Stage::new("");
    let printed = stage.plimsoll(&["schema", "--of", "summary"]);
    printed.expect_code(0);
    let kept = include_str!("../results/summary.schema.json");
    assert!(printed.stdout == kept, "make it anew: plimsoll schema --of summary > results/summary.schema.json");
}

#[test]
fn the_summary_of_a_run_keeps_to_its_schema() {
    let target = process(", --crash-after, 100, --base, 16MiB");
    let stage = Stage::new(&scenario(&target, crate::process::VERY_SHORT, "{memory: {peak: {below: 1MiB}}}"));
    stage.run().expect_code(1);
    let schema: Value = serde_json::from_str(include_str!("../results/summary.schema.json")).unwrap();
    let mut summary = stage.summary();
    assert_eq!(keeps_to(&summary, &schema, &schema), Ok(()));
    summary["run"]["seconds"] = json!("long");
    assert!(keeps_to(&summary, &schema, &schema).is_err(), "the check can fail");
    summary["run"]["seconds"] = json!(1.5);
    summary["findings"][0]["verdict"] = json!("perhaps");
    assert!(keeps_to(&summary, &schema, &schema).is_err());
    summary["findings"][0].as_object_mut().unwrap().remove("verdict");
    assert!(keeps_to(&summary, &schema, &schema).is_err());
}

/// Whether `value` keeps to a schema, as far as those of ours go; and that it has no key which the schema does not tell.
fn keeps_to(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        // What stands beside a reference, such as the tag of a variant, is told with it.
        let mut whole = root.pointer(name.trim_start_matches('#')).unwrap().clone();
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            whole["properties"][key] = property.clone();
        }
        return keeps_to(value, &whole, root);
    }
    let any = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    if let Some(choices) = any {
        let told: Vec<String> = choices.iter().filter_map(|one| keeps_to(value, one, root).err()).collect();
        return if told.len() < choices.len() { Ok(()) } else { Err(told.join("; ")) };
    }
    let refused = |why: &str| Err(format!("{value:.200} {why} by {schema:.200}"));
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    let is_number = kind == "integer" && kinds.contains(&"number");
    if !kinds.contains(&kind) && !is_number {
        return refused("is of another type");
    }
    let fixed = schema["enum"].as_array().is_some_and(|all| !all.contains(value));
    if fixed || schema.get("const").is_some_and(|only| only != value) {
        return refused("is none of the values");
    }
    if let Some(missing) =
        schema["required"].as_array().into_iter().flatten().find(|key| value.get(key.as_str().unwrap()).is_none())
    {
        return refused(&format!("lacks {missing}, which is required"));
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let known = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"));
        keeps_to(inner, known.ok_or_else(|| format!("{key} is not told by {schema:.200}"))?, root)?;
    }
    let items = value.as_array().into_iter().flatten();
    items
        .enumerate()
        .try_for_each(|(at, item)| keeps_to(item, schema["prefixItems"].get(at).unwrap_or(&schema["items"]), root))
}

#[test]
fn the_scenarios_that_are_shipped_are_valid() {
    let stage = Stage::new("");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let stories = entries(&folder).filter(|path| path.is_dir());
    let scenarios = stories.flat_map(|story| entries(&story).collect::<Vec<_>>());
    let mut checked = 0;
    for path in scenarios.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        stage.plimsoll(&["check", path.to_str().unwrap()]).expect_code(0);
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}
