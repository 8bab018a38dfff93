//! Rules on series, and on ratios of them.

use super::*;

const PHASES: &str = "{name: base, for: 10s}, {name: work, for: 60s, users: 10}, {name: settle, for: 20s}";
const PAGE: &str =
    ", scrape: [{prometheus: /metrics, keep: [jobs, hits_total, heap_bytes, nodejs_gc_duration_seconds_sum]}]";

/// A run of a service with a page; the load is from 10 s to 70 s.
fn paged(rules: &str) -> Played {
    Played::watched(PAGE, "", PHASES, &format!("{{series: [{rules}]}}"))
}

fn kept(name: &str, unit: Unit) -> Metric {
    Metric::Named(timeline::Name::new(name), unit)
}

fn jobs() -> Metric {
    kept("jobs", Unit::Count)
}

#[test]
fn a_limit_is_passed_or_broken_with_the_moment() {
    let spike = |seconds: f64| if (30.0..30.15).contains(&seconds) { 140.0 } else { 20.0 };
    let played =
        paged("{metric: jobs, max: 100, min: 10}, {metric: jobs, max: 100, during: settle}").series(jobs(), spike);
    let finding = played.expect("series.jobs.max", Verdict::Fail, "series.jobs.max.exceeded");
    assert_eq!(finding.summary, "`jobs` rises to 140 at 30 s (limit 100)");
    played.expect("series.jobs.min", Verdict::Pass, "series.jobs.min.holds");
    played.expect("series.jobs.max.settle", Verdict::Pass, "series.jobs.max.settle.holds");
    let low = paged("{metric: jobs, min: 10}").series(jobs(), |seconds| 30.0 - seconds / 3.0);
    low.expect("series.jobs.min", Verdict::Fail, "series.jobs.min.too_low");
}

#[test]
fn a_series_that_nobody_told_or_told_with_gaps_is_no_pass() {
    let rules = "{metric: jobs, max: 100, growth: none, returns_to_baseline: {within: 10%}}, {metric: hits_total, rate: {below: 1/s}}, \
                 {ratio: [heap_bytes, rss], max: 200%}";
    let note = "`/metrics` never told it; it has job".to_owned();
    let played = paged(rules).event(91.0, Happening::SeriesNoted { series: "jobs".to_owned(), note });
    for finding in judge(&played.plan, &played.timeline) {
        let passes = finding.assertion.starts_with("series.") && finding.verdict != Verdict::Inconclusive;
        assert!(!passes, "{finding:#?}");
    }
    let finding = played.expect("series.jobs.max", Verdict::Inconclusive, "series.jobs.max.no_data");
    assert_eq!(finding.evidence.notes, ["`jobs`: `/metrics` never told it; it has job"]);

    let mut gappy =
        paged("{metric: jobs, max: 100}").series(jobs(), |_| 20.0).series(Metric::AnonymousMemory, noisy(|_| 0.0));
    gappy.expect("series.jobs.max", Verdict::Pass, "series.jobs.max.holds");
    gappy.expect("evidence.coverage", Verdict::Pass, "evidence.coverage.holds");
    let key = SeriesKey { subject: Subject::Target, metric: jobs() };
    let series = gappy.timeline.series.get_mut(&key).unwrap();
    series.samples.retain(|sample| !(20.0..40.0).contains(&sample.due.seconds()));
    gappy.expect("series.jobs.max", Verdict::Inconclusive, "series.jobs.max.gaps");
    let coverage = gappy.expect("evidence.coverage", Verdict::Inconclusive, "evidence.coverage.gaps");
    assert!(coverage.summary.contains("the scrape of /metrics told 77.8 % of its grid"), "{}", coverage.summary);
}

#[test]
fn a_run_that_was_cut_short_passes_no_limit() {
    let played = paged("{metric: jobs, max: 100}, {metric: hits_total, rate: {below: 1/s}}")
        .series(jobs(), |_| 20.0)
        .series(kept("hits_total", Unit::Count), |_| 3.0)
        .outcome(Outcome::Interrupted);
    played.expect("series.jobs.max", Verdict::Inconclusive, "series.jobs.max.cut_short");
    played.expect("series.hits_total.rate", Verdict::Inconclusive, "series.hits_total.rate.cut_short");
}

