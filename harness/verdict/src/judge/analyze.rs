//! A series on its own, without a plan or a load that is known: does it keep growing?

use std::time::Duration;

use timeline::{Amount, Elapsed, Sample, Series, Unit};

use super::leak::shape_name;
use super::witness::ALPHA;
use super::{Judgement, Window, counts};
use crate::finding::{Evidence, Finding, Verdict};
use crate::growth::{self, Growth, Question, Tolerance, TooLittle, Trend};

/// A gap is told from this share of the window on.
const LONG_GAP: f64 = 0.05;

/// A series, and how it is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What it is called in the finding: `{name}.growth`.
    pub name: &'a str,
    /// [`Unit::Bytes`], or [`Unit::Count`] for plain numbers.
    pub unit: Unit,
    /// The samples, all of them.
    pub series: &'a Series,
    /// The stretch of the load, which is the one that is judged.
    pub window: Window,
    /// The time from its start within which warm-ups are assumed to end; the whole window where it is not known.
    pub warm_up: Option<Duration>,
    /// What the values must not reach; for bytes.
    pub limit: Option<f64>,
}

/// Judges whether a series keeps growing: a leak fails, and what cannot be told is inconclusive.
pub fn analyze(given: &Given) -> Finding {
    given.judge().named(format!("{}.growth", given.name))
}

