//! Axes: where a value lies on a chart, and which values are named.

use timeline::{Amount, Unit, show_duration};

/// What lies along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Measure {
    /// Seconds since the start of the run.
    Time,
    /// Amounts of a unit.
    Amount(Unit),
    /// One over the share of requests that took longer: 100 is the 99th percentile.
    Percentile,
    /// Runs, by their number.
    Runs,
    /// Lanes, one above the other, which have names of their own.
    Lanes,
}

/// How values are laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Equal distances for equal differences.
    Linear,
    /// Equal distances for equal ratios; all values are above zero.
    Log,
}

/// One axis of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) scale: Scale,
    pub(crate) measure: Measure,
}

/// A value that is named on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// The steps of a clock, in seconds.
const CLOCK: [f64; 21] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 14_400.0,
    21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0,
];
/// What lies in the lower half of its own height is drawn from zero; else the picture begins nearer to it.
const FROM_ZERO: f64 = 0.5;

impl Axis {
    /// The time of a run of so many seconds.
    pub(crate) fn time(from: f64, to: f64) -> Self {
        Self { from, to: to.max(from + 1e-3), scale: Scale::Linear, measure: Measure::Time }
    }

    /// So many runs, one beside the other.
    pub(crate) fn runs(count: usize) -> Self {
        Self { from: 0.5, to: count.max(1) as f64 + 0.5, scale: Scale::Linear, measure: Measure::Runs }
    }

    /// From zero to a little more than `most`.
    pub(crate) fn from_zero(most: f64, unit: Unit) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        Self { from: 0.0, to: most * 1.08, scale: Scale::Linear, measure: Measure::Amount(unit) }
    }

    /// Around what lies between two values; from zero where they are near enough to that.
    pub(crate) fn around(low: f64, high: f64, unit: Unit) -> Self {
        if !(low.is_finite() && high.is_finite()) || (low >= 0.0 && low < FROM_ZERO * high) || (low, high) == (0.0, 0.0)
        {
            return Self::from_zero(high, unit);
        }
        // What hardly moves is drawn as what hardly moves.
        let span = (high - low).max(high.abs() / 25.0);
        let middle = f64::midpoint(low, high);
        let [from, to] = [-0.64, 0.64].map(|part| middle + part * span);
        Self {
            from: if low >= 0.0 { from.max(0.0) } else { from },
            to,
            scale: Scale::Linear,
            measure: Measure::Amount(unit),
        }
    }

    /// By ratios, from the decade's part below `low` to a little more than `high`.
    pub(crate) fn log(low: f64, high: f64, unit: Unit) -> Self {
        let high = if high.is_finite() && high > 0.0 { high } else { 1.0 };
        let low = if low.is_finite() && low > 0.0 { low.min(high / 4.0) } else { high / 1e3 };
        Self { from: low / 1.3, to: high * 1.5, scale: Scale::Log, measure: Measure::Amount(unit) }
    }

    /// Percentiles of so many requests.
    pub(crate) fn percentile(requests: u64) -> Self {
        let to = (requests as f64).clamp(100.0, 1e7);
        Self { from: 1.0, to, scale: Scale::Log, measure: Measure::Percentile }
    }

    /// Where `value` lies, from 0 to 1; beyond that where it is out of range.
    pub(crate) fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Log => (value.max(f64::MIN_POSITIVE) / self.from).ln() / (self.to / self.from).ln(),
        }
    }

    /// At most `most` values that are worth a name.
    pub(crate) fn ticks(&self, most: usize) -> Vec<Tick> {
        let values = match (self.measure, self.scale) {
            (Measure::Lanes, _) => Vec::new(),
            (Measure::Percentile, _) => decades(self.from, self.to, &[1.0]),
            (Measure::Runs, _) => multiples(self.from, self.to, step(self.to - self.from, self.to, most, Unit::Count)),
            (_, Scale::Log) => self.log_values(most),
            (Measure::Time, _) => multiples(self.from, self.to, clock_step(self.to - self.from, most)),
            (Measure::Amount(unit), _) => multiples(self.from, self.to, step(self.to - self.from, self.to, most, unit)),
        };
        values.into_iter().map(|value| Tick { value, label: self.label(value) }).collect()
    }

    /// `value` in words.
    pub(crate) fn label(&self, value: f64) -> String {
        match self.measure {
            Measure::Time if value < 0.5e-3 => "0".to_owned(),
            Measure::Time => timeline::Elapsed::from_seconds(value).to_string(),
            Measure::Amount(_) if value == 0.0 => "0".to_owned(),
            Measure::Amount(Unit::Seconds) if value > 0.0 => {
                std::time::Duration::try_from_secs_f64(value).map_or_else(|_| value.to_string(), show_duration)
            }
            Measure::Amount(unit) => Amount { value, unit }.to_string(),
            Measure::Percentile => percentile(value),
            Measure::Runs => value.to_string(),
            Measure::Lanes => String::new(),
        }
    }

    /// How the script tells the values of this axis: `time`, or the unit's name.
    pub(crate) fn kind(&self) -> &'static str {
        match self.measure {
            Measure::Time => "time",
            Measure::Percentile => "percentile",
            Measure::Runs => "run",
            Measure::Lanes => "lanes",
            Measure::Amount(unit) => unit.name(),
        }
    }

    fn log_values(&self, most: usize) -> Vec<f64> {
        let choices: [&[f64]; 3] = [&[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        let fits =
            choices.into_iter().map(|parts| decades(self.from, self.to, parts)).find(|values| values.len() <= most);
        fits.unwrap_or_else(|| {
            let all = decades(self.from, self.to, &[1.0]);
            let every = all.len().div_ceil(most.max(1));
            all.into_iter().step_by(every).collect()
        })
    }
}

/// `p99.9` of a thousand.
fn percentile(one_in: f64) -> String {
    let share = 100.0 * (1.0 - 1.0 / one_in);
    let nines = (one_in.log10().round() as usize).saturating_sub(2);
    if one_in <= 1.0 { "p0".to_owned() } else { format!("p{share:.nines$}") }
}

/// The multiples of powers of ten between two values.
fn decades(from: f64, to: f64, parts: &[f64]) -> Vec<f64> {
    let first = from.log10().floor() as i32;
    let last = to.log10().ceil() as i32;
    let all = (first..=last).flat_map(|decade| parts.iter().map(move |part| part * 10f64.powi(decade)));
    all.filter(|value| *value >= from * 0.999 && *value <= to * 1.001).collect()
}

fn multiples(from: f64, to: f64, step: f64) -> Vec<f64> {
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last).map(|at| at as f64 * step).collect()
}

