//! A series on its own, without a plan or a load that is known: does it keep growing?

use std::time::Duration;

use timeline::{Amount, Elapsed, Sample, Series, Unit};

use super::exhaustion::level_now;
use super::leak::shape_name;
use super::scale::{Pace, Scale};
use super::witness::ALPHA;
use super::{Judgement, Window, counts};
use crate::finding::{Evidence, Exhaustion, Finding, Verdict};
use crate::growth::{self, Growth, Question, TooLittle, Trend};

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
            tolerance: counts::tolerance(self.unit, samples),
        };
        match growth::assess(&question) {
            Ok(growth) => self.conclude(samples, &growth),
            Err(little) => self.too_little(little),
        }
    }

    fn conclude(&self, samples: &[Sample], growth: &Growth) -> Judgement {
        let (verdict, code) = match growth.verdict {
            Trend::Leak => (Verdict::Fail, "exceeded"),
            Trend::Bounded => (Verdict::Pass, "holds"),
            Trend::Unclear if !growth.mature => (Verdict::Inconclusive, "too_short"),
            Trend::Unclear => (Verdict::Inconclusive, "unclear"),
        };
        let pace = Pace::from(growth);
        let exhaustion = self.exhaustion(&pace, verdict);
        let evidence = Evidence {
            window: Some(self.window),
            samples: samples.len() as u64,
            source: Some(self.name.to_owned()),
            settled_by: growth.settles_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            shape: Some(shape_name(growth.shape).to_owned()),
            exhaustion,
            notes: self.notes(samples, growth, exhaustion.map(|exhaustion| exhaustion.told(&pace, "memory limit"))),
            ..self.scale().evidence(&pace)
        };
        Judgement::new(verdict, code, self.summary(&pace, verdict)).with(evidence)
    }

    fn scale(&self) -> Scale {
        Scale::hour(self.unit)
    }

    /// When it reaches the limit, where there is one.
    fn exhaustion(&self, pace: &Pace, verdict: Verdict) -> Option<Exhaustion> {
        let level = level_now(self.series, self.window, pace, Elapsed::seconds)?;
        Exhaustion::foreseen(self.limit?, level, pace, verdict == Verdict::Fail)
    }

    fn summary(&self, pace: &Pace, verdict: Verdict) -> String {
        let (name, scale) = (self.name, self.scale());
        let (slope, most) = (scale.amount(pace.slope), scale.amount(pace.upper));
        match verdict {
            Verdict::Fail => {
                let faster = if pace.runaway.is_some() { ", ever faster" } else { "" };
                format!("{name} keeps growing by {slope}{faster}, beyond warm-up and noise")
            }
            Verdict::Pass if pace.upper <= 0.0 => format!("{name} does not grow"),
            Verdict::Pass => format!("{name} does not keep growing: at most {most}"),
            Verdict::Inconclusive if !pace.upper.is_finite() => {
                format!("cannot tell yet whether {name} keeps growing")
            }
            Verdict::Inconclusive => format!("cannot tell yet: {name} may grow by up to {most}"),
        }
    }

    fn notes(&self, samples: &[Sample], growth: &Growth, exhaustion: Option<String>) -> Vec<String> {
        let look = format!("shape: {}; settled level {}", shape_name(growth.shape), self.amount(growth.level));
        let known = growth.floors.first().zip(growth.floors.last());
        let floors = known
            .map(|(first, last)| format!("its floor went from {} to {}", self.amount(first.1), self.amount(last.1)));
        let warm_up = (!growth.mature).then(|| "the samples end before the warm-up does".to_owned());
        [Some(look), floors, warm_up, exhaustion, self.longest_gap(samples)].into_iter().flatten().collect()
    }

    fn longest_gap(&self, samples: &[Sample]) -> Option<String> {
        let gap = |pair: &[Sample]| (pair[1].taken.since(pair[0].taken), pair[0].taken);
        let (length, start) = samples.windows(2).map(gap).max()?;
        let window = self.window.1.since(self.window.0);
        let long = length > window.mul_f64(LONG_GAP) && samples.len() as f64 * LONG_GAP > 1.0;
        long.then(|| format!("there is a gap of {} after {start}", Elapsed::from(length)))
    }

    fn too_little(&self, little: TooLittle) -> Judgement {
        let summary = format!("cannot tell of {}: {little}", self.name);
        let (window, samples, source) = (Some(self.window), little.samples() as u64, Some(self.name.to_owned()));
        let evidence = Evidence { window, samples, source, ..Evidence::default() };
        Judgement::new(Verdict::Inconclusive, "too_few_samples", summary).with(evidence)
    }

    fn amount(&self, value: f64) -> Amount {
        Amount { value, unit: self.unit }
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

    #[track_caller]
    fn expect_note(finding: &Finding, beginning: &str) {
        assert!(finding.evidence.notes.iter().any(|note| note.starts_with(beginning)), "{finding:#?}");
    }

    #[test]
    fn what_keeps_growing_is_a_leak_and_its_end_is_told() {
        let leaky = series(|hours| (100.0 + 10.0 * hours) * MIB);
        let finding = judged(&leaky, Unit::Bytes, Some(400.0 * MIB));
        assert_eq!((finding.verdict, finding.code.as_str()), (Verdict::Fail, "rss.growth.exceeded"));
        let slope = finding.evidence.value.unwrap();
        assert!((slope.value / MIB - 10.0).abs() < 0.5 && slope.unit == Unit::BytesPerHour, "{slope}");
        expect_note(&finding, "at this pace it reaches the memory limit of 400 MiB after ");
        let expected = finding.evidence.exhaustion.and_then(|exhaustion| exhaustion.expected).unwrap();
        assert!((expected.as_secs_f64() / 72_000.0 - 1.0).abs() < 0.05, "{expected:?}");
        let passed = judged(&leaky, Unit::Bytes, Some(150.0 * MIB));
        expect_note(&passed, "the memory limit of 150 MiB is reached already");
    }

    #[test]
    fn what_accelerates_reaches_its_limit_sooner_than_its_pace_says() {
        // It doubles in two hours: from 100 + 2^5 MiB to 100 + 2^7 MiB in four more.
        let finding = judged(&series(|hours| (100.0 + (hours / 2.0).exp2()) * MIB), Unit::Bytes, Some(228.0 * MIB));
        assert_eq!(finding.evidence.shape.as_deref(), Some("exponential"));
        expect_note(&finding, "accelerating as it does it reaches the memory limit of 228 MiB after ");
        let Some(Exhaustion { expected: Some(expected), earliest: Some(earliest), latest: Some(latest), .. }) =
            finding.evidence.exhaustion
        else {
            panic!("{finding:#?}")
        };
        let truth = Duration::from_hours(4);
        assert!(expected.abs_diff(truth) < truth / 10, "{expected:?}, not {truth:?}");
        assert!(earliest < truth && truth < latest && latest < truth * 2, "{earliest:?} to {latest:?}");
    }

    #[test]
    fn a_warm_up_is_no_leak_and_the_limit_is_far() {
        let healthy = series(|hours| (100.0 - 30.0 * (-3.0 * hours).exp()) * MIB);
        let finding = judged(&healthy, Unit::Bytes, Some(400.0 * MIB));
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        assert_eq!(finding.evidence.shape.as_deref(), Some("warm-up, then a plateau"));
        expect_note(&finding, "the memory limit of 400 MiB is not reached before");
        expect_note(&judged(&healthy, Unit::Bytes, Some(50.0 * MIB)), "the memory limit of 50 MiB is reached already");
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
        expect_note(&judged(&gapped, Unit::Bytes, None), "there is a gap of 1h 41m after 3h 19m");
    }
}
