//! What the target needs: launched as targets are, and no target.

use serde::{Deserialize, Serialize};

use super::{Launch, Plan, TargetPlan};

/// A service that is launched before the target, and ended after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServicePlan {
    /// Its name: lower case, digits, dashes.
    pub name: String,
    /// How it is launched: a container or a process.
    pub launched: TargetPlan,
}

impl ServicePlan {
    /// How the variables begin in which it is found: `SEARCH_INDEX` of `search-index`.
    pub fn prefix(&self) -> String {
        self.name.to_uppercase().replace('-', "_")
    }
}

impl Plan {
    /// How everything comes to be there, in the order in which it is launched: the services, then the target.
    pub fn launches(&self) -> impl Iterator<Item = &Launch> {
        self.services.iter().map(|service| &service.launched).chain([&self.target]).map(|launched| &launched.launch)
    }
}
