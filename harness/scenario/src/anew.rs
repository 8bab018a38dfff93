//! Other assertions for a run that has been.

use serde::Deserialize;

use crate::plan::{Assertion, Plan};
use crate::problem::Problem;
use crate::spec::AssertSpec;
use crate::tree::{Content, Node};
use crate::{decode, resolve, variables};

const KEY: &str = "assert";

/// The one section that counts.
#[derive(Deserialize)]
struct Section {
    #[serde(rename = "assert")]
    assertions: Option<AssertSpec>,
}

/// Reads the `assert` section of `source`, which may be a whole scenario: the rest of it is not looked at. What is
/// always judged is added, and what `plan` cannot show is refused, as in [`load`](crate::load).
///
/// # Errors
/// Every mistake in the section, in the order of their places.
pub fn load_assertions(
    source: &str,
    plan: &Plan,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Assertion>, Vec<Problem>> {
    let mut root = section(Node::parse(source).map_err(|problem| vec![problem])?).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    variables::fill_in(&mut root, variable, &mut problems);
    let section: Option<Section> = decode::decode(&root, &mut problems);
    let rules = section.and_then(|section| section.assertions).unwrap_or_default();
    let assertions = resolve::resolve_assertions(&rules, plan, &root, &mut problems);
    if problems.is_empty() {
        return Ok(assertions);
    }
    problems.sort();
    Err(problems)
}

/// The same mapping with nothing but the section in it.
fn section(mut root: Node) -> Result<Node, Problem> {
    if let Content::Mapping(entries) = &mut root.content
        && let Some(at) = entries.iter().position(|(key, _)| key.text() == KEY)
    {
        let entry = entries.swap_remove(at);
        return Ok(Node { content: Content::Mapping(vec![entry]), ..root });
    }
    let hint = "begin it with `assert:`, and write the rules below it, as in a scenario";
    Err(root.problem("there is no `assert` section", Some(hint.to_owned())))
}
