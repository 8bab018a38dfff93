//! Who of the target's processes has its memory: the largest of them each in a series of its own.

use std::collections::BTreeMap;

use timeline::Subject;

use crate::proc::read_bytes;

/// So many processes have a series at one time; the rest is one.
const MOST: usize = 16;
/// So many have had one in a run: a target that starts processes without end does not fill the record.
const MOST_EVER: usize = 64;
/// The longest name of a process, without its pid.
const LONGEST_NAME: usize = 48;
/// All that have no series of their own.
const OTHERS: &str = "others";

/// Tells who has a series. Who has had one keeps it until he ends.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    told: BTreeMap<u32, Subject>,
    ever: usize,
    others: bool,
}

impl Parts {
    /// The memory of each, from that of all by pid; nothing as long as there is only one.
    pub(crate) fn tell(&mut self, sizes: &[(u32, u64)]) -> Vec<(Subject, f64)> {
        if sizes.len() < 2 && self.told.is_empty() {
            return Vec::new();
        }
        let lives = |pid: &u32| sizes.iter().any(|(one, _)| one == pid);
        self.told.retain(|pid, _| lives(pid));
        self.admit(sizes);
        let mut parts = Vec::new();
        let mut rest = 0;
        for (pid, size) in sizes {
            match self.told.get(pid) {
                Some(subject) => parts.push((subject.clone(), *size as f64)),
                None => rest += size,
            }
        }
        self.others |= rest > 0;
        parts.extend(self.others.then(|| (Subject::Process(OTHERS.to_owned()), rest as f64)));
        parts
    }

    fn admit(&mut self, sizes: &[(u32, u64)]) {
        let mut new: Vec<(u64, u32)> =
            sizes.iter().filter(|(pid, _)| !self.told.contains_key(pid)).map(|(pid, size)| (*size, *pid)).collect();
        new.sort_by(|one, other| other.cmp(one));
        let room = MOST.saturating_sub(self.told.len()).min(MOST_EVER.saturating_sub(self.ever));
        for (_, pid) in new.into_iter().take(room) {
            self.ever += 1;
            self.told.insert(pid, Subject::Process(format!("{} ({pid})", name(pid))));
        }
    }
}

/// The program and its first argument, as far as a command line tells: `chromium --type=renderer`.
fn name(pid: u32) -> String {
    let line = read_bytes(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let first = words.next().filter(|word| !word.is_empty()).map_or_else(String::new, |word| format!(" {word}"));
    let name: String = format!("{program}{first}").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = name[..name.floor_char_boundary(LONGEST_NAME)].trim();
    if name.is_empty() { "process".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pids that are nobody's.
    fn sizes(count: u32) -> Vec<(u32, u64)> {
        (0..count).map(|number| (4_000_000_000 + number, u64::from(number) * 1000)).collect()
    }

    #[test]
    fn one_process_is_the_whole_and_needs_no_parts() {
        let mut parts = Parts::default();
        assert!(parts.tell(&sizes(1)).is_empty());
        assert_eq!(parts.tell(&sizes(2)).len(), 2);
        assert_eq!(parts.tell(&sizes(1)).len(), 1, "who has had a series keeps it");
    }

    #[test]
    fn the_largest_have_series_and_the_rest_is_one() {
        let mut parts = Parts::default();
        let told = parts.tell(&sizes(20));
        assert_eq!(told.len(), MOST + 1);
        assert_eq!(told.last(), Some(&(Subject::Process(OTHERS.to_owned()), 6000.0)), "0 + 1 + 2 + 3 thousand");
        let all: f64 = told.iter().map(|(_, size)| size).sum();
        assert!((all - 190_000.0).abs() < 0.5, "nothing is lost: {all}");
    }

    #[test]
    fn processes_that_come_and_go_have_bounded_room() {
        let mut parts = Parts::default();
        let mut subjects = std::collections::BTreeSet::new();
        for round in 0..100 {
            let sizes: Vec<(u32, u64)> = (0..20).map(|number| (4_000_000_000 + round * 20 + number, 1000)).collect();
            subjects.extend(parts.tell(&sizes).into_iter().map(|(subject, _)| subject));
        }
        assert_eq!(subjects.len(), MOST_EVER + 1);
    }

    #[test]
    fn a_process_is_named_by_its_program_and_first_argument() {
        let mut child = std::process::Command::new("/bin/sleep").arg("30").spawn().unwrap();
        // For a moment it has the memory of its program, and no arguments yet.
        let named = (0..100_000).any(|_| name(child.id()) == "sleep 30");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(named);
        assert_eq!(name(u32::MAX), "process");
    }
}
