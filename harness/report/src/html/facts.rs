//! What the run was: the scenario, the machine, the versions, and the files.

use scenario::{Image, Launch, Resources};
use timeline::show_bytes;

use super::frame::Frame;
use super::grown::link;
use super::markup::{Markup, tag};
use crate::clean::{clean, one_line};
use crate::cost;

/// So many lines of a scenario are shown; the file beside the page has all.
const LINES: usize = 2_000;

pub(super) fn section(frame: &Frame, files: &[&str]) -> Markup {
    let item = |file: &&str| tag("li").add(tag("a").with("href", link(file)).add(*file)).into();
    tag("section")
        .add(tag("h2").add("What it was"))
        .add(table(frame))
        .add(tag("h3").add("Files of this run"))
        .add(tag("ul").with("class", "files").add_all(files.iter().map(item)))
        .add(scenario(frame))
        .into()
}

fn scenario(frame: &Frame) -> Markup {
    let text = &frame.record.about.scenario_text;
    if text.is_empty() {
        return Markup::default();
    }
    // Line by line, so that a long scenario is not cut as one text.
    let lines = text.lines().take(LINES).flat_map(|line| [Markup::from(clean(line)), Markup::own("\n")]);
    let pre = tag("pre").add(tag("code").add_all(lines));
    tag("details").add(tag("summary").add("The scenario")).add(pre).into()
}

fn table(frame: &Frame) -> Markup {
    let about = &frame.record.about;
    let plan = &about.plan;
    let (launched, resources) = match &plan.target.launch {
        Launch::Container(container) => (image(&container.image), Some(container.resources)),
        Launch::Process(process) => (process.command.join(" "), Some(process.resources)),
        Launch::Attach(_) => ("attached to what ran already".to_owned(), None),
    };
    let dirty = if about.dirty { " with changes that it does not have" } else { "" };
    let mut rows = vec![
        ("target", about.target.clone()),
        ("launched", Some(launched)),
        ("limits", resources.and_then(limits)),
        ("image digest", about.image_digest.clone()),
        ("started", Some(about.started_at_text())),
        ("took", Some(frame.timeline.end.to_string())),
        ("outcome", Some(frame.timeline.outcome.to_string())),
        ("commit", about.commit.as_ref().map(|commit| format!("{commit}{dirty}"))),
        ("branch", about.branch.clone()),
        ("seed", Some(about.seed.to_string())),
        ("profile", about.plan.profile.clone()),
        ("scenario hash", Some(about.scenario_hash.clone())),
        ("plimsoll", Some(about.harness_version.clone())),
        ("the harness itself", harness(frame)),
        ("record", Some(frame.record.folder.display().to_string())),
    ];
    rows.extend(about.host.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))));
    let row = |(name, value): (&str, Option<String>)| {
        let name = tag("th").with("scope", "row").with("align", "left").add(name.replace('_', " "));
        value.map(|value| tag("tr").add(name).add(tag("td").add(one_line(&value))).into())
    };
    tag("table").with("class", "facts").add_all(rows.into_iter().filter_map(row)).into()
}

fn image(image: &Image) -> String {
    match image {
        Image::Named(name) => format!("the image {name}"),
        Image::Build { dockerfile, .. } => format!("an image built from {}", dockerfile.display()),
    }
}

fn limits(resources: Resources) -> Option<String> {
    let memory = resources.memory.map(|bytes| format!("memory {}", show_bytes(bytes as f64)));
    let cpus = resources.cpus.map(|cpus| format!("{cpus} processors"));
    let limits: Vec<String> = memory.into_iter().chain(cpus).collect();
    (!limits.is_empty()).then(|| limits.join(", "))
}

fn harness(frame: &Frame) -> Option<String> {
    let cost = cost::of(frame.timeline);
    let memory = cost.peak_bytes.map(|bytes| format!("at most {}", show_bytes(bytes)));
    let cpu = cost.cpu_share.map(|share| format!("{:.0} % of a core", share * 100.0));
    let parts: Vec<String> = memory.into_iter().chain(cpu).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
