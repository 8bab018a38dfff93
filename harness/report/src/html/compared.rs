//! A comparison as one HTML file: what has changed, the runs of both sides laid over each other, and every value.

use timeline::{Metric, Unit};
use verdict::compare::{Compared, Side};

use super::axis::Axis;
use super::chart::{Chart, Shape, Tone};
use super::course::steps;
use super::document::{self, Head};
use super::markup::{Markup, prose, tag};
use super::thin::Point;
use super::track::Track;
use super::verdict::{class, words};
use crate::clean::one_line;
use crate::compare::{ComparedRuns, HEADING, cells, gist, notes, side, why};
use crate::order::word;
use crate::terminal::mark;

/// So many runs of a side are drawn; more of them hide each other.
const DRAWN: usize = 12;
/// The percentiles that are drawn over time.
const PERCENTILES: [(f64, &str); 2] = [(50.0, "Latency over time: the median"), (99.0, "Latency over time: p99")];

/// The comparison as a page that needs nothing beside itself, with the tracks of the runs of either side.
pub fn comparison_html(told: &ComparedRuns<'_>, reference: &[Track], candidate: &[Track]) -> String {
    let verdict = told.comparison.verdict();
    let head = Head {
        title: format!("{}: {} compared - plimsoll", word(verdict), one_line(told.scenario)),
        verdict,
        generator: format!("plimsoll {}", env!("CARGO_PKG_VERSION")),
    };
    let sides = [&reference[..reference.len().min(DRAWN)], &candidate[..candidate.len().min(DRAWN)]];
    let sections = [opening(told), table(told), over_time(sides), values(told)];
    document::page(&head, sections, footer(reference.len().max(candidate.len())))
}

/// The verdict in a sentence, and who was compared.
fn opening(told: &ComparedRuns<'_>) -> Markup {
    let comparison = told.comparison;
    let verdict = comparison.verdict();
    let badge = tag("span").with("class", "badge").add(format!("{} {}", mark(verdict), word(verdict)));
    let sides =
        [("reference", told.reference, &comparison.reference), ("candidate", told.candidate, &comparison.candidate)];
    let side = |(name, called, runs): (&str, &str, &Vec<String>)| -> Markup {
        tag("p").with("class", "scenario").add(format!("{name}: ")).add(tag("b").add(side(called, runs))).into()
    };
    tag("header")
        .with("class", class(verdict))
        .add(tag("h1").add(badge).add(" ").add(tag("span").with("class", "gist").add(prose(&gist(told)))))
        .add_all(sides.map(side))
        .into()
}

fn table(told: &ComparedRuns<'_>) -> Markup {
    let section = tag("section").add(tag("h2").add("What has changed"));
    let heading = |(at, name): (usize, &&str)| -> Markup {
        let cell = tag("th").with("scope", "col");
        (if (1..5).contains(&at) { cell.with("align", "right") } else { cell }).add(*name).into()
    };
    let head = tag("thead").add(tag("tr").add_all(HEADING.iter().enumerate().map(heading)));
    let body = tag("tbody").add_all(told.comparison.compared.iter().map(row));
    let table = tag("table").with("class", "steps").add(head).add(body);
    let notes = notes(told.comparison);
    let list = tag("ul").with("class", "notes").add_all(notes.iter().map(|note| tag("li").add(prose(note)).into()));
    let section = section.add(tag("div").with("class", "wide").add(table));
    if notes.is_empty() { section.into() } else { section.add(list).into() }
}

fn row(one: &Compared) -> Markup {
    let [name, numbers @ ..] = cells(one);
    let numbers = numbers.map(|cell| Markup::from(tag("td").with("class", "number").add(cell)));
    let verdict = one.change.verdict();
    let said = tag("span").with("class", format!("verdict {}", class(verdict))).add(format!(
        "{} {}",
        mark(verdict),
        one.change.word()
    ));
    let why = why(one).into_iter().map(|line| tag("div").with("class", "note").add(prose(&line)).into());
    tag("tr")
        .add(tag("th").with("scope", "row").with("align", "left").add(name))
        .add_all(numbers)
        .add(tag("td").add(said).add_all(why))
        .into()
}

/// The sides by their names and tones, in the order in which they are drawn.
const SIDES: [(&str, Tone); 2] = [("reference", Tone::First), ("candidate", Tone::Second)];

fn over_time(sides: [&[Track]; 2]) -> Markup {
    let latency = PERCENTILES.map(|(percentile, title)| latency(sides, percentile, title));
    let charts: Vec<Chart> = std::iter::once(memory(sides)).chain(latency).flatten().collect();
    if charts.is_empty() {
        return Markup::default();
    }
    let hint = "Drag over a chart to look closer at a stretch of time in all of them; double-click to see all again.";
    let figures = charts.iter().zip(1..).map(|(chart, number)| chart.render(&format!("chart-{number}")));
    tag("section")
        .add(tag("h2").add("What happened, side over side"))
        .add(tag("p").with("class", "hint").with("hidden", "hidden").add(hint))
        .add_all(figures)
        .into()
}

