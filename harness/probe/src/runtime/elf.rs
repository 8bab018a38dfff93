//! What a program file says of the compiler that made it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::Process;

/// In this section Go keeps how a program was built.
const BUILD_INFO: &[u8] = b".go.buildinfo";
const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Go 1.18 and later write the version itself there, behind a head of so many bytes.
const HEAD: usize = 32;
const VERSION_WITHIN: u8 = 2;
/// More sections than this has no program.
const MOST_SECTIONS: u64 = 4096;
const MOST_NAMES: u64 = 1 << 20;

/// Was the program that the process runs compiled by Go?
pub(super) fn is_go(process: &Process) -> bool {
    build_info(process).is_some()
}

/// The version of Go that compiled it, such as `1.19.8`; those before 1.18 do not say it in plain words.
pub(super) fn go_version(process: &Process) -> Option<String> {
    version(&build_info(process)?)
}

fn version(info: &[u8]) -> Option<String> {
    if info.get(15)? & VERSION_WITHIN == 0 {
        return None;
    }
    let length = usize::from(*info.get(HEAD)?);
    let text = std::str::from_utf8(info.get(HEAD + 1..HEAD + 1 + length)?).ok()?;
    // A version made from sources in between has more words.
    Some(text.strip_prefix("go").unwrap_or(text).split(' ').next()?.to_owned())
}

/// The beginning of the section, where there is one.
fn build_info(process: &Process) -> Option<Vec<u8>> {
    let mut file = File::open(process.proc("exe")).ok()?;
    let info = section(&mut file, BUILD_INFO).ok()??;
    info.starts_with(MAGIC).then_some(info)
}

/// A section's place in the file, and the place of its name among the names.
#[derive(Clone, Copy, Debug)]
struct Section {
    name: u32,
    offset: u64,
    size: u64,
}

/// The first 256 bytes of the section of this name in a 64 bit ELF file of this machine's byte order.
fn section(file: &mut (impl Read + Seek), name: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let head = read_at(file, 0, 64)?;
    let two = |at: usize| u64::from(u16::from_ne_bytes([head[at], head[at + 1]]));
    let native = [0x7f, b'E', b'L', b'F', 2, if cfg!(target_endian = "little") { 1 } else { 2 }];
    let (start, size, count, names) = (eight(&head, 40), two(58), two(60), two(62));
    if !head.starts_with(&native) || size < 64 || count > MOST_SECTIONS || names >= count {
        return Ok(None);
    }
    let table = read_at(file, start, size * count)?;
    let sections: Vec<Section> = table.chunks_exact(size as usize).map(of_header).collect();
    let names = sections[names as usize];
    let names = read_at(file, names.offset, names.size.min(MOST_NAMES))?;
    let is_it = |section: &&Section| {
        let rest = names.get(section.name as usize..).unwrap_or_default();
        rest.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&0))
    };
    let found = sections.iter().find(is_it);
    found.map(|section| read_at(file, section.offset, section.size.min(256))).transpose()
}

/// From an entry of the table, as elf(5) lays it out.
fn of_header(entry: &[u8]) -> Section {
    let name = u32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]);
    Section { name, offset: eight(entry, 24), size: eight(entry, 32) }
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_ne_bytes(number)
}

fn read_at(file: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_where_it_stands_in_plain_words() {
        let info = |flags: u8, text: &str| {
            let mut info = MAGIC.to_vec();
            info.extend([8, flags]);
            info.resize(HEAD, 0);
            info.push(text.len() as u8);
            info.extend(text.as_bytes());
            info
        };
        assert_eq!(version(&info(2, "go1.19.8")), Some("1.19.8".to_owned()));
        assert_eq!(version(&info(2, "go1.27.3 X:nocoverageredesign")), Some("1.27.3".to_owned()));
        assert_eq!(version(&info(0, "go1.17")), None);
        assert_eq!(version(&info(2, "go1.19.8")[..36]), None);
        assert_eq!(version(b""), None);
    }

    #[test]
    fn sections_of_a_program_are_found_and_damage_is_none() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let mut file = io::Cursor::new(&program);
        assert!(section(&mut file, b".text").unwrap().is_some());
        assert_eq!(section(&mut file, BUILD_INFO).unwrap(), None);
        for end in [0, 10, 63, 64, 1000] {
            assert!(!matches!(section(&mut io::Cursor::new(&program[..end]), b".text"), Ok(Some(_))));
        }
        assert!(!matches!(section(&mut io::Cursor::new(vec![0xff; 4096]), b".text"), Ok(Some(_))));
    }
}