impl Given<'_> {
    fn judge(&self) -> Judgement {
        let samples = self.series.within(self.window);
        let planned_seconds = self.window.1.since(self.window.0).as_secs_f64();
        let placed: Vec<(f64, f64)> =
            samples.iter().map(|sample| (sample.taken.since(self.window.0).as_secs_f64(), sample.value)).collect();
        let question = Question {
            samples: &placed,
            planned_seconds,
            warm_seconds: self.warm_up.map_or(planned_seconds, |warm_up| warm_up.as_secs_f64()),
            alpha: ALPHA,
            tolerance: self.tolerance(samples),
        };
        match growth::assess(&question) {
            Ok(growth) => self.conclude(samples, &growth),
            Err(little) => self.too_little(little),
        }
    }

    /// Numbers that are no counts have no least step that matters: only their share does.
    fn tolerance(&self, samples: &[Sample]) -> Tolerance {
        let whole = samples.iter().all(|sample| sample.value.fract() == 0.0);
        match (self.unit, whole) {
            (Unit::Bytes, _) => Tolerance::default(),
            (_, true) => counts::TOLERANCE,
            (_, false) => Tolerance { absolute: 0.0, ..counts::TOLERANCE },
        }
    }

    fn conclude(&self, samples: &[Sample], growth: &Growth) -> Judgement {
        let (verdict, code) = match growth.verdict {
            Trend::Leak => (Verdict::Fail, "exceeded"),
            Trend::Bounded => (Verdict::Pass, "holds"),
            Trend::Unclear if !growth.mature => (Verdict::Inconclusive, "too_short"),
            Trend::Unclear => (Verdict::Inconclusive, "unclear"),
        };
        let known = |per_second: f64| per_second.is_finite().then(|| self.per_hour(per_second));
        let evidence = Evidence {
            value: known(growth.slope_per_second),
            interval: known(growth.lower).zip(known(growth.upper)),
            resolution: known(growth.upper),
            settled_by: growth.settles_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            notes: self.notes(samples, growth),
            ..self.basis(samples.len())
        };
        Judgement::new(verdict, code, self.summary(growth, verdict)).with(evidence)
    }

    fn summary(&self, growth: &Growth, verdict: Verdict) -> String {
        let (name, most) = (self.name, self.per_hour(growth.upper));
        match verdict {
            Verdict::Fail => {
                let reached = self.reached(growth).map_or_else(String::new, |told| format!("; {told}"));
                let slope = self.per_hour(growth.slope_per_second);
                format!("{name} keeps growing by {slope}, beyond warm-up and noise{reached}")
            }
            Verdict::Pass if growth.upper <= 0.0 => format!("{name} does not grow"),
            Verdict::Pass => format!("{name} does not keep growing: at most {most}"),
            Verdict::Inconclusive if !growth.upper.is_finite() => {
                format!("cannot tell yet whether {name} keeps growing")
            }
            Verdict::Inconclusive => format!("cannot tell yet: {name} may grow by up to {most}"),
        }
    }

    fn notes(&self, samples: &[Sample], growth: &Growth) -> Vec<String> {
        let look = format!("shape: {}; settled level {}", shape_name(growth.shape), self.amount(growth.level));
        let known = growth.floors.first().zip(growth.floors.last());
        let floors = known
            .map(|(first, last)| format!("its floor went from {} to {}", self.amount(first.1), self.amount(last.1)));
        let warm_up = (!growth.mature).then(|| "the samples end before the warm-up does".to_owned());
        let limit = if growth.verdict == Trend::Leak { None } else { self.out_of_reach(growth) };
        [Some(look), floors, warm_up, limit, self.longest_gap(samples)].into_iter().flatten().collect()
    }

    /// When the limit is reached if it goes on like this, for what grows.
    fn reached(&self, growth: &Growth) -> Option<String> {
        let limit = self.limit?;
        let shown = self.amount(limit);
        let left = limit - growth.floors.last()?.1;
        let after = |slope: f64| (slope > 0.0).then(|| Elapsed::from_seconds(left / slope));
        match after(growth.slope_per_second)? {
            _ if left <= 0.0 => Some(format!("it has passed the limit of {shown}")),
            about => {
                let [soonest, latest] = [after(growth.upper)?, after(growth.lower)?];
                Some(format!("it reaches the limit of {shown} in {about} more (between {soonest} and {latest})"))
            }
        }
    }

    /// How far the limit is even by the most growth that may hide in the noise.
    fn out_of_reach(&self, growth: &Growth) -> Option<String> {
        let limit = self.limit?;
        let shown = self.amount(limit);
        let left = limit - growth.floors.last()?.1;
        if left <= 0.0 {
            return Some(format!("it is above the limit of {shown}"));
        }
        let soonest = Elapsed::from_seconds(left / growth.upper);
        let known = growth.upper > 0.0 && growth.upper.is_finite();
        known.then(|| format!("it does not reach the limit of {shown} within {soonest} more"))
    }

    fn longest_gap(&self, samples: &[Sample]) -> Option<String> {
        let gap = |pair: &[Sample]| (pair[1].taken.since(pair[0].taken), pair[0].taken);
        let (length, start) = samples.windows(2).map(gap).max()?;
        let window = self.window.1.since(self.window.0);
        let long = length > window.mul_f64(LONG_GAP) && samples.len() as f64 * LONG_GAP > 1.0;
        long.then(|| format!("there is a gap of {} after {start}", Elapsed::from(length)))
    }

    fn too_little(&self, little: TooLittle) -> Judgement {
        let (name, samples, needed) = (self.name, little.samples, little.samples_needed);
        let summary = if samples < needed {
            format!("cannot tell of {name}: {samples} samples in the window, and growth needs {needed}")
        } else {
            format!("cannot tell of {name}: its {samples} samples lie too close together, or too far apart in time")
        };
        Judgement::new(Verdict::Inconclusive, "too_few_samples", summary).with(self.basis(samples))
    }

    fn basis(&self, samples: usize) -> Evidence {
        let source = Some(self.name.to_owned());
        Evidence { window: Some(self.window), samples: samples as u64, source, ..Evidence::default() }
    }

    fn amount(&self, value: f64) -> Amount {
        Amount { value, unit: self.unit }
    }

    fn per_hour(&self, per_second: f64) -> Amount {
        let unit = if self.unit == Unit::Bytes { Unit::BytesPerHour } else { Unit::PerHour };
        Amount { value: per_second * 3600.0, unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1_048_576.0;

    /// Ten hours, a sample a minute, with a sawtooth of 2 MiB on it.
    fn series(grown: impl Fn(f64) -> f64) -> Series {
        let sample = |minute: u32| {
            let at = Elapsed::from_seconds(f64::from(minute) * 60.0);
            let value = grown(f64::from(minute) / 60.0) + f64::from(minute % 7) / 3.5 * MIB;
            Sample { due: at, taken: at, value }
        };
        Series { source: String::new(), samples: (0..=600).map(sample).collect() }
    }

    fn judged(series: &Series, unit: Unit, limit: Option<f64>) -> Finding {
        let window = (Elapsed::ZERO, Elapsed::from_seconds(36_000.0));
        analyze(&Given { name: "rss", unit, series, window, warm_up: None, limit })
    }

    #[test]
    fn what_keeps_growing_is_a_leak_and_its_end_is_told() {
        let leaky = series(|hours| (100.0 + 10.0 * hours) * MIB);
        let finding = judged(&leaky, Unit::Bytes, Some(400.0 * MIB));
        assert_eq!((finding.verdict, finding.code.as_str()), (Verdict::Fail, "rss.growth.exceeded"));
        let slope = finding.evidence.value.unwrap();
        assert!((slope.value / MIB - 10.0).abs() < 0.5 && slope.unit == Unit::BytesPerHour, "{slope}");
        assert!(finding.summary.contains("it reaches the limit of 400 MiB in 20h"), "{}", finding.summary);
        let passed = judged(&leaky, Unit::Bytes, Some(150.0 * MIB));
        assert!(passed.summary.ends_with("it has passed the limit of 150 MiB"), "{}", passed.summary);
    }

    #[test]
    fn a_warm_up_is_no_leak_and_the_limit_is_far() {
        let healthy = series(|hours| (100.0 - 30.0 * (-3.0 * hours).exp()) * MIB);
        let finding = judged(&healthy, Unit::Bytes, Some(400.0 * MIB));
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        let told =
            finding.evidence.notes.iter().any(|note| note.contains("does not reach the limit of 400 MiB within"));
        assert!(told, "{finding:#?}");
    }

    #[test]
    fn counts_and_shares_have_tolerances_of_their_own() {
        let counted = |grown: &dyn Fn(f64) -> f64| {
            let mut series = series(|_| 0.0);
            series.samples.iter_mut().for_each(|sample| sample.value = grown(sample.taken.seconds() / 3600.0));
            judged(&series, Unit::Count, None).verdict
        };
        assert_eq!(counted(&|hours| 20.0 + (5.0 * hours).floor()), Verdict::Fail);
        assert_eq!(counted(&|hours| 20.0 + f64::from(u8::from(hours > 4.0))), Verdict::Pass);
        assert_eq!(counted(&|hours| 0.5 + 0.05 * hours), Verdict::Fail);
    }

    #[test]
    fn too_few_samples_are_never_a_pass() {
        let mut short = series(|_| 0.0);
        short.samples.truncate(20);
        let finding = judged(&short, Unit::Bytes, None);
        assert_eq!((finding.verdict, finding.code.as_str()), (Verdict::Inconclusive, "rss.growth.too_few_samples"));
        let empty = judged(&Series::default(), Unit::Bytes, None);
        assert_eq!(empty.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn a_warm_up_that_lasts_longer_than_the_samples_leaves_it_open() {
        let leaky = series(|hours| (100.0 + 10.0 * hours) * MIB);
        let window = (Elapsed::ZERO, Elapsed::from_seconds(36_000.0));
        let warm_up = Some(Duration::from_hours(20));
        let finding = analyze(&Given { name: "rss", unit: Unit::Bytes, series: &leaky, window, warm_up, limit: None });
        assert_eq!((finding.verdict, finding.code.as_str()), (Verdict::Inconclusive, "rss.growth.too_short"));
    }

    #[test]
    fn a_long_gap_is_told() {
        let mut gapped = series(|_| 100.0 * MIB);
        gapped.samples.drain(200..300);
        let finding = judged(&gapped, Unit::Bytes, None);
        assert!(
            finding.evidence.notes.iter().any(|note| note == "there is a gap of 1h 41m after 3h 19m"),
            "{finding:#?}"
        );
    }
}
