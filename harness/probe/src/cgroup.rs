//! What the files of a cgroup tell, in both versions.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use timeline::Metric;

use crate::reader::{ReadError, Reader};

/// The version of a cgroup hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// A hierarchy for each controller.
    One,
    /// One hierarchy for all.
    Two,
}

type Parse = fn(&[String]) -> Result<Vec<(Metric, f64)>, ReadError>;

/// How to learn some metrics from some files of one controller.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// Its name in events.
    pub(crate) name: &'static str,
    /// For which version.
    pub(crate) version: Version,
    /// The controller in whose hierarchy the files are; version 2 has one hierarchy.
    pub(crate) controller: &'static str,
    /// What it tells.
    pub(crate) metrics: &'static [Metric],
    files: &'static [&'static str],
    parse: Parse,
}

const MEMORY: [Metric; 4] = [Metric::AnonymousMemory, Metric::WorkingSet, Metric::PageCache, Metric::SharedMemory];

/// All that can be learnt.
pub(crate) const RECIPES: [Recipe; 8] = [
    Recipe {
        name: "cgroup v1 memory",
        version: Version::One,
        controller: "memory",
        metrics: &MEMORY,
        files: &["memory.usage_in_bytes", "memory.stat"],
        parse: memory_1,
    },
    Recipe {
        name: "cgroup v1 oom",
        version: Version::One,
        controller: "memory",
        metrics: &[Metric::OomKills],
        files: &["memory.oom_control"],
        parse: oom_1,
    },
    Recipe {
        name: "cgroup v1 cpuacct",
        version: Version::One,
        controller: "cpuacct",
        metrics: &[Metric::CpuTime],
        files: &["cpuacct.usage"],
        parse: cpu_1,
    },
    Recipe {
        name: "cgroup v1 cpu",
        version: Version::One,
        controller: "cpu",
        metrics: &[Metric::ThrottledTime],
        files: &["cpu.stat"],
        parse: throttled_1,
    },
    Recipe {
        name: "cgroup v2 memory",
        version: Version::Two,
        controller: "memory",
        metrics: &MEMORY,
        files: &["memory.current", "memory.stat"],
        parse: memory_2,
    },
    Recipe {
        name: "cgroup v2 oom",
        version: Version::Two,
        controller: "memory",
        metrics: &[Metric::OomKills],
        files: &["memory.events"],
        parse: oom_2,
    },
    Recipe {
        name: "cgroup v2 cpu",
        version: Version::Two,
        controller: "cpuacct",
        metrics: &[Metric::CpuTime],
        files: &["cpu.stat"],
        parse: cpu_2,
    },
    Recipe {
        name: "cgroup v2 throttling",
        version: Version::Two,
        controller: "cpu",
        metrics: &[Metric::ThrottledTime],
        files: &["cpu.stat"],
        parse: throttled_2,
    },
];

fn number(text: &str, what: &'static str) -> Result<f64, ReadError> {
    text.trim().parse().map_err(|_| ReadError::Lacks { what, key: "number" })
}

fn entry(text: &str, what: &'static str, key: &'static str) -> Result<f64, ReadError> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    value.and_then(|value| value.trim().parse().ok()).ok_or(ReadError::Lacks { what, key })
}

/// The keys of `memory.stat`: anonymous, inactive file, file, shared. In version 1 only those with
/// `total_` count what is in cgroups within.
const KEYS_1: [&str; 4] = ["total_rss", "total_inactive_file", "total_cache", "total_shmem"];
const KEYS_2: [&str; 4] = ["anon", "inactive_file", "file", "shmem"];

fn memory(usage: f64, stat: &str, keys: [&'static str; 4]) -> Result<Vec<(Metric, f64)>, ReadError> {
    let key = |index: usize| entry(stat, "memory.stat", keys[index]);
    Ok(vec![
        (Metric::AnonymousMemory, key(0)?),
        // Two files are read one after the other: the difference may be a little below zero.
        (Metric::WorkingSet, (usage - key(1)?).max(0.0)),
        (Metric::PageCache, key(2)?),
        (Metric::SharedMemory, key(3)?),
    ])
}

fn memory_1(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    memory(number(&texts[0], "memory.usage_in_bytes")?, &texts[1], KEYS_1)
}

fn memory_2(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    memory(number(&texts[0], "memory.current")?, &texts[1], KEYS_2)
}

fn oom_1(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    Ok(vec![(Metric::OomKills, entry(&texts[0], "memory.oom_control", "oom_kill")?)])
}

fn oom_2(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    Ok(vec![(Metric::OomKills, entry(&texts[0], "memory.events", "oom_kill")?)])
}

fn cpu_1(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    Ok(vec![(Metric::CpuTime, number(&texts[0], "cpuacct.usage")? / 1e9)])
}

fn cpu_2(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    Ok(vec![(Metric::CpuTime, entry(&texts[0], "cpu.stat", "usage_usec")? / 1e6)])
}

fn throttled_1(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    Ok(vec![(Metric::ThrottledTime, entry(&texts[0], "cpu.stat", "throttled_time")? / 1e9)])
}

fn throttled_2(texts: &[String]) -> Result<Vec<(Metric, f64)>, ReadError> {
    Ok(vec![(Metric::ThrottledTime, entry(&texts[0], "cpu.stat", "throttled_usec")? / 1e6)])
}

impl Version {
    /// Its name in the record.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::One => "cgroup v1",
            Self::Two => "cgroup v2",
        }
    }
}

