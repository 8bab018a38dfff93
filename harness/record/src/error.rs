//! What can go wrong with a record.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::VERSION;

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file system refused.
    #[error("cannot {doing} `{}`", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The database refused: the disk is full, or the file is damaged.
    #[error("cannot {doing} the record `{}`", path.display())]
    Database {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It is a database, but not one of ours.
    #[error("`{}` is not the record of a run", .0.display())]
    NotARecord(PathBuf),
    /// It was written by a later version of this program.
    #[error(
        "the record `{}` has format {found}, this program knows {VERSION} at most: plimsoll {needed} or later reads it",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The version of the program that wrote it.
        needed: String,
    },
    /// A row does not say what it should.
    #[error("the record `{}` is damaged: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Some of what was seen could not be written while the run went on; the rest is sealed.
    #[error("{lost} observations could not be written to the record `{}`", path.display())]
    Lost {
        /// Which file.
        path: PathBuf,
        /// How many.
        lost: u64,
        /// The first failure.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file's name is not a plain name.
    #[error("`{0}` cannot be the name of a file in a record")]
    Name(String),
    /// The thread that writes ended by a panic: a bug.
    #[error("the thread that writes the record `{}` ended early", .0.display())]
    WriterLost(PathBuf),
}

impl RecordError {
    /// Turns a failure of the file system into ours.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// Turns a failure of the database into ours.
    pub(crate) fn database<E: Into<Trouble>>(doing: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |trouble| match trouble.into() {
            Trouble::Database(source) => Self::Database { doing, path, source: source.into() },
            Trouble::Damaged(what) => Self::Damaged { path, what },
        }
    }
}

/// What fails inside, before it is said of which file.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The database refused.
    Database(rusqlite::Error),
    /// A value does not say what it should.
    Damaged(String),
}

impl Trouble {
    /// As the source of one of our errors, in which nobody sees whose library it was.
    pub(crate) fn into_source(self) -> Box<dyn Error + Send + Sync> {
        match self {
            Self::Database(source) => source.into(),
            Self::Damaged(what) => what.into(),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// What `json` holds; where it does not read, `what` says of what that is true.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, json: &str) -> Result<T, Trouble> {
    serde_json::from_str(json).map_err(|error| Trouble::Damaged(format!("{what} does not read: {error}")))
}
