//! The command line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use scenario::{Size, Span};
use verdict::Verdict;

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
  2    the command line, the scenario or the input is wrong
  3    inconclusive: the run could not tell (see --inconclusive)
  4    could not run: no engine, no image, never ready
  130  interrupted";

/// What a run can be called.
const RUN: &str = "A run: its folder, its `record.db`, how its name or its id begins, `latest`, or the commit, branch or \
tag of which it is the only one";

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and judge it. In a GitHub workflow (`GITHUB_ACTIONS`) what did not pass is annotated, and the
    /// summary of the job (`GITHUB_STEP_SUMMARY`) gets the verdict.
    Run(RunOptions),
    /// Check a scenario and show what it would do; nothing is started.
    Check {
        /// A scenario file, or a folder with a `scenario.yaml`.
        scenario: PathBuf,
        /// Check it with this profile laid over it. Without it, as it is, and with each of its profiles.
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// Judge memory that someone already has: CSV, JSON lines, a Prometheus answer, `docker stats`.
    Analyze(AnalyzeOptions),
    /// Judge a stored run again, by its own assertions or by others.
    Judge(JudgeOptions),
    /// Tell a stored run again: as a page, as Markdown, or in the formats of other tools.
    Report(ReportOptions),
    /// List the runs that are kept.
    List(ListOptions),
    /// Show a stored run as it was judged.
    Show(ShowOptions),
    /// Compare runs, mostly of two commits: what has become worse, what better, what cannot be told.
    Compare(CompareOptions),
    /// Run two commits or images in turn, and compare them: it ends as soon as the answer is clear.
    Duel(DuelOptions),
    /// Show a quantity over the runs of a scenario, and the commits at which it has changed.
    History(HistoryOptions),
    /// Write what a run saw for other programs: CSV, JSON lines, a log of `HdrHistogram`s.
    Export(ExportOptions),
    /// Remove old runs; the last of each scenario that passed stays.
    Prune(PruneOptions),
    /// Remove what killed runs have left behind: containers, networks, processes.
    Clean,
    /// Print the JSON Schema of scenario files, for editors; or that of the summary of a run, for programs.
    Schema {
        /// What of.
        #[arg(long, value_enum, default_value_t, value_name = "DOCUMENT")]
        of: Document,
    },
    /// Serve HTTP and misbehave as told: a target to try scenarios on.
    #[command(disable_version_flag = true)]
    Specimen(specimen::Options),
    /// Print what completes commands, options and ids of runs in a shell: `source <(plimsoll completions bash)`.
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
    /// Lay this one of its `profiles` over it.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
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
    /// Show no progress, only what comes of it.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What is analyzed, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct AnalyzeOptions {
    /// Files of any of these formats, or `-` for stdin.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Judge this column only; can be given more than once. Without it, all that hold numbers.
    #[arg(long = "column", value_name = "NAME")]
    pub(crate) columns: Vec<String>,
    /// The column of the time. Without it, the one that looks like it.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time: Option<String>,
    /// The time from one row to the next, in the place of a column of the time: `1s`.
    #[arg(long, value_name = "DURATION", conflicts_with = "time")]
    pub(crate) every: Option<Span>,
    /// What memory is counted in, where neither the cells nor the header say it: `MiB`, `kB`, `B`, or `count`.
    #[arg(long)]
    pub(crate) unit: Option<import::Measure>,
    /// When the load began: a duration since the first row (`5m`), or an instant (RFC 3339).
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<Moment>,
    /// When the load ended.
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<Moment>,
    /// The time from the start of the load within which warm-ups are assumed to end. Without it, all of the load:
    /// say it where you know it, and what grows is found sooner.
    #[arg(long, value_name = "DURATION")]
    pub(crate) warm_up: Option<Span>,
    /// The memory that there is: tells when it is reached.
    #[arg(long, value_name = "SIZE")]
    pub(crate) limit: Option<Size>,
    /// Write a JUnit report here.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Take inconclusive findings as passed or as failed.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) inconclusive: Option<Inconclusive>,
    /// Print JSON in the place of charts.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which run is judged again, and by what.
#[derive(Debug, clap::Args)]
pub(crate) struct JudgeOptions {
    #[arg(help = RUN, add = ArgValueCompleter::new(ids))]
    pub(crate) run: String,
    /// A file with an `assert` section; a scenario will do. Without it, the run's own assertions.
    #[arg(long = "assert", value_name = "FILE")]
    pub(crate) assertions: Option<PathBuf>,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// Write a JUnit report here.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Take inconclusive findings as passed or as failed.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) inconclusive: Option<Inconclusive>,
    /// Print the summary as JSON in the place of the table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep the findings and the reports in the run's folder, in the place of those that are there.
    #[arg(long)]
    pub(crate) save: bool,
}

/// Which run is told, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportOptions {
    #[arg(help = RUN, add = ArgValueCompleter::new(ids))]
    pub(crate) run: String,
    /// The format.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write it to this file, whole or not at all. Without it, a page is written into the run's folder and anything else
    /// printed.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// In `junit` and `github`, take inconclusive findings as passed or as failed.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) inconclusive: Option<Inconclusive>,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Document {
    /// A scenario file.
    #[default]
    Scenario,
    /// `summary.json`, which `--json` prints too.
    Summary,
}