#[test]
fn a_count_that_keeps_growing_fails_and_one_that_is_given_back_passes() {
    let rules = "{metric: jobs, growth: none}";
    let leaks = paged(rules).series(jobs(), |seconds| 20.0 + (under_load(seconds) * 4.0).floor());
    let finding = leaks.expect("series.jobs.growth", Verdict::Fail, "series.jobs.growth.exceeded");
    assert!(finding.summary.starts_with("jobs keep growing under load: from 20 to 2"), "{}", finding.summary);
    let back = |seconds: f64| if seconds < 70.0 { 20.0 + (under_load(seconds) * 4.0).floor() } else { 20.0 };
    paged(rules).series(jobs(), back).expect("series.jobs.growth", Verdict::Pass, "series.jobs.growth.holds");
    paged(rules).series(jobs(), |_| 20.0).expect("series.jobs.growth", Verdict::Pass, "series.jobs.growth.holds");
}

#[test]
fn growth_in_bytes_is_judged_by_its_limit() {
    let heap = kept("heap_bytes", Unit::Bytes);
    let rules = "{metric: heap_bytes, growth: {below: 1MiB/h}}";
    let leaks = paged(rules).series(heap, noisy(|seconds| under_load(seconds) * 100_000.0));
    let finding = leaks.expect("series.heap_bytes.growth", Verdict::Fail, "series.heap_bytes.growth.exceeded");
    let value = finding.evidence.value.unwrap();
    assert_eq!(value.unit, Unit::BytesPerHour);
    assert!((value.value / 3.6e8 - 1.0).abs() < 0.05, "{value}");
    let flat = paged("{metric: heap_bytes, growth: {below: 1GiB/h}}").series(heap, noisy(|_| 0.0));
    flat.expect("series.heap_bytes.growth", Verdict::Pass, "series.heap_bytes.growth.holds");
}

#[test]
fn what_stays_after_the_load_is_no_return() {
    let rules = "{metric: jobs, returns_to_baseline: {within: 10%}}";
    let id = "series.jobs.returns_to_baseline";
    let stays = paged(rules).series(jobs(), |seconds| if seconds < 10.0 { 20.0 } else { 25.0 });
    let finding = stays.expect(id, Verdict::Fail, "series.jobs.returns_to_baseline.not_returned");
    assert_eq!(finding.summary, "after the load `jobs` is 5 above the baseline (allowed 2)");
    let back = paged(rules).series(jobs(), |seconds| if under_load(seconds) % 60.0 > 0.0 { 25.0 } else { 20.0 });
    back.expect(id, Verdict::Pass, "series.jobs.returns_to_baseline.holds");
}

#[test]
fn a_ratio_is_of_samples_of_one_time() {
    let (heap, rules) = (
        kept("heap_bytes", Unit::Bytes),
        "{ratio: [heap_bytes, rss], max: 50%}, {ratio: [heap_bytes, rss], growth: none}",
    );
    let of = |share: fn(f64) -> f64| {
        let played = paged(rules).series(heap, move |seconds| share(seconds) * (seconds + 10.0) * MIB);
        played.series(Metric::ResidentMemory, |seconds| (seconds + 10.0) * MIB)
    };
    // Both grow, and their ratio does not.
    let steady = of(|_| 0.4);
    steady.expect(
        "series.heap_bytes/resident_memory.max",
        Verdict::Pass,
        "series.heap_bytes/resident_memory.max.holds",
    );
    steady.expect(
        "series.heap_bytes/resident_memory.growth",
        Verdict::Pass,
        "series.heap_bytes/resident_memory.growth.holds",
    );
    let rising = of(|seconds| 0.4 + under_load(seconds) / 120.0);
    let broken = rising.expect(
        "series.heap_bytes/resident_memory.max",
        Verdict::Fail,
        "series.heap_bytes/resident_memory.max.exceeded",
    );
    assert!(broken.summary.starts_with("`heap_bytes/resident_memory` rises to 90 %"), "{}", broken.summary);
    assert!(broken.evidence.notes[0].starts_with("heap_bytes "), "{:?}", broken.evidence.notes);
    rising.expect(
        "series.heap_bytes/resident_memory.growth",
        Verdict::Fail,
        "series.heap_bytes/resident_memory.growth.exceeded",
    );
    // One of the two ends early: what it was then says nothing of later.
    let mut apart = of(|_| 0.4);
    let key = SeriesKey { subject: Subject::Target, metric: Metric::ResidentMemory };
    apart.timeline.series.get_mut(&key).unwrap().samples.truncate(300);
    apart.expect(
        "series.heap_bytes/resident_memory.max",
        Verdict::Inconclusive,
        "series.heap_bytes/resident_memory.max.gaps",
    );
}

