//! What a run saw, for other programs: samples as CSV or JSON lines, latency as a log of `HdrHistogram`s.

use std::io::{self, Write};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};
use record::Record;
use serde_json::json;
use timeline::{Sample, SeriesKey};

use crate::clean::one_line;

/// In a log of histograms the largest value is told in milliseconds, as its readers expect; values are microseconds.
const MICROS_PER_MILLI: f64 = 1000.0;

/// The samples of all series that `wanted` wants, series by series, as CSV: `subject,metric,unit,source,due_seconds,
/// taken_seconds,value`. A value that is none is empty.
///
/// # Errors
/// Where `out` refuses.
pub fn export_csv(record: &Record, wanted: &dyn Fn(&SeriesKey) -> bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "subject,metric,unit,source,due_seconds,taken_seconds,value")?;
    each(record, wanted, |key, source, sample| {
        let name = format!("{},{}", cell(&key.subject.to_string()), cell(key.metric.name()));
        let value = if sample.value.is_finite() { sample.value.to_string() } else { String::new() };
        let (unit, source, due) = (key.metric.unit().name(), cell(source), sample.due.seconds());
        writeln!(out, "{name},{unit},{source},{due},{},{value}", sample.taken.seconds())
    })
}

/// The same as JSON, an object a line.
///
/// # Errors
/// Where `out` refuses.
pub fn export_json_lines(record: &Record, wanted: &dyn Fn(&SeriesKey) -> bool, out: &mut dyn Write) -> io::Result<()> {
    each(record, wanted, |key, source, sample| {
        let line = json!({
            "subject": key.subject,
            "metric": key.metric.name(),
            "unit": key.metric.unit().name(),
            "source": source,
            "due_seconds": sample.due.seconds(),
            "taken_seconds": sample.taken.seconds(),
            "value": sample.value,
        });
        writeln!(out, "{line}")
    })
}

fn each(
    record: &Record,
    wanted: &dyn Fn(&SeriesKey) -> bool,
    mut write: impl FnMut(&SeriesKey, &str, &Sample) -> io::Result<()>,
) -> io::Result<()> {
    for (key, series) in record.timeline.series.iter().filter(|(key, _)| wanted(key)) {
        series.samples.iter().try_for_each(|sample| write(key, &series.source, sample))?;
    }
    Ok(())
}

/// A cell by RFC 4180.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The times of the requests as an interval log of `HdrHistogram`s in microseconds, a tag for each step. Of arrivals they
/// are response times, from when each was due. What a tag cannot hold, blanks and commas, is an underscore.
///
/// # Errors
/// Where `out` refuses, or a histogram does not read.
pub fn export_histograms(record: &Record, mut out: &mut dyn Write) -> io::Result<()> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a histogram of the record does not read");
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment(&one_line(&format!("plimsoll {}, run {}", record.about.scenario, record.about.id)))
        .with_start_time(record.about.started_at)
        .with_base_time(record.about.started_at)
        .with_max_value_divisor(MICROS_PER_MILLI)
        .begin_log_with(&mut out, &mut serializer)?;
    for interval in &record.timeline.latency {
        let histogram = interval.times().decode().ok_or_else(damaged)?;
        let step = interval.step.replace([',', ' ', '\r', '\n'], "_");
        let (start, length) = (interval.start.since(timeline::Elapsed::ZERO), interval.end.since(interval.start));
        let written = log.write_histogram(&histogram, start, length, Tag::new(&step));
        written.map_err(|error| match error {
            IntervalLogWriterError::IoError(error) => error,
            IntervalLogWriterError::SerializeError(_) => damaged(),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    use timeline::Subject;

    use super::*;
    use crate::example;

    fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn samples_come_as_csv_and_as_json_lines() {
        let record = example::record(Vec::new());
        let memory = |key: &SeriesKey| key.subject == Subject::Target;
        let text = String::from_utf8(written(|out| export_csv(&record, &memory, out))).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 92);
        assert_eq!(lines[2], "target,anonymous_memory,bytes,/proc,1,1,20971520");
        let text = String::from_utf8(written(|out| export_json_lines(&record, &|_| true, out))).unwrap();
        assert_eq!(text.lines().count(), 3 * 91);
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!((&first["subject"], &first["value"]), (&json!("target"), &json!(20_971_520.0)));
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }

    #[test]
    fn the_log_of_histograms_reads_back_with_all_its_values() {
        let record = example::record(Vec::new());
        let log = written(|out| export_histograms(&record, out));
        let mut all: Vec<Histogram<u64>> = Vec::new();
        let mut heads = 0;
        for entry in IntervalLogIterator::new(&log) {
            match entry.unwrap() {
                LogEntry::Interval(interval) => {
                    assert_eq!(interval.tag().unwrap().as_str(), "browse/GET_/");
                    assert!((interval.max() - 12.0).abs() < 0.1, "milliseconds: {}", interval.max());
                    let bytes = base64(interval.encoded_histogram());
                    all.push(Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap());
                }
                LogEntry::StartTime(_) | LogEntry::BaseTime(_) => heads += 1,
            }
        }
        assert_eq!((all.len(), heads), (6, 2));
        assert!(all.iter().all(|histogram| histogram.len() == 1000 && histogram.value_at_quantile(0.5) / 10 == 120));
    }

    /// What the log's readers do to its histograms.
    fn base64(text: &str) -> Vec<u8> {
        const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let sextets: Vec<u32> = text.chars().filter_map(|letter| LETTERS.find(letter)).map(|at| at as u32).collect();
        let group = |four: &[u32]| {
            let bits = four.iter().enumerate().fold(0, |bits, (at, sextet)| bits | sextet << (18 - 6 * at));
            bits.to_be_bytes()[1..four.len()].to_vec()
        };
        sextets.chunks(4).flat_map(group).collect()
    }
}
