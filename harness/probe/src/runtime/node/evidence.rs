//! What fills the heap of a Node: allocations sampled since the baseline, and a snapshot where there is room for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use timeline::{Evidence, Grown, Largest};

use super::snapshot::{Held, constructors};
use super::wire::{Told, WireError};
use super::{Node, room, sampling};
use crate::runtime::{COLLECTED_WITHIN, name_in_record};

/// An allocation is sampled each so many bytes: a thousand samples tell of a leak of 128 MiB, and cost it a thousandth.
const SAMPLED_EVERY: u64 = 128 * 1024;
/// A heap of a gigabyte takes a minute.
const SNAPSHOT_WITHIN: Duration = Duration::from_mins(3);
/// What was sampled less often than this may be chance.
const SAMPLES: u64 = 4;
/// What is named of all that has grown.
const NAMED: usize = 10;

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
enum Missing {
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("the file cannot be kept: {0}")]
    File(#[from] io::Error),
    #[error("the snapshot cannot be read: {0}")]
    Snapshot(#[from] serde_json::Error),
    #[error("{0}")]
    Room(#[from] room::NoRoom),
    #[error("allocations were not sampled from the baseline on")]
    NotSampled,
}

/// Begins to sample: what is told at the end has been allocated since.
pub(super) fn begin(node: &mut Node) -> Vec<Evidence> {
    let begun = node.ask("HeapProfiler.startSampling", &json!({ "samplingInterval": SAMPLED_EVERY }));
    node.sampling = begun.is_ok();
    let missing = begun.err().map(|error| piece("heap profile", Err(error.into())));
    missing.into_iter().collect()
}

/// Takes what there is.
pub(super) fn take(node: &mut Node, folder: &Path) -> Vec<Evidence> {
    let profile = profile(node, folder, "node-heap-failure.heapprofile");
    let snapshot = snapshot(node, folder, "node-heap-failure.heapsnapshot");
    vec![piece("heap profile", profile), piece("heap snapshot", snapshot)]
}

fn piece(what: &str, taken: Result<Evidence, Missing>) -> Evidence {
    let taken = taken.unwrap_or_else(|why| Evidence { missing: Some(why.to_string()), ..Evidence::default() });
    Evidence { what: what.to_owned(), ..taken }
}

fn profile(node: &mut Node, folder: &Path, name: &str) -> Result<Evidence, Missing> {
    if !node.sampling {
        return Err(Missing::NotSampled);
    }
    let answer = node.ask_for("HeapProfiler.getSamplingProfile", &json!({}), COLLECTED_WITHIN)?;
    // As the developer tools keep it: the profile alone, out of `{"id":1,"result":{"profile":{...}}}`.
    let text = answer.as_str();
    let start = text.find("{\"head\":").ok_or_else(|| WireError::Garbled("no profile".to_owned()))?;
    let profile = text.get(start..text.len().saturating_sub(2)).unwrap_or_default();
    std::fs::write(folder.join(name), profile)?;
    let file = Some(name_in_record(folder, name));
    Ok(Evidence { file, grown: most_grown(sampling::functions(profile)), ..Evidence::default() })
}

fn most_grown(functions: BTreeMap<String, u64>) -> Vec<Grown> {
    let grown = |(name, bytes)| Grown { name, bytes, objects: None, held: bytes };
    let told = functions.into_iter().filter(|(_, bytes)| *bytes >= SAMPLES * SAMPLED_EVERY);
    let mut grown: Vec<Grown> = told.map(grown).collect();
    grown.sort_by_key(|grown| std::cmp::Reverse(grown.bytes));
    grown.truncate(NAMED);
    grown
}

fn snapshot(node: &mut Node, folder: &Path, name: &str) -> Result<Evidence, Missing> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Usage {
        used_size: f64,
    }
    node.ask_for("HeapProfiler.collectGarbage", &json!({}), COLLECTED_WITHIN)?;
    let usage: Usage = node.ask("Runtime.getHeapUsage", &json!({}))?.result()?;
    room::check(node.process.pid, folder, usage.used_size as u64)?;
    let path = folder.join(name);
    write_snapshot(node, &path)?;
    let held = constructors(BufReader::new(File::open(path)?))?;
    let file = Some(name_in_record(folder, name));
    Ok(Evidence { file, largest: largest(held), ..Evidence::default() })
}

fn write_snapshot(node: &mut Node, file: &Path) -> Result<(), Missing> {
    #[derive(Deserialize)]
    struct Chunk {
        chunk: String,
    }
    let mut out = BufWriter::new(File::create(file)?);
    let mut written = Ok(());
    let mut keep = |told: Told| {
        if told.method == "HeapProfiler.addHeapSnapshotChunk" && written.is_ok() {
            let chunk = told.text.params::<Chunk>().map_err(Missing::from);
            written = chunk.and_then(|chunk| Ok(out.write_all(chunk.chunk.as_bytes())?));
        }
    };
    let params = json!({ "reportProgress": false, "captureNumericValue": false });
    node.wire.ask("HeapProfiler.takeHeapSnapshot", &params, SNAPSHOT_WITHIN, &mut keep)?;
    written?;
    Ok(out.flush()?)
}

fn largest(held: BTreeMap<String, Held>) -> Vec<Largest> {
    let mut largest: Vec<Largest> =
        held.into_iter().map(|(name, held)| Largest { name, bytes: held.bytes, objects: held.objects }).collect();
    largest.sort_by_key(|largest| std::cmp::Reverse(largest.bytes));
    largest.truncate(NAMED);
    largest
}