fn clock_step(span: f64, most: usize) -> f64 {
    let least = span / most as f64;
    CLOCK.into_iter().find(|step| *step >= least).unwrap_or_else(|| decimal_step(least)).min(if span < 2.0 {
        decimal_step(least)
    } else {
        f64::INFINITY
    })
}

/// The step of amounts: of bytes a round number in the unit in which they are shown.
fn step(span: f64, to: f64, most: usize, unit: Unit) -> f64 {
    let least = span / most as f64;
    match unit {
        Unit::Bytes | Unit::BytesPerHour | Unit::BytesPerRequest | Unit::BytesPerCycle | Unit::BytesPerUser => {
            let power = ((to.abs().max(1.0)).log2() / 10.0).floor().max(0.0) as i32;
            let size = 1024f64.powi(power);
            decimal_step(least / size) * size
        }
        Unit::Count => decimal_step(least).max(1.0),
        Unit::Seconds | Unit::Share | Unit::PerSecond | Unit::PerHour => decimal_step(least),
    }
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn decimal_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|part| part * power)
        .find(|step| *step >= least * 0.999)
        .unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(axis: &Axis, most: usize, expected: &[&str]) {
        let labels: Vec<String> = axis.ticks(most).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn ticks_are_round_in_the_unit_in_which_they_are_shown() {
        const MIB: f64 = 1_048_576.0;
        check(&Axis::from_zero(90.0 * MIB, Unit::Bytes), 5, &["0", "20 MiB", "40 MiB", "60 MiB", "80 MiB"]);
        check(&Axis::from_zero(1300.0 * MIB, Unit::Bytes), 5, &["0", "512 MiB", "1 GiB"]);
        check(&Axis::from_zero(3.0, Unit::Count), 5, &["0", "1", "2", "3"]);
        check(&Axis::from_zero(0.0, Unit::Count), 5, &["0", "1"]);
        check(&Axis::from_zero(0.4, Unit::Seconds), 5, &["0", "100 ms", "200 ms", "300 ms", "400 ms"]);
    }

    #[test]
    fn time_is_told_by_the_steps_of_a_clock() {
        check(&Axis::time(0.0, 61.0), 6, &["0", "15 s", "30 s", "45 s", "1m"]);
        check(&Axis::time(0.0, 5400.0), 6, &["0", "15m", "30m", "45m", "1h", "1h 15m", "1h 30m"]);
        check(&Axis::time(0.0, 86_400.0), 6, &["0", "4h", "8h", "12h", "16h", "20h", "1d"]);
        check(&Axis::time(0.0, 0.8), 4, &["0", "200 ms", "400 ms", "600 ms", "800 ms"]);
    }

    #[test]
    fn a_log_axis_names_decades_and_parts_of_them_where_there_is_room() {
        check(&Axis::log(0.001, 0.03, Unit::Seconds), 6, &["1.0 ms", "2.0 ms", "5.0 ms", "10 ms", "20 ms"]);
        check(
            &Axis::log(1e-5, 20.0, Unit::Seconds),
            8,
            &["10 µs", "100 µs", "1.0 ms", "10 ms", "100 ms", "1 s", "10 s"],
        );
        check(&Axis::percentile(20_000), 9, &["p0", "p90", "p99", "p99.9", "p99.99"]);
    }

    #[test]
    fn every_axis_has_a_place_for_what_it_is_made_of() {
        for (low, high) in [(0.0, 0.0), (5.0, 5.0), (-3.0, 4.0), (300e6, 310e6), (f64::NAN, f64::NAN), (0.0, 1e300)] {
            let axis = Axis::around(low, high, Unit::Bytes);
            assert!(axis.from < axis.to, "{axis:?}");
            assert!(axis.ticks(5).len() <= 8, "{axis:?}");
            for value in [low, high].into_iter().filter(|value| value.is_finite()) {
                assert!((0.0..=1.0).contains(&axis.place(value)), "{value} on {axis:?}");
            }
        }
    }
}
