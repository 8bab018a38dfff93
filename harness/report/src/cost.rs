//! What the harness itself took.

use timeline::{Metric, Series, Subject, Timeline};

/// The harness's own cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    /// The most resident memory, in bytes.
    pub(crate) peak_bytes: Option<f64>,
    /// Processor time per time: 1 is one core.
    pub(crate) cpu_share: Option<f64>,
}

/// The cost as far as it was measured.
pub(crate) fn of(timeline: &Timeline) -> Cost {
    let series = |metric| timeline.series(metric, &Subject::Harness);
    let memory = series(Metric::ResidentMemory).or_else(|| series(Metric::AnonymousMemory));
    Cost {
        peak_bytes: memory.and_then(Series::peak).map(|sample| sample.value),
        cpu_share: series(Metric::CpuTime).and_then(share),
    }
}

/// How fast a counter of seconds went up.
fn share(series: &Series) -> Option<f64> {
    let (first, last) = (series.samples.first()?, series.samples.last()?);
    let took = last.taken.since(first.taken).as_secs_f64();
    (took > 0.0).then(|| (last.value - first.value) / took)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn the_harness_is_measured_too() {
        let cost = of(&example::record(Vec::new()).timeline);
        assert_eq!(cost.peak_bytes, Some(8_388_668.0));
        assert_eq!(cost.cpu_share.map(|share| (share * 1e6).round() as u64), Some(20_000));
        assert_eq!(of(&Timeline::default()), Cost { peak_bytes: None, cpu_share: None });
    }
}
