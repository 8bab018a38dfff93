//! What a step says and hears: think times, bodies, captures, expectations, manners.
//!
//! Texts in which `{{name}}` can stand are kept as they were written; [`crate::pieces`] takes them apart.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json_path::JsonPath;

/// How long a user thinks. Its parts tell in a record which one it is, as they did when there were only ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Think {
    /// A time drawn evenly from a range.
    Even(RangeInclusive<Duration>),
    /// Normally distributed, cut off at nothing.
    Normal {
        /// The mean, before it is cut off.
        mean: Duration,
        /// The standard deviation.
        deviation: Duration,
    },
    /// Exponentially distributed.
    Exponential {
        /// The mean.
        mean: Duration,
    },
}

/// The body of a request. In a record a text is a plain text, as it was when there was nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Body {
    /// Text, with templates.
    Text(String),
    /// JSON, with templates in its texts.
    Json {
        /// The document.
        json: Value,
    },
    /// What a file holds.
    File {
        /// Its path, absolute.
        file: PathBuf,
    },
    /// The fields of a form, percent-encoded.
    Form {
        /// Names, and texts with templates, in order.
        form: Vec<(String, String)>,
    },
    /// The parts of a form.
    Multipart {
        /// In order.
        multipart: Vec<Part>,
    },
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// What is in it.
    pub content: PartContent,
}

/// What is in a part of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartContent {
    /// Text, with templates.
    Text(String),
    /// A file.
    File {
        /// Its path, absolute; its last part is the file's name in the form.
        path: PathBuf,
        /// Its content type.
        media_type: String,
    },
}

/// A value that is taken out of an answer, for the steps after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Its name in templates.
    pub name: String,
    /// Where in the answer it stands.
    pub from: Source,
}

/// Where in an answer a value stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In the body, which is JSON: a text as it is, all else as JSON; `null` is no value.
    Json(JsonPath),
    /// The first header of this name, in lower case.
    Header(String),
    /// In the body: the first group of this regular expression, or all of what it matches.
    Regex(String),
    /// The cookie of this name that the answer sets.
    Cookie(String),
}

/// What a text has to be like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// It contains this.
    Contains(String),
    /// This regular expression matches somewhere in it.
    Regex(String),
}

/// What a value in JSON has to be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is there, or it is not.
    Exists(bool),
    /// It is this; numbers are compared by value.
    Is(Value),
    /// This regular expression matches in it: in a text without its quotes, in all else as it stands.
    Regex(String),
}

/// How a client misbehaves. A request that ends as its manner says has not failed, and has no answer to judge;
/// only [`Manner::ReadsAt`] gets a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// Closes the connection in the middle of the answer.
    LeavesAfter(Point),
    /// Closes the connection when so many bytes of the body are sent.
    SendsOnly(u64),
    /// Reads the answer no faster than so many bytes per second.
    ReadsAt(f64),
    /// Sends the request, reads nothing for so long, and closes the connection.
    ReadsNothingFor(Duration),
}

/// How far an answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Until its headers are there.
    Headers,
    /// Until so many bytes of its body are there.
    Bytes(u64),
    /// For so long, counted from the end of the request.
    Time(Duration),
}
