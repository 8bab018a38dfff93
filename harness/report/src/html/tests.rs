//! The pages as a whole.

mod compared;

use std::sync::Arc;

use timeline::{
    Elapsed, Event, Evidence as Piece, Grown, Happening, Metric, Name, Observation, Outcome, Pause, Sample, SeriesKey,
    Subject, Timeline, Unit,
};
use verdict::{Evidence, Finding, Mark, Stroke, Trace, Verdict};

use super::html;
use crate::example::{self, at, finding, leak};

/// What a target, or who writes a scenario, may say to the harm of a page.
const HOSTILE: &str =
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>\" onload=\"alert(1) ' & \u{202e}\u{0}\u{1b}[31m]]>";
/// All elements that a page of ours has.
const ELEMENTS: &str = " html head meta link title style body main header section footer h1 h2 h3 p b span a ul li dl dt dd div \
     details summary code pre table thead tbody tr th td figure figcaption svg g path rect text desc script br ";
/// All attributes, apart from `data-` and `aria-`.
const ATTRIBUTES: &str = " lang charset name content rel href class id open scope align hidden role width height x y dx \
     viewBox preserveAspectRatio fill fill-opacity stroke stroke-opacity stroke-width stroke-linejoin stroke-linecap \
     stroke-dasharray vector-effect paint-order color d font-size font-family font-weight text-anchor ";

/// The tags of a page with their attributes, as a browser reads them; what stands in its style and script is left out.
#[track_caller]
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some(begin) = rest.find('<') {
        let inner = &rest[begin + 1..];
        let name: String =
            inner.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '/').collect();
        let mut after = &inner[name.len()..];
        let mut attributes = Vec::new();
        while let Some(more) = after.strip_prefix(' ') {
            let (attribute, value) = more.split_once("=\"").unwrap_or_else(|| panic!("{more:.60}"));
            let (value, behind) = value.split_once('"').unwrap_or_else(|| panic!("{value:.60}"));
            attributes.push((attribute.to_owned(), value.to_owned()));
            after = behind;
        }
        assert!(after.starts_with('>'), "{inner:.80}");
        rest = if name == "script" || name == "style" {
            &after[after.find(&format!("</{name}>")).unwrap()..]
        } else {
            after
        };
        tags.push((name, attributes));
    }
    tags
}

/// A record in which everything that others can write says `text`.
fn hostile(text: &str) -> record::Record {
    let evidence = Evidence {
        notes: vec![text.to_owned()],
        source: Some(text.to_owned()),
        shape: Some(text.to_owned()),
        ..leak().evidence
    };
    let said = Finding { evidence, ..finding(text, Verdict::Fail, text) };
    let mut record = example::record(vec![said, finding(text, Verdict::Pass, text)]);
    text.clone_into(&mut record.about.scenario);
    text.clone_into(&mut record.about.scenario_text);
    text.clone_into(&mut record.about.harness_version);
    text.clone_into(&mut record.about.id);
    record.about.plan.about = Some(text.to_owned());
    for fact in
        [&mut record.about.commit, &mut record.about.branch, &mut record.about.target, &mut record.about.image_digest]
    {
        *fact = Some(text.to_owned());
    }
    record.about.host.insert(text.to_owned(), text.to_owned());
    record.folder = text.replace('\0', "").into();
    let timeline = &mut record.timeline;
    timeline.outcome = Outcome::LoadFailed { reason: text.to_owned() };
    timeline.phases.iter_mut().for_each(|phase| text.clone_into(&mut phase.name));
    for interval in &mut timeline.latency {
        text.clone_into(&mut interval.step);
        interval.failures = [(text.to_owned(), 1)].into();
    }
    let piece = Piece {
        what: text.to_owned(),
        file: Some(text.to_owned()),
        grown: vec![Grown { name: text.to_owned(), bytes: 1, objects: None, held: 1 }],
        ..Piece::default()
    };
    let logged = Happening::Logged { pattern: text.to_owned(), count: 2, line: Some(text.to_owned()) };
    let seen = Happening::RuntimeSeen { runtime: text.to_owned(), lacks: vec![text.to_owned()] };
    let failed = Happening::ProbeFailed { probe: text.to_owned(), reason: text.to_owned() };
    let happened = [logged, seen, failed, Happening::Evidence(piece), Happening::Launched { what: text.to_owned() }];
    timeline.events.extend(happened.map(|what| Event { at: at(60.0), what }));
    let pause = Pause {
        start: at(20.0),
        length: 1000,
        concurrent: false,
        cpu: None,
        kind: Arc::from(text),
        forced: false,
        live: None,
        source: Arc::from(text),
    };
    timeline.pauses.push(pause);
    for subject in [Subject::Target, Subject::Service(text.to_owned())] {
        let key = SeriesKey { subject, metric: Metric::Named(Name::new(text), Unit::Count) };
        let sample = Sample { due: at(5.0), taken: at(5.0), value: 3.0 };
        timeline.push(Observation::Sample { key, source: "log", sample });
    }
    record
}

