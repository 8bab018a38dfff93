//! A series in bounded room: of each so many samples, the first and the least of the others.
//!
//! The least keep the floors beneath a sawtooth, the first are a fair choice of all, so both what is taken of minima
//! and what is taken of middles stays comparable from one end of the run to the other: all panes are as wide, and all
//! give two samples, whether the series rises or falls in them.

use timeline::Sample;

/// The most panes; of each, two samples are kept.
const MOST: usize = 2048;

/// The samples so far.
#[derive(Debug)]
pub(super) struct Thinned {
    /// All but the last are full.
    panes: Vec<Pane>,
    /// Samples to a pane: a power of two.
    width: usize,
    /// Samples in the last pane.
    filled: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pane {
    first: Sample,
    /// The least of the others.
    least: Option<Sample>,
}

impl Pane {
    fn with(self, later: Sample) -> Self {
        Self { least: Some(self.least.filter(|least| least.value <= later.value).unwrap_or(later)), ..self }
    }

    fn joined(self, next: Self) -> Self {
        next.samples().fold(self, Self::with)
    }

    fn samples(self) -> impl Iterator<Item = Sample> {
        std::iter::once(self.first).chain(self.least)
    }
}

impl Default for Thinned {
    fn default() -> Self {
        Self { panes: Vec::new(), width: 1, filled: 1 }
    }
}

impl Thinned {
    /// Adds the next sample.
    pub(super) fn push(&mut self, sample: Sample) {
        match self.panes.last_mut() {
            Some(last) if self.filled < self.width => {
                *last = last.with(sample);
                self.filled += 1;
            }
            _ => self.open(sample),
        }
    }

    fn open(&mut self, sample: Sample) {
        if self.panes.len() == MOST {
            self.panes = self.panes.chunks(2).map(|pair| pair[0].joined(pair[1])).collect();
            self.width *= 2;
        }
        self.panes.push(Pane { first: sample, least: None });
        self.filled = 1;
    }

    /// What is kept, in order of time; the last pane only where it is full.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let full = self.panes.len() - usize::from(self.filled < self.width);
        self.panes[..full].iter().copied().flat_map(Pane::samples).collect()
    }
}

#[cfg(test)]
mod tests {
    use timeline::Elapsed;

    use super::*;

    fn thinned(count: u32, value: impl Fn(u32) -> f64) -> Vec<Sample> {
        let mut thinned = Thinned::default();
        for second in 0..count {
            let at = Elapsed::from_seconds(f64::from(second));
            thinned.push(Sample { due: at, taken: at, value: value(second) });
        }
        thinned.samples()
    }

    #[test]
    fn a_short_series_is_kept_as_it_is() {
        let kept = thinned(2048, f64::from);
        assert!(kept.iter().map(|sample| sample.value).eq((0..2048).map(f64::from)));
        assert!(thinned(0, f64::from).is_empty());
    }

    #[test]
    fn a_day_is_kept_in_bounded_room_with_its_floors() {
        for count in [2049, 4095, 86_400, 1_000_003] {
            let kept = thinned(count, |second| f64::from(second % 23) + f64::from(second) / 1000.0);
            assert!((2048..=4096).contains(&kept.len()), "{count}: {}", kept.len());
            assert!(kept.is_sorted_by(|one, next| one.taken < next.taken));
        }
        let kept = thinned(86_400, |second| if second == 54_321 { -1.0 } else { 1.0 });
        assert!(kept.iter().any(|sample| sample.value < 0.0), "the least is never lost");
    }
}
