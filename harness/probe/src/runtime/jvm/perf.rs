//! What a JVM counts of itself in a file that it shares: `hsperfdata`, read without asking it.
//!
//! The layout is that of `perfMemory.hpp` and `perfData.hpp`, version 2: a head, then entries one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::runtime::{Process, Unreadable};

const MAGIC: [u8; 4] = [0xca, 0xfe, 0xc0, 0xc0];
const HEAD: usize = 32;
const ENTRY: usize = 20;
/// JVMs share 32 KiB where nobody asks for more.
const LARGEST: u64 = 1 << 20;
/// More entries than this has no JVM.
const MOST_ENTRIES: usize = 1 << 14;

/// The counters, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Perf(BTreeMap<String, Counter>);

/// A counter's value.
#[derive(Clone, Debug, PartialEq)]
enum Counter {
    Number(i64),
    Text(String),
}

/// Where a process shares its counters, where it does.
pub(super) fn file_of(process: &Process) -> Option<PathBuf> {
    let folders = fs::read_dir(process.within("/tmp")).ok()?.flatten();
    let of_users = folders.filter(|entry| entry.file_name().to_string_lossy().starts_with("hsperfdata_"));
    of_users.map(|folder| folder.path().join(process.inner_pid.to_string())).find(|file| file.is_file())
}

impl Perf {
    pub(super) fn read(path: &Path) -> Result<Self, Unreadable> {
        let silent = |source| Unreadable::Silent { what: path.display().to_string(), source };
        if fs::metadata(path).map_err(silent)?.len() > LARGEST {
            return Err(strange(path, "is too large"));
        }
        Self::parse(&fs::read(path).map_err(silent)?).ok_or_else(|| strange(path, "holds no counters of a JVM"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let little = *bytes.get(4)? == 1;
        if bytes.get(..4)? != MAGIC || *bytes.get(5)? != 2 {
            return None;
        }
        let mut at = four(bytes, 24, little)?;
        let count = four(bytes, 28, little)?;
        let mut counters = BTreeMap::new();
        if at < HEAD || count > MOST_ENTRIES {
            return None;
        }
        for _ in 0..count {
            let length = four(bytes, at, little)?;
            let entry = bytes.get(at..at.checked_add(length)?).filter(|entry| entry.len() >= ENTRY)?;
            counters.extend(counter(entry, little));
            at += length;
        }
        Some(Self(counters))
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Counter::Number(number) => Some(*number),
            Counter::Text(_) => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Counter::Text(text) => Some(text),
            Counter::Number(_) => None,
        }
    }

    /// The sum of the numbers whose names begin and end so.
    pub(super) fn sum(&self, begins: &str, ends: &str) -> i64 {
        let named = self.0.iter().filter(|(name, _)| name.starts_with(begins) && name.ends_with(ends));
        let numbers =
            named.filter_map(|(_, counter)| if let Counter::Number(number) = counter { Some(*number) } else { None });
        numbers.sum()
    }
}

fn strange(path: &Path, how: &str) -> Unreadable {
    Unreadable::Strange { what: path.display().to_string(), how: how.to_owned() }
}

/// An entry's name and value; entries of other kinds are left out.
fn counter(entry: &[u8], little: bool) -> Option<(String, Counter)> {
    let (name, length, data) = (four(entry, 4, little)?, four(entry, 8, little)?, four(entry, 16, little)?);
    let name = text(entry.get(name..)?);
    let value = match (*entry.get(12)?, length) {
        (b'J', 0) => {
            let bytes: [u8; 8] = entry.get(data..data.checked_add(8)?)?.try_into().ok()?;
            Counter::Number(if little { i64::from_le_bytes(bytes) } else { i64::from_be_bytes(bytes) })
        }
        (b'B', 1..) => Counter::Text(text(entry.get(data..data.checked_add(length)?)?)),
        _ => return None,
    };
    Some((name, value))
}

/// Up to the zero that ends it.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

fn four(bytes: &[u8], at: usize, little: bool) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(if little { i32::from_le_bytes(four) } else { i32::from_be_bytes(four) }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: u8, value: &[u8]) -> Vec<u8> {
        let start = ENTRY + name.len() + 1;
        let data = start.next_multiple_of(8);
        let length = (data + value.len()).next_multiple_of(8);
        let vector = if kind == b'J' { 0 } else { value.len() };
        let mut entry: Vec<u8> = [length, ENTRY, vector].iter().flat_map(|n| (*n as u32).to_le_bytes()).collect();
        entry.extend([kind, 0, 0, 0]);
        entry.extend((data as u32).to_le_bytes());
        entry.extend(name.as_bytes());
        entry.resize(data, 0);
        entry.extend(value);
        entry.resize(length, 0);
        entry
    }

    fn file(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend([1, 2, 0, 1]);
        file.resize(24, 0);
        file.extend(32_i32.to_le_bytes());
        file.extend((entries.len() as u32).to_le_bytes());
        file.extend(entries.concat());
        file.resize(file.len() + 100, 0);
        file
    }

    fn sample() -> Vec<u8> {
        file(&[
            entry("sun.rt.safepointTime", b'J', &1_234_567_i64.to_le_bytes()),
            entry("java.property.java.version", b'B', b"17.0.15\0\0\0"),
            entry("sun.gc.generation.0.space.0.used", b'J', &5_i64.to_le_bytes()),
            entry("sun.gc.generation.1.space.0.used", b'J', &7_i64.to_le_bytes()),
            entry("sun.gc.generation.1.space.0.usedMost", b'J', &9_i64.to_le_bytes()),
        ])
    }

    #[test]
    fn numbers_and_texts_are_read_by_their_names() {
        let perf = Perf::parse(&sample()).unwrap();
        assert_eq!(perf.number("sun.rt.safepointTime"), Some(1_234_567));
        assert_eq!(perf.text("java.property.java.version"), Some("17.0.15"));
        assert_eq!(perf.number("java.property.java.version"), None);
        assert_eq!(perf.sum("sun.gc.generation.", ".used"), 12);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let whole = sample();
        for end in 0..whole.len() - 100 {
            assert_eq!(Perf::parse(&whole[..end]), None);
        }
        // Each byte of it wrong in turn: it is read otherwise, or not at all.
        for at in 0..whole.len() {
            for wrong in [0, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = wrong;
                let _ = Perf::parse(&damaged);
            }
        }
    }
}