/// In what a run is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One page with all charts, which needs nothing beside itself.
    #[default]
    Html,
    /// For a comment on a pull request, or a summary of a job.
    Markdown,
    /// Annotations of a GitHub workflow.
    Github,
    /// A suite with a case for each assertion.
    Junit,
    /// Bencher's metric format.
    Bmf,
    /// What github-action-benchmark reads as `customSmallerIsBetter`.
    BenchmarkAction,
    /// A line of a CSV file for Apache Otava, below its heading.
    Otava,
}

/// Which runs are listed, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ListOptions {
    /// Those of this scenario only.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    /// Those of this commit only: how it begins, or a branch or a tag.
    #[arg(long, value_name = "COMMIT")]
    pub(crate) commit: Option<String>,
    /// Those with this verdict only.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) verdict: Option<JudgedAs>,
    /// So many, the newest; 0 for all.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// Print JSON in the place of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A verdict as it is asked for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum JudgedAs {
    /// All assertions hold.
    Pass,
    /// An assertion is broken.
    Fail,
    /// The run could not tell.
    Inconclusive,
}

impl From<JudgedAs> for Verdict {
    fn from(asked: JudgedAs) -> Self {
        match asked {
            JudgedAs::Pass => Self::Pass,
            JudgedAs::Fail => Self::Fail,
            JudgedAs::Inconclusive => Self::Inconclusive,
        }
    }
}

/// Which run is shown, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowOptions {
    #[arg(help = RUN, add = ArgValueCompleter::new(ids))]
    pub(crate) run: String,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// Print the summary as JSON in the place of the table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which runs are compared, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareOptions {
    /// The runs that are compared with: a commit, branch or tag (all of its runs), a folder of records, `latest`, a run,
    /// or several of these with commas between.
    #[arg(add = ArgValueCompleter::new(ids))]
    pub(crate) reference: String,
    /// The runs that are judged, called in the same ways.
    #[arg(add = ArgValueCompleter::new(ids))]
    pub(crate) candidate: String,
    /// Runs of this scenario only; needed where both sides have runs of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    /// Compare also what should not be compared: another scenario, other limits, another machine, another version.
    #[arg(long)]
    pub(crate) force: bool,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: ComparisonFormat,
    /// Write it to this file, whole or not at all, and not to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Take what is inconclusive as passed or as failed.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) inconclusive: Option<Inconclusive>,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
}

/// How a comparison is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ComparisonFormat {
    /// A table for people.
    Terminal,
    /// For pull requests and job summaries.
    Markdown,
    /// For machines.
    Json,
    /// For CI systems.
    Junit,
    /// One page with the runs of both sides laid over each other, which needs nothing beside itself.
    Html,
}

/// Who fights, and how often.
#[derive(Debug, clap::Args)]
pub(crate) struct DuelOptions {
    /// A scenario file, or a folder with a `scenario.yaml`. Both sides run it as it is now; the paths in it begin in what
    /// is checked out of each.
    pub(crate) scenario: PathBuf,
    /// What is compared with: a commit, branch or tag, or `image:NAME`.
    #[arg(long, value_name = "SIDE")]
    pub(crate) reference: Corner,
    /// What is judged, called in the same ways; without it, what lies there now, changes and all.
    #[arg(long, value_name = "SIDE")]
    pub(crate) candidate: Option<Corner>,
    /// Lay this one of its `profiles` over it.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// So many runs of each side, where it does not become clear before.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) runs: u32,
    /// How the comparison is told.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: ComparisonFormat,
    /// Write the comparison to this file, whole or not at all, and not to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Take what is inconclusive as passed or as failed.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) inconclusive: Option<Inconclusive>,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// Show no progress of the single runs.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What a side of a duel is run from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Corner {
    /// A commit, by whatever git knows it.
    Commit(String),
    /// An image, in the place of the scenario's.
    Image(String),
}

impl FromStr for Corner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("image:") {
            // No name of a commit has a colon in it.
            Some("") => Err("`image:` lacks the image's name".to_owned()),
            Some(image) => Ok(Self::Image(image.to_owned())),
            None => Ok(Self::Commit(text.to_owned())),
        }
    }
}

