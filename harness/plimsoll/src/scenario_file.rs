//! Scenario files on disk: found, read, and their mistakes shown in place.

use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use scenario::{Assertion, Plan, Problem};

use crate::output;

/// A scenario that was read.
pub(crate) struct ScenarioFile {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// What it means.
    pub(crate) plan: Plan,
}

/// Reads the scenario at `path`, a file or a folder with a `scenario.yaml`, with one of its profiles or with none.
///
/// # Errors
/// What is wrong with it, ready to be shown: every mistake with its place.
pub(crate) fn load(path: &Path, profile: Option<&str>) -> Result<ScenarioFile, String> {
    let Source { path, text, folder } = Source::read(path)?;
    read(path, text, profile, &folder)
}

/// Reads the same scenario as if it lay in `folder`, an absolute one: the paths in it begin there.
///
/// # Errors
/// As [`load`].
pub(crate) fn moved(file: &ScenarioFile, folder: &Path) -> Result<ScenarioFile, String> {
    let name = file.path.file_name().unwrap_or_default();
    read(folder.join(name), file.text.clone(), file.plan.profile.as_deref(), folder)
}

fn read(path: PathBuf, text: String, profile: Option<&str>, folder: &Path) -> Result<ScenarioFile, String> {
    match plan(&text, profile, folder) {
        Ok(plan) => Ok(ScenarioFile { path, text, plan }),
        Err(problems) => Err(show(&problems, &text, &path, "started")),
    }
}

/// Reads the scenario at `path` as it is, and with each of its profiles.
///
/// # Errors
/// What is wrong with any of these, ready to be shown: every mistake with its place.
pub(crate) fn load_with_profiles(path: &Path) -> Result<(Plan, Vec<Plan>), String> {
    let Source { path, text, folder } = Source::read(path)?;
    let as_it_is = plan(&text, None, &folder);
    let mut problems = as_it_is.as_ref().err().cloned().unwrap_or_default();
    let known = problems.clone();
    let mut plans = Vec::new();
    for name in scenario::profiles(&text) {
        match plan(&text, Some(&name), &folder) {
            Ok(plan) => plans.push(plan),
            Err(more) => {
                let more = more.into_iter().filter(|problem| !known.contains(problem));
                problems.extend(more.map(|it| Problem { message: format!("with `{name}`: {}", it.message), ..it }));
            }
        }
    }
    match as_it_is {
        Ok(plan) if problems.is_empty() => Ok((plan, plans)),
        _ => {
            problems.sort();
            Err(show(&problems, &text, &path, "started"))
        }
    }
}

/// A scenario as it lies on the disk.
struct Source {
    path: PathBuf,
    text: String,
    /// Where relative paths in it start.
    folder: PathBuf,
}

impl Source {
    fn read(path: &Path) -> Result<Self, String> {
        let path = if path.is_dir() { path.join("scenario.yaml") } else { path.to_owned() };
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let whole = path.canonicalize().map_err(|error| unreadable(&path, &error))?;
        let folder = whole.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { path, text, folder })
    }
}

fn plan(text: &str, profile: Option<&str>, folder: &Path) -> Result<Plan, Vec<Problem>> {
    let variable = |name: &str| std::env::var(name).ok();
    match profile {
        Some(profile) => scenario::load_profile(text, profile, folder, &variable),
        None => scenario::load(text, folder, &variable),
    }
}

/// Reads the assertions at `path`, for a run that was made by `plan`.
///
/// # Errors
/// What is wrong with them, ready to be shown: every mistake with its place.
pub(crate) fn load_assertions(path: &Path, plan: &Plan) -> Result<Vec<Assertion>, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("error: cannot read {}: {error}", path.display()))?;
    scenario::load_assertions(&text, plan, &|name| std::env::var(name).ok())
        .map_err(|problems| show(&problems, &text, path, "judged"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    let hint = "hint: name a scenario file, or a folder with a `scenario.yaml`";
    format!("error: cannot read {}: {error}\n{hint}", path.display())
}

/// The problems, each with its line of the file and a hint, and what was not done.
fn show(problems: &[Problem], text: &str, path: &Path, undone: &str) -> String {
    let renderer = if output::error_colour() { Renderer::styled() } else { Renderer::plain() };
    let path = path.display().to_string();
    let mut shown = String::new();
    for problem in problems {
        let span = span(problem, text);
        let snippet = Snippet::source(text).path(&path).annotation(AnnotationKind::Primary.span(span));
        let mut group = Group::with_title(Level::ERROR.primary_title(&problem.message)).element(snippet);
        if let Some(hint) = &problem.hint {
            group = group.element(Level::HELP.message(hint));
        }
        shown.push_str(&renderer.render(&[group]));
        shown.push_str("\n\n");
    }
    let count = problems.len();
    shown + &format!("{count} mistake{} in {path}; nothing was {undone}", if count == 1 { "" } else { "s" })
}

/// The bytes of the file that a problem is about.
fn span(problem: &Problem, text: &str) -> std::ops::Range<usize> {
    let line_start: usize = text.split_inclusive('\n').take(problem.place.line.saturating_sub(1)).map(str::len).sum();
    let line = text[line_start..].lines().next().unwrap_or_default();
    let column = |count: usize| line.char_indices().nth(count).map_or(line.len(), |(index, _)| index);
    let start = column(problem.place.column.saturating_sub(1));
    let end = if line[start..].starts_with(&problem.text) { start + problem.text.len() } else { start + 1 };
    line_start + start..line_start + end.clamp(start, line.len().max(start))
}