/// Only elements, attributes and links of ours, and one script: that of the page.
#[track_caller]
fn expect_harmless(page: &str) {
    for (name, attributes) in tags(page) {
        assert!(ELEMENTS.contains(&format!(" {} ", name.trim_start_matches('/'))), "<{name}>");
        for (attribute, value) in attributes {
            let ours = attribute.starts_with("data-") || attribute.starts_with("aria-");
            assert!(ours || ATTRIBUTES.contains(&format!(" {attribute} ")), "{attribute}={value}");
            let stays = value.starts_with('#') || value.starts_with("data:image/svg+xml,") || value == "record.db";
            assert!(attribute != "href" || stays, "a link leads to {value}");
        }
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "it is told, as text");
    assert!(!page.contains(['\u{202e}', '\0', '\u{1b}']));
}

#[test]
fn nothing_that_a_target_says_is_markup() {
    expect_harmless(&html(&hostile(HOSTILE), &[HOSTILE]));
}

#[test]
fn a_word_without_end_does_not_swell_the_page() {
    let page = html(&hostile(&"x".repeat(300_000)), &[]);
    assert!(page.len() < 400_000, "{}", page.len());
}

#[test]
fn the_verdict_is_the_first_that_is_said() {
    let page = html(&example::record(vec![finding("errors", Verdict::Pass, "none failed"), leak()]), &["junit.xml"]);
    let said =
        ["<title>FAIL: leaky", "✘ FAIL", "Memory grows by 2.5 KiB/request (limit 64 B/request)", "1 failed, 1 passed"];
    let places: Vec<usize> = said.iter().map(|words| page.find(words).unwrap_or_else(|| panic!("{words}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(page.find("the run completed after 1m 30s").unwrap() < page.find("What was judged").unwrap());
    assert!(page.contains("<a href=\"junit.xml\">"));
    assert!(
        !["src=", "url(", "@import", "https://"].iter().any(|beside| page.contains(beside)),
        "it needs nothing else"
    );
}

#[test]
fn a_failure_is_open_and_a_pass_is_folded() {
    let page = html(&example::record(vec![finding("errors", Verdict::Pass, "none failed"), leak()]), &[]);
    assert!(page.contains("<details class=\"finding fail\" id=\"finding-2\" open=\"open\">"));
    assert!(page.contains("<details class=\"finding pass\" id=\"finding-1\">"));
}

#[test]
fn every_chart_has_a_name_and_words() {
    let page = html(&example::record(vec![leak()]), &[]);
    let tags = tags(&page);
    let mut ids: Vec<&String> =
        tags.iter().flat_map(|tag| &tag.1).filter(|(name, _)| name == "id").map(|(_, value)| value).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "no id is told twice");
    let charts = tags.iter().filter(|tag| tag.1.contains(&("role".to_owned(), "img".to_owned())));
    let names: Vec<&String> =
        charts.flat_map(|tag| &tag.1).filter(|(name, _)| name == "aria-labelledby").map(|(_, value)| value).collect();
    assert!(names.len() >= 4, "{names:?}");
    assert!(names.iter().flat_map(|both| both.split(' ')).all(|id| ids.contains(&&id.to_owned())), "{names:?}");
    assert!(!page.contains("></desc>") && !page.contains("></title>"), "and none is empty");
}

#[test]
fn what_was_judged_is_drawn() {
    let stroke =
        |mark, points: &[(f64, f64)]| Stroke { mark, points: points.iter().map(|(x, y)| (at(*x), *y)).collect() };
    let series = SeriesKey { subject: Subject::Target, metric: Metric::AnonymousMemory };
    let strokes = vec![
        stroke(Mark::Floors, &[(10.0, 2e7), (70.0, 8e7)]),
        stroke(Mark::Fitted, &[(10.0, 2e7), (70.0, 8e7)]),
        stroke(Mark::Least, &[(10.0, 3e7), (70.0, 7e7)]),
        stroke(Mark::Most, &[(10.0, 1e7), (70.0, 9e7)]),
        stroke(Mark::Allowed, &[(10.0, 2e7), (70.0, 2e7)]),
    ];
    let evidence = Evidence { trace: Some(Trace { series, strokes }), ..leak().evidence };
    let page = html(&example::record(vec![Finding { evidence, ..leak() }]), &[]);
    for name in ["samples", "floors", "the likeliest curve", "growth that cannot be excluded", "allowed"] {
        assert!(page.contains(&format!("data-name=\"{name}\"")), "{name}");
    }
    assert!(page.contains("class=\"judged\""));
}

#[test]
fn a_run_that_saw_nothing_is_a_page_too() {
    let mut record = example::record(Vec::new());
    record.timeline = Timeline::default();
    let page = html(&record, &[]);
    assert!(page.contains("INCONCLUSIVE") && page.contains("What it was"), "{page}");
    assert!(!page.contains("What happened"));
    tags(&page);
}

#[test]
fn a_day_of_forty_series_is_a_page_below_two_megabytes() {
    let mut record = example::record(vec![leak()]);
    record.timeline.phases[2].end = at(86_400.0);
    record.timeline.end = at(86_400.0);
    for number in 0..40_u32 {
        let key = SeriesKey {
            subject: Subject::Target,
            metric: Metric::Named(Name::new(&format!("series {number}")), Unit::Bytes),
        };
        let sample = |second: u32| {
            let taken = Elapsed::from_seconds(f64::from(second));
            Sample { due: taken, taken, value: f64::from(second.wrapping_mul(2_654_435_761) >> 12) }
        };
        let samples = (0..86_400).map(sample).collect();
        record.timeline.series.insert(key, timeline::Series { source: "log".to_owned(), samples });
    }
    let page = html(&record, &[]);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}
