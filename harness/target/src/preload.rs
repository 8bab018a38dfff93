//! A folder that the target sees, and the environment that has its runtime load something from there at its start.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where a container sees the folder.
pub(crate) const IN_CONTAINER: &str = "/plimsoll-preload";

/// What is loaded into the target.
#[derive(Clone, Debug)]
pub struct Preload {
    /// The folder here, absolute. A target may read it, and not write to it.
    pub folder: PathBuf,
    /// The variables, where the target sees the folder at this path.
    pub variables: fn(&str) -> Vec<Addition>,
}

/// An addition to a variable of the environment: what is in it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The variable.
    pub name: &'static str,
    /// What comes first in it.
    pub value: String,
    /// What stands between this and what was there.
    pub separator: &'static str,
}

impl Preload {
    /// The variables of a target that sees the folder at `seen` and has those that `held` tells already.
    pub(crate) fn environment(
        &self,
        seen: &str,
        held: impl Fn(&str) -> Option<String>,
    ) -> BTreeMap<&'static str, String> {
        joined((self.variables)(seen), held)
    }
}

/// Variables with what is added to them, where `held` tells what is in them already.
pub(crate) fn joined(
    additions: Vec<Addition>,
    held: impl Fn(&str) -> Option<String>,
) -> BTreeMap<&'static str, String> {
    let mut variables = BTreeMap::new();
    for Addition { name, value, separator } in additions {
        let there = variables.remove(name).or_else(|| held(name)).filter(|there| !there.is_empty());
        variables.insert(name, there.map_or_else(|| value.clone(), |there| format!("{value}{separator}{there}")));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_variable_stays_in_it() {
        let variables = |seen: &str| {
            let path = Addition { name: "PYTHONPATH", value: seen.to_owned(), separator: ":" };
            let options = Addition { name: "RUBYOPT", value: "-ragent".to_owned(), separator: " " };
            vec![path, options]
        };
        let preload = Preload { folder: PathBuf::from("/here"), variables };
        let there = |name: &str| Some(if name == "PYTHONPATH" { "/app:/lib" } else { "" }.to_owned());
        let want = [("PYTHONPATH", "/there:/app:/lib".to_owned()), ("RUBYOPT", "-ragent".to_owned())];
        assert_eq!(preload.environment("/there", there), BTreeMap::from(want));
    }
}
