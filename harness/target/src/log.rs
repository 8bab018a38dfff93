//! What the target or the load logs: all of it to a file, the last lines in memory, a line that is waited for.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

/// The file is cut here.
const FILE_LIMIT: u64 = 64 << 20;
/// How many lines are kept in memory.
const LINES_KEPT: usize = 200;
/// Where a kept line is cut, in bytes.
const LINE_KEPT: usize = 2 << 10;
/// A line that is longer is taken in pieces, so that a target that never ends one cannot fill our memory.
const LINE_LIMIT: usize = 64 << 10;
/// How many lines may wait for the disk before some are left out: the target must never wait for it.
const LINES_WAITING: usize = 4096;
/// How long to wait for what a dead target's pipes still hold; a child that lives on keeps them open.
const DRAIN: Duration = Duration::from_millis(500);

/// Is told each line as it comes, in the task that reads it: it should only hand on.
pub type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// The log of one target. Cheap to clone; all clones are the same log.
#[derive(Clone)]
pub(crate) struct Log(Arc<Inner>);

struct Inner {
    kept: Mutex<VecDeque<String>>,
    wanted: Option<String>,
    hear: Option<Listener>,
    /// Was it said that lines are left out of the file?
    left_out: AtomicBool,
    seen: watch::Sender<bool>,
    /// How many streams are being read.
    readers: watch::Sender<usize>,
    to_file: SyncSender<Vec<u8>>,
}

impl Log {
    /// A log in a new file at `path`; a line that contains `wanted` is looked out for, and `hear` is told all.
    pub(crate) fn create(path: &Path, wanted: Option<&str>, hear: Option<Listener>) -> io::Result<Self> {
        let file = File::create(path)?;
        let (to_file, lines) = sync_channel(LINES_WAITING);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(file, &lines))?;
        Ok(Self(Arc::new(Inner {
            kept: Mutex::default(),
            wanted: wanted.map(str::to_owned),
            hear,
            left_out: AtomicBool::new(false),
            seen: watch::Sender::new(false),
            readers: watch::Sender::new(0),
            to_file,
        })))
    }

    /// Reads a stream to its end, in a task of its own.
    pub(crate) fn follow(&self, mut stream: impl AsyncRead + Unpin + Send + 'static) {
        let reader = self.reader();
        tokio::spawn(async move {
            let mut lines = Lines::new(reader);
            let mut chunk = vec![0; LINE_LIMIT];
            while let Ok(length @ 1..) = stream.read(&mut chunk).await {
                lines.take(&chunk[..length]);
            }
        });
    }

    /// A right to add lines; the log counts as being read as long as there is one.
    pub(crate) fn reader(&self) -> Reader {
        self.0.readers.send_modify(|readers| *readers += 1);
        Reader(self.clone())
    }

    /// Adds one line, without its end.
    pub(crate) fn add(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if self.0.wanted.as_deref().is_some_and(|wanted| text.contains(wanted)) {
            self.0.seen.send_replace(true);
        }
        if let Some(hear) = &self.0.hear {
            hear(&text);
        }
        self.keep(cut(text.trim_end_matches('\r'), LINE_KEPT));
        self.write(line);
    }

    /// Begins anew under a heading: the last lines are from now on of what comes.
    pub(crate) fn begin(&self, heading: &str) {
        self.kept().clear();
        self.write(heading.as_bytes());
    }

    fn write(&self, line: &[u8]) {
        let mut bytes = line.to_vec();
        bytes.push(b'\n');
        let full = matches!(self.0.to_file.try_send(bytes), Err(TrySendError::Full(_)));
        if full && !self.0.left_out.swap(true, Ordering::Relaxed) {
            tracing::warn!("the disk is too slow for a log: lines are left out of the file");
        }
    }

    fn keep(&self, line: &str) {
        let mut kept = self.kept();
        if kept.len() == LINES_KEPT {
            kept.pop_front();
        }
        kept.push_back(line.to_owned());
    }

    /// The last `count` lines, oldest first.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let kept = self.kept();
        kept.iter().skip(kept.len().saturating_sub(count)).cloned().collect()
    }

    /// Waits for the line that is looked out for.
    pub(crate) async fn wanted_line(&self) {
        // The sender is in `self`: it cannot be gone.
        let _ = self.0.seen.subscribe().wait_for(|seen| *seen).await;
    }

    /// Waits, a while at most, until all streams have been read to their end.
    pub(crate) async fn drained(&self) {
        let mut readers = self.0.readers.subscribe();
        let _ = tokio::time::timeout(DRAIN, readers.wait_for(|readers| *readers == 0)).await;
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Someone who adds lines to a log.
pub(crate) struct Reader(Log);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.0.readers.send_modify(|readers| *readers -= 1);
    }
}

