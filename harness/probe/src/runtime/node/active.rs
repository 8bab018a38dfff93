//! What keeps the event loop of a Node alive, by type.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use timeline::Metric;

/// The most types that become series; Node has about twenty.
const KINDS: usize = 24;

/// The types that were seen: one that is gone counts 0 from then on.
#[derive(Debug, Default)]
pub(super) struct Active(BTreeSet<String>);

impl Active {
    /// From `{TCPSocketWrap: 938, Timeout: 2}`: how many there are, and how many of each type.
    pub(super) fn take(&mut self, counts: &Map<String, Value>) -> Vec<(Metric, f64)> {
        for kind in counts.keys() {
            if self.0.len() < KINDS {
                self.0.insert(kind.clone());
            }
        }
        let all = counts.values().filter_map(Value::as_f64).sum();
        let count = |kind: &String| counts.get(kind).and_then(Value::as_f64).unwrap_or(0.0);
        let by_kind = self.0.iter().map(|kind| (Metric::active_resources_of(kind), count(kind)));
        std::iter::once((Metric::ActiveResources, all)).chain(by_kind).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_type_is_counted_and_one_that_is_gone_counts_nothing() {
        let mut active = Active::default();
        let mut take = |value: Value| active.take(value.as_object().unwrap());
        take(json!({"Timeout": 1, "TCPSocketWrap": 938}));
        let told = take(json!({"TCPSocketWrap": 7, "FSReqCallback": 2}));
        let of = Metric::active_resources_of;
        assert_eq!(
            told,
            [
                (Metric::ActiveResources, 9.0),
                (of("FSReqCallback"), 2.0),
                (of("TCPSocketWrap"), 7.0),
                (of("Timeout"), 0.0)
            ]
        );
    }
}
