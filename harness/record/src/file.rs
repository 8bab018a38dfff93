//! Files beside the database.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::RecordError;

/// Writes `bytes` to `name` in `folder`, whole or not at all: a reader never sees half a report.
///
/// # Errors
/// Where `name` is not a plain file name, or the file system refuses.
pub fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
    if !is_plain(name) {
        return Err(RecordError::Name(name.to_owned()));
    }
    let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
    let path = folder.join(name);
    let written = fill(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path));
    written.map_err(|error| {
        // What is half written is in nobody's way; the failure that matters is the first.
        let _ = fs::remove_file(&unfinished);
        RecordError::file("write", &path)(error)
    })
}

/// Is `name` one component of a path, and not a hidden one?
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