/// Cuts a stream of bytes into lines.
pub(crate) struct Lines {
    reader: Reader,
    begun: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader, begun: Vec::new() }
    }

    /// Takes the next bytes, and adds the lines that they complete.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if self.begun.ends_with(b"\n") || self.begun.len() >= LINE_LIMIT {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = self.begun.strip_suffix(b"\n").unwrap_or(&self.begun);
        self.reader.0.add(line);
        self.begun.clear();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // The last words of a dying process seldom end with a line break.
        if !self.begun.is_empty() {
            self.end_line();
        }
    }
}

/// The start of `text`, at most `limit` bytes long.
fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// Writes lines to the file until all clones of the log are gone. Runs in a thread, for a disk may stall.
fn write_all(file: File, lines: &Receiver<Vec<u8>>) {
    let mut file = BufWriter::new(file);
    let mut left = Some(FILE_LIMIT);
    while let Ok(line) = lines.recv() {
        let written = write_line(&mut file, &line, &mut left);
        // While more lines wait they share one write; the last of them is not held back.
        let written = written.and_then(|()| drain(&mut file, lines, &mut left)).and_then(|()| file.flush());
        if let Err(error) = written {
            tracing::warn!("cannot write a log: {error}");
            return;
        }
    }
}

fn drain(file: &mut impl Write, lines: &Receiver<Vec<u8>>, left: &mut Option<u64>) -> io::Result<()> {
    lines.try_iter().try_for_each(|line| write_line(file, &line, left))
}

/// Writes a line where there is room left; in the place of the first for which there is none, a
/// note, after which there is no more `left`.
fn write_line(file: &mut impl Write, line: &[u8], left: &mut Option<u64>) -> io::Result<()> {
    let Some(room) = *left else { return Ok(()) };
    *left = room.checked_sub(line.len() as u64);
    match left {
        Some(_) => file.write_all(line),
        None => writeln!(file, "[plimsoll: this file ends at 64 MiB; what came after was read and left out]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        Log::create(Path::new("/dev/null"), Some("listening"), None).unwrap()
    }

    #[test]
    fn lines_are_put_together_from_pieces_and_the_last_needs_no_end() {
        let log = log();
        let mut lines = Lines::new(log.reader());
        lines.take(b"one\ntw");
        lines.take(b"o\r\nthr\xffee");
        assert_eq!(log.last(20), ["one", "two"]);
        drop(lines);
        assert_eq!(log.last(2), ["two", "thr\u{fffd}ee"]);
    }

    #[test]
    fn memory_is_bounded_whatever_the_target_writes() {
        let log = log();
        let mut lines = Lines::new(log.reader());
        lines.take(&vec![b'x'; 3 * LINE_LIMIT]);
        (0..300).for_each(|n| lines.take(format!("{n}\n").as_bytes()));
        let kept = log.last(usize::MAX);
        assert_eq!(kept.len(), LINES_KEPT);
        assert_eq!(kept[LINES_KEPT - 1], "299");
        assert!(kept.iter().all(|line| line.len() <= LINE_KEPT));
    }

    #[test]
    fn the_file_ends_at_its_limit_with_a_note() {
        let (mut file, mut left) = (Vec::new(), Some(8));
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            write_line(&mut file, line.as_bytes(), &mut left).unwrap();
        }
        let text = String::from_utf8(file).unwrap();
        assert!(text.starts_with("one\ntwo\n[plimsoll: this file ends"), "{text}");
        assert_eq!(text.lines().count(), 3);
    }

    #[tokio::test]
    async fn the_wanted_line_is_not_missed_though_it_came_early() {
        let log = log();
        log.add(b"now listening on 8080");
        log.wanted_line().await;
    }
}
