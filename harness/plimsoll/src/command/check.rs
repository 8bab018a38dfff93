//! `check`: the plan as a timeline, without starting anything.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use scenario::{
    AttachPlan, During, Image, Launch, Phase, Plan, Quantity, ReadyWhen, Rule, SeriesRule, ServicePlan, Spot,
    TargetPlan, Tolerance,
};
use timeline::{Amount, Elapsed, Unit, show_bytes};

use crate::exit::Exit;
use crate::{output, scenario_file};

/// Shows what a scenario would do, or what is wrong with it.
pub(super) fn check(path: &Path, profile: Option<&str>) -> Exit {
    let described = match profile {
        Some(_) => scenario_file::load(path, profile).map(|file| describe(&file.plan)),
        None => scenario_file::load_with_profiles(path).map(|(plan, profiles)| describe(&plan) + &others(&profiles)),
    };
    match described {
        Ok(text) => {
            output::out(&text);
            Exit::Passed
        }
        Err(complaint) => {
            output::err(complaint.trim_end());
            Exit::Usage
        }
    }
}

fn describe(plan: &Plan) -> String {
    let profile = plan.profile.as_ref().map_or(String::new(), |profile| format!(" ({profile})"));
    let about = plan.about.as_ref().map_or(String::new(), |about| format!(": {about}"));
    let mut text = format!("{}{profile}{about}\n\n", plan.name);
    text.push_str(&prepared(plan));
    for ServicePlan { name, launched } in &plan.services {
        let _ = writeln!(text, "service   {name}: {}; ready {}", target(launched), ready(launched));
    }
    let _ = writeln!(text, "target    {}", target(&plan.target));
    let _ = writeln!(text, "ready     {}", ready(&plan.target));
    let heartbeat = plan.probes.heartbeat.as_ref().map_or(String::new(), |heartbeat| {
        format!(", heartbeat on {} every {}", heartbeat.path, Elapsed::from(heartbeat.period))
    });
    let samples = format!("every {}", Elapsed::from(plan.probes.every));
    let samples = if plan.only_address().is_some() { "none".to_owned() } else { samples };
    let _ = writeln!(text, "samples   {samples}{heartbeat}");
    text.push_str(&scrapes(plan));
    text.push('\n');
    text.push_str(&timeline(plan));
    text.push('\n');
    for journey in &plan.journeys {
        let _ = writeln!(text, "journey   {} (weight {}, {} steps)", journey.name, journey.weight, journey.steps.len());
    }
    text.push_str(&foreign(plan));
    text.push_str(&collections(plan));
    text.push_str(&looks(plan));
    text.push_str("\nasserted\n");
    for assertion in &plan.assertions {
        let always = if assertion.asked_for { "" } else { " (always judged)" };
        let _ = writeln!(text, "  {:<28} {}{always}", assertion.rule.id(), limit(&assertion.rule));
    }
    let _ = writeln!(text, "\nIt takes {}, besides launching the target.", Elapsed::from(plan.length()));
    text
}

/// The plans of its profiles, a line each.
fn others(profiles: &[Plan]) -> String {
    let line = |plan: &Plan| {
        let name = plan.profile.as_deref().unwrap_or_default();
        format!("With the profile {name} it takes {}.\n", Elapsed::from(plan.length()))
    };
    profiles.iter().map(line).collect()
}

/// What is run before anything starts.
fn prepared(plan: &Plan) -> String {
    let all = plan.services.iter().map(|service| &service.launched).chain([&plan.target]);
    let mut text = String::new();
    for prepare in all.filter_map(|launched| launched.prepare.as_ref()) {
        let _ = writeln!(text, "prepared  by `{}` in {}", prepare.command.join(" "), prepare.folder.display());
    }
    text
}

fn target(plan: &TargetPlan) -> String {
    match &plan.launch {
        Launch::Container(container) => match &container.image {
            Image::Named(name) => format!("container from the image {name}"),
            Image::Build { dockerfile, .. } => format!("container, built from {}", dockerfile.display()),
        },
        Launch::Process(process) => format!("process `{}`", process.command.join(" ")),
        Launch::Attach(AttachPlan::Container { name, .. }) => format!("the running container {name}"),
        Launch::Attach(AttachPlan::Process { pid, .. }) => format!("the running process {pid}"),
        Launch::Attach(AttachPlan::Url(address)) => format!("{address}, of which no memory can be seen"),
    }
}

