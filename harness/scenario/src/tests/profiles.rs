//! Profiles: what they lay over a scenario, and what is said of their mistakes.

use std::path::Path;

use super::GOOD;
use crate::*;

/// The scenario with these profiles, the first of which stands in line 37.
fn with_profiles(profiles: &str) -> String {
    format!("{GOOD}profiles:\n{profiles}")
}

#[track_caller]
fn read(source: &str, profile: Option<&str>) -> Result<Plan, Vec<String>> {
    let folder = Path::new("/scenarios/chat");
    let told = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect();
    match profile {
        Some(profile) => load_profile(source, profile, folder, &|_| None),
        None => load(source, folder, &|_| None),
    }
    .map_err(told)
}

#[test]
fn mappings_merge_key_by_key_and_all_else_is_replaced() {
    let source = with_profiles(
        "  soak:\n    load: {phases: [{for: 10s}, {for: 24h, users: 5}, {for: 20s}]}\n    \
         assert: {memory: {peak: {below: 2GiB}}, throughput: }\n    target: {process: {env: {A: b}}}\n",
    );
    let (plain, soak) = (read(&source, None).unwrap(), read(&source, Some("soak")).unwrap());
    assert_eq!(plain, read(GOOD, None).unwrap(), "without being asked for they change nothing");
    assert_eq!((plain.profile.as_deref(), soak.profile.as_deref()), (None, Some("soak")));
    assert_eq!(soak.phases.len(), 3);
    assert_eq!(soak.journeys, plain.journeys, "what is beside the phases stays");
    let Launch::Process(process) = &soak.target.launch else { panic!("{:?}", soak.target) };
    assert_eq!((process.command.len(), process.env["A"].as_str()), (2, "b"));
    let rule = |rule: Rule| soak.assertions.iter().any(|one| one.rule == rule);
    assert!(rule(Rule::Peak { below: 2_147_483_648.0 }));
    assert!(!soak.assertions.iter().any(|one| one.rule.id() == "throughput"), "an empty value takes it away");
    assert!(soak.assertions.iter().any(|one| one.rule.id() == "memory.growth"), "what is beside the peak stays");
    assert_eq!(profiles(&source), ["soak"]);
}

#[test]
fn a_mistake_of_a_profile_is_told_at_its_place_when_it_is_asked_for() {
    let source = with_profiles("  quick: {}\n  soak: {load: {warm_up: 5, wam_up: 5s}, about: \"${EARLY}\"}\n");
    assert!(read(&source, None).is_ok());
    assert!(read(&source, Some("quick")).is_ok());
    assert_eq!(
        read(&source, Some("soak")).unwrap_err(),
        [
            "38:26: `5` is not a duration (write a duration with its unit: `500ms`, `30s`, `1h30m`, `2d`)",
            "38:29: unknown key `wam_up` (did you mean `warm_up`?)",
            "38:49: the variable `EARLY` is not set (set it, or give it a default: `${EARLY:-value}`)",
        ]
    );
}

#[test]
fn a_profile_that_is_not_there_is_told_with_what_was_meant() {
    let source = with_profiles("  quick: {}\n  soak: {}\n");
    assert_eq!(read(&source, Some("soka")).unwrap_err(), ["36:1: there is no profile `soka` (did you mean `soak`?)"]);
    assert_eq!(
        read(&source, Some("x")).unwrap_err(),
        ["36:1: there is no profile `x` (the profiles are `quick`, `soak`)"]
    );
    assert!(read(GOOD, Some("soak")).unwrap_err()[0].contains("there are none yet"));
}

#[test]
fn what_is_no_profile_is_told_whether_it_is_asked_for_or_not() {
    let source = with_profiles("  Soak: {}\n  a: [b]\n  c: {profiles: {d: {}}}\n");
    assert_eq!(
        read(&source, None).unwrap_err(),
        [
            "37:3: `Soak` cannot be a profile's name (up to 64 lower case letters, digits and dashes: `soak`)",
            "38:6: expected a mapping, found `a list` (`profiles: {soak: {load: {phases: [...]}}}`)",
            "39:7: a profile has no profiles of its own (write it beside the others)",
        ]
    );
    let listed = read(&format!("{GOOD}profiles: [a]\n"), None).unwrap_err();
    assert!(listed[0].contains("expected a mapping"), "{listed:?}");
}
