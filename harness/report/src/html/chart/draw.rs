//! A chart as SVG.
//!
//! What is drawn lies in an inner `svg` that is stretched to its place; names and ticks lie around it at shares of the
//! width, so that they keep their size. Colours are attributes, which a style sheet, where one is allowed, overrides.

use std::fmt::Write;

use super::{Band, Chart, Layer, Level, Moment, Shade, Shape, Tone};
use crate::html::axis::{Axis, Scale};
use crate::html::markup::{Markup, Tag, tag};
use crate::html::thin::{COLUMNS, Point};

/// The room above what is drawn, for the names of phases.
const TOP: u32 = 18;
/// The room below, for the ticks.
const BOTTOM: u32 = 20;
/// So many ticks fit on a narrow screen.
const TICKS_X: usize = 6;
/// A tick stands on so many pixels of the height.
const TICK_HEIGHT: u32 = 30;
/// The names of levels begin behind the ticks of y.
const LEVEL_NAMES: u32 = 72;
/// A band that takes less of the width than this has no name.
const NARROW: f64 = 0.035;

pub(super) fn figure(chart: &Chart, id: &str) -> Markup {
    let caption = tag("figcaption").add(tag("b").add(chart.title.as_str())).add_all(legend(chart));
    tag("figure").with("class", "chart").with("id", id).add(caption).add(picture(chart, id)).into()
}

/// The names of the layers, each once, with their colours.
fn legend(chart: &Chart) -> Vec<Markup> {
    let mut names: Vec<&str> = Vec::new();
    let mut entries = Vec::new();
    for layer in chart.layers.iter().filter(|layer| !layer.name.is_empty()) {
        if names.contains(&layer.name.as_str()) {
            continue;
        }
        names.push(&layer.name);
        let key = tag("svg").with("width", 18).with("height", 10).with("aria-hidden", "true").add(key(layer));
        entries.push(Markup::from(" "));
        entries.push(tag("span").with("class", "key").add(key).add(" ").add(layer.name.as_str()).into());
    }
    entries
}

fn key(layer: &Layer) -> Tag {
    let stroke = painted(tag("path"), layer.tone).with("fill", "none").with("stroke", "currentColor");
    match layer.shape {
        Shape::Dots(_) => stroke.with("stroke-width", 6).with("stroke-linecap", "round").path("M9 5h.01"),
        Shape::Area(_) => painted(tag("rect"), layer.tone)
            .with("width", 18)
            .with("height", 10)
            .with("fill", "currentColor")
            .with("fill-opacity", "0.22"),
        Shape::Dashed(_) => stroke.with("stroke-width", 2).with("stroke-dasharray", "4 3").path("M0 5H18"),
        Shape::Bold(_) => stroke.with("stroke-width", 3).path("M0 5H18"),
        Shape::Line(_) | Shape::Steps(_) => stroke.with("stroke-width", 2).path("M0 5H18"),
    }
}

fn picture(chart: &Chart, id: &str) -> Tag {
    let (title, text) = (format!("{id}-title"), format!("{id}-text"));
    let all = TOP + chart.height + BOTTOM;
    tag("svg")
        .with("class", "plot")
        .with("role", "img")
        .with("aria-labelledby", format!("{title} {text}"))
        .with("width", "100%")
        .with("height", all)
        .with("font-size", 11)
        .with("font-family", "system-ui, sans-serif")
        .with("data-x", range(&chart.x))
        .with("data-y", range(&chart.y))
        .with("data-top", TOP)
        .with("data-height", chart.height)
        .add(tag("title").with("id", title).add(chart.title.as_str()))
        .add(tag("desc").with("id", text).add(chart.text.as_str()))
        .add(data(chart))
        .add(tag("g").with("class", "names").add_all(chart.bands.iter().filter_map(|band| band_name(chart, band))))
        .add(tag("g").with("class", "y").add_all(y_ticks(chart)))
        .add(tag("g").with("class", "x").add_all(x_ticks(chart)))
        .add(tag("g").with("class", "levels").add_all(chart.levels.iter().filter_map(|level| level_name(chart, level))))
        .add(
            tag("g")
                .with("class", "moments")
                .add_all(chart.moments.iter().filter_map(|moment| moment_name(chart, moment))),
        )
}

/// From where to where, how laid out, and of what: for the script.
fn range(axis: &Axis) -> String {
    let scale = if axis.scale == Scale::Log { "log" } else { "linear" };
    format!("{} {} {scale} {}", axis.from, axis.to, axis.kind())
}

