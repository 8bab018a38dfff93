//! What happened, on one time axis: memory, the load beneath it, how the target answered and stood still, and all
//! else that was sampled.

mod latency;
mod load;
mod memory;
mod pauses;
mod series;

use super::chart::Chart;
use super::events;
use super::frame::Frame;
use super::markup::{Markup, tag};

pub(super) use latency::{Column, columns, percentile, steps};
pub(super) use load::{failures, requests};
pub(super) use memory::chart as memory;
pub(super) use pauses::{beats, stops};

pub(super) fn section(frame: &Frame) -> Markup {
    let charts = [memory::chart(frame), load::requests(frame), load::users(frame), load::arrivals(frame)];
    let answers = [latency::chart(frame), pauses::told(frame), pauses::heartbeat(frame), events::chart(frame)];
    let main: Vec<Chart> = charts.into_iter().chain(answers).flatten().collect();
    let small = series::counts(frame);
    let rest = series::rest(frame);
    if main.is_empty() && small.is_empty() {
        return Markup::default();
    }
    let hint = "Drag over a chart to look closer at a stretch of time in all of them; double-click to see all again.";
    let mut ids = (1..).map(|number| format!("chart-{number}"));
    let mut render = |charts: &[Chart]| -> Vec<Markup> {
        charts.iter().zip(&mut ids).map(|(chart, id)| chart.render(&id)).collect()
    };
    let section = tag("section")
        .add(tag("h2").add("What happened"))
        .add(tag("p").with("class", "hint").with("hidden", "hidden").add(hint))
        .add_all(render(&main))
        .add(events::table(frame))
        .add(tag("div").with("class", "small").add_all(render(&small)));
    let more = render(&rest);
    if more.is_empty() {
        return section.into();
    }
    let title = format!("{} more charts: the processor, other series, the harness itself", more.len());
    section
        .add(tag("details").add(tag("summary").add(title)).add(tag("div").with("class", "small").add_all(more)))
        .into()
}
