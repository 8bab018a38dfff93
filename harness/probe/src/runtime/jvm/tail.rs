//! The end of a log that another process writes and, when it is large, begins anew.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// A line longer than this is cut.
const LONGEST: usize = 64 << 10;
/// More than this is not read at once.
const MOST: u64 = 16 << 20;

/// The lines of a log as they come.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: File,
    /// The beginning of a line whose end was not yet written.
    begun: Vec<u8>,
}

impl Tail {
    /// Begins at the start of the log.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        Ok(Self { file: File::open(&path)?, path, begun: Vec::new() })
    }

    /// The whole lines that have come since the last time. What was written to the old file before a new one was begun
    /// comes first.
    pub(super) fn lines(&mut self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        let anew = self.begun_anew();
        self.take(&mut lines)?;
        if let Some(file) = anew {
            self.file = file;
            self.take(&mut lines)?;
        }
        Ok(lines)
    }

    /// The new file, where one was begun. It is opened before the old one is read to its end, to which nothing comes
    /// any more then.
    fn begun_anew(&self) -> Option<File> {
        let new = File::open(&self.path).ok()?;
        let of = |file: &File| file.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok();
        (of(&new)? != of(&self.file)?).then_some(new)
    }

    fn take(&mut self, lines: &mut Vec<String>) -> io::Result<()> {
        self.file.by_ref().take(MOST).read_to_end(&mut self.begun)?;
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
            self.begun.truncate(LONGEST);
            return Ok(());
        };
        let rest = self.begun.split_off(end + 1);
        let whole = std::mem::replace(&mut self.begun, rest);
        lines.extend(String::from_utf8_lossy(&whole).lines().map(str::to_owned));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn no_line_is_lost_or_told_twice_when_the_log_is_begun_anew() {
        let folder = std::env::temp_dir().join(format!("plimsoll-tail-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("log");
        let mut log = File::create(&path).unwrap();
        log.write_all(b"one\ntw").unwrap();
        let mut tail = Tail::open(path.clone()).unwrap();
        assert_eq!(tail.lines().unwrap(), ["one"]);
        log.write_all(b"o\nthree\n").unwrap();
        assert_eq!(tail.lines().unwrap(), ["two", "three"]);
        assert_eq!(tail.lines().unwrap(), [""; 0]);
        log.write_all(b"four\n").unwrap();
        std::fs::rename(&path, folder.join("log.0")).unwrap();
        let mut log = File::create(&path).unwrap();
        log.write_all(b"five\nsix").unwrap();
        assert_eq!(tail.lines().unwrap(), ["four", "five"]);
        log.write_all(b"\n").unwrap();
        assert_eq!(tail.lines().unwrap(), ["six"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
