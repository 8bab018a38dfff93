//! What each step of the load came to.

use hdrhistogram::Histogram;
use timeline::{Amount, Failures, Timeline, Unit, add_failures, new_histogram};

use crate::clean::one_line;

/// What is told of a step.
const COLUMNS: [&str; 7] = ["requests", "failed", "p50", "p90", "p99", "p99.9", "max"];
/// How wide each of these columns is, with the gap before it.
const WIDTH: usize = 9;
/// How far a step stands in from the left.
const INDENT: usize = 2;

/// The requests of one step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) requests: u64,
    pub(crate) failures: Failures,
    /// The times that limits are about, in microseconds; counted from what [`timeline::CountedFrom`] says.
    pub(crate) histogram: Histogram<u64>,
}

/// Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Latency {
    /// Half of the answers took longer.
    pub(crate) p50: f64,
    /// One in ten took longer.
    pub(crate) p90: f64,
    /// One in a hundred took longer.
    pub(crate) p99: f64,
    /// One in a thousand took longer.
    pub(crate) p999: f64,
    /// None took longer.
    pub(crate) max: f64,
}

impl Latency {
    /// `None` where nothing was answered.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Option<Self> {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e6;
        let max = histogram.max() as f64 / 1e6;
        (!histogram.is_empty()).then(|| Self { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max })
    }
}

impl Step {
    /// How many failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let latency = Latency::of(&self.histogram);
        let time = |value: fn(Latency) -> f64| {
            let amount = |latency| Amount { value: value(latency), unit: Unit::Seconds }.to_string();
            latency.map_or_else(|| "-".to_owned(), amount)
        };
        [
            self.requests.to_string(),
            self.failed().to_string(),
            time(|latency| latency.p50),
            time(|latency| latency.p90),
            time(|latency| latency.p99),
            time(|latency| latency.p999),
            time(|latency| latency.max),
        ]
    }
}

/// The steps in the order in which they were first seen.
pub(crate) fn of(timeline: &Timeline) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for interval in &timeline.latency {
        let known = steps.iter().position(|step| step.name == interval.step);
        let place = known.unwrap_or_else(|| {
            let (name, failures, histogram) = (interval.step.clone(), Failures::new(), new_histogram());
            steps.push(Step { name, requests: 0, failures, histogram });
            steps.len() - 1
        });
        let step = &mut steps[place];
        step.requests += interval.requests;
        add_failures(&mut step.failures, &interval.failures);
        // A histogram with other bounds is not one of ours; what it holds is left out.
        interval.times().add_to(&mut step.histogram);
    }
    steps
}

/// A line for each step, or two where its name leaves no room for its numbers; with a heading.
pub(crate) fn table(timeline: &Timeline, width: usize) -> Vec<String> {
    let steps = of(timeline);
    let names: Vec<String> = steps.iter().map(|step| one_line(&step.name)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(INDENT + COLUMNS.len() * WIDTH);
    let apart = longest > room;
    let lead = if apart { INDENT } else { longest + INDENT };
    let row = |name: &str, cells: &[String]| {
        cells.iter().fold(format!("{name:<lead$}"), |line, cell| format!("{line}{cell:>WIDTH$}"))
    };
    let mut lines = Vec::new();
    for (step, name) in steps.iter().zip(&names) {
        if lines.is_empty() {
            let title = if apart { "" } else { "Steps" };
            lines.push(row(title, &COLUMNS.map(str::to_owned)));
        }
        let name = format!("  {name}");
        let cells = step.cells();
        let rows = if apart { vec![name, row("", &cells)] } else { vec![row(&name, &cells)] };
        lines.extend(rows);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn each_step_has_its_requests_and_its_percentiles() {
        let mut timeline = example::record(Vec::new()).timeline;
        let mut other = timeline.latency[0].clone();
        (other.step, other.requests) = ("browse/POST /items".to_owned(), 1001);
        other.failures = Failures::from([("timed out".to_owned(), 1)]);
        timeline.latency.insert(1, other);
        let told = table(&timeline, 90);
        let expected = [
            "Steps                requests   failed      p50      p90      p99    p99.9      max",
            "  browse/GET /           6000        6   1.2 ms   1.2 ms   1.2 ms    12 ms    12 ms",
            "  browse/POST /items     1001        1   1.2 ms   1.2 ms   1.2 ms    12 ms    12 ms",
        ];
        assert_eq!(told, expected, "\n{}", told.join("\n"));
    }

    #[test]
    fn the_times_of_arrivals_count_from_when_they_were_due() {
        let mut timeline = example::record(Vec::new()).timeline;
        let mut waited = new_histogram();
        waited.record_n(900_000, 1000).unwrap();
        for interval in &mut timeline.latency {
            interval.response = Some(timeline::EncodedHistogram::encode(&waited));
        }
        assert!(table(&timeline, 90)[1].ends_with("900 ms   900 ms   900 ms   900 ms   900 ms"));
        let latency = crate::totals::Totals::of(&timeline).unwrap().latency.unwrap();
        assert_eq!((latency.p50 * 10.0).round() as u64, 9);
    }

    #[test]
    fn a_name_without_room_has_a_line_of_its_own() {
        let told = table(&example::record(Vec::new()).timeline, 70);
        assert_eq!((told.len(), told[1].as_str()), (3, "  browse/GET /"));
        assert!(told.iter().all(|line| line.chars().count() <= 70), "{told:?}");
    }

    #[test]
    fn a_step_without_an_answer_has_no_times() {
        let mut timeline = example::record(Vec::new()).timeline;
        timeline.latency.truncate(1);
        timeline.latency[0].histogram = timeline::EncodedHistogram::encode(&new_histogram());
        assert!(table(&timeline, 90)[1].ends_with("        -        -        -        -        -"));
        assert_eq!(table(&Timeline::default(), 90), Vec::<String>::new());
    }
}
