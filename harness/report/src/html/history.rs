//! Quantities over the runs of a scenario as one HTML file: a chart each, and the commits at which they have changed.

use verdict::Verdict;
use verdict::compare::Change;
use verdict::history::{ChangePoint, FEWEST, History};

use super::axis::Axis;
use super::chart::{Chart, Moment, Shape, Tone};
use super::document::{self, Head};
use super::markup::{Markup, tag};
use super::thin::Point;
use super::verdict::class;
use crate::clean::one_line;
use crate::compare::signed;
use crate::terminal::mark;

/// The histories as a page that needs nothing beside itself.
pub fn history_html(scenario: &str, histories: &[History]) -> String {
    let worse = histories.iter().flat_map(|history| &history.changes).any(|one| one.change == Change::Regression);
    let head = Head {
        title: format!("{}: history - plimsoll", one_line(scenario)),
        verdict: if worse { Verdict::Fail } else { Verdict::Pass },
        generator: format!("plimsoll {}", env!("CARGO_PKG_VERSION")),
    };
    let told = histories.iter().filter(|history| !history.values.is_empty());
    let sections = std::iter::once(opening(scenario, histories)).chain(told.zip(1..).map(|(one, at)| section(one, at)));
    document::page(&head, sections, footer())
}

fn opening(scenario: &str, histories: &[History]) -> Markup {
    let runs = histories.iter().map(|history| history.values.len()).max().unwrap_or(0);
    let changes: usize = histories.iter().map(|history| history.changes.len()).sum();
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let told = if runs == 0 {
        "no runs that could be measured".to_owned()
    } else {
        format!("{} in {}", count(changes, "change point"), count(runs, "run"))
    };
    tag("header").add(tag("h1").add(format!("{}: {told}", one_line(scenario)))).into()
}

fn section(history: &History, number: usize) -> Markup {
    let section = tag("section")
        .add(tag("h2").add(history.quantity.name()))
        .add(chart(history).render(&format!("chart-{number}")));
    let note = |text: String| tag("p").with("class", "note").add(text);
    let section = if !history.is_long_enough() {
        section.add(note(format!("Change points take {FEWEST} runs.")))
    } else if history.changes.is_empty() {
        section.add(note("No change point.".to_owned()))
    } else {
        section.add(tag("div").with("class", "wide").add(changes(history)))
    };
    section.add(tag("details").add(tag("summary").add("The value of every run")).add(values(history))).into()
}

/// The values, the mean of each stretch between two changes, and the commit at each.
fn chart(history: &History) -> Chart {
    let values: Vec<f64> = history.values.iter().map(|(_, value)| *value).collect();
    let (low, high) =
        values.iter().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), one| (low.min(*one), high.max(*one)));
    let y = Axis::around(low, high, history.quantity.unit());
    let points: Vec<Point> = (1..).zip(&values).map(|(number, value)| (f64::from(number), *value)).collect();
    let mut chart = Chart::new("Over the runs", Axis::runs(values.len()), y);
    chart.height = 220;
    let named: Vec<String> = history.changes.iter().map(|one| format!("changed in {}", one_line(&one.after))).collect();
    let between = format!("between {} and {}", y.label(low), y.label(high));
    chart.text = std::iter::once(between).chain(named).collect::<Vec<_>>().join(", ");
    chart.moments = history.changes.iter().map(moment).collect();
    chart.layer("mean", Tone::Second, Shape::Line(means(history, values.len()))).layer(
        "run",
        Tone::First,
        Shape::Dots(points),
    )
}

/// Between the last run before a change and the first with it.
fn moment(one: &ChangePoint) -> Moment {
    Moment { at: one.at as f64 + 0.5, name: format!("{} {}", one_line(&one.after), signed(one.difference)) }
}

/// The mean from one change to the next, broken between them.
fn means(history: &History, runs: usize) -> Vec<Point> {
    let starts = history.changes.iter().map(|one| (one.at as f64 + 0.5, one.from.value, one.to.value));
    let mut points = Vec::new();
    let mut from = 0.5;
    let mut last = None;
    for (at, before, after) in starts {
        points.extend([(from, before), (at, before), (at, f64::NAN)]);
        (from, last) = (at, Some(after));
    }
    points.extend(last.into_iter().flat_map(|after| [(from, after), (runs as f64 + 0.5, after)]));
    points
}

fn changes(history: &History) -> Markup {
    let row = |one: &ChangePoint| -> Markup {
        let verdict = one.change.verdict();
        let word = format!("{} {}", mark(verdict), one.change.word());
        let cells = [one.from.to_string(), one.to.to_string(), signed(one.difference)];
        tag("tr")
            .add(tag("th").with("scope", "row").with("align", "left").add(tag("code").add(one_line(&one.after))))
            .add(tag("td").add("after ").add(tag("code").add(one_line(&one.before))))
            .add_all(cells.map(|cell| tag("td").with("class", "number").add(cell).into()))
            .add(tag("td").add(tag("span").with("class", format!("verdict {}", class(verdict))).add(word)))
            .into()
    };
    let heading = [("changed in", false), ("", false), ("from", true), ("to", true), ("by", true), ("", false)];
    let cell = |(name, right): (&str, bool)| -> Markup {
        let cell = tag("th").with("scope", "col");
        (if right { cell.with("align", "right") } else { cell }).add(name).into()
    };
    let head = tag("thead").add(tag("tr").add_all(heading.map(cell)));
    tag("table").with("class", "steps").add(head).add(tag("tbody").add_all(history.changes.iter().map(row))).into()
}

fn values(history: &History) -> Markup {
    let row = |(number, (name, value)): (usize, &(String, f64))| -> Markup {
        tag("tr")
            .add(tag("td").with("class", "number").add(number.to_string()))
            .add(tag("td").add(tag("code").add(one_line(name))))
            .add(tag("td").with("class", "number").add(history.quantity.amount(*value).to_string()))
            .into()
    };
    tag("table").add(tag("tbody").add_all((1..).zip(&history.values).map(row))).into()
}

fn footer() -> Markup {
    Markup::from(
        "Runs from the oldest to the newest. A change point stands where the runs before and after it differ by more than \
         counts for nothing, with a chance of error of 0.1 %.",
    )
}
