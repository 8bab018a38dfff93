//! How fast memory grows while a run goes on: an estimate to be shown, and no verdict.

/// Into at most so many stretches of load is kept what was seen.
const STRETCHES: usize = 64;
/// The floors of so many of them tell of the pace, each below a sawtooth.
const FLOORS: usize = 6;
/// With fewer stretches to each nothing is said.
const FEWEST: usize = 3;

/// The floors of memory in equal stretches of load, in bounded room for a run of any length.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// `(seconds of load, bytes)`: the least value of each stretch, and when it was.
    floors: Vec<(f64, f64)>,
    /// The length of a stretch, seconds of load.
    length: f64,
}

impl Default for Outlook {
    fn default() -> Self {
        Self { floors: Vec::new(), length: 1.0 }
    }
}

impl Outlook {
    /// Adds the memory, bytes, after so many seconds of load; these only go up.
    pub fn push(&mut self, seconds: f64, bytes: f64) {
        let stretch = |seconds: f64| (seconds / self.length) as u64;
        match self.floors.last_mut() {
            Some(last) if stretch(last.0) == stretch(seconds) => {
                if bytes < last.1 {
                    *last = (seconds, bytes);
                }
            }
            _ => self.floors.push((seconds, bytes)),
        }
        if self.floors.len() > STRETCHES {
            self.halve();
        }
    }

    /// Stretches twice as long.
    fn halve(&mut self) {
        self.length *= 2.0;
        let floors = std::mem::take(&mut self.floors);
        for (seconds, bytes) in floors {
            self.push(seconds, bytes);
        }
    }

    /// The growth of the floors in the later half of the load so far, bytes per second of load: the median of the slopes
    /// between pairs half of it apart (Theil 1950, the incomplete method).
    pub fn pace(&self) -> Option<f64> {
        let later = &self.floors[self.floors.len() / 2..];
        let stretches = Some(later.len() / FLOORS).filter(|stretches| *stretches >= FEWEST)?;
        let least = |part: &[(f64, f64)]| part.iter().copied().min_by(|one, other| one.1.total_cmp(&other.1));
        let floors: Vec<(f64, f64)> = later.rchunks_exact(stretches).rev().filter_map(least).collect();
        let slope = |(one, other): (&(f64, f64), &(f64, f64))| (other.1 - one.1) / (other.0 - one.0);
        let slopes = floors.iter().zip(&floors[floors.len() / 2..]).map(slope);
        crate::stats::median(&mut slopes.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: u32, memory: impl Fn(f64) -> f64) -> Outlook {
        let mut outlook = Outlook::default();
        (0..seconds).map(f64::from).for_each(|at| outlook.push(at, memory(at)));
        outlook
    }

    #[test]
    fn the_pace_of_a_leak_is_told_under_a_sawtooth_in_a_minute_and_in_a_day() {
        for seconds in [60, 86_400] {
            let outlook = of(seconds, |at| 1e6 + 1000.0 * at + 5000.0 * (at % 5.0));
            let pace = outlook.pace().unwrap();
            assert!((pace - 1000.0).abs() < 100.0, "{pace} after {seconds} s");
            assert!(outlook.floors.len() <= STRETCHES);
        }
    }

    #[test]
    fn a_warm_up_is_no_pace_once_it_is_over() {
        assert_eq!(of(100, |at| 1e6 * at.min(20.0)).pace(), Some(0.0));
        assert_eq!(of(10, |at| at).pace(), None, "too little was seen");
    }
}
