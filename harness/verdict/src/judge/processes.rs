//! Which of the target's processes has grown.

use timeline::{Metric, Sample, Series, Subject};

use super::{Case, Window, as_share, bytes};

/// A process that has ended before the last part of the window, a share of it, holds nothing any more.
const LAST_PART: f64 = 0.1;
/// The level at an end of the window is the median of so many samples.
const SAMPLES: usize = 5;

impl Case<'_> {
    /// `of that growth 92 % is in chromium --type=renderer (1234): 12 MiB; the 3 others grew by 1 MiB`
    pub(super) fn which_process_grew(self) -> Option<String> {
        let window = self.judged_window()?;
        let mut grown: Vec<(&str, f64)> = Vec::new();
        for (key, series) in &self.timeline.series {
            if let (Subject::Process(name), Metric::AnonymousMemory) = (&key.subject, key.metric) {
                grown.push((name, growth(series, window).max(0.0)));
            }
        }
        grown.sort_by(|one, other| other.1.total_cmp(&one.1));
        let all: f64 = grown.iter().map(|(_, bytes)| bytes).sum();
        let ((name, most), others) = grown.split_first().filter(|_| all > 0.0)?;
        let rest: f64 = others.iter().map(|(_, bytes)| bytes).sum();
        let beside = match others {
            [] => String::new(),
            [_] => format!("; the other one grew by {}", bytes(rest)),
            others => format!("; the {} others grew by {}", others.len(), bytes(rest)),
        };
        let share = as_share((most / all * 100.0).round() / 100.0);
        Some(format!("of that growth {share} is in the process {name}: {}{beside}", bytes(*most)))
    }
}

/// By how much a process has grown in the window: from nothing where it was started in it, to nothing where it has ended.
fn growth(series: &Series, window: Window) -> f64 {
    let length = window.1.since(window.0);
    let (early, late) = (window.0 + length.mul_f64(LAST_PART), window.1 - length.mul_f64(LAST_PART));
    let first = level(series.within((window.0, early)).iter().take(SAMPLES));
    let last = level(series.within((late, window.1)).iter().rev().take(SAMPLES));
    last.unwrap_or(0.0) - first.unwrap_or(0.0)
}

fn level<'a>(samples: impl Iterator<Item = &'a Sample>) -> Option<f64> {
    let mut values: Vec<f64> = samples.map(|sample| sample.value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