#[test]
fn a_counter_counts_on_when_it_begins_anew() {
    let hits = kept("hits_total", Unit::Count);
    let counting = |seconds: f64| (under_load(seconds) * 10.0) % 400.0;
    let played = paged("{metric: hits_total, rate: {below: 5/s}}").series(hits, counting);
    let finding = played.expect("series.hits_total.rate", Verdict::Fail, "series.hits_total.rate.exceeded");
    let rate = finding.evidence.value.unwrap().value;
    assert!((rate - 10.0).abs() < 0.5, "{rate}");
    let calm = paged("{metric: hits_total, rate: {below: 20/s}, during: idle}").series(hits, counting);
    let finding = calm.expect("series.hits_total.rate.idle", Verdict::Pass, "series.hits_total.rate.idle.holds");
    assert!(finding.summary.contains("before the load"), "{}", finding.summary);
    let played = paged("{metric: hits_total, rate: {below: 20/s}}").series(hits, counting);
    played.expect("series.hits_total.rate", Verdict::Pass, "series.hits_total.rate.holds");
}

#[test]
fn numbers_that_are_known_to_be_wrong_say_so() {
    let sum = kept("nodejs_gc_duration_seconds_sum", Unit::Seconds);
    let played = paged("{metric: nodejs_gc_duration_seconds_sum, max: 1s}").series(sum, |_| 0.5);
    let finding = played.finding("series.nodejs_gc_duration_seconds_sum.max");
    assert!(finding.evidence.notes[0].contains("prom-client counts only the first"), "{finding:#?}");
}

/// Processes of the target: the first does not grow, one of its children does.
fn with_children(played: Played) -> Played {
    let process = |name: &str| Subject::Process(name.to_owned());
    played
        .series_of(process("gateway (10)"), Metric::AnonymousMemory, |_| 8.0 * MIB)
        .series_of(process("chromium --type=renderer (12)"), Metric::AnonymousMemory, |seconds| {
            8.0 * MIB + under_load(seconds) * 90_000.0
        })
        .series_of(process("others"), Metric::AnonymousMemory, |seconds| 4.0 * MIB + under_load(seconds) * 10_000.0)
}

#[test]
fn a_failure_of_memory_says_which_process_grew() {
    let leaks = || Played::new("{}").series(Metric::AnonymousMemory, noisy(|seconds| under_load(seconds) * 100_000.0));
    let finding = with_children(leaks()).expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
    let note = finding.evidence.notes.iter().find(|note| note.starts_with("of that growth"));
    let note = note.unwrap_or_else(|| panic!("{finding:#?}"));
    assert!(note.starts_with("of that growth 90 % is in the process chromium --type=renderer (12): "), "{note}");
    assert!(note.contains("; the 2 others grew by "), "{note}");
    let alone = leaks().expect("memory.growth", Verdict::Fail, "memory.growth.exceeded");
    assert!(!alone.evidence.notes.iter().any(|note| note.contains("process")), "{alone:#?}");
    // What is judged is the target: its processes are no targets of their own.
    let findings = judge(&with_children(leaks()).plan, &with_children(leaks()).timeline);
    assert_eq!(findings.iter().filter(|finding| finding.assertion.starts_with("memory.growth")).count(), 1);
}

/// A run in which the connections to a database become `held`, and none is left unclosed.
fn connected(held: impl Fn(f64) -> f64) -> Played {
    let played = Played::new("{}").series(Metric::connections_to(5432), held);
    played.series(Metric::connections_to(6379), |_| 4.0).series(Metric::CloseWait, |_| 0.0)
}

