//! `compare`: what has changed from one set of runs to another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clock::Clock;
use record::{About, Entry, Record};
use report::{ComparedRuns, Track};
use timeline::show_bytes;
use verdict::Verdict;
use verdict::compare::{ALPHA, Run, mismatches};

use super::reports;
use crate::cli::{CompareOptions, ComparisonFormat, Inconclusive};
use crate::exit::Exit;
use crate::{output, runs};

/// Compares runs, and ends by what came of it.
pub(super) fn compare(options: &CompareOptions) -> Exit {
    match try_compare(options) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_compare(options: &CompareOptions) -> Result<Exit, Exit> {
    let reference = listed(&options.reference, &options.results)?;
    let candidate = listed(&options.candidate, &options.results)?;
    let scenario = scenario(options, &reference, &candidate)?;
    let [reference, candidate] =
        [(&reference, &options.reference), (&candidate, &options.candidate)].map(|(side, called)| {
            let of_scenario = side.iter().filter(|(_, entry)| options.force || entry.scenario == scenario);
            let folders: Vec<&PathBuf> = of_scenario.map(|(folder, _)| folder).collect();
            if folders.is_empty() {
                output::err(&format!("error: of `{called}` there is no run of {scenario}"));
                return Err(Exit::Usage);
            }
            let with_track = options.format == ComparisonFormat::Html;
            folders
                .into_iter()
                .map(|folder| Ok(Compared::of(&runs::open_at(folder)?, with_track)))
                .collect::<Result<Vec<Compared>, Exit>>()
        });
    let ((reference, ours), (candidate, theirs)) = (apart(reference?), apart(candidate?));
    if !options.force && !refuse_mismatches(&reference, &candidate) {
        return Err(Exit::Usage);
    }
    let comparison = verdict::compare::compare(&reference, &candidate, ALPHA);
    let told = ComparedRuns {
        scenario: &scenario,
        reference: &options.reference,
        candidate: &options.candidate,
        comparison: &comparison,
        at: Clock::start().started_at(),
    };
    let text = told_as(options.format, &told, [&ours, &theirs], Inconclusive::counts_as(options.inconclusive));
    reports::deliver(&text, options.output.as_deref())?;
    Ok(Exit::gated(comparison.verdict(), Inconclusive::counts_as(options.inconclusive)))
}

/// A run of a side, and its track where the page is asked for.
pub(super) struct Compared {
    pub(super) run: Run,
    pub(super) track: Option<Track>,
}

impl Compared {
    pub(super) fn of(record: &Record, with_track: bool) -> Self {
        Self { run: run(record), track: with_track.then(|| Track::of(record)) }
    }
}

/// The runs, and their tracks.
pub(super) fn apart(side: Vec<Compared>) -> (Vec<Run>, Vec<Track>) {
    let (runs, tracks): (Vec<Run>, Vec<Option<Track>>) = side.into_iter().map(|one| (one.run, one.track)).unzip();
    (runs, tracks.into_iter().flatten().collect())
}

/// A comparison in a format in which what is inconclusive counts as `inconclusive`; the tracks are for the page.
pub(super) fn told_as(
    format: ComparisonFormat,
    told: &ComparedRuns<'_>,
    [reference, candidate]: [&[Track]; 2],
    inconclusive: Verdict,
) -> String {
    match format {
        ComparisonFormat::Terminal => report::comparison_terminal(told, reports::style()),
        ComparisonFormat::Markdown => report::comparison_markdown(told),
        ComparisonFormat::Json => format!("{:#}\n", report::comparison_json(told)),
        ComparisonFormat::Junit => report::comparison_junit(told, inconclusive),
        ComparisonFormat::Html => report::comparison_html(told, reference, candidate),
    }
}

/// The runs that are called so, several with commas between; each once, the oldest first.
fn listed(called: &str, results: &Path) -> Result<Vec<(PathBuf, Entry)>, Exit> {
    let mut folders = Vec::new();
    for one in called.split(',') {
        folders.extend(runs::find_all(one.trim(), results)?);
    }
    folders.sort_by_key(|folder| folder.file_name().map(ToOwned::to_owned));
    folders.dedup();
    let entry = |folder: PathBuf| {
        let entry = Entry::read(&folder).map_err(|error| {
            output::error(&error, None);
            Exit::Usage
        })?;
        Ok((folder, entry))
    };
    folders.into_iter().map(entry).collect()
}

/// The scenario that both sides have runs of.
fn scenario(
    options: &CompareOptions,
    reference: &[(PathBuf, Entry)],
    candidate: &[(PathBuf, Entry)],
) -> Result<String, Exit> {
    if let Some(scenario) = &options.scenario {
        return Ok(scenario.clone());
    }
    let [ours, theirs] = [candidate, reference]
        .map(|side| side.iter().map(|(_, entry)| entry.scenario.clone()).collect::<BTreeSet<String>>());
    let common: Vec<&String> = ours.intersection(&theirs).collect();
    match common[..] {
        [one] => return Ok(one.clone()),
        [] if options.force => return Ok(Vec::from_iter(ours).join(", ")),
        [] => output::err(&format!(
            "error: these cannot be compared: one side has runs of {}, the other of {}\nhint: `--force` compares them",
            Vec::from_iter(theirs).join(", "),
            Vec::from_iter(ours).join(", ")
        )),
        _ => output::err(&format!(
            "error: both sides have runs of several scenarios\nhint: name one with `--scenario`: {}",
            common.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        )),
    }
    Err(Exit::Usage)
}

/// Says why they should not be compared; are they comparable?
fn refuse_mismatches(reference: &[Run], candidate: &[Run]) -> bool {
    let mismatches = mismatches(reference, candidate);
    for one in &mismatches {
        let of = |side: &[String]| if side.is_empty() { "unknown".to_owned() } else { side.join(" and ") };
        output::err(&format!(
            "error: these cannot be compared by their {}: the reference has {}, the candidate {}",
            one.condition,
            of(&one.reference),
            of(&one.candidate)
        ));
    }
    if !mismatches.is_empty() {
        output::err("hint: `--force` shows them side by side all the same");
    }
    mismatches.is_empty()
}

/// A record, as far as it is compared.
fn run(record: &Record) -> Run {
    Run {
        name: record.about.id.clone(),
        conditions: conditions(&record.about),
        outcome: record.timeline.outcome.clone(),
        measured: verdict::compare::measure(&record.about.plan, &record.timeline),
    }
}

/// What has to be the same of runs that are compared.
fn conditions(about: &About) -> BTreeMap<&'static str, String> {
    let host = |name: &str| about.host.get(name).map_or("unknown", String::as_str);
    let resources = about.plan.target.launch.resources();
    let memory = resources.memory.map_or("no memory limit".to_owned(), |bytes| show_bytes(bytes as f64));
    let cpus = resources.cpus.map_or("no processor quota".to_owned(), |cpus| format!("{cpus} processors"));
    BTreeMap::from([
        ("scenario's text", about.scenario_hash.chars().take(12).collect()),
        ("profile", about.plan.profile.clone().unwrap_or_else(|| "none".to_owned())),
        ("limits", format!("{memory}, {cpus}")),
        ("machine", format!("{} cores, {}, {}", host("cores"), host("machine"), host("os"))),
        ("version of plimsoll", about.harness_version.clone()),
    ])
}
