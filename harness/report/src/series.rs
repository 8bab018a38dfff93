//! The series: those that the scenario keeps, connections and processes for people, all of them for machines.

use schemars::JsonSchema;
use serde::Serialize;
use timeline::{Amount, Metric, Series, SeriesKey, Subject, Timeline, Unit};

use crate::clean::one_line;

/// Spaces before a name and behind the longest.
const INDENT: usize = 4;
/// The width of a column.
const WIDTH: usize = 11;
const COLUMNS: [&str; 4] = ["first", "least", "most", "last"];
/// So many are shown.
const SHOWN: usize = 16;

/// What a series came to.
struct Course {
    first: f64,
    least: f64,
    most: f64,
    last: f64,
}

impl Course {
    fn of(series: &Series) -> Option<Self> {
        let values = || series.samples.iter().map(|sample| sample.value);
        let (first, last) = (values().next()?, values().next_back()?);
        Some(Self { first, last, least: values().fold(first, f64::min), most: values().fold(first, f64::max) })
    }
}

/// A line for each series to which the scenario gave a name, each port and each process; with a heading.
pub(crate) fn table(timeline: &Timeline, width: usize) -> Vec<String> {
    let rows: Vec<(String, [String; COLUMNS.len()])> = timeline.series.iter().filter_map(row).take(SHOWN).collect();
    let room = width.saturating_sub(COLUMNS.len() * WIDTH);
    let longest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lead = (longest + INDENT).min(room);
    let line = |name: &str, cells: &[String]| {
        let name: String = name.chars().take(lead.saturating_sub(1)).collect();
        cells.iter().fold(format!("{name:<lead$}"), |line, cell| format!("{line}{cell:>WIDTH$}"))
    };
    let title = (!rows.is_empty()).then(|| line("Series", &COLUMNS.map(str::to_owned)));
    title.into_iter().chain(rows.iter().map(|(name, cells)| line(&format!("  {name}"), cells))).collect()
}

fn row((key, series): (&SeriesKey, &Series)) -> Option<(String, [String; COLUMNS.len()])> {
    let name = match (&key.subject, key.metric) {
        (Subject::Target, Metric::Named(name, _)) => name.to_string(),
        (Subject::Process(name), _) => name.clone(),
        _ => return None,
    };
    let shown = |value| Amount { value, unit: key.metric.unit() }.to_string();
    let Course { first, least, most, last } = Course::of(series)?;
    Some((one_line(&name), [first, least, most, last].map(shown)))
}

/// What a series came to, in its unit.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SeriesSummary {
    /// The name of what was read.
    name: String,
    /// What its values are counted in.
    unit: Unit,
    /// Whose it is: `target`, `harness`, `service:db`, `process:node server.js (4242)`.
    subject: String,
    /// Where it was read.
    source: String,
    /// How many samples there are.
    samples: usize,
    /// The first of them.
    first: f64,
    /// The least.
    least: f64,
    /// The most.
    most: f64,
    /// The last.
    last: f64,
}

/// All of them, in the order of their names.
pub(crate) fn summaries(timeline: &Timeline) -> Vec<SeriesSummary> {
    let one = |(key, series): (&SeriesKey, &Series)| {
        let Course { first, least, most, last } = Course::of(series)?;
        let (name, unit) = (key.metric.name().to_owned(), key.metric.unit());
        let (subject, source, samples) = (key.subject.clone().into(), series.source.clone(), series.samples.len());
        Some(SeriesSummary { name, unit, subject, source, samples, first, least, most, last })
    };
    timeline.series.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use timeline::{Elapsed, Name, Sample};

    use super::*;

    fn timeline() -> Timeline {
        let mut timeline = Timeline::default();
        let mut add = |subject: Subject, metric: Metric, values: [f64; 3]| {
            let sample = |value| Sample { due: Elapsed::ZERO, taken: Elapsed::ZERO, value };
            let series = Series { source: "test".to_owned(), samples: values.map(sample).to_vec() };
            timeline.series.insert(SeriesKey { subject, metric }, series);
        };
        add(Subject::Target, Metric::Named(Name::new("heap"), Unit::Bytes), [1024.0, 4096.0, 2048.0]);
        add(Subject::Target, Metric::connections_to(5432), [5.0, 2.0, 9.0]);
        add(Subject::Target, Metric::OpenFiles, [1.0, 2.0, 3.0]);
        add(Subject::Process("node server.js (7)".to_owned()), Metric::AnonymousMemory, [0.0, 1024.0, 1024.0]);
        timeline
    }

    #[test]
    fn what_the_scenario_keeps_and_what_is_counted_by_name_is_shown() {
        let told = table(&timeline(), 80);
        let expected = [
            "Series                        first      least       most       last",
            "  connections to :5432            5          2          9          9",
            "  heap                        1 KiB      1 KiB      4 KiB      2 KiB",
            "  node server.js (7)            0 B        0 B      1 KiB      1 KiB",
        ];
        assert_eq!(told, expected, "\n{}", told.join("\n"));
        assert_eq!(table(&Timeline::default(), 80), Vec::<String>::new());
    }

    #[test]
    fn machines_are_told_all_of_them() {
        let told = serde_json::to_value(summaries(&timeline())).unwrap();
        assert_eq!(told.as_array().unwrap().len(), 4);
        let heap = told.as_array().unwrap().iter().find(|one| one["name"] == "heap").unwrap();
        assert_eq!(
            (&heap["unit"], &heap["most"], &heap["subject"]),
            (&"bytes".into(), &4096.0.into(), &"target".into())
        );
    }
}