#[test]
fn leaked_connections_are_named_by_whom_they_are_to() {
    let leaks = connected(|seconds| 5.0 + (under_load(seconds) * 4.0).floor());
    let finding = leaks.expect("connections.growth", Verdict::Fail, "connections.growth.exceeded");
    assert_eq!(finding.summary, "connections to :5432 keep growing under load: from 5 to 245 in 1m");
    let pool = connected(|seconds| (2.0 + under_load(seconds)).min(12.0).floor());
    let finding = pool.expect("connections.growth", Verdict::Pass, "connections.growth.holds");
    assert!(finding.summary.contains("connections to :5432, connections to :6379"), "{}", finding.summary);
    // Seen too seldom to tell: what has become more is no pass.
    let mut seldom = connected(|seconds| 5.0 + (under_load(seconds) * 4.0).floor());
    let key = SeriesKey { subject: Subject::Target, metric: Metric::connections_to(5432) };
    let series = seldom.timeline.series.get_mut(&key).unwrap();
    series.samples.retain(|sample| (10.0..69.0).contains(&sample.due.seconds()) && sample.due.seconds().fract() < 0.01);
    series.samples.truncate(40);
    seldom.expect("connections.growth", Verdict::Inconclusive, "connections.growth.too_few_samples");
    let unread = Played::new("{}").series(Metric::AnonymousMemory, noisy(|_| 0.0));
    let findings = judge(&unread.plan, &unread.timeline);
    assert!(!findings.iter().any(|finding| finding.assertion == "connections.growth"), "nobody could read them");
}

#[test]
fn connections_that_are_never_closed_are_a_leak() {
    let played = Played::new("{}").series(Metric::CloseWait, |seconds| (under_load(seconds) * 2.0).floor());
    let finding = played.expect("connections.growth", Verdict::Fail, "connections.growth.exceeded");
    assert!(
        finding.summary.starts_with("connections that the peer has closed (CLOSE_WAIT) keep growing"),
        "{finding:#?}"
    );
}

#[test]
fn a_leak_of_descriptors_says_of_which_kind_they_are() {
    let rise = |seconds: f64| (under_load(seconds) * 4.0).floor();
    let played = connected(move |seconds| 5.0 + rise(seconds))
        .series(Metric::OpenFiles, move |seconds| 30.0 + rise(seconds))
        .series(Metric::Sockets, move |seconds| 12.0 + rise(seconds))
        .series(Metric::PathFiles, |_| 10.0);
    let finding = played.expect("open_files.growth", Verdict::Fail, "open_files.growth.exceeded");
    let note = "of these grew sockets by 240, connections to :5432 by 240".to_owned();
    assert!(finding.evidence.notes.contains(&note), "{finding:#?}");
}

#[test]
fn a_value_is_graded_by_the_names_that_the_scenario_gives() {
    let rule = |value: f64| {
        let rules = "{metric: jobs, max: 500, grades: {many: 100, socket leak: 500}}";
        paged(rules).series(jobs(), move |_| value).finding("series.jobs.max")
    };
    assert_eq!(rule(20.0).evidence.grade, None);
    assert_eq!(rule(200.0).evidence.grade.as_deref(), Some("many"));
    let leak = rule(900.0);
    assert_eq!(leak.evidence.grade.as_deref(), Some("socket leak"));
    assert!(leak.summary.ends_with("(limit 500); graded socket leak"), "{}", leak.summary);
}

#[test]
fn growth_is_graded_where_it_is_proved() {
    let rules =
        "{memory: {growth: {below: 1MiB/min, grades: {slow: 1MiB/min, active: 50MiB/min, critical: 500MiB/min}}}}";
    let grows = |per_minute: f64| {
        let grown = move |seconds: f64| under_load(seconds) / 60.0 * per_minute * MIB;
        Played::new(rules).series(Metric::AnonymousMemory, noisy(grown)).finding("memory.growth")
    };
    assert_eq!(grows(0.0).evidence.grade, None);
    assert_eq!(grows(10.0).evidence.grade.as_deref(), Some("slow"));
    assert_eq!(grows(120.0).evidence.grade.as_deref(), Some("active"));
    let worst = grows(900.0);
    assert!(worst.summary.ends_with("; graded critical"), "{}", worst.summary);
}

#[test]
fn active_resources_are_told_by_their_types() {
    let of = Metric::active_resources_of;
    let played = paged("{metric: active_resources, max: 100}")
        .series(Metric::ActiveResources, |_| 944.0)
        .series(of("TCPSocketWrap"), |_| 938.0)
        .series(of("Timeout"), |_| 6.0)
        .series(of("Immediate"), |_| 0.0);
    let finding = played.expect("series.active_resources.max", Verdict::Fail, "series.active_resources.max.exceeded");
    assert_eq!(finding.evidence.notes, ["of these TCPSocketWrap 938, Timeout 6"]);
}

