//! What a step says and hears, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::quantity::{AnswerPoint, Pace, Size, Span};

/// A time that is drawn: `exponential` or `normal`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThinkSpec {
    /// Exponentially distributed, with this mean.
    pub exponential: Option<Span>,
    /// Normally distributed, cut off at nothing.
    pub normal: Option<NormalSpec>,
}

/// `{mean: 2s, deviation: 500ms}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NormalSpec {
    /// The mean.
    pub mean: Span,
    /// The standard deviation.
    pub deviation: Span,
}

/// A part of a form that is a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartSpec {
    /// The file; relative to the scenario.
    pub file: String,
    /// Its content type: `application/octet-stream` where nothing is said.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
}

/// Where in an answer a value stands: one of `json`, `header`, `regex` and `cookie`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureSpec {
    /// A place in a body of JSON: `$.items[0].id`.
    pub json: Option<String>,
    /// A header.
    pub header: Option<String>,
    /// A regular expression on the body: its first group, or all that it matches.
    pub regex: Option<String>,
    /// A cookie that the answer sets.
    pub cookie: Option<String>,
}

/// `{regex: 'id=[0-9]+'}`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatternSpec {
    /// A regular expression that matches somewhere in it.
    pub regex: String,
}

/// How the client misbehaves: one of its keys.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MannerSpec {
    /// It closes the connection after the headers, so much of the body, or such a time.
    pub leaves_after: Option<AnswerPoint>,
    /// It closes the connection when so much of its body is sent.
    pub sends_only: Option<Size>,
    /// It reads the answer no faster than this.
    pub reads_at: Option<Pace>,
    /// It sends the request, reads nothing for so long, and closes the connection.
    pub reads_nothing_for: Option<Span>,
}
