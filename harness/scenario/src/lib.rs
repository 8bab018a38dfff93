//! What shall happen: a scenario file as it is written ([`Spec`]), and as it is meant ([`Plan`]).
//!
//! Pure: text goes in, a plan or every mistake with its place comes out.

mod anew;
mod decode;
mod json_path;
mod line_pattern;
mod plan;
mod problem;
mod profiles;
mod quantity;
mod resolve;
mod short;
mod spec;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod variables;

use std::path::Path;

pub use anew::load_assertions;
pub use decode::nearest;
pub use json_path::{JsonKey, JsonPath};
pub use line_pattern::LinePattern;
pub use plan::{
    Address, ArrivalPlan, Assertion, AttachPlan, Body, Capture, ClientPlan, CommandPlan, Condition, ContainerPlan,
    DataPlan, DataSource, During, Expect, Grade, HeartbeatPlan, Http, Image, Journey, Kept, Launch, Leaving, Manner,
    Method, PageFormat, Part, PartContent, Pattern, Phase, Plan, Point, PreparePlan, ProbePlan, Process, ProcessPlan,
    Quantity, RateRamp, Ready, ReadyWhen, Request, Resources, Reuse, Rule, RuntimeKind, RuntimePlan, Scheme,
    ScrapePlan, Scraped, Selector, SeriesRule, ServicePlan, SocketAction, SocketStep, Source, Spot, Step, Take,
    TargetPlan, Think, TlsPlan, Tolerance, Users, Watcher,
};
pub use problem::{Place, Problem};
pub use quantity::{Size, Span};
pub use spec::Spec;
pub use template::{Piece, TemplateFault, Variable, pieces};

/// Reads a scenario, as it is without its profiles.
///
/// `folder` is where the file lies, absolute: relative paths in it start there. `variable` looks
/// up what `${NAME}` stands for.
///
/// # Errors
/// Every mistake in the file, in the order of their places.
pub fn load(source: &str, folder: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Plan, Vec<Problem>> {
    read(source, None, folder, variable)
}

/// Reads a scenario with one of its profiles laid over it: mappings merge key by key, all else is replaced. See [`load`].
///
/// # Errors
/// Every mistake in the file, in the order of their places; of the other profiles only that they are none.
pub fn load_profile(
    source: &str,
    profile: &str,
    folder: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Plan, Vec<Problem>> {
    read(source, Some(profile), folder, variable)
}

/// The names of a scenario's profiles, in the order of the file; none of a file that is no YAML.
pub fn profiles(source: &str) -> Vec<String> {
    let Ok(mut root) = tree::Node::parse(source) else { return Vec::new() };
    profiles::Profiles::take(&mut root, &mut Vec::new()).names().into_iter().map(str::to_owned).collect()
}

fn read(
    source: &str,
    profile: Option<&str>,
    folder: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Plan, Vec<Problem>> {
    let mut root = tree::Node::parse(source).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let profiles = profiles::Profiles::take(&mut root, &mut problems);
    if let Some(name) = profile {
        profiles.lay_over(&mut root, name, &mut problems);
    }
    variables::fill_in(&mut root, variable, &mut problems);
    let spec: Option<Spec> = decode::decode(&root, &mut problems);
    let plan = spec.map(|spec| resolve::resolve(&spec, &root, folder, &mut problems));
    match plan {
        Some(plan) if problems.is_empty() => Ok(Plan { profile: profile.map(str::to_owned), ..plan }),
        _ => {
            problems.sort();
            Err(problems)
        }
    }
}

/// The JSON Schema of a scenario file, for editors.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Spec);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}
