//! When each row was taken: by a column, or by an interval.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::strtime};

use crate::mistake::Mistake;
use crate::table::Table;
use crate::{Options, cell, name, unit};

/// What is assumed where nothing tells it: `docker stats` prints about once a second.
const ASSUMED: Duration = Duration::from_secs(1);
/// Numbers from here on are seconds since the epoch (the year 1985), and not since some start.
const EPOCH_SECONDS: f64 = 5e8;
/// Steps from here on are milliseconds, where neither the name nor the size tells.
const MILLISECOND_STEPS: f64 = 1000.0;

/// What to do about a cell that is no time.
const HINT: &str = "a time is a number, or an instant such as `2026-03-01T12:00:00Z`";

/// The times of a table's rows.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Seconds, a number for each row.
    pub(crate) seconds: Vec<f64>,
    /// Are they since the epoch, and not since some start?
    pub(crate) since_epoch: bool,
    /// The column that they are from, which is no series.
    pub(crate) column: Option<usize>,
    /// What was assumed.
    pub(crate) note: Option<String>,
    /// The cells that are no times; where there are any, there are no seconds.
    pub(crate) mistakes: Vec<Mistake>,
}

impl Times {
    /// Finds the times of `table`. It fails where there is nothing to find them by.
    pub(crate) fn of(table: &Table, options: &Options) -> Result<Self, Vec<Mistake>> {
        let named = match &options.time {
            Some(name) => Some(table.find(name)?),
            None => found(table),
        };
        match (options.every, named) {
            (Some(every), column) => Ok(Self { column, ..Self::grid(table, every) }),
            (None, Some(column)) => Ok(Self::read(table, column)),
            (None, None) if table.timeless => Ok(Self {
                note: Some(
                    "it tells no time: a row every second is assumed; `--every 5s` says another interval".to_owned(),
                ),
                ..Self::grid(table, ASSUMED)
            }),
            (None, None) => Err(Mistake::whole(
                format!("no column looks like a time: there are {}", table.names()),
                "name it by `--time COLUMN`, or tell the interval of the rows by `--every 1s`",
            )),
        }
    }

    fn grid(table: &Table, every: Duration) -> Self {
        let at = |step: usize| step as f64 * every.as_secs_f64();
        Self { seconds: table.rows.iter().map(|row| at(row.step)).collect(), ..Self::default() }
    }

    fn read(table: &Table, column: usize) -> Self {
        let mut moments = Vec::with_capacity(table.rows.len());
        let mut mistakes = Vec::new();
        for row in &table.rows {
            let text = row.cell(column).unwrap_or_default();
            match (Moment::read(text, table.decimal_comma), moments.first()) {
                (Some(moment), first) if first.is_none_or(|first| moment.is_like(first)) => moments.push(moment),
                (_, _) if text.is_empty() => mistakes.push(Mistake::new(row.place, "there is no time").hint(HINT)),
                _ => mistakes.push(Mistake::new(row.place, format!("`{text}` is no time")).hint(HINT)),
            }
        }
        if !mistakes.is_empty() {
            return Self { column: Some(column), mistakes, ..Self::default() };
        }
        Self::scaled(&table.columns[column], column, &moments)
    }

    fn scaled(name: &str, column: usize, moments: &[Moment]) -> Self {
        let numbers: Vec<f64> = moments.iter().map(|moment| moment.value()).collect();
        let plain = matches!(moments.first(), Some(Moment::Plain(_)));
        let (factor, assumed) = if plain { scale(name, &numbers) } else { (1.0, None) };
        let seconds: Vec<f64> = numbers.iter().map(|number| number * factor).collect();
        let since_epoch = seconds.iter().all(|seconds| *seconds >= EPOCH_SECONDS)
            && !matches!(moments.first(), Some(Moment::Span(_)));
        let note = assumed.filter(|_| !since_epoch).map(|unit| format!("without a unit, taken as {unit}: `{name}`"));
        Self { seconds, since_epoch, column: Some(column), note, mistakes: Vec::new() }
    }
}

/// One time as it is written.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// A number without a unit.
    Plain(f64),
    /// Seconds since some start, from a number with a unit.
    Span(f64),
    /// Seconds since the epoch, from a date.
    Instant(f64),
}