fn ready(plan: &TargetPlan) -> String {
    let within = Elapsed::from(plan.ready.within);
    match &plan.ready.when {
        ReadyWhen::Http(path) => format!("when GET {path} answers, within {within}"),
        ReadyWhen::Log(line) => format!("when it logs `{line}`, within {within}"),
        ReadyWhen::Tcp => format!("when its port accepts a connection, within {within}"),
        ReadyWhen::Started => "when it runs".to_owned(),
    }
}

/// The pages that are got, and what is kept of them.
fn scrapes(plan: &Plan) -> String {
    let mut text = String::new();
    for page in &plan.probes.scrapes {
        let (every, format) = (Elapsed::from(page.every), page.format.key());
        let port = page.port.map_or_else(String::new, |port| format!(" on port {port}"));
        let service = page.service.as_ref().map_or_else(String::new, |service| format!(" of {service}"));
        let _ = writeln!(text, "scrapes   {} ({format}){service}{port} every {every}", page.path);
        for kept in &page.kept {
            let from = if kept.name == kept.spot.to_string() { String::new() } else { format!(", from {}", kept.spot) };
            let sum = if matches!(kept.spot, Spot::Sample(_)) { ", the sum over all other labels" } else { "" };
            let _ = writeln!(text, "            {} in {}{from}{sum}", kept.name, kept.unit.name());
            if let Some(doubt) = kept.doubt() {
                let _ = writeln!(text, "            warning: {}: {doubt}", kept.name);
            }
        }
    }
    text
}

/// A line per phase, with a bar where it lies; of cycles only the first is shown.
fn timeline(plan: &Plan) -> String {
    let cycles = plan.phases.iter().filter_map(|phase| phase.cycle).max();
    let mut text = format!("{:>10}  {:<16} {:>9}  {:<9} timeline\n", "start", "phase", "length", "load");
    for phase in plan.phases.iter().filter(|phase| phase.cycle.is_none_or(|cycle| cycle == 1)) {
        let name = phase.cycle.map_or(phase.name.clone(), |_| format!("{} (1 of {})", phase.name, cycles.unwrap_or(1)));
        let _ = writeln!(
            text,
            "{:>10}  {name:<16} {:>9}  {:<9} {}",
            phase.start,
            Elapsed::from(phase.length),
            load(phase),
            bar(phase, plan)
        );
    }
    text
}

/// The load that the harness does not make, and the cycles that it does not plan.
fn foreign(plan: &Plan) -> String {
    let mut text = String::new();
    if let Some(command) = &plan.command {
        let counted = command.requests.as_ref().map_or("are not counted".to_owned(), |pattern| {
            format!("are counted by `{}` in its output", pattern.as_str())
        });
        let _ =
            writeln!(text, "command   `{}` in each loaded phase; its requests {counted}", command.command.join(" "));
    } else if plan.phases.iter().any(|phase| phase.foreign) {
        let _ = writeln!(text, "load      the target's own");
    }
    if let Some(pattern) = &plan.cycles {
        let _ = writeln!(text, "cycles    the target's own, by `{}` in its log", pattern.as_str());
    }
    text
}

