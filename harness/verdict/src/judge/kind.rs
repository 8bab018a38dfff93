//! What kind of leak it is: what has grown beside memory, and which part of memory has.

use timeline::{Metric, Series, show_bytes};

use super::counts::words;
use super::{Case, Window};

/// The level at an end of the window is the least of this share of it.
const END: f64 = 0.125;
/// A part that has grown by this share of the whole is what has grown.
const MOST: f64 = 0.5;
/// So many more handles, and so many times as many, are no pool.
const HANDLES: (f64, f64) = (32.0, 2.0);

/// Counts of what is opened and has to be closed.
const RESOURCES: [Metric; 5] =
    [Metric::Sockets, Metric::OpenFiles, Metric::Goroutines, Metric::Threads, Metric::ChildProcesses];

impl Case<'_> {
    /// `kind: resources that are not given back (sockets 2 to 989); buffers outside the heap (external_memory grew by
    /// 210 MiB)`
    ///
    /// Where the live heap was judged, by `source`, it is that which grows.
    pub(super) fn kind_of_leak(self, source: Option<&str>) -> Option<String> {
        let window = self.judged_window()?;
        let of_heap = source.filter(|source| source.starts_with(Metric::LiveHeap.name()));
        let part = of_heap.map(|_| "objects on the heap".to_owned()).or_else(|| self.part_of_memory(window));
        let kinds: Vec<String> = self.resources(window).into_iter().chain(part).collect();
        (!kinds.is_empty()).then(|| format!("kind: {}", kinds.join("; ")))
    }

    fn resources(self, window: Window) -> Option<String> {
        let kinds = self.timeline.series.keys().map(|key| key.metric);
        let kinds = kinds.filter(|metric| metric.kind_of_active_resources().is_some());
        let told = RESOURCES.into_iter().chain(kinds).filter_map(|metric| {
            let (first, last) = ends(self.target_series(metric)?, window)?;
            let many = last - first >= HANDLES.0 && last >= HANDLES.1 * first;
            many.then(|| format!("{} {first} to {last}", words(metric)))
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| format!("resources that are not given back ({})", told.join(", ")))
    }

    /// Which part of it makes up most of the growth, of those that the runtime tells.
    fn part_of_memory(self, window: Window) -> Option<String> {
        let grown = |metric| ends(self.target_series(metric)?, window).map(|(first, last)| last - first);
        let (_, held) = self.held_by_system().ok()?;
        let (first, last) = ends(held, window)?;
        let all = Some(last - first).filter(|all| *all > 0.0)?;
        let heap = [Metric::LiveHeap, Metric::HeapUsed].into_iter().find_map(|metric| Some((metric, grown(metric)?)));
        let external = grown(Metric::ExternalMemory).map(|bytes| (Metric::ExternalMemory, bytes));
        let is_most = |part: &(Metric, f64)| part.1 >= MOST * all;
        let told = |(metric, bytes): (Metric, f64), what| {
            let (bytes, all) = (show_bytes(bytes), show_bytes(all));
            format!("{what} ({metric} grew by {bytes}, all of it by {all})")
        };
        if let Some(external) = external.filter(is_most) {
            return Some(told(external, "buffers outside the heap"));
        }
        let heap = heap?;
        if is_most(&heap) {
            return Some(told(heap, "objects on the heap"));
        }
        let known = heap.1 + external.map_or(0.0, |(_, bytes)| bytes);
        (known < (1.0 - MOST) * all)
            .then(|| told(heap, "what the runtime does not tell of: native memory, or fragments"))
    }
}

/// The floors at the beginning and at the end of the window.
fn ends(series: &Series, (from, to): Window) -> Option<(f64, f64)> {
    let part = to.since(from).mul_f64(END);
    let least = |window| series.within(window).iter().map(|sample| sample.value).reduce(f64::min);
    Some((least((from, from + part))?, least((to - part, to))?))
}
