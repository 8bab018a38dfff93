//! Load that the harness does not make: another program's, or the target's own.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::line_pattern::LinePattern;

/// How the requests of the command are counted: `{log: 'http_reqs\S*\s+(?<value>\d+)'}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestsSpec {
    /// What its output says of the requests so far, each time anew: the number is the group `value`.
    pub log: LinePattern,
}

/// Where a cycle of the target's own ends: `{log: 'cycle \d+ done'}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CyclesSpec {
    /// What the target logs when a cycle of its own has ended.
    pub log: LinePattern,
}
