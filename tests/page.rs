//! The page of a run, as a browser shows it (ci/setup installs Chromium).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::stage::{Stage, process, scenario, wait_for};

/// A browser that hangs is ended after this.
const PATIENCE: Duration = Duration::from_mins(1);
const PHASES: &str = "[{name: baseline, for: 2s}, {name: work, for: 8s, users: 4}, {name: settle, for: 2s}]";

/// A short run of a service that leaks, made once; each test has a copy of its folder.
fn leaking() -> Stage {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    let kept = RUN.get_or_init(|| {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("leaking-run");
        let _ = std::fs::remove_dir_all(&kept);
        copy(&run_a_leak().folder, &kept);
        kept
    });
    let stage = Stage::new("");
    copy(kept, &stage.folder);
    stage
}

/// Copies what is in a folder into another one.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}

fn run_a_leak() -> Stage {
    let target = process(", --base, 16MiB, --leak, 4KiB");
    let rules = "{memory: {peak: {below: 1MiB}}, latency: {p99: 5s}}";
    let scenario = scenario(&target, PHASES, rules).replacen("load:", "probes: {every: 100ms}\nload:", 1);
    let stage = Stage::new(&scenario);
    stage.run().expect_code(1);
    stage
}

/// What the browser makes of a page: its document as text, and what it complained of.
struct Shown {
    document: String,
    complaints: Vec<String>,
}

fn open(stage: &Stage, page: &Path, arguments: &[&str]) -> Shown {
    let (document, log) = (stage.folder.join("document.html"), stage.folder.join("browser.log"));
    let file = |path: &PathBuf| Stdio::from(std::fs::File::create(path).unwrap());
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"]);
    command.arg(format!("--user-data-dir={}", stage.folder.join("browser").display()));
    command.args(arguments).args(["--virtual-time-budget=5000", "--dump-dom"]);
    command.arg(format!("file://{}", page.display()));
    command.stdin(Stdio::null()).stdout(file(&document)).stderr(file(&log));
    let ended = end_of(command.spawn().expect("chromium runs: ci/setup installs it"));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(ended, "the browser did not end: {log}");
    let complaints = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    Shown { document: std::fs::read_to_string(document).unwrap(), complaints }
}

/// Waits for its end; one that does not come is brought about.
fn end_of(child: Child) -> bool {
    let child = std::cell::RefCell::new(child);
    let ended = wait_for(PATIENCE, || child.borrow_mut().try_wait().unwrap().is_some());
    let mut child = child.into_inner();
    if !ended {
        let _ = child.kill();
    }
    let _ = child.wait();
    ended
}

/// What a page in a frame of this width tells of itself; where its scripts are off, of what it is without them.
fn framed(stage: &Stage, page: &str, width: u32, scripts: bool) -> (Value, Vec<String>) {
    let frame = stage.folder.join("frame.html");
    let sandbox = if scripts { "" } else { "sandbox=\"allow-same-origin\"" };
    let text = FRAME.replace("PAGE", page).replace("WIDTH", &width.to_string()).replace("SANDBOX", sandbox);
    std::fs::write(&frame, text).unwrap();
    let shown = open(stage, &frame, &["--allow-file-access-from-files", "--window-size=1500,1200"]);
    let told = shown.document.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next());
    let told = told.unwrap_or_else(|| panic!("{:?}: {}", shown.complaints, shown.document));
    (serde_json::from_str(told).unwrap_or_else(|error| panic!("{error}: {told}")), shown.complaints)
}

#[track_caller]
fn expect_the_verdict(told: &Value) {
    assert!(told["verdict"].as_str().unwrap().starts_with("✘ FAIL Memory keeps growing"), "{told}");
    assert!(told["charts"].as_u64().unwrap() >= 6, "{told}");
    assert!(told["said"].as_str().unwrap().contains("memory peaks at"), "{told}");
    assert!(told["height"].as_f64().unwrap() >= 200.0, "the first chart is seen: {told}");
}

#[test]
fn the_page_of_a_run_says_its_verdict_without_a_complaint() {
    let stage = leaking();
    let shown = open(&stage, &stage.record().join("report.html"), &["--window-size=1400,1000"]);
    assert_eq!(shown.complaints, Vec::<String>::new());
    for said in ["✘ FAIL", "memory.peak", "What was judged", "What happened", "Memory of the target"] {
        assert!(shown.document.contains(said), "{said} is missing");
    }
    // What was judged came with the finding through the record.
    for drawn in ["floors", "the likeliest curve", "growth that cannot be excluded", "allowed"] {
        assert!(shown.document.contains(&format!("data-name=\"{drawn}\"")), "{drawn} is not drawn");
    }
}

