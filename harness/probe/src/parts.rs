//! Who of the target's processes has its memory: the largest of them each in a series of its own.

use std::collections::{BTreeMap, BTreeSet};

use timeline::Subject;

use crate::proc::read_bytes;

/// So many processes have a series at one time; the rest is one.
const MOST: usize = 16;
/// So many have had one in a run: a target that starts processes without end does not fill the record.
const MOST_EVER: usize = 64;
/// So many of one name have a series of their own. Those that come later share one: of a browser's pages none lasts.
const OF_ONE_NAME: u32 = 4;
/// The longest name of a process, without its pid.
const LONGEST_NAME: usize = 48;
/// All that have no series of their own.
const OTHERS: &str = "others";

/// Tells who has a series. Who has had one keeps it until he ends.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    told: BTreeMap<u32, Subject>,
    /// How many of a name there were.
    names: BTreeMap<String, u32>,
    ever: usize,
    /// The series that those share who came later.
    shared: BTreeSet<Subject>,
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
        // Who shared one and has ended leaves nothing in it.
        let mut parts: BTreeMap<Subject, f64> = self.shared.iter().map(|subject| (subject.clone(), 0.0)).collect();
        let mut rest = 0;
        for (pid, size) in sizes {
            match self.told.get(pid) {
                Some(subject) => *parts.entry(subject.clone()).or_default() += *size as f64,
                None => rest += size,
            }
        }
        self.others |= rest > 0;
        let others = self.others.then(|| (Subject::Process(OTHERS.to_owned()), rest as f64));
        parts.into_iter().chain(others).collect()
    }

    fn admit(&mut self, sizes: &[(u32, u64)]) {
        let mut new: Vec<(u64, u32)> =
            sizes.iter().filter(|(pid, _)| !self.told.contains_key(pid)).map(|(pid, size)| (*size, *pid)).collect();
        new.sort_by(|one, other| other.cmp(one));
        for (_, pid) in new {
            let name = name(pid);
            let of_name = self.names.get(&name).copied().unwrap_or(0);
            let own = self.told.values().filter(|subject| !self.shared.contains(subject)).count();
            let subject = if of_name >= OF_ONE_NAME {
                let shared = Subject::Process(format!("{name} (later ones)"));
                self.ever += usize::from(self.shared.insert(shared.clone()));
                shared
            } else if own < MOST && self.ever < MOST_EVER {
                self.ever += 1;
                Subject::Process(format!("{name} ({pid})"))
            } else {
                continue;
            };
            *self.names.entry(name).or_default() += 1;
            self.told.insert(pid, subject);
        }
    }
}

/// The program and its first argument, as far as a command line tells: `chromium --type=renderer`.
fn name(pid: u32) -> String {
    let line = read_bytes(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
    name_of(&String::from_utf8_lossy(&line))
}

/// From a command line with a zero byte behind each word. A browser's children write theirs as one word with spaces, and
/// say what they are behind `--type=`.
fn name_of(line: &str) -> String {
    let mut words: Vec<&str> = line.split('\0').filter(|word| !word.is_empty()).collect();
    if let [only] = words.as_slice() {
        words = only.split(' ').collect();
    }
    let program = words.first().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
    let kind = words.iter().find(|word| word.starts_with("--type="));
    let first = kind.or(words.get(1)).map_or_else(String::new, |word| format!(" {word}"));
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
    fn the_first_of_a_name_have_series_and_the_later_ones_share_one() {
        let mut parts = Parts::default();
        let told = parts.tell(&sizes(20));
        let shared = Subject::Process("process (later ones)".to_owned());
        assert_eq!(told.len(), OF_ONE_NAME as usize + 1);
        assert!(told.contains(&(shared.clone(), 120_000.0)), "0 to 15 thousand, for the largest came first: {told:?}");
        let all: f64 = told.iter().map(|(_, size)| size).sum();
        assert!((all - 190_000.0).abs() < 0.5, "nothing is lost: {all}");
        assert!(parts.tell(&sizes(1)).contains(&(shared, 0.0)) || parts.tell(&sizes(1)).len() == 1);
    }

    #[test]
    fn processes_that_come_and_go_have_bounded_room() {
        let mut parts = Parts::default();
        let mut subjects = BTreeSet::new();
        for round in 0..100 {
            let sizes: Vec<(u32, u64)> = (0..20).map(|number| (4_000_000_000 + round * 20 + number, 1000)).collect();
            subjects.extend(parts.tell(&sizes).into_iter().map(|(subject, _)| subject));
        }
        assert_eq!(subjects.len(), OF_ONE_NAME as usize + 1);
    }

    #[test]
    fn the_children_of_a_browser_are_named_by_what_they_are() {
        let renderer = "/usr/lib/chromium/chromium --type=renderer --user-data-dir=/tmp/x/y --lang=en";
        assert_eq!(name_of(renderer), "chromium --type=renderer");
        assert_eq!(name_of("/opt/chrome\0--no-sandbox\0--type=gpu-process\0"), "chrome --type=gpu-process");
        assert_eq!(name_of("/usr/bin/node\0server.js\0"), "node server.js");
        assert_eq!(name_of("/bin/a program\0x\0"), "a program x");
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
