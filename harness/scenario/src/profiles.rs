//! Profiles: variants of a scenario, one of which is laid over it before it is read. Each mistake keeps its place.

use crate::decode::{did_you_mean, list};
use crate::problem::Problem;
use crate::tree::{Content, Node};

const KEY: &str = "profiles";
const HINT: &str = "`profiles: {soak: {load: {phases: [...]}}}`";

/// The profiles of a scenario.
#[derive(Default)]
pub(crate) struct Profiles {
    /// Where they stand, if they do.
    key: Option<Node>,
    /// Their names, and what each lays over the rest.
    all: Vec<(Node, Node)>,
}

impl Profiles {
    /// Takes them out of the tree; what cannot be one becomes a problem.
    pub(crate) fn take(root: &mut Node, problems: &mut Vec<Problem>) -> Self {
        let Content::Mapping(entries) = &mut root.content else { return Self::default() };
        let Some(at) = entries.iter().position(|(key, _)| key.text() == KEY) else { return Self::default() };
        let (key, written) = entries.remove(at);
        let all = if let Content::Mapping(all) = written.content {
            all
        } else {
            let message = format!("expected a mapping, found `{}`", written.text());
            problems.push(written.problem(message, Some(HINT.to_owned())));
            Vec::new()
        };
        problems.extend(all.iter().filter_map(|(name, over)| fault(name, over)));
        Self { key: Some(key), all }
    }

    /// Their names, in the order of the file.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.all.iter().map(|(name, _)| name.text()).collect()
    }

    /// Lays the one of this name over the tree.
    pub(crate) fn lay_over(self, root: &mut Node, name: &str, problems: &mut Vec<Problem>) {
        let unknown = self.unknown(root, name);
        match self.all.into_iter().find(|(key, _)| key.text() == name) {
            Some((_, over)) => lay(root, over),
            None => problems.push(unknown),
        }
    }

    fn unknown(&self, root: &Node, name: &str) -> Problem {
        let names = self.names();
        let known = || match names.as_slice() {
            [] => format!("there are none yet: {HINT}"),
            names => format!("the profiles are {}", list(names)),
        };
        let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(known);
        self.key.as_ref().unwrap_or(root).problem(format!("there is no profile `{name}`"), Some(hint))
    }
}

/// Why this is no profile.
fn fault(name: &Node, over: &Node) -> Option<Problem> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let text = name.text();
    if text.is_empty() || text.len() > 64 || !text.chars().all(plain) || text.starts_with('-') {
        let hint = "up to 64 lower case letters, digits and dashes: `soak`";
        return Some(name.problem(format!("`{text}` cannot be a profile's name"), Some(hint.to_owned())));
    }
    let Content::Mapping(entries) = &over.content else {
        let message = format!("expected a mapping, found `{}`", over.text());
        return Some(over.problem(message, Some(HINT.to_owned())));
    };
    let nested = entries.iter().find(|(key, _)| key.text() == KEY)?;
    let hint = "write it beside the others".to_owned();
    Some(nested.0.problem("a profile has no profiles of its own", Some(hint)))
}

/// Mappings merge key by key; all else is replaced.
fn lay(base: &mut Node, over: Node) {
    match (&mut base.content, over.content) {
        (Content::Mapping(entries), Content::Mapping(laid)) => {
            for (key, value) in laid {
                match entries.iter_mut().find(|(known, _)| known.text() == key.text()) {
                    Some((_, known)) => lay(known, value),
                    None => entries.push((key, value)),
                }
            }
        }
        (_, content) => *base = Node { content, place: over.place, left_out: over.left_out },
    }
}
