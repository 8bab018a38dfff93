//! Writes a record while the run goes on, and never makes the run wait for the disk.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use timeline::{Observation, Outcome};

use crate::about::About;
use crate::error::RecordError;
use crate::file::write_file;
use crate::folder;
use crate::schema;
use crate::store::Store;

/// How often what was seen is committed: with the commit itself, within a second.
const RHYTHM: Duration = Duration::from_millis(900);

/// The record of a run that is under way.
///
/// Where it is dropped without [`seal`](Self::seal), what was appended is still written, and the
/// record says that the harness was lost.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    about: About,
    sink: Sink,
    /// The thread ends when this is gone; `None` once it has.
    thread: Option<(Sender<Order>, JoinHandle<Store>)>,
}

/// A handle by which any thread adds to the record; a clone is as good.
#[derive(Clone, Debug)]
pub struct Sink(Sender<Observation>);

impl Sink {
    /// Adds what was seen, without waiting for the disk. After the seal it is too late, and nothing
    /// happens; what the disk refuses is told by [`Writer::seal`].
    pub fn append(&self, seen: Observation) {
        // A send fails only when the thread has ended: the record is sealed, or seal tells why.
        let _ = self.0.send(seen);
    }
}

/// What the thread is asked to do besides writing what comes.
enum Order {
    /// Note what is known of the run by now.
    Note(Box<About>),
    /// Say when all that was appended so far is committed.
    Flush(Sender<()>),
}

impl Writer {
    /// Makes `results/<scenario>/<start>-<commit>-<id>/` with `record.db` and `scenario.yaml`.
    ///
    /// # Errors
    /// Where the file system or the database refuses.
    pub fn create(results: &Path, about: &About) -> Result<Self, RecordError> {
        let mut about = about.clone();
        let folder = folder::make(results, &mut about)?;
        write_file(&folder, "scenario.yaml", about.scenario_text.as_bytes())?;
        let store = Store::create(folder.join(schema::FILE), &about)?;
        let (sink, seen) = mpsc::channel();
        let (orders, ordered) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || keep(store, &seen, &ordered))
            .map_err(RecordError::file("start the thread that writes", &folder))?;
        Ok(Self { folder, about, sink: Sink(sink), thread: Some((orders, thread)) })
    }

    /// Where the run is kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is known of the run, with the id that it really got.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// A handle for others that see something.
    pub fn sink(&self) -> Sink {
        self.sink.clone()
    }

    /// Adds what was seen; see [`Sink::append`].
    pub fn append(&self, seen: Observation) {
        self.sink.append(seen);
    }

    /// Notes what was launched, and the digest of its image.
    pub fn note_target(&mut self, target: &str, image_digest: Option<&str>) {
        self.about.target = Some(target.to_owned());
        self.about.image_digest = image_digest.map(str::to_owned);
        self.order(Order::Note(Box::new(self.about.clone())));
    }

    /// Waits until all that was appended so far is committed, or the disk has refused it.
    pub fn flush(&self) {
        let (done, waiting) = mpsc::channel();
        self.order(Order::Flush(done));
        // An error means that the thread has ended, after it has written all.
        let _ = waiting.recv();
    }

    fn order(&self, order: Order) {
        if let Some((orders, _)) = &self.thread {
            // It fails only where the thread has panicked, which seal tells.
            let _ = orders.send(order);
        }
    }

    /// Writes the rest and how the run ended, and makes the record a single file; gives its folder.
    ///
    /// # Errors
    /// Where the rest cannot be written; or [`RecordError::Lost`], with the record sealed, where the
    /// disk has refused something before.
    pub fn seal(mut self, outcome: &Outcome) -> Result<PathBuf, RecordError> {
        let store = self.end().ok_or_else(|| RecordError::WriterLost(self.folder.join(schema::FILE)))?;
        store.seal(outcome)?;
        Ok(self.folder.clone())
    }

    /// Lets the thread write the rest and end.
    fn end(&mut self) -> Option<Store> {
        let (orders, thread) = self.thread.take()?;
        drop(orders);
        thread.join().ok()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

/// The thread's life: to write what has come, at a steady rhythm and when asked to. It waits on its
/// orders, not on what is seen, so that a transaction holds a second of it and not one value.
fn keep(mut store: Store, seen: &Receiver<Observation>, orders: &Receiver<Order>) -> Store {
    loop {
        let order = orders.recv_timeout(RHYTHM);
        store.take(seen.try_iter());
        match order {
            Ok(Order::Note(about)) => store.note(&about),
            // Whoever asked may have gone.
            Ok(Order::Flush(done)) => drop(done.send(())),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return store,
        }
    }
}
