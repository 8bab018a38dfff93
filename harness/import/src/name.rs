//! What a column's name says of it.

use crate::unit;

/// Words for memory.
const MEMORY: &str = "\
    alloc allocated anon anonymous arena buffers external heap mem memory memusage pss resident rss rssanon \
    swap uss vmrss vmsize vms vmswap vsize vsz working workingset wss";
/// Words for what is held and counted.
const HELD: &str = "\
    children connections conns descriptors fd fds files goroutine goroutines handle handles listeners nlwp object \
    objects pids processes sessions sockets subscriptions tasks threads timers watchers watches";
/// Words for what goes up by its nature, measures work, or names a thing: growth in it is no leak.
const NO_LEVEL: &str = "\
    cpu duration errors faults frees gc hits id index iteration latency level mallocs misses percent pid \
    port ppid requests request row rps seq throughput tid total uptime users";
/// Words for the time of a row.
const TIME: &str = "clock date datetime elapsed epoch instant time timestamp ts uptime when";
/// Words that may stand beside those.
const BESIDE_TIME: &str = "at iso local since start unix utc";

/// What the values are, as far as the name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    Memory,
    Held,
    NoLevel,
    Unknown,
}

/// The words of a name in lower case: `VmRSS_kB` is `vm`, `rss`, `kb`; `heapUsed` is `heap`, `used`. What
/// stands in the braces of a Prometheus name is left out.
pub(crate) fn words(name: &str) -> Vec<String> {
    let name = name.split('{').next().unwrap_or_default();
    // Units have capitals of their own.
    let name = name.replace("iB", "ib").replace("kB", "kb");
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What kind of quantity it is.
pub(crate) fn nature(name: &str) -> Nature {
    let words = words(name);
    let any = |known| words.iter().any(|word| is_among(word, known));
    let counts_up = words.last().is_some_and(|word| word == "total") && any("alloc bytes");
    let go_total = words.first().is_some_and(|word| word == "total") && any("alloc");
    if counts_up || go_total {
        Nature::NoLevel
    } else if any(HELD) {
        Nature::Held
    } else if any(MEMORY) || bytes(name).is_some() {
        Nature::Memory
    } else if any(NO_LEVEL) || name.contains('%') {
        Nature::NoLevel
    } else {
        Nature::Unknown
    }
}

/// The unit of bytes in a name: `rss_mib`, `Memory (MB)`. A letter alone is one in brackets only.
pub(crate) fn bytes(name: &str) -> Option<f64> {
    let words = words(name);
    let last = words.last()?;
    let in_brackets = || name.trim_end().ends_with([')', ']']);
    unit::bytes(last).filter(|_| last.len() > 1 || in_brackets())
}

/// The unit of time in a name: `elapsed_ms`, `time [s]`.
pub(crate) fn seconds(name: &str) -> Option<f64> {
    unit::seconds(words(name).last()?)
}

/// Is it the name of a time: words for time and units of it, and no others?
pub(crate) fn is_time(name: &str) -> bool {
    let words = words(name);
    let unit = |word: &str| word == "t" || unit::seconds(word).is_some();
    let telling = |word: &String| is_among(word, TIME) || unit(word);
    words.iter().all(|word| telling(word) || is_among(word, BESIDE_TIME)) && words.iter().any(telling)
}

/// Is `word` one of those in a list of words?
fn is_among(word: &str, list: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("VmRSS_kB"), ["vm", "rss", "kb"]);
        assert_eq!(words("heapUsedMiB"), ["heap", "used", "mib"]);
        assert_eq!(words("go_goroutines{pod=\"rss\"}"), ["go", "goroutines"]);
        assert_eq!(words("CPU %"), ["cpu"]);
    }

    #[test]
    fn names_tell_what_is_counted() {
        for memory in ["RSS", "heapUsed", "process_resident_memory_bytes", "heapTotal", "memory.rss", "used_mb"] {
            assert_eq!(nature(memory), Nature::Memory, "{memory}");
        }
        for held in ["goroutines", "process_open_fds", "go_memstats_heap_objects", "threads"] {
            assert_eq!(nature(held), Nature::Held, "{held}");
        }
        for no_level in ["requests_total", "go_memstats_alloc_bytes_total", "TotalAlloc", "cpu", "mem_id", "%CPU"] {
            let expected = if no_level == "mem_id" { Nature::Memory } else { Nature::NoLevel };
            assert_eq!(nature(no_level), expected, "{no_level}");
        }
        assert_eq!(nature("queue"), Nature::Unknown);
    }

    #[test]
    fn units_stand_at_the_end() {
        assert_eq!(bytes("rss_kb"), Some(1e3));
        assert_eq!(bytes("Memory (M)"), Some(1_048_576.0));
        assert_eq!(bytes("param_k"), None);
        assert_eq!(seconds("elapsed_ms"), Some(1e-3));
    }

    #[test]
    fn a_time_is_told_from_what_takes_time() {
        assert!(["Time", "t", "ms", "unix_timestamp", "elapsed (s)", "@timestamp", "time_ms"].into_iter().all(is_time));
        assert!(!["gc_time", "cpu_seconds", "", "rss"].into_iter().any(is_time));
    }
}
