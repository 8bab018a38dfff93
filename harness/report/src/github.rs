//! The run as annotations of a GitHub workflow: a line for each finding that did not pass.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use record::Record;
use verdict::{Finding, Verdict};

use crate::clean::one_line;
use crate::gist::gist;
use crate::order::{word, worst_first};

/// GitHub shows so many of each kind for a step.
const SHOWN: usize = 10;

/// Workflow commands, a line each: an error for what failed, a warning for what is inconclusive, and a notice where all
/// passed. `inconclusive` is what an inconclusive finding counts as.
pub fn github(record: &Record, inconclusive: Verdict) -> String {
    let scenario = one_line(&record.about.scenario);
    let overall = verdict::overall(&record.findings, &record.timeline.outcome);
    let open: Vec<&Finding> =
        worst_first(&record.findings).into_iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
    let commands = open.iter().take(SHOWN).map(|finding| {
        let title = format!("{scenario}: {}", one_line(&finding.assertion));
        command(counted(finding.verdict, inconclusive), &title, &one_line(&finding.summary))
    });
    let commands: Vec<String> = commands.collect();
    if commands.is_empty() || open[0].verdict != overall {
        // What no finding tells: that all is well, or that the run was cut short.
        let title = format!("{scenario}: {}", word(overall));
        return command(counted(overall, inconclusive), &title, &gist(record, overall)) + &commands.concat();
    }
    commands.concat()
}

fn counted(verdict: Verdict, inconclusive: Verdict) -> &'static str {
    match (verdict, inconclusive) {
        (Verdict::Fail, _) | (Verdict::Inconclusive, Verdict::Fail) => "error",
        (Verdict::Inconclusive, Verdict::Inconclusive) => "warning",
        (Verdict::Pass, _) | (Verdict::Inconclusive, Verdict::Pass) => "notice",
    }
}

fn command(kind: &str, title: &str, message: &str) -> String {
    let title = escape(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={title}::{}\n", escape(message))
}

/// As the runner reads it back.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use timeline::Outcome;

    use super::*;
    use crate::example::{self, finding, leak};

    #[test]
    fn what_did_not_pass_is_annotated_and_escaped() {
        let unclear = finding("memory.peak", Verdict::Inconclusive, "at 99%\n::error::no");
        let record = example::record(vec![finding("errors", Verdict::Pass, "none"), unclear, leak()]);
        let expected = "\
::error title=leaky%3A memory.growth_per_request::memory grows by 2.5 KiB/request (limit 64 B/request)
::warning title=leaky%3A memory.peak::at 99%25 ::error::no
";
        assert_eq!(github(&record, Verdict::Inconclusive), expected);
        assert!(github(&record, Verdict::Pass).contains("::notice title=leaky%3A memory.peak"));
    }

    #[test]
    fn a_pass_is_a_notice_and_a_run_that_was_cut_short_is_none() {
        let mut record = example::record(vec![finding("errors", Verdict::Pass, "none")]);
        assert_eq!(github(&record, Verdict::Fail), "::notice title=leaky%3A PASS::its one assertion holds\n");
        record.timeline.outcome = Outcome::Interrupted;
        let told = github(&record, Verdict::Inconclusive);
        assert_eq!(told, "::warning title=leaky%3A INCONCLUSIVE::the run did not complete (interrupted)\n");
    }
}
