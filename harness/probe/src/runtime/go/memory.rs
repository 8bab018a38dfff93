//! Go's own account of its memory and its collections: `runtime.MemStats`, as two of its pages show it.

use serde::Deserialize;

/// The collections that are remembered.
const KEPT: u32 = 256;

/// What is read of `runtime.MemStats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Memory {
    /// The bytes of the heap: of all that is reached, and of what is not yet known not to be.
    pub(super) heap_alloc: u64,
    /// The bytes of address space that the heap has.
    #[serde(default)]
    pub(super) heap_sys: u64,
    /// The bytes of these that were given back to the system.
    #[serde(default)]
    pub(super) heap_released: u64,
    /// The bytes in use for stacks.
    #[serde(default)]
    pub(super) stack_inuse: u64,
    /// At so many bytes the next collection is to be over.
    #[serde(rename = "NextGC")]
    pub(super) next_collection: u64,
    /// How many collections there were.
    #[serde(rename = "NumGC")]
    pub(super) collections: u32,
    /// For how long all of the target stood still in each of the last, in ns: for both stops of a collection together.
    pub(super) pause_ns: Vec<u64>,
    /// When each of these was over, in ns since 1970.
    pub(super) pause_end: Vec<u64>,
}

/// A collection's stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// When it was over, in ns since 1970.
    pub(super) end: u64,
    /// How long, in ns.
    pub(super) length: u64,
}

impl Memory {
    /// From the page `/debug/vars`.
    pub(super) fn from_variables(text: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Variables {
            memstats: Memory,
        }
        let variables: Variables = serde_json::from_slice(text).ok()?;
        Some(variables.memstats).filter(Self::is_whole)
    }

    /// From what the page `/debug/pprof/heap?debug=1` ends with.
    pub(super) fn from_profile(text: &str) -> Option<Self> {
        let find = |key: &str| {
            let mut lines = text.lines().rev();
            lines.find_map(|line| line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(" = "))
        };
        let number = |key: &str| find(key)?.split(' ').next()?.parse::<u64>().ok();
        let numbers = |key: &str| -> Option<Vec<u64>> {
            find(key)?.trim_matches(['[', ']']).split_ascii_whitespace().map(|text| text.parse().ok()).collect()
        };
        let memory = Self {
            heap_alloc: number("HeapAlloc")?,
            heap_sys: number("HeapSys")?,
            heap_released: number("HeapReleased").unwrap_or(0),
            stack_inuse: number("Stack")?,
            next_collection: number("NextGC")?,
            collections: u32::try_from(number("NumGC")?).ok()?,
            pause_ns: numbers("PauseNs")?,
            pause_end: numbers("PauseEnd")?,
        };
        Some(memory).filter(Self::is_whole)
    }

    /// What the heap has taken from the system and not given back.
    pub(super) fn heap_total(&self) -> u64 {
        self.heap_sys.saturating_sub(self.heap_released)
    }

    fn is_whole(&self) -> bool {
        self.pause_ns.len() == KEPT as usize && self.pause_end.len() == KEPT as usize
    }

    /// The stops of the collections after the first `known`, in order, and how many of them are forgotten.
    pub(super) fn stops_since(&self, known: u32) -> (Vec<Stop>, u32) {
        let new = self.collections.saturating_sub(known);
        let kept = new.min(KEPT);
        let stop = |number: u32| {
            let place = ((number - 1) % KEPT) as usize;
            Stop { end: self.pause_end[place], length: self.pause_ns[place] }
        };
        let first = self.collections - kept + 1;
        ((first..=self.collections).map(stop).collect(), new - kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(first: &[u64]) -> String {
        let all: Vec<String> = (0..256).map(|at| first.get(at).copied().unwrap_or(0).to_string()).collect();
        all.join(" ")
    }

    /// The end of a page of Go 1.27.
    fn profile() -> String {
        format!(
            "heap profile: 1: 2 [3: 4] @ heap/1048576\n\n# runtime.MemStats\n# Alloc = 748525600\n# HeapAlloc = \
             748525600\n# HeapSys = 775618560\n# Stack = 327680 / 327680\n# NextGC = 1230391962\n# LastGC = \
             1795249617375850829\n# PauseNs = [{}]\n# PauseEnd = [{}]\n# NumGC = 3\n# NumForcedGC = 0\n# MaxRSS = \
             413900800\n",
            numbers(&[4_068_255, 2_849_459, 5_670_067]),
            numbers(&[1_795_249_615_363_524_742, 1_795_249_616_135_546_212, 1_795_249_617_375_850_829])
        )
    }

    #[test]
    fn the_account_is_read_from_both_of_its_pages() {
        let from_profile = Memory::from_profile(&profile()).unwrap();
        assert_eq!((from_profile.heap_alloc, from_profile.stack_inuse), (748_525_600, 327_680));
        assert_eq!((from_profile.next_collection, from_profile.collections), (1_230_391_962, 3));
        let variables = format!(
            "{{\"cmdline\": [\"./svc\"], \"memstats\": {{\"Alloc\":748525600,\"HeapAlloc\":748525600,\"HeapSys\":775618560,\"StackInuse\":\
             327680,\"NextGC\":1230391962,\"PauseNs\":[{}],\"PauseEnd\":[{}],\"NumGC\":3,\"EnableGC\":true,\"BySize\":\
             [{{\"Size\":0}}]}}}}",
            numbers(&from_profile.pause_ns).replace(' ', ","),
            numbers(&from_profile.pause_end).replace(' ', ",")
        );
        assert_eq!(Memory::from_variables(variables.as_bytes()), Some(from_profile));
    }

    #[test]
    fn a_page_that_is_cut_or_another_one_is_no_account() {
        let page = profile();
        let needed = page.find("# NumGC").unwrap();
        assert!((0..needed).step_by(97).all(|end| Memory::from_profile(&page[..end]).is_none()));
        assert_eq!(Memory::from_profile("<html>"), None);
        assert_eq!(Memory::from_variables(b"{\"memstats\": {\"HeapAlloc\": 1}}"), None);
        let short = page.replace(&numbers(&[4_068_255, 2_849_459, 5_670_067]), "1 2 3");
        assert_eq!(Memory::from_profile(&short), None);
    }

    #[test]
    fn each_stop_is_told_once_and_what_was_forgotten_is_counted() {
        let ring = |collections: u32| {
            let mut memory =
                Memory { collections, pause_ns: vec![0; 256], pause_end: vec![0; 256], ..Memory::default() };
            for number in 1..=collections {
                memory.pause_ns[(number as usize + 255) % 256] = u64::from(number);
            }
            memory
        };
        let lengths = |collections, known| {
            let (stops, lost) = ring(collections).stops_since(known);
            (stops.iter().map(|stop| stop.length).collect::<Vec<_>>(), lost)
        };
        assert_eq!(lengths(3, 0), (vec![1, 2, 3], 0));
        assert_eq!(lengths(3, 3), (vec![], 0));
        assert_eq!(lengths(0, 0), (vec![], 0));
        assert_eq!(lengths(257, 255), (vec![256, 257], 0));
        assert_eq!(lengths(600, 300), ((345..=600).collect(), 44));
    }
}
