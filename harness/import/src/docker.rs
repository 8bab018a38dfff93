//! What `docker stats --format json` prints: a line per container and round, without a time.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The containers that were seen, with how often.
#[derive(Default)]
pub(crate) struct Docker {
    rounds: BTreeMap<String, usize>,
    /// The last line of each.
    last: BTreeMap<String, Map<String, Value>>,
}

impl Docker {
    /// Adds the container's memory and processes to `cells`, and says which round it is, from 0. `None`
    /// where the object is not one of these lines.
    pub(crate) fn cells(&mut self, object: &Map<String, Value>, cells: &mut Vec<(String, String)>) -> Option<usize> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let memory = text("MemUsage")?;
        let name = name(object);
        cells.push((format!("{name} memory"), memory.to_owned()));
        cells.extend(text("PIDs").map(|processes| (format!("{name} PIDs"), processes.to_owned())));
        let seen = self.rounds.entry(name.to_owned()).or_default();
        *seen += 1;
        Some(*seen - 1)
    }

    /// Is it the container's last line once more? On a terminal a reading is painted several times.
    pub(crate) fn repeats(&mut self, object: &Map<String, Value>) -> bool {
        let before = self.last.insert(name(object).to_owned(), object.clone());
        before.is_some_and(|before| before == *object)
    }

    /// Was any line one of these?
    pub(crate) fn seen(&self) -> bool {
        !self.rounds.is_empty()
    }
}

/// The container's name.
fn name(object: &Map<String, Value>) -> &str {
    let text = |key: &&str| object.get(*key).and_then(Value::as_str);
    ["Name", "Container", "ID"].iter().find_map(text).unwrap_or("container")
}
