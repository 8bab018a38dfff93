//! The numbers in the formats of those who keep them.

use record::Record;
use serde_json::{Map, Value, json};
use timeline::Unit;

use super::{Better, Measure, measures};
use crate::clean::one_line;
use crate::summary::sorted;

/// Bencher's metric format: the scenario is the benchmark, and each number a measure of it. Times are in seconds,
/// memory in bytes.
///
/// <https://bencher.dev/docs/reference/bencher-metric-format/>
pub fn bencher(record: &Record) -> Value {
    let metric = |measure: Measure| {
        let value = measure.amount?.value;
        let mut metric = json!({ "value": value });
        if let Some((lower, upper)) = measure.interval {
            metric["lower_value"] = json!(lower);
            metric["upper_value"] = json!(upper);
        }
        Some((measure.name, metric))
    };
    let of_scenario: Map<String, Value> = measures(record).into_iter().filter_map(metric).collect();
    let scenario = one_line(&record.about.scenario);
    sorted(Value::Object(Map::from_iter([(scenario, Value::Object(of_scenario))])))
}

/// What github-action-benchmark reads as `customSmallerIsBetter`; what is better larger is left out.
///
/// <https://github.com/benchmark-action/github-action-benchmark#readme>
pub fn benchmark_action(record: &Record) -> Value {
    let scenario = one_line(&record.about.scenario);
    let entry = |measure: Measure| {
        let amount = measure.amount?;
        let mut entry = json!({
            "name": format!("{scenario}: {}", measure.name),
            "unit": unit(amount.unit),
            "value": amount.value,
            "extra": format!("run {}", one_line(&record.about.id)),
        });
        if let Some((lower, upper)) = measure.interval {
            entry["range"] = json!(format!("{lower} to {upper}"));
        }
        Some(entry)
    };
    let smaller = measures(record).into_iter().filter(|measure| measure.better == Better::Smaller);
    sorted(Value::Array(smaller.filter_map(entry).collect()))
}

/// A heading and a line of CSV, as Apache Otava reads them: the time, the commit, the run, then a column a number.
/// What a run has not measured is empty.
///
/// <https://github.com/apache/otava/blob/master/docs/CSV.md>
pub fn otava(record: &Record) -> String {
    let measures = measures(record);
    let about = &record.about;
    let own = [
        ("time".to_owned(), about.started_at_text()),
        ("commit".to_owned(), about.commit.clone().unwrap_or_default()),
        ("run".to_owned(), about.id.clone()),
    ];
    let numbers = measures.into_iter().map(|measure| {
        let value = measure.amount.map(|amount| amount.value.to_string()).unwrap_or_default();
        (measure.name, value)
    });
    let (heading, line): (Vec<String>, Vec<String>) =
        own.into_iter().chain(numbers).map(|(name, value)| (cell(&name), cell(&value))).unzip();
    format!("{}\n{}\n", heading.join(","), line.join(","))
}

/// A cell of CSV (RFC 4180), on one line.
fn cell(text: &str) -> String {
    let text = one_line(text);
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "B",
        Unit::BytesPerHour => "B/h",
        Unit::BytesPerRequest => "B/request",
        Unit::BytesPerCycle => "B/cycle",
        Unit::BytesPerUser => "B/user",
        Unit::Seconds => "s",
        Unit::Share => "share",
        Unit::PerSecond => "1/s",
        Unit::PerHour => "1/h",
        Unit::Count => "count",
    }
}

#[cfg(test)]
mod tests {
    use timeline::Timeline;
    use verdict::{Finding, Verdict};

    use super::*;
    use crate::example::{self, finding, leak};

    fn findings() -> Vec<Finding> {
        vec![leak(), finding("target.alive", Verdict::Pass, "it lived")]
    }

    #[test]
    fn bencher_gets_each_number_with_its_bounds() {
        let told = bencher(&example::record(findings()));
        let growth = json!({ "lower_value": 1536.0, "upper_value": 3584.0, "value": 2560.0 });
        assert_eq!(told["leaky"]["memory.growth_per_request"], growth);
        assert_eq!(told["leaky"]["throughput"], json!({ "value": 100.0 }));
        assert_eq!(told["leaky"]["memory.peak"], Value::Null, "what was not measured is not told");
    }

    #[test]
    fn the_benchmark_action_gets_what_is_better_smaller() {
        let told = benchmark_action(&example::record(findings()));
        let names: Vec<&str> = told.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"leaky: memory.growth_per_request") && names.contains(&"leaky: latency.p99"));
        assert!(!names.iter().any(|name| name.contains("throughput")), "{names:?}");
        let growth = &told.as_array().unwrap()[names.len() - 1];
        assert_eq!((&growth["unit"], &growth["range"]), (&json!("B/request"), &json!("1536 to 3584")));
    }

    #[test]
    fn otava_gets_the_same_columns_of_every_run() {
        let told = otava(&example::record(findings()));
        let lines: Vec<&str> = told.lines().collect();
        let heading = "time,commit,run,memory.peak,latency.p50,latency.p90,latency.p99,latency.max,errors,throughput,\
                       memory.growth_per_request";
        assert_eq!(lines[0], heading);
        assert!(lines[1].starts_with("2026-03-01T12:00:00Z,0123456789abcdef,abc123,,0.001"), "{}", lines[1]);
        let mut empty = example::record(findings());
        empty.timeline = Timeline::default();
        assert_eq!(otava(&empty).lines().next(), Some(heading));
        assert_eq!(cell("a,\"b\"\n"), "\"a,\"\"b\"\"\"");
    }
}
