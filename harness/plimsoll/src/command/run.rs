//! `run`: a scenario from its file to its verdict.

use clock::Clock;
use run::{NotStarted, Order, Run};
use timeline::Outcome;

use super::{github, reports, runtime};
use crate::cli::{Inconclusive, RunOptions};
use crate::exit::Exit;
use crate::live::Live;
use crate::scenario_file::{self, ScenarioFile};
use crate::{facts, output, signals};

/// Runs a scenario.
pub(super) fn run(options: &RunOptions) -> Exit {
    let file = match scenario_file::load(&options.scenario, options.profile.as_deref()) {
        Ok(file) => file,
        Err(complaint) => {
            output::err(complaint.trim_end());
            return Exit::Usage;
        }
    };
    listen_to_logs();
    match conduct(options, file) {
        Ok(run) => conclude(options, &run),
        Err(error) => {
            output::error(error.as_ref(), None);
            Exit::CouldNotRun
        }
    }
}

fn conduct(options: &RunOptions, file: ScenarioFile) -> Result<Run, Box<dyn std::error::Error>> {
    let interrupts = signals::listen()?;
    let clock = Clock::start();
    let about = facts::about(&file, &clock);
    let order = Order { plan: file.plan, about, results: options.results.clone(), interrupts };
    watched(order, clock, options.quiet)
}

/// Conducts a run, and shows how it goes unless that is to be `quiet`.
pub(super) fn watched(order: Order, clock: Clock, quiet: bool) -> Result<Run, Box<dyn std::error::Error>> {
    let mut live = Live::new(quiet);
    let run = runtime()?.block_on(run::conduct(order, clock, &mut |progress| live.show(progress)));
    live.end();
    Ok(run?)
}

/// Writes the reports and says the verdict.
fn conclude(options: &RunOptions, run: &Run) -> Exit {
    let record = &run.record;
    let counts_as = Inconclusive::counts_as(options.inconclusive);
    let written = reports::keep(record, options.junit.as_deref(), counts_as);
    reports::show(record, options.json);
    github::tell(record, counts_as);
    if let Err(error) = written {
        output::error(error.as_ref(), None);
        return Exit::CouldNotRun;
    }
    if let Some(error) = &run.not_started {
        explain(error);
        return Exit::CouldNotRun;
    }
    if record.timeline.outcome == Outcome::Interrupted {
        return Exit::Interrupted;
    }
    Exit::gated(verdict::overall(&record.findings, &record.timeline.outcome), counts_as)
}

/// Says why a run did not start.
pub(super) fn explain(error: &NotStarted) {
    error.last_lines().iter().for_each(|line| output::err(&format!("  its log: {}", plain(line))));
    output::error(error, error.hint());
}

/// A line of the target's log without what would steer a terminal.
fn plain(line: &str) -> String {
    line.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

/// Installs the logger before goose installs its own; `PLIMSOLL_LOG` says more than warnings.
pub(super) fn listen_to_logs() {
    let wanted = std::env::var("PLIMSOLL_LOG").unwrap_or_else(|_| "warn,goose=off".to_owned());
    let filter = tracing_subscriber::EnvFilter::new(wanted);
    // It fails where the library's user has a logger already, and that one is as good.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
