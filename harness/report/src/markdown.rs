//! The run as Markdown: a comment on a pull request, or the summary of a job.

use std::fmt::Write;

use record::Record;
use timeline::{Amount, Unit};
use verdict::{Finding, Verdict};

use crate::clean::{cut, one_line};
use crate::evidence;
use crate::gist::gist;
use crate::order::{word, worst_first};
use crate::steps::{Latency, Step};
use crate::terminal::mark;
use crate::totals::Totals;

/// So many characters of a text from elsewhere are shown; a comment may have 65,536 in all.
const LONGEST: usize = 400;
/// So many findings, and so many steps, are shown.
const ROWS: usize = 60;

/// The verdict, a table of what did not pass, and the rest folded.
pub fn markdown(record: &Record) -> String {
    let verdict = verdict::overall(&record.findings, &record.timeline.outcome);
    let sentence = format!("{}: {}", one_line(&record.about.scenario), gist(record, verdict));
    let mut text = format!("### {} {} {}\n\n", mark(verdict), word(verdict), plain(&sentence));
    let (passed, open): (Vec<&Finding>, Vec<&Finding>) =
        worst_first(&record.findings).into_iter().partition(|finding| finding.verdict == Verdict::Pass);
    text += &table(&open);
    text += &why(&open);
    if !passed.is_empty() {
        text += &folded(&format!("{} passed", passed.len()), &table(&passed));
    }
    text += &load(record);
    text + &facts(record)
}

fn table(findings: &[&Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut text = "| | Assertion | Measured | Limit | |\n|---|---|---:|---:|---|\n".to_owned();
    for finding in findings.iter().take(ROWS) {
        let shown = |amount: Option<Amount>| amount.map(|amount| plain(&amount.to_string())).unwrap_or_default();
        let (value, limit) = (shown(finding.evidence.value), shown(finding.evidence.limit));
        let (name, summary) = (plain(&finding.assertion), plain(&finding.summary));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {name} | {value} | {limit} | {summary} |", mark(finding.verdict));
    }
    text + &more(findings.len()) + "\n"
}

fn more(count: usize) -> String {
    if count > ROWS { format!("\nand {} more\n", count - ROWS) } else { String::new() }
}

/// The evidence of what did not pass.
fn why(findings: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in findings.iter().take(ROWS) {
        let lines = evidence::lines(finding);
        if !lines.is_empty() {
            let _ = writeln!(text, "**{}**\n", plain(&finding.assertion));
            text.extend(lines.iter().map(|line| format!("- {}\n", plain(line))));
            text.push('\n');
        }
    }
    if text.is_empty() { text } else { folded("Evidence", &text) }
}

fn load(record: &Record) -> String {
    let Some(totals) = Totals::of(&record.timeline) else { return String::new() };
    let title = totals
        .per_second()
        .map_or_else(String::new, |rate| format!(", {}", Amount { value: rate, unit: Unit::PerSecond }));
    let title = format!("{} requests{title}", totals.requests);
    if totals.steps.is_empty() {
        return format!("{title}\n\n");
    }
    let mut text =
        "| Step | Requests | Failed | p50 | p90 | p99 | Longest |\n|---|---:|---:|---:|---:|---:|---:|\n".to_owned();
    text.extend(totals.steps.iter().take(ROWS).map(row));
    folded(&title, &(text + &more(totals.steps.len()) + "\n"))
}

fn row(step: &Step) -> String {
    let latency = Latency::of(&step.histogram);
    let time = |value: fn(Latency) -> f64| {
        latency
            .map_or_else(|| "-".to_owned(), |latency| Amount { value: value(latency), unit: Unit::Seconds }.to_string())
    };
    let times = [time(|one| one.p50), time(|one| one.p90), time(|one| one.p99), time(|one| one.max)].join(" | ");
    format!("| {} | {} | {} | {times} |\n", plain(&step.name), step.requests, step.failed())
}

fn facts(record: &Record) -> String {
    let about = &record.about;
    let commit = about.commit.as_deref().map(|commit| {
        let short: String = commit.chars().take(10).collect();
        format!(" · commit {}{}", plain(&short), if about.dirty { " with changes" } else { "" })
    });
    let outcome = plain(&record.timeline.outcome.to_string());
    let commit = commit.unwrap_or_default();
    format!("{outcome} after {}{commit} · run {}\n", record.timeline.end, plain(&about.id))
}

fn folded(title: &str, text: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{text}</details>\n\n")
}

/// Text that Markdown takes for text: nothing in it is markup, calls somebody, or becomes a link.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in cut(&one_line(text), LONGEST).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            // What follows these is a person, an issue, or an address.
            '@' | '#' => out.extend([letter, '\u{200b}']),
            '/' if out.ends_with(":/") => out.extend(['\u{200b}', '/']),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, finding, leak};

    #[test]
    fn the_verdict_comes_first_and_what_passed_is_folded() {
        let told = markdown(&example::record(vec![finding("errors", Verdict::Pass, "none"), leak()]));
        let first = "### ✘ FAIL leaky: memory grows by 2.5 KiB/request \\(limit 64 B/request\\)\n\n| | Assertion |";
        assert!(told.starts_with(first), "{told}");
        assert!(
            told.contains("| ✘ | memory.growth\\_per\\_request | 2.5 KiB/request | 64 B/request | memory"),
            "{told}"
        );
        assert!(told.contains("<details><summary>1 passed</summary>\n\n| | Assertion"), "{told}");
        assert!(told.contains("- the floor rose in each cycle\n"), "{told}");
        assert!(told.contains("| browse/GET / | 6000 | 6 | 1.2 ms |"), "{told}");
        assert!(told.ends_with("completed after 1m 30s · commit 0123456789 with changes · run abc123\n"), "{told}");
    }

    #[test]
    fn nothing_that_a_target_says_is_markup_or_calls_somebody() {
        let hostile = "a|b\n</details><script>@team #1 [x](javascript:y) `*_ https://x.example\u{202e}";
        let told = markdown(&example::record(vec![finding(hostile, Verdict::Fail, hostile)]));
        for markup in ["<script", "@team", "#1 ", "[x](", " `*", "https://", "\u{202e}", "a|b"] {
            assert!(!told.contains(markup), "{markup} in {told}");
        }
        let row = told.lines().find(|line| line.starts_with("| ✘")).unwrap();
        assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
    }
}
