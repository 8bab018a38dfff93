//! What ARCHITECTURE.md and the READMEs of the crates say, held: who knows whom, which crate owns which library, what pure means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Which crates of the house a crate may know. The order is that of the flow of data.
const KNOWS: [(&str, &[&str]); 16] = [
    ("timeline", &[]),
    ("framing", &[]),
    ("clock", &["timeline"]),
    ("import", &["timeline"]),
    ("gclog", &["timeline"]),
    ("scenario", &["timeline"]),
    ("verdict", &["scenario", "timeline"]),
    ("target", &["clock", "scenario", "timeline"]),
    ("load", &["clock", "framing", "scenario", "timeline"]),
    ("probe", &["clock", "framing", "gclog", "scenario", "timeline"]),
    ("record", &["scenario", "timeline", "verdict"]),
    ("report", &["record", "scenario", "timeline", "verdict"]),
    ("run", &["clock", "gclog", "load", "probe", "record", "scenario", "target", "timeline", "verdict"]),
    ("specimen", &[]),
    ("corpus", &[]),
    (
        "plimsoll",
        &["clock", "import", "record", "report", "run", "scenario", "specimen", "target", "timeline", "verdict"],
    ),
];

/// A library that only some crates may name, in their manifest or their sources.
const OWNED: [(&str, &[&str]); 17] = [
    ("csv", &["import", "load"]),
    ("goose", &["load"]),
    ("flate2", &["load", "timeline"]),
    ("h2", &["load"]),
    ("httparse", &["framing", "load"]),
    ("httpdate", &["load"]),
    ("nix", &["probe"]),
    ("tokio-rustls", &["load"]),
    ("testcontainers", &["target"]),
    ("bollard", &["target"]),
    ("rusqlite", &["record"]),
    ("serde-saphyr", &["scenario"]),
    ("junit-report", &["report"]),
    ("clap", &["plimsoll", "specimen"]),
    ("indicatif", &["plimsoll"]),
    ("sysinfo", &["probe"]),
    ("url", &["load", "scenario"]),
];

/// Crates that decide and tell, and so neither wait nor touch the world.
const PURE: [&str; 8] = ["timeline", "framing", "import", "gclog", "scenario", "verdict", "report", "corpus"];
/// What would touch it.
const IMPURE: [&str; 6] = ["tokio::", "std::fs", "std::env::", "std::process", "std::net::Tcp", "println!"];

/// A file this long is of more than one thought.
const LONGEST_FILE: usize = 800;

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The dependencies of a crate's manifest, those for tests left out.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = read(format!("harness/{name}/Cargo.toml"));
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .map(str::to_owned)
        .filter(|name| !name.is_empty())
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The source of a crate without comments and without what is only compiled for tests.
fn code_of(name: &str) -> BTreeMap<PathBuf, String> {
    let is_test = |path: &Path| path.ends_with("tests.rs") || path.ends_with("example.rs");
    let files = sources(&Path::new(ROOT).join("harness").join(name).join("src"));
    let code = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files.into_iter().filter(|path| !is_test(path)).map(|path| (path.clone(), code(&path))).collect()
}

#[test]
fn the_house_has_the_crates_that_the_table_names() {
    let folder = Path::new(ROOT).join("harness");
    let mut crates: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut named: Vec<&str> = KNOWS.iter().map(|(name, _)| *name).collect();
    crates.sort();
    named.sort_unstable();
    assert_eq!(crates, named);
}

#[test]
fn nobody_knows_more_of_the_house_than_the_table_allows() {
    let house: Vec<&str> = KNOWS.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in KNOWS {
        for dependency in dependencies(name).iter().filter(|dependency| house.contains(&dependency.as_str())) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not know {dependency}");
        }
    }
}

/// Does the path stand there by itself, and not as the end of another name? `std::os::unix::` names no `nix`.
fn names(code: &str, path: &str) -> bool {
    let is_within_a_name = |at: usize| code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    code.match_indices(path).any(|(at, _)| !is_within_a_name(at))
}

#[test]
fn every_library_has_its_owner() {
    for (library, owners) in OWNED {
        for (name, _) in KNOWS.iter().filter(|(name, _)| !owners.contains(name)) {
            assert!(!dependencies(name).contains(&library.to_owned()), "{name} must not depend on {library}");
            let path = format!("{}::", library.replace('-', "_"));
            for (file, code) in code_of(name) {
                assert!(!names(&code, &path), "{} must not name {library}", file.display());
            }
        }
    }
}

#[test]
fn every_dependency_is_used() {
    for (name, _) in KNOWS {
        let code: String = code_of(name).into_values().collect();
        for dependency in dependencies(name) {
            let named = dependency.replace('-', "_");
            let uses = [format!("{named}::"), format!("use {named} "), format!("use {named};")];
            assert!(uses.iter().any(|used| code.contains(used)), "{name} does not use {dependency}");
        }
    }
}

#[test]
fn what_is_pure_touches_nothing() {
    for name in PURE {
        for (file, code) in code_of(name) {
            for word in IMPURE {
                assert!(!code.contains(word), "{} is pure, and says `{word}`", file.display());
            }
        }
    }
}

#[test]
fn the_public_interface_shows_no_foreign_engine() {
    for (library, owner) in
        [("goose", "load"), ("testcontainers", "target"), ("bollard", "target"), ("rusqlite", "record")]
    {
        for (file, code) in code_of(owner) {
            let public = code.lines().filter(|line| line.trim_start().starts_with("pub ") && line.contains(library));
            assert_eq!(public.count(), 0, "{} shows {library}", file.display());
        }
    }
}

#[test]
fn files_are_of_one_thought() {
    for (name, _) in KNOWS {
        for path in sources(&Path::new(ROOT).join("harness").join(name)) {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
        }
    }
    assert!(read("ARCHITECTURE.md").lines().count() < 150);
}

#[test]
fn the_architecture_names_every_crate_and_every_test_that_holds_it() {
    let text = read("ARCHITECTURE.md");
    for (name, _) in KNOWS {
        assert!(text.contains(&format!("`{name}`")), "{name} is missing");
    }
    let tests: String = sources(&Path::new(ROOT).join("tests"))
        .into_iter()
        .chain(sources(&Path::new(ROOT).join("harness")))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let of_crates = KNOWS.iter().map(|(name, _)| Path::new(ROOT).join("harness").join(name).join("README.md"));
    let text: String = of_crates.filter_map(|path| std::fs::read_to_string(path).ok()).chain([text]).collect();
    for held in text.split("held by `").skip(1).filter_map(|rest| rest.split('`').next()) {
        assert!(tests.contains(&format!("fn {held}(")), "no test {held}");
    }
}

#[test]
fn one_clippy_toml_and_lints_from_the_workspace() {
    for (name, _) in KNOWS {
        assert!(
            !Path::new(ROOT).join("harness").join(name).join("clippy.toml").exists(),
            "{name} has its own clippy.toml"
        );
        assert!(read(format!("harness/{name}/Cargo.toml")).contains("[lints]\nworkspace = true"), "{name}");
    }
}

#[test]
fn allowances_have_reasons_and_expect_them() {
    for (name, _) in KNOWS {
        for (file, code) in code_of(name) {
            assert!(!code.contains("#[allow("), "{}: expect it, with a reason", file.display());
        }
    }
}
