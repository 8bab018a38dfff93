//! Go's heap profile as text: which functions hold how many bytes.

use std::collections::BTreeMap;

use timeline::Grown;

/// Bytes and objects in use by the function that allocated them: estimates, for only some allocations are sampled.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Profile(BTreeMap<String, Held>);

/// What one function holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Held {
    bytes: f64,
    objects: f64,
}

/// As much is named of what has grown.
const NAMED: usize = 10;

impl Profile {
    /// From the page `/debug/pprof/heap?debug=1`; `None` where it is another one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let first = text.lines().next()?.strip_prefix("heap profile: ")?;
        // One of so many bytes is sampled; the page shows twice that.
        let rate = first.rsplit_once("heap/")?.1.trim().parse::<f64>().ok()? / 2.0;
        let mut profile = Self::default();
        let mut lines = text.lines().skip(1).peekable();
        while let Some(line) = lines.next() {
            let Some(held) = held(line, rate) else { continue };
            let frames: Vec<&str> = std::iter::from_fn(|| lines.next_if(|line| line.starts_with("#\t"))).collect();
            let all = profile.0.entry(name(&frames)).or_default();
            all.bytes += held.bytes;
            all.objects += held.objects;
        }
        Some(profile)
    }

    /// What holds more than it did `before`, the largest growth first.
    pub(super) fn grown_since(&self, before: &Self) -> Vec<Grown> {
        let grown = self.0.iter().filter_map(|(name, held)| {
            let old = before.0.get(name).copied().unwrap_or_default();
            let (bytes, objects) = (held.bytes - old.bytes, (held.objects - old.objects).max(0.0));
            let (bytes, objects, held) = (bytes.round(), objects.round() as u64, held.bytes.round() as u64);
            (bytes > 0.0).then(|| Grown { name: name.clone(), bytes: bytes as u64, objects: Some(objects), held })
        });
        let mut grown: Vec<Grown> = grown.collect();
        grown.sort_by_key(|grown| std::cmp::Reverse(grown.bytes));
        grown.truncate(NAMED);
        grown
    }
}

/// What a line such as `156: 9984 [156: 9984] @ 0x6ded93` says is in use, scaled up from what was sampled as `go tool
/// pprof` does it: an object of `size` bytes is sampled with the chance 1 − e^(−size/rate).
fn held(line: &str, rate: f64) -> Option<Held> {
    let (in_use, _) = line.split_once(" [")?;
    let (objects, bytes) = in_use.split_once(": ")?;
    let (objects, bytes) = (objects.trim().parse::<f64>().ok()?, bytes.parse::<f64>().ok()?);
    if objects <= 0.0 || bytes <= 0.0 {
        return Some(Held::default());
    }
    let scale = if rate > 1.0 { 1.0 / -f64::exp_m1(-(bytes / objects) / rate) } else { 1.0 };
    Some(Held { bytes: bytes * scale, objects: objects * scale })
}

/// The function that allocated; where it is of the standard library, on whose behalf too.
fn name(frames: &[&str]) -> String {
    let functions: Vec<&str> = frames.iter().filter_map(|frame| function(frame)).collect();
    let own = functions.iter().find(|function| !is_standard(function));
    match (functions.iter().find(|function| !function.starts_with("runtime.")), own) {
        (Some(leaf), Some(own)) if leaf != own => format!("{leaf} for {own}"),
        (Some(leaf), _) => (*leaf).to_owned(),
        (None, _) => functions.first().map_or("unknown", |leaf| *leaf).to_owned(),
    }
}

/// Of `#\t0x6ded92\tmain.main+0x172\t/src/go/main.go:42`, the function.
fn function(frame: &str) -> Option<&str> {
    let function = frame.split('\t').nth(2)?;
    Some(function.rsplit_once("+0x").map_or(function, |(function, _)| function).trim())
}

/// Packages of the standard library have no dot before their first slash, and are not `main`.
fn is_standard(function: &str) -> bool {
    let path = function.split_once('/').map_or("", |(host, _)| host);
    let is_main = function.starts_with("main.");
    !is_main && !path.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "heap profile: 427: 74926768 [427: 74926769] @ heap/1048576
0: 0 [1: 48] @ 0x6df3cc 0x493561
#\t0x6df3cb\tmain.main.func2+0x18b\t/src/go/main.go:65

1: 112 [1: 112] @ 0x48a0e5 0x422045
#\t0x48a0e4\truntime.mallocgc+0x104\t\t/go/src/runtime/malloc.go:1131
#\t0x452f24\truntime.main+0x184\t\t/go/src/runtime/proc.go:217

4: 2097152 [4: 2097152] @ 0x6ded93 0x4531c7 0x493561
#\t0x6ded92\tbytes.growSlice+0x172\t/go/src/bytes/buffer.go:42
#\t0x6ded92\tmain.(*Store).remember+0x172\t/src/go/main.go:42
#\t0x4531c6\truntime.main+0x426\t/go/src/runtime/proc.go:302

1: 74899456 [1: 74899456] @ 0x48a0fa 0x48e769
#\t0x48a0f9\truntime.mallocgc+0x104\t\t/go/src/runtime/malloc.go:1131
#\t0x6ded2b\texample.org/app/cache.Fill+0x10b\t/src/go/cache.go:40

# runtime.MemStats
# Alloc = 748525600
";

    #[test]
    fn bytes_are_held_by_the_function_that_allocated_and_on_whose_behalf() {
        let grown = Profile::parse(PAGE).unwrap().grown_since(&Profile::default());
        let shown: Vec<(&str, u64)> = grown.iter().map(|grown| (grown.name.as_str(), grown.bytes)).collect();
        // An object as large as the rate is sampled with the chance 1 - 1/e; small ones stand for many.
        assert_eq!(
            shown,
            [
                ("example.org/app/cache.Fill", 74_899_456),
                ("bytes.growSlice for main.(*Store).remember", 3_317_646),
                ("runtime.mallocgc", 524_344),
            ]
        );
        assert_eq!(grown[1].objects, Some(6));
    }

    #[test]
    fn only_what_has_grown_is_named() {
        let before = Profile::parse(PAGE).unwrap();
        assert_eq!(before.grown_since(&before), []);
        let after = Profile::parse(&PAGE.replace("4: 2097152 [", "8: 4194304 [")).unwrap();
        let grown = after.grown_since(&before);
        assert_eq!(grown.len(), 1);
        assert_eq!((grown[0].bytes, grown[0].held), (3_317_646, 6_635_291));
    }

    #[test]
    fn another_page_is_no_profile() {
        assert_eq!(Profile::parse("goroutine profile: total 4\n"), None);
        assert_eq!(Profile::parse(""), None);
        assert_eq!(Profile::parse("heap profile: 1: 2 [3: 4] @ heap/many\n"), None);
    }
}
