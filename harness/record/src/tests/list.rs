//! Runs are found, listed and removed.

use std::time::{Duration, Instant, SystemTime};

use verdict::Verdict;

use super::*;
use crate::{Entry, Kept, Retention, find_all, list, remove};

/// A run of `scenario` at `second` of some day, judged as `verdict`.
fn run(results: &Path, scenario: &str, commit: &str, second: u64, verdict: Option<Verdict>) -> PathBuf {
    let mut about = about();
    about.scenario = scenario.to_owned();
    about.commit = Some(commit.to_owned());
    about.dirty = false;
    about.started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_366_400 + second);
    about.id = short_id(format!("{scenario} {second}").as_bytes());
    let writer = Writer::create(results, &about).unwrap();
    writer.append(phase("work", Some(1), 1.0, 25.0));
    let folder = writer.seal(&Outcome::Completed).unwrap();
    save_findings(&folder, &verdict.map(|verdict| Finding { verdict, ..finding() }).into_iter().collect::<Vec<_>>())
        .unwrap();
    folder
}

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "1111111222222222222222222222222222222222";
const NEVER: &str = "3333333333333333333333333333333333333333";

fn commit_of(revision: &str) -> Option<String> {
    let known = [("main", ONE), ("v2", TWO), ("v3", NEVER)];
    known.into_iter().find(|(name, _)| *name == revision).map(|(_, commit)| commit.to_owned())
}

#[test]
fn runs_are_found_by_commit_branch_folder_and_latest() {
    let scratch = Scratch::new("commit");
    let a = run(&scratch.0, "chat", ONE, 1, None);
    let b = run(&scratch.0, "chat", ONE, 2, None);
    let c = run(&scratch.0, "soak", TWO, 3, None);
    let found = |run: &str| find_all(run, &scratch.0, &commit_of);
    assert_eq!(found("main").unwrap(), [b.clone(), a.clone()]);
    assert_eq!(found(&ONE[..12]).unwrap(), [b.clone(), a.clone()]);
    assert_eq!(found("v2").unwrap(), std::slice::from_ref(&c));
    assert_eq!(found("latest").unwrap(), std::slice::from_ref(&c));
    assert_eq!(found(scratch.0.join("chat").to_str().unwrap()).unwrap(), [b.clone(), a.clone()]);
    assert_eq!(found(scratch.0.to_str().unwrap()).unwrap(), [c.clone(), b.clone(), a.clone()]);
    assert!(matches!(found("11111"), Err(FindError::Ambiguous { found, .. }) if found.len() == 3));
    assert!(matches!(found("v3"), Err(FindError::NotRun { commit, .. }) if commit == NEVER));
    assert!(matches!(found("v4"), Err(FindError::Unknown { .. })));
    // One run is wanted: a commit of which there are two is not enough.
    assert!(
        matches!(find("main", &scratch.0, &commit_of), Err(FindError::Ambiguous { found, .. }) if found.len() == 2)
    );
    assert_eq!(find("v2", &scratch.0, &commit_of).unwrap(), c);
}

#[test]
fn the_runs_of_a_side_of_a_duel_are_found_by_it() {
    let scratch = Scratch::new("duel");
    let of = |side: &str, second: u64| {
        let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let about = About { id: format!("run{second}"), side: Some(side.to_owned()), started_at, ..about() };
        Writer::create(&scratch.0, &about).unwrap().seal(&Outcome::Completed).unwrap()
    };
    let [one, other, again] = [of("k3j2ab/reference", 1), of("k3j2ab/candidate", 2), of("k3j2ab/reference", 3)];
    assert_eq!(find_all("k3j2ab/reference", &scratch.0, &commit_of).unwrap(), [again, one]);
    assert_eq!(find_all("k3j2ab/candidate", &scratch.0, &commit_of).unwrap(), [other]);
    assert!(matches!(find_all("k3j2ab/other", &scratch.0, &commit_of), Err(FindError::Unknown { .. })));
}

#[test]
fn changes_that_a_commit_does_not_have_are_no_run_of_it_where_there_is_one() {
    let scratch = Scratch::new("dirty");
    let clean = run(&scratch.0, "chat", ONE, 1, None);
    let dirty = Writer::create(&scratch.0, &About { commit: Some(ONE.to_owned()), ..about() }).unwrap();
    let dirty = dirty.seal(&Outcome::Completed).unwrap();
    assert_eq!(find_all("main", &scratch.0, &commit_of).unwrap(), std::slice::from_ref(&clean));
    remove(&clean).unwrap();
    assert_eq!(find_all("main", &scratch.0, &commit_of).unwrap(), [dirty]);
}