/// All that is stretched with the width.
fn data(chart: &Chart) -> Tag {
    tag("svg")
        .with("class", "data")
        .with("x", 0)
        .with("y", TOP)
        .with("width", "100%")
        .with("height", chart.height)
        .with("viewBox", format!("0 0 {COLUMNS} {}", chart.height))
        .with("preserveAspectRatio", "none")
        .add_all(chart.bands.iter().map(|band| band_area(chart, band)))
        .add(gridlines(chart))
        .add_all(chart.layers.iter().map(|layer| drawn(chart, layer)))
        .add_all(chart.levels.iter().filter_map(|level| level_line(chart, level)))
        .add_all(chart.moments.iter().filter_map(|moment| moment_line(chart, moment)))
}

fn band_area(chart: &Chart, band: &Band) -> Markup {
    let [from, to] = [band.from, band.to].map(|x| chart.x.place(x).clamp(0.0, 1.0) * COLUMNS as f64);
    let (class, colour, opacity) = match band.shade {
        Shade::Idle => ("idle", "#ffffff", "0"),
        Shade::Loaded => ("loaded", "#5b7390", "0.10"),
        Shade::Judged => ("judged", "#b98900", "0.12"),
    };
    tag("rect")
        .with("class", class)
        .with("x", number(from))
        .with("width", number(to - from))
        .with("height", chart.height)
        .with("fill", colour)
        .with("fill-opacity", opacity)
        .into()
}

fn band_name(chart: &Chart, band: &Band) -> Option<Markup> {
    let [from, to] = [band.from, band.to].map(|x| chart.x.place(x).clamp(0.0, 1.0));
    if band.name.is_empty() || to - from < NARROW {
        return None;
    }
    // Cut off where the band ends, whatever the width.
    let text = tag("text").with("x", 3).with("y", 13).with("fill", "#5f6670").add(band.name.as_str());
    Some(
        tag("svg")
            .with("x", percent(from))
            .with("width", percent(to - from))
            .with("height", TOP)
            .with("data-from", number(from * COLUMNS as f64))
            .with("data-to", number(to * COLUMNS as f64))
            .add(text)
            .into(),
    )
}

fn ticks_of_y(chart: &Chart) -> usize {
    ((chart.height / TICK_HEIGHT) as usize).max(2)
}

fn gridlines(chart: &Chart) -> Tag {
    let mut path = String::new();
    for tick in chart.y.ticks(ticks_of_y(chart)) {
        // Writing to a String cannot fail.
        let _ = write!(path, "M0 {}H{COLUMNS}", number(height_of(chart, tick.value)));
    }
    thin(tag("path").with("class", "grid")).with("stroke", "#8a94a3").with("stroke-opacity", "0.28").path(&path)
}

fn y_ticks(chart: &Chart) -> Vec<Markup> {
    let label = |tick: crate::html::axis::Tick| {
        let y = f64::from(TOP) + height_of(chart, tick.value) - 3.0;
        haloed(tag("text").with("x", 3).with("y", number(y.max(f64::from(TOP) + 9.0))).with("fill", "#4a515b"))
            .add(tick.label)
            .into()
    };
    chart.y.ticks(ticks_of_y(chart)).into_iter().map(label).collect()
}

fn x_ticks(chart: &Chart) -> Vec<Markup> {
    let label = |tick: crate::html::axis::Tick| {
        let place = chart.x.place(tick.value);
        let anchor = if place < 0.02 {
            "start"
        } else if place > 0.98 {
            "end"
        } else {
            "middle"
        };
        tag("text")
            .with("x", percent(place))
            .with("y", TOP + chart.height + 14)
            .with("text-anchor", anchor)
            .with("fill", "#4a515b")
            .add(tick.label)
            .into()
    };
    chart.x.ticks(TICKS_X).into_iter().map(label).collect()
}

fn drawn(chart: &Chart, layer: &Layer) -> Markup {
    let points = layer.shape.points();
    let element = painted(tag("path"), layer.tone).with("data-name", layer.name.as_str());
    match &layer.shape {
        Shape::Area(_) => element
            .with("fill", "currentColor")
            .with("fill-opacity", "0.18")
            .path(&(joined(chart, points, false) + "Z")),
        Shape::Dots(_) => stroked(element, 5).with("stroke-linecap", "round").path(&dotted(chart, points)),
        Shape::Dashed(_) => stroked(element, 2).with("stroke-dasharray", "6 4").path(&joined(chart, points, false)),
        Shape::Bold(_) => stroked(element, 3).path(&joined(chart, points, false)),
        Shape::Steps(_) => stroked(element, 2).path(&joined(chart, points, true)),
        Shape::Line(_) => stroked(element, 2).path(&joined(chart, points, false)),
    }
    .into()
}