#[test]
fn what_grows_with_nothing_to_do_is_told_from_what_grows_under_load() {
    let rules = "{metric: heap_bytes, growth: {below: 1MiB/min}, during: settle}, {metric: heap_bytes, growth: {below: 1MiB/min}, during: idle}";
    let heap = kept("heap_bytes", Unit::Bytes);
    let at_work = paged(rules).series(heap, noisy(|seconds| under_load(seconds) * MIB));
    at_work.expect("series.heap_bytes.growth.settle", Verdict::Pass, "series.heap_bytes.growth.settle.holds");
    at_work.expect("series.heap_bytes.growth.idle", Verdict::Pass, "series.heap_bytes.growth.idle.holds");
    let always = paged(rules).series(heap, noisy(|seconds| seconds * MIB));
    let finding =
        always.expect("series.heap_bytes.growth.settle", Verdict::Fail, "series.heap_bytes.growth.settle.exceeded");
    assert!(finding.summary.contains("with nothing to do (settle; limit"), "{}", finding.summary);
    always.expect("series.heap_bytes.growth.idle", Verdict::Fail, "series.heap_bytes.growth.idle.exceeded");
}

#[test]
fn a_series_in_bytes_is_judged_by_what_it_falls_back_to_between_cycles() {
    let phases =
        "{name: base, for: 10s}, {repeat: 10, phases: [{name: work, for: 8s, users: 10}, {name: rest, for: 4s}]}";
    let heap = kept("heap_bytes", Unit::Bytes);
    let cycle = |seconds: f64| ((seconds - 10.0).max(0.0) / 12.0).floor();
    let busy = |seconds: f64| if (seconds - 10.0).rem_euclid(12.0) < 8.0 { 8.0 * MIB } else { 0.0 };
    let grows = |per_cycle: f64| {
        let played =
            Played::watched(PAGE, "", phases, "{series: [{metric: heap_bytes, growth_per_cycle: {below: 1MiB}}]}");
        let memory = move |seconds: f64| cycle(seconds) * per_cycle * MIB + busy(seconds);
        played.series(heap, noisy(memory)).finding("series.heap_bytes.growth_per_cycle")
    };
    assert_eq!(grows(0.1).verdict, Verdict::Pass);
    let failed = grows(3.0);
    assert_eq!(failed.verdict, Verdict::Fail, "{failed:#?}");
    assert!(
        failed.summary.starts_with("`heap_bytes` falls back to a higher level after each cycle: by "),
        "{failed:#?}"
    );
}

#[test]
fn a_count_that_is_read_seldom_and_climbs_through_a_steady_load_is_a_leak() {
    let every = |step: f64, value: fn(f64) -> f64, phases: &str| {
        let port = Metric::connections_to(5432);
        let mut played = Played::of("", phases, "{}").series(port, value).series(Metric::CloseWait, |_| 0.0);
        let key = SeriesKey { subject: Subject::Target, metric: port };
        let series = played.timeline.series.get_mut(&key).unwrap();
        series.samples.retain(|sample| sample.due.seconds().rem_euclid(step) < 0.05);
        played.finding("connections.growth")
    };
    let steady = "{name: base, for: 10s}, {name: work, for: 60s, users: 10}";
    let climbing = |seconds: f64| 3.0 + (seconds - 10.0).max(0.0).floor() * 9.0;
    let leak = every(4.0, climbing, steady);
    assert_eq!(leak.verdict, Verdict::Fail, "{leak:#?}");
    assert!(leak.summary.starts_with("connections to :5432 keep growing under load: from "), "{}", leak.summary);
    let pool = every(4.0, |seconds| 3.0 + (seconds - 10.0).clamp(0.0, 20.0).floor() * 9.0, steady);
    assert_ne!(pool.verdict, Verdict::Fail, "a pool that fills is none: {pool:#?}");
    let ramp = every(4.0, climbing, "{name: base, for: 10s}, {name: work, for: 60s, users: 0..600}");
    assert_ne!(ramp.verdict, Verdict::Fail, "nor is what more users take: {ramp:#?}");
}
