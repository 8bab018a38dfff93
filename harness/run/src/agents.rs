//! Agents for the target's runtime, from where they are made to where they are loaded.

use std::path::Path;

use probe::{Agents, Variable};
use scenario::RuntimePlan;
use target::{Addition, Preload};

use crate::NotStarted;

/// Lays the agents out in the folder of the run, where the scenario asks for them. They lie there until this is dropped,
/// which is not before the target has ended.
pub(crate) fn prepare(plan: &RuntimePlan, folder: &Path) -> Result<Option<Agents>, NotStarted> {
    if !plan.agent {
        return Ok(None);
    }
    let folder = std::path::absolute(folder).map_err(NotStarted::Agents)?;
    Agents::prepare(&folder.join("agents")).map(Some).map_err(NotStarted::Agents)
}

/// What the target is to be launched with.
pub(crate) fn preload(agents: &Agents) -> Preload {
    let variables = |seen: &str| Agents::variables(seen).into_iter().map(addition).collect();
    Preload { folder: agents.folder().to_owned(), variables }
}

fn addition(Variable { name, value, separator }: Variable) -> Addition {
    Addition { name, value, separator }
}
