//! The services of `tests/targets` that have to be compiled: once for all tests, beside the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::service::Service;

static GO: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = folder().join("go-service");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg("main.go").current_dir(Service::file("go"));
    run(build.env("GO111MODULE", "off"), "golang-go");
    program
});

static JAVA: LazyLock<PathBuf> = LazyLock::new(|| {
    let classes = folder().join("java");
    run(Command::new("javac").arg("-d").arg(&classes).arg(Service::file("java/Service.java")), "a JDK");
    classes
});

/// The service in Go, about to be started.
pub(crate) fn go() -> Command {
    shell("exec \"$0\" 2>&1", GO.as_path())
}

/// The service in Java, about to be started with options of the virtual machine.
pub(crate) fn java(options: &str) -> Command {
    shell(&format!("cd \"$0\" && exec java {options} -cp . Service 2>&1"), JAVA.as_path())
}

/// What it says on its standard error comes with the rest.
fn shell(line: &str, file: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).arg(file);
    command
}

/// Beside the program of the tests, where cargo cleans up.
fn folder() -> PathBuf {
    let folder = std::env::current_exe().unwrap().with_file_name("plimsoll-targets");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(command: &mut Command, needed: &str) {
    let done = command.output();
    let done = done.unwrap_or_else(|error| panic!("{command:?}: {error}; it needs {needed}: see ci/setup"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
