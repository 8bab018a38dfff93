//! Where a run is kept: `results/<scenario>/<start>-<commit>-<id>`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::about::{self, About, short_id};
use crate::error::RecordError;

/// How many ids are tried before the folder is given up; one in a billion runs needs the second.
const TRIES: usize = 16;

/// Makes the folder of a run that nobody else has; `about` gets another id where its own is taken.
pub(crate) fn make(results: &Path, about: &mut About) -> Result<PathBuf, RecordError> {
    let parent = results.join(component(&about.scenario));
    fs::create_dir_all(&parent).map_err(RecordError::file("make the folder", &parent))?;
    for _ in 1..TRIES {
        let folder = parent.join(name(about));
        match fs::create_dir(&folder) {
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists => about.id = short_id(about.id.as_bytes()),
            made => return made.map(|()| folder.clone()).map_err(RecordError::file("make the folder", &folder)),
        }
    }
    let folder = parent.join(name(about));
    fs::create_dir(&folder).map_err(RecordError::file("make the folder", &folder))?;
    Ok(folder)
}

/// The folder's name; the start comes first, so that names sort by time.
fn name(about: &About) -> String {
    let start = about::timestamp(about.started_at).strftime("%Y%m%dT%H%M%SZ");
    let commit = about.commit.as_deref().map_or_else(|| "nogit".to_owned(), component);
    let commit: String = commit.chars().take(7).collect();
    format!("{start}-{commit}-{}", component(&about.id))
}

/// `text` as one harmless component of a path: it names no other folder, and is not hidden.
fn component(text: &str) -> String {
    let harmless = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    let name: String = text.chars().map(harmless).skip_while(|letter| *letter == '.').take(80).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}