fn level_line(chart: &Chart, level: &Level) -> Option<Markup> {
    let y = visible(chart.y.place(level.value)).map(|_| number(height_of(chart, level.value)))?;
    let line = thin(painted(tag("path"), level.tone)).with("stroke-dasharray", "2 3");
    Some(line.with("stroke", "currentColor").path(&format!("M0 {y}H{COLUMNS}")).into())
}

fn level_name(chart: &Chart, level: &Level) -> Option<Markup> {
    visible(chart.y.place(level.value))?;
    let y = f64::from(TOP) + height_of(chart, level.value);
    // Under the line where there is no room above it.
    let y = if y < f64::from(TOP) + 14.0 { y + 12.0 } else { y - 4.0 };
    let text = painted(tag("text"), level.tone).with("x", LEVEL_NAMES).with("y", number(y));
    Some(haloed(text.with("fill", "currentColor")).add(level.name.as_str()).into())
}

fn moment_line(chart: &Chart, moment: &Moment) -> Option<Markup> {
    let x = number(visible(chart.x.place(moment.at))? * COLUMNS as f64);
    let line = painted(tag("path"), Tone::Limit).with("stroke", "currentColor");
    Some(thin(line).path(&format!("M{x} 0V{}", chart.height)).into())
}

fn moment_name(chart: &Chart, moment: &Moment) -> Option<Markup> {
    let place = visible(chart.x.place(moment.at))?;
    let (anchor, dx) = if place > 0.6 { ("end", -4) } else { ("start", 4) };
    let text = painted(tag("text"), Tone::Limit)
        .with("x", percent(place))
        .with("dx", dx)
        .with("y", TOP + 11)
        .with("data-at", number(place * COLUMNS as f64))
        .with("text-anchor", anchor)
        .with("fill", "currentColor")
        .with("font-weight", "bold");
    Some(haloed(text).add(moment.name.as_str()).into())
}

fn visible(place: f64) -> Option<f64> {
    (0.0..=1.0).contains(&place).then_some(place)
}

/// The path of a line; `steps` where it stays at each point until the next.
fn joined(chart: &Chart, points: &[Point], steps: bool) -> String {
    let mut path = String::with_capacity(points.len() * 10);
    let mut lifted = true;
    let mut height = String::new();
    for point in points {
        if !point.1.is_finite() {
            lifted = true;
            continue;
        }
        let (x, y) = (number(chart.x.place(point.0) * COLUMNS as f64), number(height_of(chart, point.1)));
        if steps && !lifted {
            let _ = write!(path, "L{x} {height}");
        }
        let _ = write!(path, "{}{x} {y}", if lifted { 'M' } else { 'L' });
        (lifted, height) = (false, y);
    }
    path
}

fn dotted(chart: &Chart, points: &[Point]) -> String {
    let mut path = String::with_capacity(points.len() * 14);
    for (x, y) in points.iter().filter(|point| point.1.is_finite()) {
        let _ = write!(path, "M{} {}h.01", number(chart.x.place(*x) * COLUMNS as f64), number(height_of(chart, *y)));
    }
    path
}

/// How far below the top a value lies, in pixels.
fn height_of(chart: &Chart, value: f64) -> f64 {
    (1.0 - chart.y.place(value).clamp(-20.0, 21.0)) * f64::from(chart.height)
}

/// An element in a tone.
fn painted(element: Tag, tone: Tone) -> Tag {
    let (class, colour) = tone.look();
    element.with("class", class).with("color", colour)
}

fn stroked(element: Tag, width: u32) -> Tag {
    element
        .with("fill", "none")
        .with("stroke", "currentColor")
        .with("stroke-width", width)
        .with("stroke-linejoin", "round")
        .with("vector-effect", "non-scaling-stroke")
}

fn thin(element: Tag) -> Tag {
    element.with("fill", "none").with("stroke-width", 1).with("vector-effect", "non-scaling-stroke")
}

/// Text that is read on whatever lies behind it.
fn haloed(text: Tag) -> Tag {
    text.with("stroke", "#fff").with("stroke-width", 3).with("paint-order", "stroke").with("stroke-linejoin", "round")
}

/// A number with one digit behind the point at most.
fn number(value: f64) -> String {
    let tenths = (value * 10.0).round();
    if tenths % 10.0 == 0.0 { format!("{}", tenths / 10.0) } else { format!("{:.1}", tenths / 10.0) }
}

fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}