#[test]
fn a_list_is_the_same_with_its_copy_and_without_and_follows_every_change() {
    let scratch = Scratch::new("list");
    let a = run(&scratch.0, "chat", ONE, 1, Some(Verdict::Pass));
    let b = run(&scratch.0, "soak", TWO, 2, None);
    let listed = || list(&scratch.0).runs;
    let first = listed();
    assert_eq!(first.iter().map(|(folder, _)| folder.clone()).collect::<Vec<_>>(), [b.clone(), a.clone()]);
    let Entry { verdict, length, outcome, commit, .. } = first[1].1.clone();
    assert_eq!((verdict, outcome, commit.as_deref()), (Some(Verdict::Pass), Outcome::Completed, Some(ONE)));
    assert_eq!(length, at(25.0));
    assert!(scratch.0.join("index.jsonl").exists());
    assert_eq!(listed(), first);
    // Judged anew, removed, damaged, or the copy itself damaged: what is listed is what is there.
    save_findings(&a, &[Finding { verdict: Verdict::Fail, ..finding() }]).unwrap();
    assert_eq!(listed()[1].1.verdict, Some(Verdict::Fail));
    fs::write(scratch.0.join("index.jsonl"), "{\n\0").unwrap();
    assert_eq!(listed()[1].1.verdict, Some(Verdict::Fail));
    remove(&b).unwrap();
    assert_eq!(listed().len(), 1);
    assert!(!scratch.0.join("soak").exists(), "the empty folder went too");
    fs::write(a.join("record.db"), "no database at all, and long enough to be one").unwrap();
    let listing = list(&scratch.0);
    assert_eq!((listing.runs.len(), listing.unreadable.len()), (0, 1));
    assert_eq!(list(&scratch.0.join("nowhere")).runs.len(), 0);
}

#[test]
fn a_run_under_way_is_listed_as_it_is_by_now() {
    let scratch = Scratch::new("underway");
    let writer = Writer::create(&scratch.0, &about()).unwrap();
    writer.append(phase("work", Some(1), 0.0, 5.0));
    writer.flush();
    assert_eq!(list(&scratch.0).runs[0].1.length, at(5.0));
    writer.append(phase("work", Some(2), 5.0, 9.0));
    writer.flush();
    assert_eq!(list(&scratch.0).runs[0].1.length, at(9.0));
    writer.seal(&Outcome::Interrupted).unwrap();
    assert_eq!(list(&scratch.0).runs[0].1.outcome, Outcome::Interrupted);
}

/// `RECORD_RUNS` tells how many; with 10,000 it took 0.1 s, and 5 s without the copy of what they told.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn many_runs_are_listed_at_once() {
    let scratch = Scratch::new("many");
    let first = run(&scratch.0, "chat", ONE, 1, Some(Verdict::Pass));
    let database = fs::read(first.join("record.db")).unwrap();
    let count: usize = std::env::var("RECORD_RUNS").map_or(300, |count| count.parse().unwrap());
    for number in 1..count {
        let folder = scratch.0.join("chat").join(format!("20260401T{number:06}Z-1111111-{number:06}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("record.db"), &database).unwrap();
    }
    let timed = || {
        let start = Instant::now();
        assert_eq!(list(&scratch.0).runs.len(), count);
        start.elapsed()
    };
    let (without, with) = (timed(), timed());
    println!("{count} runs: {with:?}, and {without:?} without the copy");
    assert!(with < without, "{with:?} {without:?}");
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_000)
}

/// A run that is `age` days old, and takes ten bytes.
fn kept(scenario: &str, age: u64, verdict: Verdict, outcome: Outcome) -> Kept {
    let started_at = now() - Duration::from_hours(24 * age);
    let entry = Entry {
        id: format!("{scenario}{age}"),
        scenario: scenario.to_owned(),
        scenario_hash: String::new(),
        started_at,
        commit: None,
        dirty: false,
        branch: None,
        side: None,
        length: at(1.0),
        outcome,
        verdict: Some(verdict),
    };
    Kept { folder: PathBuf::from("run"), entry, bytes: 10, written_at: started_at }
}

#[test]
fn what_goes_is_old_or_too_much_and_never_the_last_that_passed() {
    let done = || Outcome::Completed;
    let runs = [
        kept("a", 0, Verdict::Fail, Outcome::HarnessLost),
        kept("a", 1, Verdict::Fail, done()),
        kept("b", 2, Verdict::Pass, done()),
        kept("a", 3, Verdict::Pass, done()),
        kept("a", 4, Verdict::Pass, done()),
        kept("b", 5, Verdict::Fail, Outcome::HarnessLost),
    ];
    let leaving = |retention: Retention| {
        retention.leaving(&runs, now()).into_iter().map(|run| run.entry.id.clone()).collect::<Vec<_>>()
    };
    let none = Retention::default();
    assert_eq!(leaving(none), [""; 0]);
    // The newest may be under way; `a3` and `b2` are the last that passed.
    assert_eq!(leaving(Retention { count: Some(0), ..none }), ["a1", "a4", "b5"]);
    assert_eq!(leaving(Retention { count: Some(2), ..none }), ["a4"]);
    let days = |days: u64| Some(Duration::from_hours(24 * days));
    assert_eq!(leaving(Retention { age: days(4), ..none }), ["b5"]);
    assert_eq!(leaving(Retention { age: days(0), ..none }), ["a1", "a4", "b5"]);
    assert_eq!(leaving(Retention { bytes: Some(40), ..none }), ["a4", "b5"]);
    assert_eq!(leaving(Retention { bytes: Some(0), ..none }), ["a1", "a4", "b5"]);
}