/// In which phases the runtime is asked to collect, and how.
fn collections(plan: &Plan) -> String {
    let names: BTreeSet<&str> =
        plan.phases.iter().filter(|phase| phase.collect).map(|phase| phase.name.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    let names = Vec::from_iter(names).join(", ");
    match plan.target.runtime.collects() {
        Ok(how) => format!("collects  in {names}: {how}\n"),
        Err(why) => format!("collects  not in {names}, though asked for: {why}\n"),
    }
}

/// When it may stop early, where it may.
fn looks(plan: &Plan) -> String {
    let times: Vec<String> = verdict::looks(plan).iter().map(|look| look.at.to_string()).collect();
    let times = if times.is_empty() { "no look fits".to_owned() } else { format!("looks at {}", times.join(", ")) };
    if plan.stop_early { format!("stops     early where memory leaks: {times}\n") } else { String::new() }
}

/// Users, or arrivals per second.
fn load(phase: &Phase) -> String {
    let ramp = |from: String, to: String| if from == to { from } else { format!("{from}..{to}") };
    let per_second = |rate: f64| format!("{}/s", (rate * 1000.0).round() / 1000.0);
    match phase {
        _ if !phase.loaded() => "idle".to_owned(),
        _ if phase.foreign => "loaded".to_owned(),
        _ if phase.rate.most() > 0.0 => ramp(per_second(phase.rate.from), per_second(phase.rate.to)),
        _ => ramp(phase.users.from.to_string(), phase.users.to.to_string()),
    }
}

/// Where the phase lies on a line of forty characters.
fn bar(phase: &Phase, plan: &Plan) -> String {
    const WIDTH: f64 = 40.0;
    let at = |time: Elapsed| (time.seconds() / plan.length().as_secs_f64() * WIDTH).round() as usize;
    let (start, end) = (at(phase.start), at(phase.end()).max(at(phase.start) + 1));
    let mark = if phase.loaded() { "█" } else { "·" };
    " ".repeat(start) + &mark.repeat(end - start)
}

/// A limit of a series, in its unit.
fn limit_of_series(of: Quantity, rule: &SeriesRule) -> String {
    let amount = |value| Amount { value, unit: of.metric().unit() };
    let part = |during: &During| match during {
        During::Run => String::new(),
        part => format!(", {}", part.name()),
    };
    match rule {
        SeriesRule::Max { limit, during } => format!("at most {}{}", amount(*limit), part(during)),
        SeriesRule::Min { limit, during } => format!("at least {}{}", amount(*limit), part(during)),
        SeriesRule::Growth { below: Some(amount), during } => format!("below {amount}{}", part(during)),
        SeriesRule::Growth { below: None, .. } => "none beyond warm-up and noise".to_owned(),
        SeriesRule::GrowthPerCycle { below } => format!("below {} from cycle to cycle", amount(*below)),
        SeriesRule::ReturnsToBaseline { within: Tolerance::Share(share) } => {
            format!("within {} of it", Amount { value: *share, unit: Unit::Share })
        }
        SeriesRule::ReturnsToBaseline { within: Tolerance::Bytes(value) } => {
            format!("within {} of it", show_bytes(*value))
        }
        SeriesRule::Rate { below, during } => {
            let during = during.as_ref().map_or_else(String::new, part);
            format!("below {}{during}", Amount { value: *below, unit: Unit::PerSecond })
        }
    }
}

fn limit(rule: &Rule) -> String {
    let share = |value| Amount { value, unit: Unit::Share };
    match rule {
        Rule::TargetAlive => "lives until it is stopped".to_owned(),
        Rule::ServicesAlive => "each lives until it is stopped".to_owned(),
        Rule::Coverage => "enough samples, few gaps".to_owned(),
        Rule::GeneratorHealth => "the load is really offered".to_owned(),
        Rule::ReturnsToBaseline { within: Tolerance::Share(value) } => format!("within {} of it", share(*value)),
        Rule::ReturnsToBaseline { within: Tolerance::Bytes(value) } => format!("within {} of it", show_bytes(*value)),
        Rule::AboveBaseline { below } | Rule::Idle { below } | Rule::Peak { below } => {
            format!("below {}", show_bytes(*below))
        }
        Rule::Growth { below: Some(amount) } => format!("below {amount}"),
        Rule::Growth { below: None } => "none beyond warm-up and noise".to_owned(),
        Rule::GrowthPerCycle { below } => format!("below {}", Amount { value: *below, unit: Unit::BytesPerCycle }),
        Rule::GrowthPerUser { below } => format!("below {}", Amount { value: *below, unit: Unit::BytesPerUser }),
        Rule::CountGrowth { .. } | Rule::ConnectionGrowth => "none".to_owned(),
        Rule::PauseMax { limit, .. } | Rule::PauseP99 { limit, .. } => format!("at most {}", Elapsed::from(*limit)),
        Rule::PauseShare { below, .. } => format!("at most {}", Amount { value: *below, unit: Unit::Share }),
        Rule::PausesPerMinute { most, .. } => format!("at most {most} a minute"),
        Rule::Latency { below, .. } => format!("below {}", Elapsed::from(*below)),
        Rule::Errors { below } => format!("below {}", share(*below)),
        Rule::Series { of, rule } => limit_of_series(*of, rule),
        Rule::LogForbid { .. } => "never".to_owned(),
        Rule::LogRequire { .. } => "at least once".to_owned(),
        Rule::LogRate { below, .. } => format!("below {}", Amount { value: *below, unit: Unit::PerSecond }),
        Rule::Throughput { above } => format!("above {}", Amount { value: *above, unit: Unit::PerSecond }),
    }
}
