//! A stage for one run: a folder of its own, the program, and what came of it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A folder with a scenario in it; removed when the test has passed.
pub(crate) struct Stage {
    pub(crate) folder: PathBuf,
}

impl Stage {
    /// Writes `scenario` into a folder of its own.
    pub(crate) fn new(scenario: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("plimsoll-e2e-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("scenario.yaml"), scenario).unwrap();
        Self { folder }
    }

    /// The program, about to be run in the folder.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.current_dir(&self.folder).args(arguments).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env_remove("COLUMNS").env_remove("PLIMSOLL_LOG");
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn plimsoll(&self, arguments: &[&str]) -> Finished {
        Finished::new(&self.program(arguments).output().unwrap())
    }

    /// Runs the scenario.
    pub(crate) fn run(&self) -> Finished {
        self.plimsoll(&["run", "scenario.yaml"])
    }

    /// Starts the scenario, and waits until it says `sign`.
    pub(crate) fn start_until(&self, sign: &str) -> Started {
        self.begin(self.program(&["run", "scenario.yaml"]), sign)
    }

    /// Starts a command, and waits until it says `sign`.
    pub(crate) fn begin(&self, mut command: Command, sign: &str) -> Started {
        let log = self.folder.join("stderr.txt");
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
        let started = Started { child: command.spawn().unwrap(), log };
        let said = wait_for(Duration::from_secs(30), || started.said().contains(sign));
        assert!(said, "it never said `{sign}`: {}", started.said());
        started
    }

    /// The folder of the one run that was kept.
    pub(crate) fn record(&self) -> PathBuf {
        let scenario = only_entry(&self.folder.join("results"));
        only_entry(&scenario)
    }

    pub(crate) fn summary(&self) -> Value {
        serde_json::from_str(&self.kept("summary.json")).unwrap()
    }

    pub(crate) fn kept(&self, name: &str) -> String {
        std::fs::read_to_string(self.record().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn kept_bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.record().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The finding of an assertion.
    pub(crate) fn finding(&self, assertion: &str) -> Value {
        let summary = self.summary();
        let findings = summary["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["assertion"] == assertion);
        found.unwrap_or_else(|| panic!("no finding of {assertion} in {summary:#}")).clone()
    }

    /// What the specimen says that it did: its last word.
    pub(crate) fn truth(&self) -> Value {
        let log = self.kept("target.log");
        let truth = log.lines().rev().find_map(|line| line.split_once("truth ").map(|(_, json)| json));
        serde_json::from_str(truth.unwrap_or_else(|| panic!("no truth in {log}"))).unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn only_entry(folder: &Path) -> PathBuf {
    let entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "one entry in {}: {entries:?}", folder.display());
    entries[0].clone()
}

/// What a run printed, and its exit code.
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn new(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn expect_code(&self, code: i32) {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
    }
}

/// A run that is under way.
pub(crate) struct Started {
    pub(crate) child: Child,
    log: PathBuf,
}

impl Started {
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends it a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end.
    pub(crate) fn finish(self) -> Finished {
        let said = self.said();
        let output = self.child.wait_with_output().unwrap();
        let later = std::fs::read_to_string(&self.log).unwrap_or(said);
        Finished { stderr: later, ..Finished::new(&output) }
    }
}

/// Polls `sign` until it is true or `within` has passed.
pub(crate) fn wait_for(within: Duration, sign: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < within {
        if sign() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// A scenario with the specimen as its target, made from its parts.
pub(crate) fn scenario(target: &str, phases: &str, assertions: &str) -> String {
    format!(
        "name: test
target: {target}
load:
  journeys:
    - name: browse
      steps:
        - get: /items
        - think: 5ms..15ms
        - post: /items
          json: {{title: test}}
        - think: 5ms..15ms
  phases: {phases}
assert: {assertions}
"
    )
}

/// The specimen as a process.
pub(crate) fn process(arguments: &str) -> String {
    limited_process(arguments, "")
}

/// The specimen as a process with limits, such as `memory: 64MiB, `.
pub(crate) fn limited_process(arguments: &str, limits: &str) -> String {
    format!("{{process: {{command: [plimsoll, specimen{arguments}], {limits}ready: {{http: /healthz, within: 10s}}}}}}")
}

/// The specimen as a container, from the image that ci/specimen-image makes.
pub(crate) fn container(arguments: &str, limits: &str) -> String {
    format!(
        "{{container: {{image: plimsoll-specimen, command: [--host, 0.0.0.0{arguments}], port: 8080, {limits}\
         ready: {{http: /healthz, within: 20s}}}}}}"
    )
}