#[test]
fn the_page_reads_without_its_script_and_its_style_as_jenkins_serves_it() {
    let stage = leaking();
    let page = stage.kept("report.html");
    std::fs::write(stage.folder.join("plain.html"), &page).unwrap();
    let policy = "default-src 'none'; img-src 'self'; style-src 'self'";
    let head = format!("<head><meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    std::fs::write(stage.folder.join("jenkins.html"), page.replacen("<head>", &head, 1)).unwrap();
    for (name, stroke) in [("plain.html", "rgb(11, 98, 168)"), ("jenkins.html", "rgb(11, 98, 168)")] {
        let (told, _) = framed(&stage, name, 1200, false);
        expect_the_verdict(&told);
        assert_eq!(told["stroke"], stroke, "{name}: {told}");
        assert_eq!(told["hint"], true, "what only a script can do is not offered: {told}");
        assert_eq!(told["tip"], Value::Null, "the script was off: {told}");
        assert_eq!(told["styled"], name == "plain.html", "{told}");
    }
}

#[test]
fn the_page_fits_any_width_and_its_script_tells_values_and_looks_closer() {
    let stage = leaking();
    std::fs::write(stage.folder.join("report.html"), stage.kept("report.html")).unwrap();
    for width in [400, 1400] {
        let (told, complaints) = framed(&stage, "report.html", width, true);
        assert_eq!(complaints, Vec::<String>::new());
        expect_the_verdict(&told);
        assert!(told["scrolls"].as_u64().unwrap() <= u64::from(width), "nothing is wider than the page: {told}");
        assert_eq!(told["hint"], false, "{told}");
        let tip = told["tip"].as_str().unwrap();
        assert!(tip.contains("anonymous memory: ") && tip.contains(" MiB"), "values stand by the pointer: {told}");
        let view: Vec<f64> = told["view"].as_str().unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
        assert!((view[0] - 250.0).abs() < 10.0 && (view[2] - 500.0).abs() < 20.0, "half of it is looked at: {told}");
        assert_eq!(told["back"], "0 0 1000 260", "and all of it again: {told}");
    }
}

/// A page of charts fits narrow screens and wide ones, says what it should, and its script tells values.
#[track_caller]
pub(crate) fn expect_fits(stage: &Stage, page: &str, said: &[&str], value: &str) {
    for width in [400, 1400] {
        let (told, complaints) = framed(stage, page, width, true);
        assert_eq!(complaints, Vec::<String>::new());
        assert!(told["scrolls"].as_u64().unwrap() <= u64::from(width), "nothing is wider than the page: {told}");
        let text = told["said"].as_str().unwrap();
        assert!(said.iter().all(|words| text.contains(words)), "{said:?}: {told}");
        assert!(told["tip"].as_str().unwrap().contains(value), "values stand by the pointer: {told}");
    }
}

/// A page with another in a frame. It looks at that, moves a pointer over its first chart, drags over the middle, and
/// says what it saw.
const FRAME: &str = include_str!("page.html");

#[test]
fn a_run_is_told_again_in_every_format() {
    let stage = leaking();
    let record = stage.record();
    let run = record.file_name().unwrap().to_str().unwrap();
    let told = |format: &str| {
        let told = stage.plimsoll(&["report", run, "--format", format]);
        told.expect_code(0);
        told.stdout
    };
    assert_eq!(told("junit"), stage.kept("junit.xml"));
    assert_eq!(stage.plimsoll(&["show", run, "--json"]).stdout, stage.kept("summary.json"), "to the last digit");
    assert!(told("markdown").starts_with("### ✘ FAIL test: "));
    assert!(told("github").starts_with("::error title=test%3A memory"));
    let bmf: Value = serde_json::from_str(&told("bmf")).unwrap();
    assert!(bmf["test"]["memory.peak"]["value"].as_f64().unwrap() > 16e6, "{bmf}");
    let action: Value = serde_json::from_str(&told("benchmark-action")).unwrap();
    assert!(action.as_array().unwrap().iter().any(|entry| entry["name"] == "test: memory.peak"), "{action}");
    assert_eq!(told("otava").lines().count(), 2);
    stage.plimsoll(&["report", run, "--format", "html", "--output", "page.html"]).expect_code(0);
    let page = std::fs::read_to_string(stage.folder.join("page.html")).unwrap();
    assert!(page.contains("✘ FAIL") && page.contains("href=\"target.log\""), "{page:.200}");
    std::fs::remove_file(record.join("report.html")).unwrap();
    let told = stage.plimsoll(&["report", run]);
    assert!(told.stdout.trim_end().ends_with("report.html") && stage.kept("report.html") == page, "{}", told.stdout);
    let unknown = stage.plimsoll(&["report", "nothing"]);
    unknown.expect_code(2);
    assert!(unknown.stderr.contains("there is no run `nothing`"), "{}", unknown.stderr);
}

#[test]
fn a_github_workflow_is_annotated_and_its_summary_gets_the_verdict() {
    let rules = "{memory: {peak: {below: 1MiB}}}";
    let stage = Stage::new(&scenario(&process(""), crate::process::VERY_SHORT, rules));
    let summary = stage.folder.join("summary.md");
    std::fs::write(&summary, "before\n").unwrap();
    let mut command = stage.program(&["run", "scenario.yaml", "--json"]);
    let output = command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stderr.contains("\n::error title=test%3A memory.peak::memory peaks at "), "{stderr}");
    assert!(serde_json::from_str::<Value>(&stdout).is_ok(), "JSON stays JSON: {stdout}");
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("before\n### ✘ FAIL test: memory peaks at "), "{summary}");
}