/// A chart over the time of the longest run, with the phases of the first.
fn timed(sides: [&[Track]; 2], title: &str, y: Axis) -> Chart {
    let end = sides.iter().flat_map(|side| side.iter()).map(|track| track.end).fold(0.0, f64::max);
    let mut chart = Chart::new(title, Axis::time(0.0, end), y);
    chart.height = 240;
    chart.bands = sides.iter().flat_map(|side| side.iter()).next().map_or_else(Vec::new, |track| track.phases.clone());
    chart
}

fn memory(sides: [&[Track]; 2]) -> Option<Chart> {
    let metric = sides.iter().flat_map(|side| side.iter()).find_map(|track| Some(track.memory.as_ref()?.0))?;
    let of = |track: &Track| -> Option<Vec<Point>> {
        track.memory.as_ref().filter(|memory| memory.0 == metric).map(|memory| memory.1.clone())
    };
    let drawn = drawn(sides, |track| of(track).map(Shape::Line));
    let most = highest(&drawn);
    let chart = timed(sides, &title(metric), Axis::from_zero(most, Unit::Bytes));
    Some(laid(chart, drawn))
}

fn title(metric: Metric) -> String {
    format!("Memory over time: {}", words(metric))
}

fn latency(sides: [&[Track]; 2], percentile: f64, title: &str) -> Option<Chart> {
    let shape =
        |track: &Track| (!track.answers.is_empty()).then(|| steps(&track.answers, |column| column.at(percentile)));
    let drawn = drawn(sides, shape);
    let values = || drawn.iter().flat_map(|(_, shape)| shape.points()).map(|point| point.1);
    let low = values().filter(|value| value.is_finite()).reduce(f64::min)?;
    let chart = timed(sides, title, Axis::log(low, highest(&drawn), Unit::Seconds));
    Some(laid(chart, drawn))
}

/// What is drawn of each run, with its side.
fn drawn(sides: [&[Track]; 2], shape: impl Fn(&Track) -> Option<Shape>) -> Vec<(usize, Shape)> {
    let of = |(side, tracks): (usize, &&[Track])| -> Vec<(usize, Shape)> {
        tracks.iter().filter_map(|track| Some((side, shape(track)?))).collect()
    };
    sides.iter().enumerate().flat_map(of).collect()
}

fn highest(drawn: &[(usize, Shape)]) -> f64 {
    let values = drawn.iter().flat_map(|(_, shape)| shape.points()).map(|point| point.1);
    values.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// With all of it, the reference behind the candidate, and in words how high each side comes.
fn laid(chart: Chart, drawn: Vec<(usize, Shape)>) -> Chart {
    let told = SIDES.iter().enumerate().map(|(side, (name, _))| {
        let of_side: Vec<(usize, Shape)> = drawn.iter().filter(|one| one.0 == side).cloned().collect();
        format!("the {name} comes to {} at most", chart.y.label(highest(&of_side)))
    });
    let text = told.collect::<Vec<_>>().join(", ");
    let layered =
        drawn.into_iter().fold(chart, |chart, (side, shape)| chart.layer(SIDES[side].0, SIDES[side].1, shape));
    Chart { text, ..layered }
}

/// A small chart for each quantity, with a dot for each run.
fn values(told: &ComparedRuns<'_>) -> Markup {
    let charts: Vec<Chart> = told.comparison.compared.iter().filter_map(of_runs).collect();
    if charts.is_empty() {
        return Markup::default();
    }
    let figures = charts.iter().zip(1..).map(|(chart, number)| chart.render(&format!("runs-{number}")));
    tag("section").add(tag("h2").add("Every run")).add(tag("div").with("class", "small").add_all(figures)).into()
}

fn of_runs(one: &Compared) -> Option<Chart> {
    let sides = [one.reference.as_ref()?, one.candidate.as_ref()?];
    let values = || sides.iter().flat_map(|side| side.values.iter().copied());
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let most = sides.iter().map(|side| side.values.len()).max()?;
    let y = Axis::around(low, high, one.quantity.unit());
    let mut chart = Chart::new(one.quantity.name(), Axis::runs(most), y);
    chart.height = 110;
    chart.text = format!("{}: {} against {}", one.change.word(), sides[1].mean, sides[0].mean);
    for ((name, tone), side) in SIDES.into_iter().zip(sides) {
        chart = chart.layer(name, tone, Shape::Dots(dots(side))).level(side.mean.value, "", tone);
    }
    Some(chart)
}

fn dots(side: &Side) -> Vec<Point> {
    (1..).zip(&side.values).map(|(number, value)| (f64::from(number), *value)).collect()
}

fn footer(runs: usize) -> Markup {
    let all = "The run is the unit: bounds are those of the difference of means, with 98 % for each quantity by itself. \
               Dashed lines are means.";
    let drawn = format!(" Of each side the first {DRAWN} runs are drawn over time.");
    Markup::from(if runs > DRAWN { all.to_owned() + &drawn } else { all.to_owned() })
}