impl Moment {
    fn read(text: &str, decimal_comma: bool) -> Option<Self> {
        if let Some(number) = cell::number(text, decimal_comma) {
            return number.is_finite().then_some(Self::Plain(number));
        }
        instant(text).map(Self::Instant).or_else(|| span(text).map(Self::Span))
    }

    fn is_like(self, other: &Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(other)
    }

    fn value(self) -> f64 {
        match self {
            Self::Plain(value) | Self::Span(value) | Self::Instant(value) => value,
        }
    }
}

/// The column that is a time by its name; else the first, where it has no name or holds instants.
fn found(table: &Table) -> Option<usize> {
    let by_name = table.columns.iter().position(|name| name::is_time(name));
    let first = || table.rows.first()?.cell(0);
    let by_look = || table.starts_with_time || first().is_some_and(|text| instant(text).is_some());
    by_name.or_else(|| by_look().then_some(0))
}

/// The seconds in one of `numbers`: the name tells, else their size. Also what was assumed.
fn scale(name: &str, numbers: &[f64]) -> (f64, Option<&'static str>) {
    if let Some(factor) = name::seconds(name) {
        return (factor, None);
    }
    match numbers.iter().copied().fold(0.0, f64::max) {
        size if size >= EPOCH_SECONDS * 1e9 => (1e-9, None),
        size if size >= EPOCH_SECONDS * 1e6 => (1e-6, None),
        size if size >= EPOCH_SECONDS * 1e3 => (1e-3, None),
        _ if step(numbers) >= MILLISECOND_STEPS => (1e-3, Some("milliseconds")),
        _ => (1.0, Some("seconds")),
    }
}

/// The median of the steps upward.
fn step(numbers: &[f64]) -> f64 {
    let mut steps: Vec<f64> = numbers.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    steps.sort_unstable_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or_default()
}

fn span(text: &str) -> Option<f64> {
    let end = text.trim_end_matches(char::is_alphabetic).len();
    let factor = unit::seconds(&text[end..].to_lowercase())?;
    cell::number(text[..end].trim_end(), false).map(|number| number * factor).filter(|seconds| seconds.is_finite())
}

/// Seconds since the epoch of an instant: RFC 3339, the same without a zone or with a blank for the `T`
/// (taken as UTC), or what `date` prints.
pub fn instant(text: &str) -> Option<f64> {
    // A date is never shorter, and most cells are: numbers.
    if text.len() < "2026-03-01T12:00".len() {
        return None;
    }
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| civil(text)?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()));
    timestamp.map(|timestamp| timestamp.as_nanosecond() as f64 / 1e9)
}

fn civil(text: &str) -> Option<DateTime> {
    text.parse::<DateTime>().ok().or_else(|| printed_by_date(text))
}

/// `Sun Mar  1 12:00:00 UTC 2026`: the zone is a name without a meaning of its own.
fn printed_by_date(text: &str) -> Option<DateTime> {
    let [_, month, day, time, .., year] = text.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    let parsed = strtime::parse("%b %d %H:%M:%S %Y", format!("{month} {day} {time} {year}"));
    parsed.ok()?.to_datetime().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_people_write_them() {
        for text in [
            "2026-03-01T12:00:00Z",
            "2026-03-01T13:00:00+01:00",
            "2026-03-01T13:00:00,5+01:00",
            "2026-03-01 12:00:00",
            "Sun Mar  1 12:00:00 UTC 2026",
        ] {
            assert_eq!(instant(text).map(f64::floor), Some(1_772_366_400.0), "{text}");
        }
        for wrong in ["2026-13-01T12:00:00Z", "12", "yesterday, about noon", "aaaa bbb cc dd:ee ff gggg"] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_size_of_a_number_tells_its_unit() {
        let scaled = |name: &str, numbers: &[f64]| Some(scale(name, numbers).0);
        assert_eq!(scaled("time", &[1_772_366_400.0]), Some(1.0));
        assert_eq!(scaled("time", &[1_772_366_400_000.0]), Some(1e-3));
        assert_eq!(scaled("time", &[1.772e18]), Some(1e-9));
        assert_eq!(scaled("time", &[0.0, 1000.0, 2000.0]), Some(1e-3));
        assert_eq!(scaled("time", &[0.0, 15.0, 30.0]), Some(1.0));
        assert_eq!(scaled("elapsed_ms", &[0.0, 15.0]), Some(1e-3));
    }
}
