//! Records of every past format open. What they are written in is kept as text, so that it can be read and reviewed.

use super::*;

/// Opens what a script makes.
fn golden(name: &str, script: &str) -> crate::Record {
    let scratch = Scratch::new(name);
    Connection::open(scratch.0.join("record.db")).unwrap().execute_batch(script).unwrap();
    open(&scratch.0).unwrap()
}

/// What is the same in all of them: one run of two seconds.
fn expect_the_run(record: &crate::Record) {
    let timeline = &record.timeline;
    assert_eq!((record.about.scenario.as_str(), record.about.id.as_str()), ("golden", "njfgbh"));
    assert_eq!(timeline.outcome, Outcome::Completed);
    assert_eq!((timeline.series.len(), timeline.beats.len(), timeline.phases.len()), (13, 21, 3));
    assert_eq!(timeline.series.values().map(|series| series.samples.len()).sum::<usize>(), 65);
    assert_eq!((timeline.latency.len(), timeline.load.len(), timeline.events.len()), (1, 4, 7));
    let memory = timeline.series(Metric::AnonymousMemory, &Subject::Target).unwrap();
    assert!(memory.samples.iter().all(|sample| sample.value > 4.0e6 && sample.taken >= sample.due));
    assert_eq!(timeline.latency[0].histogram.decode().unwrap().len(), timeline.latency[0].requests);
    assert_eq!(record.findings.len(), 8);
    assert!(record.findings.iter().any(|finding| finding.assertion == "target.alive"));
}

#[test]
fn a_record_of_format_1_opens_without_arrivals() {
    let record = golden("format-1", include_str!("../../golden/format-1.sql"));
    expect_the_run(&record);
    assert!(record.timeline.latency[0].response.is_none() && record.timeline.load[0].arrivals.is_none());
    assert_eq!(record.about.plan.journeys[0].name, "browse");
}

#[test]
fn a_record_of_format_2_opens_with_its_arrivals() {
    let record = golden("format-2", include_str!("../../golden/format-2.sql"));
    expect_the_run(&record);
    let response = record.timeline.latency[0].response.as_ref().unwrap();
    assert_eq!(response.decode().unwrap().len(), record.timeline.latency[0].requests);
    assert_eq!(record.timeline.load.iter().filter_map(|load| load.arrivals).map(|all| all.due).sum::<u64>(), 20);
}
