//! The commands, a file each.

mod analyze;
mod check;
mod clean;
mod compare;
mod duel;
mod export;
mod github;
mod history;
mod judge;
mod list;
mod prune;
mod report;
mod reports;
mod run;
mod show;

use crate::cli::{self, Command, Document};
use crate::exit::Exit;
use crate::output;

/// Does what was asked for.
pub(crate) fn perform(command: Command) -> Exit {
    match command {
        Command::Run(options) => run::run(&options),
        Command::Check { scenario, profile } => check::check(&scenario, profile.as_deref()),
        Command::Analyze(options) => analyze::analyze(&options),
        Command::Judge(options) => judge::judge(&options),
        Command::Report(options) => self::report::report(&options),
        Command::List(options) => list::list(&options),
        Command::Show(options) => show::show(&options),
        Command::Compare(options) => compare::compare(&options),
        Command::Duel(options) => duel::duel(&options),
        Command::History(options) => history::history(&options),
        Command::Export(options) => export::export(&options),
        Command::Prune(options) => prune::prune(&options),
        Command::Clean => clean::clean(),
        Command::Reaper { owner } => clean::reap(&owner),
        Command::Schema { of } => {
            output::out(&match of {
                Document::Scenario => scenario::schema(),
                Document::Summary => ::report::summary_schema(),
            });
            Exit::Passed
        }
        Command::Completions { shell } => {
            cli::complete(shell);
            Exit::Passed
        }
        Command::Specimen(options) => match specimen::serve(options) {
            Ok(()) => Exit::Passed,
            Err(error) => {
                output::error(&error, None);
                Exit::CouldNotRun
            }
        },
    }
}

/// The runtime in which a command waits.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