/// What history is shown, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryOptions {
    /// The scenario's name.
    pub(crate) scenario: String,
    /// A quantity, as `compare` names it; can be given more than once. Without it, growth and the peak of memory.
    #[arg(long = "quantity", value_name = "NAME")]
    pub(crate) quantities: Vec<String>,
    /// So many runs, the newest.
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    pub(crate) limit: usize,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
    /// Print JSON in the place of lines: as `--format json`.
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: HistoryFormat,
    /// Write it to this file, whole or not at all, and not to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How a history is told.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum HistoryFormat {
    /// Lines for people.
    Terminal,
    /// For machines.
    Json,
    /// One page with a chart of each quantity, which needs nothing beside itself.
    Html,
}

/// Which run is written, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportOptions {
    #[arg(help = RUN, add = ArgValueCompleter::new(ids))]
    pub(crate) run: String,
    /// What is written: samples, or the latency of the requests.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub(crate) format: ExportFormat,
    /// Samples of this metric only: `anonymous_memory`; can be given more than once.
    #[arg(long = "metric", value_name = "NAME")]
    pub(crate) metrics: Vec<String>,
    /// Write here, and not to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
}

/// In what a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Samples, a line each.
    Csv,
    /// Samples, an object a line.
    Jsonl,
    /// Times of requests, an `HdrHistogram` for each step and interval.
    Hlog,
}

/// Which runs go. One goes where any of the three says so; of each scenario the last that passed stays.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("limit").required(true).multiple(true).args(["count", "age", "size"])))]
pub(crate) struct PruneOptions {
    /// Keep so many of each scenario, the newest.
    #[arg(long, value_name = "COUNT")]
    pub(crate) count: Option<usize>,
    /// Keep those that started within this time: `30d`, `12h`.
    #[arg(long, value_name = "DURATION")]
    pub(crate) age: Option<Span>,
    /// Keep as many of all, the newest, as take so much room: `10GiB`.
    #[arg(long, value_name = "SIZE")]
    pub(crate) size: Option<Size>,
    /// Only say what would go.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where runs are kept.
    #[arg(long, default_value = "results", value_name = "FOLDER")]
    pub(crate) results: PathBuf,
}

/// A point in the time of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// So long after its first row.
    After(Duration),
    /// So many seconds after the epoch.
    At(f64),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let after = text.parse::<Span>().map(|span| Self::After(span.0));
        after.or_else(|_| import::instant(text).map(Self::At).ok_or(())).map_err(|()| {
            format!("`{text}` is neither a duration since the first row, `5m`, nor an instant, `2026-03-01T12:00:00Z`")
        })
    }
}

/// What a gate makes of inconclusive findings.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Inconclusive {
    /// They pass.
    Pass,
    /// They fail.
    Fail,
}

impl Inconclusive {
    /// What an inconclusive finding counts as; as what it is where nobody said otherwise.
    pub(crate) fn counts_as(choice: Option<Self>) -> Verdict {
        match choice {
            Some(Self::Pass) => Verdict::Pass,
            Some(Self::Fail) => Verdict::Fail,
            None => Verdict::Inconclusive,
        }
    }
}

/// Reads the command line; what is wrong with it has been said when this fails.
pub(crate) fn parse() -> Result<Command, Exit> {
    let shells = CompleteEnv::with_factory(Cli::command);
    let here = std::env::current_dir().ok();
    let read = match shells.try_complete(std::env::args_os(), here.as_deref()) {
        // A shell has asked for what fits, and has its answer.
        Ok(true) => return Err(Exit::Passed),
        Ok(false) => Cli::try_parse().map(|cli| cli.command),
        Err(refused) => Err(refused),
    };
    read.map_err(|refused| {
        // Help and versions come this way too, and go to stdout.
        let _ = refused.print();
        if refused.use_stderr() { Exit::Usage } else { Exit::Passed }
    })
}

/// Prints what has a shell ask this program for completions.
pub(crate) fn complete(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&shell.to_string()) {
        // Writing to memory cannot fail.
        let _ = shell.write_registration("COMPLETE", "plimsoll", "plimsoll", "plimsoll", &mut script);
    }
    output::out(&String::from_utf8_lossy(&script));
}

/// The ids of kept runs that begin so, the newest first.
fn ids(begin: &OsStr) -> Vec<CompletionCandidate> {
    let begin = begin.to_string_lossy();
    let runs = record::list(Path::new("results")).runs.into_iter();
    let fits = runs.filter(|(_, entry)| entry.id.starts_with(&*begin));
    fits.map(|(_, entry)| {
        let started = record::rfc_3339(entry.started_at);
        CompletionCandidate::new(entry.id).help(Some(format!("{}, {started}", entry.scenario).into()))
    })
    .collect()
}
