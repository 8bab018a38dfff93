//! `history`: a quantity over the runs of a scenario.

use std::collections::BTreeMap;

use record::Entry;
use timeline::Outcome;
use verdict::compare::{Measurement, Quantity};
use verdict::history::{History, Point};

use super::list::tell_unreadable;
use super::reports;
use crate::cli::{HistoryFormat, HistoryOptions};
use crate::exit::Exit;
use crate::{output, runs};

/// What is shown where nothing is asked for.
const USUAL: [Quantity; 2] = [Quantity::GrowthPerRequest, Quantity::Peak];

/// Shows where a scenario's quantities have changed.
pub(super) fn history(options: &HistoryOptions) -> Exit {
    match try_history(options) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_history(options: &HistoryOptions) -> Result<Exit, Exit> {
    let quantities = quantities(&options.quantities)?;
    let listing = record::list(&options.results);
    tell_unreadable(&listing);
    let counts = |entry: &Entry| entry.scenario == options.scenario && entry.outcome == Outcome::Completed;
    let mut runs: Vec<_> = listing.runs.into_iter().filter(|(_, entry)| counts(entry)).take(options.limit).collect();
    runs.reverse();
    let mut measured: Vec<(String, BTreeMap<Quantity, Measurement>)> = Vec::with_capacity(runs.len());
    for (folder, entry) in &runs {
        let record = runs::open_at(folder)?;
        let name = entry.short_commit().unwrap_or_else(|| entry.id.clone());
        measured.push((name, verdict::compare::measure(&record.about.plan, &record.timeline)));
    }
    let history = |quantity: &Quantity| {
        let point = |(name, all): &(String, BTreeMap<Quantity, Measurement>)| {
            Some(Point { name: name.clone(), measured: all.get(quantity)?.clone() })
        };
        History::new(*quantity, &measured.iter().filter_map(point).collect::<Vec<_>>())
    };
    let histories: Vec<History> = quantities.iter().map(history).collect();
    let told = match options.format {
        _ if options.json => json(&options.scenario, &histories),
        HistoryFormat::Json => json(&options.scenario, &histories),
        HistoryFormat::Html => report::history_html(&options.scenario, &histories),
        HistoryFormat::Terminal => report::history_terminal(&options.scenario, &histories, reports::style()),
    };
    reports::deliver(&told, options.output.as_deref())?;
    Ok(Exit::Passed)
}

fn json(scenario: &str, histories: &[History]) -> String {
    format!("{:#}\n", report::history_json(scenario, histories))
}

/// The quantities that are asked for.
fn quantities(names: &[String]) -> Result<Vec<Quantity>, Exit> {
    if names.is_empty() {
        return Ok(USUAL.to_vec());
    }
    let found = names.iter().map(|name| {
        Quantity::named(name).ok_or_else(|| {
            let known = Quantity::ALL.map(Quantity::name).join(", ");
            output::err(&format!("error: `{name}` is no quantity of a run\nhint: there are {known}"));
            Exit::Usage
        })
    });
    found.collect()
}
