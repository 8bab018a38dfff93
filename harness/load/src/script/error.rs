//! Why a script cannot be put together.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with a file of a scenario, or with a text in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// A file is not there, or not for us.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A row of data is not what it should be.
    #[error("{}:{line}: {reason}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A file of data without data.
    #[error("{} has no rows", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A template names a column that is not in the file.
    #[error("`{{{{{set}.{column}}}}}`: the columns of `{set}` are {}", known.join(", "))]
    NoColumn {
        /// The set of rows.
        set: String,
        /// The column.
        column: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A template names what nobody knows.
    #[error("nothing is known of `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A text is no template.
    #[error("`{text}`: {reason}")]
    Template {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A text is no regular expression.
    #[error("`{text}` is not a regular expression")]
    Regex {
        /// The text.
        text: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
}
