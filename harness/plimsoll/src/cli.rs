//! The command line.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::exit::Exit;
use crate::output;

/// Launches a service, loads it, watches its memory and its pauses, and says with evidence whether it leaks.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0    all assertions passed
  1    an assertion failed, or the target died
  2    the command line or the scenario is wrong
  3    inconclusive: the run could not tell (see --inconclusive)
  4    could not run: no engine, no image, never ready
  130  interrupted";

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and judge it.
    Run(RunOptions),
    /// Check a scenario and show what it would do; nothing is started.
    Check {
        /// A scenario file, or a folder with a `scenario.yaml`.
        scenario: PathBuf,
    },
    /// Remove what killed runs have left behind: containers, networks, processes.
    Clean,
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// Serve HTTP and misbehave as told: a target to try scenarios on.
    #[command(disable_version_flag = true)]
    Specimen(specimen::Options),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Clear up behind a harness that was killed. Started by `run`.
    #[command(hide = true)]
    Reaper {
        /// Who owns what is to be removed.
        owner: String,
    },
}

/// How a scenario is run.
#[derive(Debug, clap::Args)]
pub(crate) struct RunOptions {
    /// A scenario file, or a folder with a `scenario.yaml`.
    pub(crate) scenario: PathBuf,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// Write the JUnit report here too.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Take inconclusive findings as passed or as failed.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) inconclusive: Option<Inconclusive>,
    /// Print the summary as JSON in the place of the table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing but the verdict.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What a gate makes of inconclusive findings.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Inconclusive {
    /// They pass.
    Pass,
    /// They fail.
    Fail,
}

/// Reads the command line; what is wrong with it has been said when this fails.
pub(crate) fn parse() -> Result<Command, Exit> {
    Cli::try_parse().map(|cli| cli.command).map_err(|refused| {
        // Help and versions come this way too, and go to stdout.
        let _ = refused.print();
        if refused.use_stderr() { Exit::Usage } else { Exit::Passed }
    })
}

/// Prints completions.
pub(crate) fn complete(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "plimsoll", &mut script);
    output::out(&String::from_utf8_lossy(&script));
}