/// Reads the files of one recipe, which stay open: a cgroup that is removed then says so.
pub(crate) struct Cgroup {
    recipe: &'static Recipe,
    files: Vec<File>,
    texts: Vec<String>,
    buffer: Vec<u8>,
}

impl Cgroup {
    /// Opens the files and reads them once; `None` where the kernel has not all that the recipe needs.
    pub(crate) fn open(recipe: &'static Recipe, folder: &Path) -> Option<Self> {
        let files = recipe.files.iter().map(|name| File::open(folder.join(name))).collect::<Result<Vec<_>, _>>();
        let texts = vec![String::new(); recipe.files.len()];
        let mut cgroup = Self { recipe, files: files.ok()?, texts, buffer: vec![0; 8192] };
        let mut values = Vec::new();
        match cgroup.read(&mut values) {
            Err(ReadError::Lacks { .. }) => None,
            _ => Some(cgroup),
        }
    }
}

impl Reader for Cgroup {
    fn name(&self) -> &'static str {
        self.recipe.name
    }

    fn metrics(&self) -> Vec<(Metric, &'static str)> {
        self.recipe.metrics.iter().map(|metric| (*metric, self.recipe.version.source())).collect()
    }

    fn read(&mut self, values: &mut Vec<(Metric, f64)>) -> Result<(), ReadError> {
        for (index, file) in self.files.iter().enumerate() {
            let read = read_start(file, &mut self.buffer, &mut self.texts[index]);
            read.map_err(|error| ReadError::new(self.recipe.files[index], error))?;
        }
        values.extend((self.recipe.parse)(&self.texts)?);
        Ok(())
    }
}

/// Reads a file from its start; each of these is whole in one read, or not at all consistent.
fn read_start(file: &File, buffer: &mut Vec<u8>, text: &mut String) -> io::Result<()> {
    let mut length = file.read_at(buffer, 0)?;
    while length == buffer.len() {
        buffer.resize(2 * length, 0);
        length = file.read_at(buffer, 0)?;
    }
    text.clear();
    text.push_str(std::str::from_utf8(&buffer[..length]).map_err(io::Error::other)?);
    Ok(())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is counted is exact")]
mod tests {
    use super::*;

    const STAT_1: &str = "cache 216973312\nrss 1\nrss_huge 0\nshmem 2\ninactive_file 3\n\
        hierarchical_memory_limit 9223372036854771712\ntotal_cache 216973312\ntotal_rss 412467200\ntotal_rss_huge 0\n\
        total_shmem 4096\ntotal_inactive_anon 412434432\ntotal_inactive_file 149856256\ntotal_active_file 67117056\n";
    const STAT_2: &str = "anon 13824000\nfile 90112000\nkernel 3108864\nkernel_stack 262144\nshmem 8192\n\
        file_mapped 4096\ninactive_anon 13815808\nactive_anon 16384\ninactive_file 50000000\nactive_file 40112000\n\
        slab 1512864\nanon_thp 0\n";
    const CPU_2: &str = "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_periods 10\nnr_throttled 3\n\
        throttled_usec 250000\nnr_bursts 0\nburst_usec 0\n";

    fn parse(name: &str, texts: &[&str]) -> Result<Vec<f64>, String> {
        let recipe = RECIPES.iter().find(|recipe| recipe.name == name).unwrap();
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let values = (recipe.parse)(&texts).map_err(|error| error.to_string())?;
        assert!(values.iter().map(|(metric, _)| metric).eq(recipe.metrics));
        Ok(values.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn memory_of_version_1_counts_cgroups_within() {
        let values = parse("cgroup v1 memory", &["633339904\n", STAT_1]);
        assert_eq!(values.unwrap(), [412_467_200.0, 483_483_648.0, 216_973_312.0, 4096.0]);
    }

    #[test]
    fn memory_of_version_2() {
        let values = parse("cgroup v2 memory", &["108000000\n", STAT_2]);
        assert_eq!(values.unwrap(), [13_824_000.0, 58_000_000.0, 90_112_000.0, 8192.0]);
    }

    #[test]
    fn the_working_set_is_never_negative() {
        assert_eq!(parse("cgroup v2 memory", &["1000", STAT_2]).unwrap()[1], 0.0);
    }

    #[test]
    fn kills_are_not_taken_from_a_key_that_begins_alike() {
        assert_eq!(parse("cgroup v1 oom", &["oom_kill_disable 1\nunder_oom 0\noom_kill 2\n"]), Ok(vec![2.0]));
        let events = "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 1\n";
        assert_eq!(parse("cgroup v2 oom", &[events]), Ok(vec![3.0]));
    }

    #[test]
    fn processor_time_is_in_seconds() {
        assert_eq!(parse("cgroup v1 cpuacct", &["1500000000\n"]), Ok(vec![1.5]));
        assert_eq!(parse("cgroup v2 cpu", &[CPU_2]), Ok(vec![1.234_567]));
        let throttled = "nr_periods 0\nnr_throttled 0\nthrottled_time 250000000\nnr_bursts 0\nburst_time 0\n";
        assert_eq!(parse("cgroup v1 cpu", &[throttled]), Ok(vec![0.25]));
        assert_eq!(parse("cgroup v2 throttling", &[CPU_2]), Ok(vec![0.25]));
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = parse("cgroup v2 throttling", &["usage_usec 12\nuser_usec 10\nsystem_usec 2\n"]);
        assert_eq!(missing, Err("`cpu.stat` holds no `throttled_usec`".to_owned()));
    }
}
